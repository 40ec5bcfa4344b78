import duckdb from '@duckdb/node-bindings';

/** Texts up to so many bytes lie in the vector itself, longer ones where a pointer says. */
const INLINE = 12;
/** Memory is mapped by pages of at least so many bytes. */
const PAGE = 4096;

/**
 * The texts of a vector of VARCHAR; null where the row has none.
 *
 * Fetching each long text alone costs more than the text itself, and texts of neighbouring rows mostly lie one behind
 * the other. So they are fetched in stretches. A stretch goes on only while the next text begins on the page where the
 * last one ended or on the next: both pages hold texts, so no byte between them is outside of mapped memory.
 */
export function decodeTexts(
  vector: duckdb.Vector,
  length: number,
  validity: Uint8Array | undefined,
): (string | null)[] {
  const raw = duckdb.vector_get_data(vector, length * 16);
  const inline = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const words = new Uint32Array(raw.buffer, raw.byteOffset, length * 4);
  const texts = new Array<string | null>(length);
  const isNull = (row: number): boolean =>
    validity !== undefined && (((validity[row >> 3] ?? 0) >> (row & 7)) & 1) === 0;
  const bytesOf = (row: number): number => words[row * 4] as number;
  const pointerOf = (row: number): number => (words[row * 4 + 3] as number) * 2 ** 32 + (words[row * 4 + 2] as number);
  const near = (row: number): void => {
    texts[row] = isNull(row) ? null : inline.toString('utf8', row * 16 + 4, row * 16 + 4 + bytesOf(row));
  };
  // Texts of a dictionary lie anywhere, and come again and again.
  const known = new Map<number, string>();

  let row = 0;
  while (row < length) {
    if (isNull(row) || bytesOf(row) <= INLINE) {
      near(row++);
      continue;
    }
    const first = row;
    const low = pointerOf(first);
    let end = low + bytesOf(first);
    let last = first;
    for (row = first + 1; row < length; row++) {
      if (isNull(row) || bytesOf(row) <= INLINE) continue;
      const pointer = pointerOf(row);
      if (pointer < end || Math.floor(pointer / PAGE) > Math.floor((end - 1) / PAGE) + 1) break;
      end = pointer + bytesOf(row);
      last = row;
    }
    row = last + 1;
    const cached = first === last ? known.get(low) : undefined;
    if (cached !== undefined && Buffer.byteLength(cached) === bytesOf(first)) {
      texts[first] = cached;
      continue;
    }
    const seen = duckdb.get_data_from_pointer(raw.buffer as ArrayBuffer, raw.byteOffset + first * 16 + 8, end - low);
    const span = Buffer.from(seen.buffer, seen.byteOffset, seen.byteLength);
    for (let each = first; each <= last; each++) {
      if (isNull(each) || bytesOf(each) <= INLINE) near(each);
      else {
        const start = pointerOf(each) - low;
        texts[each] = span.toString('utf8', start, start + bytesOf(each));
      }
    }
    if (first === last) known.set(low, texts[first] ?? '');
  }
  return texts;
}
