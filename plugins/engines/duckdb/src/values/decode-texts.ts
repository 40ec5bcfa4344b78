import duckdb from '@duckdb/node-bindings';

/** Texts up to so many bytes lie in the vector itself, longer ones where a pointer says. */
const INLINE = 12;
/** The widest stretch of memory to be seen through one view; texts of one chunk lie close together. */
const WIDEST = 1 << 24;

/** The texts of a vector of VARCHAR; null where the row has none. */
export function decodeTexts(
  vector: duckdb.Vector,
  length: number,
  validity: Uint8Array | undefined,
): (string | null)[] {
  const raw = duckdb.vector_get_data(vector, length * 16);
  const inline = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const words = new Uint32Array(raw.buffer, raw.byteOffset, length * 4);
  const far = farTexts(raw, words, length, validity);
  const texts = new Array<string | null>(length);
  for (let row = 0; row < length; row++) {
    if (validity !== undefined && (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) {
      texts[row] = null;
      continue;
    }
    const bytes = words[row * 4] as number;
    texts[row] = bytes <= INLINE ? inline.toString('utf8', row * 16 + 4, row * 16 + 4 + bytes) : far(row, bytes);
  }
  return texts;
}

/**
 * What gives the texts that lie elsewhere. A view on each alone costs more than the text itself, so one view spans them
 * all; what lies between them is never looked at.
 */
function farTexts(
  raw: Uint8Array,
  words: Uint32Array,
  length: number,
  validity: Uint8Array | undefined,
): (row: number, bytes: number) => string {
  let first = -1;
  let low = Number.MAX_SAFE_INTEGER;
  let high = 0;
  for (let row = 0; row < length; row++) {
    const bytes = words[row * 4] as number;
    if (bytes <= INLINE) continue;
    if (validity !== undefined && (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0) continue;
    const pointer = (words[row * 4 + 3] as number) * 2 ** 32 + (words[row * 4 + 2] as number);
    if (pointer < low) {
      low = pointer;
      first = row;
    }
    if (pointer + bytes > high) high = pointer + bytes;
  }
  const at = (row: number): number => raw.byteOffset + row * 16 + 8;
  const buffer = raw.buffer as ArrayBuffer;
  if (first >= 0 && high - low <= WIDEST) {
    const seen = duckdb.get_data_from_pointer(buffer, at(first), high - low);
    const span = Buffer.from(seen.buffer, seen.byteOffset, seen.byteLength);
    return (row, bytes) => {
      const start = (words[row * 4 + 3] as number) * 2 ** 32 + (words[row * 4 + 2] as number) - low;
      return span.toString('utf8', start, start + bytes);
    };
  }
  return (row, bytes) => {
    const seen = duckdb.get_data_from_pointer(buffer, at(row), bytes);
    return Buffer.from(seen.buffer, seen.byteOffset, bytes).toString('utf8');
  };
}
