import { isUtf8 } from 'node:buffer';
import duckdb from '@duckdb/node-bindings';
import { DuckDBDecimalType, DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import type { NumberArray, PackedTexts, PackedVector, Value } from '@sluice/plugin-sdk';
import { DecimalCells } from './decimal-cells.js';
import { Nulls } from './nulls.js';
import { unscaled } from './texts.js';

/** Texts up to so many bytes lie in the vector itself; of longer ones it has a prefix and the place. */
const INLINE = 12;
/** A cell of texts: its length, then its bytes, or four of them and a pointer of eight. */
const CELL_BYTES = 16;
const HALF = 0x1_0000_0000;

/** The rows of a packed column that go into one chunk. */
export interface Rows {
  readonly start: number;
  readonly length: number;
}

/**
 * Puts rows of a packed column into a vector; false where its form is not that of the type.
 *
 * @param array the array in which the engine has numbers of the type, where it has
 * @param wrong refuses a value, by its row among these
 */
export function encodePacked(
  vector: duckdb.Vector,
  type: DuckDBType,
  packed: PackedVector,
  { start, length }: Rows,
  array: ((length: number) => NumberArray) | undefined,
  wrong: (value: Value, at: number) => never,
): boolean {
  const nulls = new Nulls(vector, length);
  for (const row of packed.nulls) if (row >= start && row < start + length) nulls.add(row - start);
  if ('numbers' in packed) {
    if (packed.numbers.constructor !== array?.(0).constructor) return false;
    copyNumbers(vector, packed.numbers, { start, length });
  } else if (type.typeId === DuckDBTypeId.VARCHAR) putTexts(vector, packed, { start, length }, wrong);
  else if (type instanceof DuckDBDecimalType) putDecimals(vector, type, packed, { start, length }, wrong);
  else return false;
  nulls.write();
  return true;
}

/** Numbers that lie as DuckDB wants them: one copy of memory. */
export function copyNumbers(vector: duckdb.Vector, numbers: NumberArray, { start, length }: Rows): void {
  const width = numbers.BYTES_PER_ELEMENT;
  const at = numbers.byteOffset + start * width;
  duckdb.copy_data_to_vector(vector, 0, numbers.buffer as ArrayBuffer, at, length * width);
}

/**
 * The bytes of all texts go to DuckDB in one call, as one long text in the vector's first cell, for a call for each text
 * costs more than the text. Then each cell is laid out as DuckDB has it, with its place inside that long text.
 */
function putTexts(
  vector: duckdb.Vector,
  { texts, ends }: PackedTexts,
  { start, length }: Rows,
  wrong: (value: Value, at: number) => never,
): void {
  const begin = ends[start - 1] ?? 0;
  const bytes = texts.subarray(begin, ends[start + length - 1] ?? begin);
  const cells = new Uint8Array(length * CELL_BYTES);
  const words = new Uint32Array(cells.buffer);
  const isSound = isUtf8(bytes);
  const place = isSound && bytes.length > INLINE ? placeOf(vector, bytes) : { low: 0, high: 0 };
  let from = 0;
  for (let i = 0; i < length; i++) {
    const to = (ends[start + i] as number) - begin;
    const size = to - from;
    // Where all bytes are sound, a text is when it begins with no byte from the middle of a character.
    if (size > 0 && (isSound ? ((bytes[from] as number) & 0xc0) === 0x80 : !isUtf8(bytes.subarray(from, to)))) {
      wrong(bytes.slice(from, to), i);
    }
    const cell = i * CELL_BYTES;
    words[i * 4] = size;
    const shown = size > INLINE ? 4 : size;
    for (let b = 0; b < shown; b++) cells[cell + 4 + b] = bytes[from + b] as number;
    if (size > INLINE) {
      const low = place.low + from;
      words[i * 4 + 2] = low;
      words[i * 4 + 3] = place.high + (low >= HALF ? 1 : 0);
    }
    from = to;
  }
  duckdb.copy_data_to_vector(vector, 0, cells.buffer, 0, cells.byteLength);
}

/** Gives the bytes to the vector and tells where they lie now: until the vector is reset. */
function placeOf(vector: duckdb.Vector, bytes: Uint8Array): { readonly low: number; readonly high: number } {
  duckdb.vector_assign_string_element_len(vector, 0, bytes);
  const cell = duckdb.vector_get_data(vector, CELL_BYTES);
  const view = new DataView(cell.buffer, cell.byteOffset, CELL_BYTES);
  if (view.getUint32(0, true) !== bytes.length || cell[4] !== bytes[0])
    throw new Error('DuckDB lays texts out in another way');
  return { low: view.getUint32(8, true), high: view.getUint32(12, true) };
}

const POINT = 0x2e;
const MINUS = 0x2d;
/** Digits that a number holds exactly. */
const EXACT_DIGITS = 15;

function putDecimals(
  vector: duckdb.Vector,
  type: DuckDBDecimalType,
  { texts, ends, nulls }: PackedTexts,
  { start, length }: Rows,
  wrong: (value: Value, at: number) => never,
): void {
  const cells = new DecimalCells(type, length);
  const absent = new Set(nulls);
  let from = ends[start - 1] ?? 0;
  for (let i = 0; i < length; i++) {
    const to = ends[start + i] as number;
    const few = fewDigits(texts, from, to, type.scale);
    if (few !== undefined && cells.putNumber(i, few)) {
      from = to;
      continue;
    }
    if (!absent.has(start + i)) {
      const text = Buffer.from(texts.buffer, texts.byteOffset + from, to - from).toString('latin1');
      if (!cells.putBigint(i, unscaled(text, type.scale))) wrong(text, i);
    }
    from = to;
  }
  cells.copyTo(vector);
}

/** The unscaled number of a plain decimal of few digits; undefined for all others, which may be sound. */
function fewDigits(texts: Uint8Array, from: number, to: number, scale: number): number | undefined {
  const isNegative = texts[from] === MINUS;
  let number = 0;
  let digits = 0;
  let point = -1;
  for (let at = isNegative ? from + 1 : from; at < to; at++) {
    const byte = texts[at] as number;
    const digit = byte - 48;
    if (digit >= 0 && digit <= 9) {
      number = number * 10 + digit;
      digits++;
    } else if (byte === POINT && point < 0) point = at;
    else return undefined;
  }
  let missing = scale - (point < 0 ? 0 : to - point - 1);
  if (digits === 0 || missing < 0 || digits + missing > EXACT_DIGITS) return undefined;
  for (; missing > 0; missing--) number *= 10;
  return isNegative ? -number : number;
}
