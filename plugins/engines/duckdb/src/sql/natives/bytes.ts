/** Functions of binary values. */

export function unhex(text: string): Uint8Array | null {
  const even = text.length % 2 === 1 ? `0${text}` : text;
  return /^[0-9a-fA-F]*$/.test(even) ? Buffer.from(even, 'hex') : null;
}

export function unbase64(text: string): Uint8Array | null {
  const clean = text.replace(/[\r\n\t ]/g, '');
  return /^[A-Za-z0-9+/]*={0,2}$/.test(clean) ? Buffer.from(clean, 'base64') : null;
}

const start = (length: number, position: number): number =>
  position > 0 ? position - 1 : position < 0 ? length + position : 0;

export function substring(bytes: Uint8Array, position: number, length: number): Uint8Array {
  const from = start(bytes.length, position);
  return bytes.slice(Math.max(from, 0), Math.max(from + length, 0));
}

export function overlay(bytes: Uint8Array, replacement: Uint8Array, position: number, length: number): Uint8Array {
  const size = length >= 0 ? length : replacement.length;
  return Buffer.concat([substring(bytes, 1, position - 1), replacement, substring(bytes, position + size, 2147483647)]);
}

function fill(size: number, pad: Uint8Array): Uint8Array {
  const out = new Uint8Array(pad.length === 0 ? 0 : size);
  for (let i = 0; i < out.length; i++) out[i] = pad[i % pad.length] ?? 0;
  return out;
}

export function lpad(bytes: Uint8Array, length: number, pad: Uint8Array): Uint8Array {
  if (length <= bytes.length) return bytes.slice(0, Math.max(length, 0));
  return Buffer.concat([fill(length - bytes.length, pad), bytes]);
}

export function rpad(bytes: Uint8Array, length: number, pad: Uint8Array): Uint8Array {
  if (length <= bytes.length) return bytes.slice(0, Math.max(length, 0));
  return Buffer.concat([bytes, fill(length - bytes.length, pad)]);
}

export function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    // The decoder's exception is its answer: these bytes are no UTF-8.
    return false;
  }
}

export const makeUtf8 = (bytes: Uint8Array): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** A text in another charset; NULL bytes for none. Characters that the charset lacks become `?`. */
export function encode(text: string, charset: string): Uint8Array | null {
  const codes = [...text].map((c) => c.codePointAt(0) ?? 63);
  switch (charset) {
    case 'US-ASCII':
      return Uint8Array.from(codes, (c) => (c < 128 ? c : 63));
    case 'ISO-8859-1':
      return Uint8Array.from(codes, (c) => (c < 256 ? c : 63));
    case 'UTF-16LE':
      return Buffer.from(text, 'utf16le');
    case 'UTF-16BE':
      return Buffer.from(text, 'utf16le').swap16();
    case 'UTF-16':
      return Buffer.concat([Uint8Array.of(0xfe, 0xff), Buffer.from(text, 'utf16le').swap16()]);
    case 'UTF-32': {
      const out = Buffer.alloc(codes.length * 4);
      codes.forEach((c, i) => out.writeUInt32BE(c, i * 4));
      return out;
    }
    default:
      return null;
  }
}
