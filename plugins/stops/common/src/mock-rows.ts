import type { Batch, Value, Vector } from '@sluice/plugin-sdk';
import type { MockColumn } from './mock-column.js';

const BATCH = 2048;
const SPAN = 2 ** 32;
const LETTERS = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'];
const PAIRS = LETTERS.flatMap((first) => LETTERS.map((second) => first + second));
/** The streams of random numbers that each column has: five for pairs of letters, one for its NULLs. */
const STREAMS = 6;

/**
 * Makes up rows. A value depends on the seed, the place of its column and the number of its row alone: the number goes
 * through a mixing function of 32 bits under a key of the column.
 */
export async function* mockRows(columns: readonly MockColumn[], count: number, seed: number): AsyncGenerator<Batch> {
  for (let start = 0; start < count; start += BATCH) {
    const length = Math.min(BATCH, count - start);
    yield { length, columns: columns.map((column, index) => valuesOf(column, index, start, length, seed)) };
  }
}

function valuesOf({ type, nullable }: MockColumn, index: number, start: number, length: number, seed: number): Vector {
  const keys = Array.from({ length: STREAMS }, (_, stream) => keyOf(seed, index * STREAMS + stream));
  const [first = 0, second = 0, third = 0, fourth = 0, fifth = 0, nulls = 0] = keys;
  const values = vectorOf(type, nullable, length);
  for (let at = 0; at < length; at++) {
    const row = start + at;
    if (nullable && bits(nulls, row) < SPAN / 2) values[at] = null;
    else if (type === 'Int') values[at] = below(bits(first, row), 100);
    // 53 bits, which a double holds exactly.
    else if (type === 'Double') values[at] = (bits(first, row) * 2 ** 21 + (bits(second, row) >>> 11)) / 2 ** 53;
    else if (type === 'Float') values[at] = (bits(first, row) >>> 8) / 2 ** 24;
    else if (type === 'Long') values[at] = (BigInt(bits(first, row) | 0) << 32n) | BigInt(bits(second, row));
    else if (type === 'Boolean') values[at] = bits(first, row) < SPAN / 2;
    else {
      values[at] =
        pair(bits(first, row)) +
        pair(bits(second, row)) +
        pair(bits(third, row)) +
        pair(bits(fourth, row)) +
        pair(bits(fifth, row));
    }
  }
  return values as Vector;
}

/** A place for values: a typed array where the type is a number and nothing is NULL, which the engine takes as it is. */
function vectorOf(type: MockColumn['type'], nullable: boolean, length: number): { [at: number]: Value } {
  if (nullable) return new Array<Value>(length);
  if (type === 'Int') return new Int32Array(length);
  if (type === 'Float') return new Float32Array(length);
  if (type === 'Double') return new Float64Array(length);
  return type === 'Long' ? (new BigInt64Array(length) as { [at: number]: Value }) : new Array<Value>(length);
}

/** A number from 0 to below a bound, of 32 random bits. */
function below(random: number, bound: number): number {
  return Math.floor((random / SPAN) * bound);
}

function pair(random: number): string {
  return PAIRS[below(random, PAIRS.length)] ?? '';
}

function keyOf(seed: number, number: number): number {
  return mix(mix(seed | 0, Math.floor(seed / SPAN) | 0), number);
}

/** 32 random bits for a key and the number of a row. */
function bits(key: number, row: number): number {
  return mix(Math.floor(row / SPAN) ^ key, row | 0) >>> 0;
}

/** The finalizer of MurmurHash3, over a key and a number. */
function mix(key: number, number: number): number {
  let mixed = (key + Math.imul(number, 0x9e3779b1)) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13) ^ key, 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
