import { createHash } from 'node:crypto';
import { unscaled } from './decimals.js';

/** Spark's hashes: Murmur3 (32 bits, little-endian words, the tail byte by byte) and xxHash64, both with seed 42. */

const rotl = (x: number, n: number): number => (x << n) | (x >>> (32 - n));
const mixK = (k: number): number => Math.imul(rotl(Math.imul(k, 0xcc9e2d51), 15), 0x1b873593);
const mixH = (h: number, k: number): number => (Math.imul(rotl(h ^ k, 13), 5) + 0xe6546b64) | 0;

function finish(h: number, length: number): number {
  let x = h ^ length;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) | 0;
}

export const murmurInt = (value: number, seed: number): number => finish(mixH(seed, mixK(value)), 4);

export function murmurLong(value: bigint, seed: number): number {
  const low = Number(BigInt.asIntN(32, value));
  const high = Number(BigInt.asIntN(32, value >> 32n));
  return finish(mixH(mixH(seed, mixK(low)), mixK(high)), 8);
}

export function murmurBytes(bytes: Uint8Array, seed: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const aligned = bytes.length - (bytes.length % 4);
  let h = seed;
  for (let i = 0; i < aligned; i += 4) h = mixH(h, mixK(view.getInt32(i, true)));
  for (let i = aligned; i < bytes.length; i++) h = mixH(h, mixK(view.getInt8(i)));
  return finish(h, bytes.length);
}

const M64 = (1n << 64n) - 1n;
const [P1, P2, P3, P4, P5] = [
  0x9e3779b185ebca87n,
  0xc2b2ae3d27d4eb4fn,
  0x165667b19e3779f9n,
  0x85ebca77c2b2ae63n,
  0x27d4eb2f165667c5n,
];
const rotl64 = (x: bigint, n: bigint): bigint => ((x << n) | (x >> (64n - n))) & M64;
const signed = (x: bigint): bigint => BigInt.asIntN(64, x);

function avalanche(hash: bigint): bigint {
  let h = hash & M64;
  h = ((h ^ (h >> 33n)) * P2) & M64;
  h = ((h ^ (h >> 29n)) * P3) & M64;
  return signed(h ^ (h >> 32n));
}

export function xxInt(value: number, seed: bigint): bigint {
  let h = (BigInt.asUintN(64, seed) + P5 + 4n) & M64;
  h ^= (BigInt(value >>> 0) * P1) & M64;
  h = (rotl64(h, 23n) * P2 + P3) & M64;
  return avalanche(h);
}

export function xxLong(value: bigint, seed: bigint): bigint {
  let h = (BigInt.asUintN(64, seed) + P5 + 8n) & M64;
  h ^= (rotl64((BigInt.asUintN(64, value) * P2) & M64, 31n) * P1) & M64;
  h = (rotl64(h, 27n) * P1 + P4) & M64;
  return avalanche(h);
}

export function xxBytes(bytes: Uint8Array, seed: bigint): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const s = BigInt.asUintN(64, seed);
  let at = 0;
  let h: bigint;
  if (bytes.length >= 32) {
    let lanes = [(s + P1 + P2) & M64, (s + P2) & M64, s, (s - P1) & M64];
    for (; at <= bytes.length - 32; at += 32) {
      lanes = lanes.map((lane, i) => (rotl64((lane + view.getBigUint64(at + i * 8, true) * P2) & M64, 31n) * P1) & M64);
    }
    const [a = 0n, b = 0n, c = 0n, d = 0n] = lanes;
    h = (rotl64(a, 1n) + rotl64(b, 7n) + rotl64(c, 12n) + rotl64(d, 18n)) & M64;
    for (const lane of lanes) h = ((h ^ ((rotl64((lane * P2) & M64, 31n) * P1) & M64)) * P1 + P4) & M64;
  } else h = (s + P5) & M64;
  h = (h + BigInt(bytes.length)) & M64;
  for (; at <= bytes.length - 8; at += 8) {
    h ^= (rotl64((view.getBigUint64(at, true) * P2) & M64, 31n) * P1) & M64;
    h = (rotl64(h, 27n) * P1 + P4) & M64;
  }
  if (at <= bytes.length - 4) {
    h ^= (BigInt(view.getUint32(at, true)) * P1) & M64;
    h = (rotl64(h, 23n) * P2 + P3) & M64;
    at += 4;
  }
  for (; at < bytes.length; at++) {
    h ^= (BigInt(view.getUint8(at)) * P5) & M64;
    h = (rotl64(h, 11n) * P1) & M64;
  }
  return avalanche(h);
}

const scratch = new DataView(new ArrayBuffer(8));

/** The bits of a fraction; -0.0 hashes as 0.0, and every NaN alike. */
export function doubleBits(value: number): bigint {
  scratch.setFloat64(0, value === 0 ? 0 : value);
  return Number.isNaN(value) ? 0x7ff8000000000000n : scratch.getBigInt64(0);
}
export function floatBits(value: number): number {
  scratch.setFloat32(0, value === 0 ? 0 : value);
  return Number.isNaN(value) ? 0x7fc00000 : scratch.getInt32(0);
}

export const unscaledLong = (text: string): bigint => unscaled(text).digits;

/** The two's complement bytes of a wide decimal's digits, as Java's BigInteger.toByteArray gives them. */
export function decimalBytes(text: string): Uint8Array {
  const value = unscaled(text).digits;
  let size = 1;
  while (value < -(1n << BigInt(size * 8 - 1)) || value >= 1n << BigInt(size * 8 - 1)) size++;
  const hex = BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2, '0');
  return Buffer.from(hex, 'hex');
}

const TABLE = Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = (c & 1) === 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c >>> 0;
});

export function crc32(bytes: Uint8Array): bigint {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (TABLE[(crc ^ byte) & 255] ?? 0) ^ (crc >>> 8);
  return BigInt((crc ^ 0xffffffff) >>> 0);
}

export function sha2(bytes: Uint8Array, bits: number): string | null {
  const name = (
    { 0: 'sha256', 224: 'sha224', 256: 'sha256', 384: 'sha384', 512: 'sha512' } as Readonly<Record<number, string>>
  )[bits];
  return name === undefined ? null : createHash(name).update(bytes).digest('hex');
}
