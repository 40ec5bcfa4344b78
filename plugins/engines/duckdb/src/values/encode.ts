import duckdb from '@duckdb/node-bindings';
import {
  DuckDBDecimalType,
  DuckDBTypeId,
  type DuckDBDataChunk,
  type DuckDBType,
  type DuckDBVector,
} from '@duckdb/node-api';
import { SluiceError, type Column, type Value, type Vector } from '@sluice/plugin-sdk';
import { nestedValue } from './encode-nested.js';
import { unscaled, unscaledNumber } from './texts.js';

/** Rows in one chunk of DuckDB's, at most. */
export const CHUNK_ROWS = 2048;

type Numbers = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array | Uint8Array;

/** How values of a type are laid out: as numbers of a width, from `number` or `bigint`. */
interface Layout {
  readonly make: (length: number) => Numbers;
  readonly bigint: boolean;
  /** The least and the greatest value; absent where every number is one. */
  readonly range?: readonly [number | bigint, number | bigint];
}

const int = (make: (length: number) => Numbers, bits: number): Layout => ({
  make,
  bigint: false,
  range: [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1],
});
const long: Layout = { make: (n) => new BigInt64Array(n), bigint: true, range: [-(2n ** 63n), 2n ** 63n - 1n] };
const LAYOUTS: Partial<Record<DuckDBTypeId, Layout>> = {
  [DuckDBTypeId.TINYINT]: int((n) => new Int8Array(n), 8),
  [DuckDBTypeId.SMALLINT]: int((n) => new Int16Array(n), 16),
  [DuckDBTypeId.INTEGER]: int((n) => new Int32Array(n), 32),
  [DuckDBTypeId.DATE]: int((n) => new Int32Array(n), 32),
  [DuckDBTypeId.BIGINT]: long,
  [DuckDBTypeId.TIMESTAMP]: long,
  [DuckDBTypeId.TIMESTAMP_TZ]: long,
  [DuckDBTypeId.FLOAT]: { make: (n) => new Float32Array(n), bigint: false },
  [DuckDBTypeId.DOUBLE]: { make: (n) => new Float64Array(n), bigint: false },
};

/**
 * Puts `length` values of a column, from `start` on, into a column of a chunk.
 *
 * @throws DATA_INVALID for a value that is none of the column's type, with the column and the row (counted from `row`)
 */
export function encodeColumn(
  chunk: DuckDBDataChunk,
  index: number,
  type: DuckDBType,
  column: Column,
  values: Vector,
  start: number,
  length: number,
  row: number,
): void {
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
  const wrong = (value: Value, at: number): never => {
    const shown = typeof value === 'string' ? `'${value.slice(0, 60)}'` : String(value);
    const message = `row ${row + at + 1}, column '${column.name}': ${shown} (${kindOf(value)}) is no value of type ${column.type}`;
    throw new SluiceError('DATA_INVALID', message, { details: { column: column.name, row: String(row + at + 1) } });
  };
  const layout = LAYOUTS[type.typeId];
  if (layout !== undefined) return encodeNumbers(vector, layout, values, start, length, wrong);
  const nulls = new Nulls(vector, length);
  switch (type.typeId) {
    case DuckDBTypeId.VARCHAR:
      encodeTexts(vector, values, start, length, nulls, wrong);
      break;
    case DuckDBTypeId.BOOLEAN: {
      const items = new Uint8Array(length);
      for (let i = 0; i < length; i++) {
        const value = values[start + i] ?? null;
        if (value === null) nulls.add(i);
        else if (typeof value === 'boolean') items[i] = value ? 1 : 0;
        else wrong(value, i);
      }
      duckdb.copy_data_to_vector(vector, 0, items.buffer as ArrayBuffer, 0, items.byteLength);
      break;
    }
    case DuckDBTypeId.BLOB:
      for (let i = 0; i < length; i++) {
        const value = values[start + i] ?? null;
        if (value === null) nulls.add(i);
        else if (value instanceof Uint8Array) duckdb.vector_assign_string_element_len(vector, i, value);
        else wrong(value, i);
      }
      break;
    default:
      if (type instanceof DuckDBDecimalType) encodeDecimals(vector, type, values, start, length, nulls, wrong);
      else return encodeNested(chunk.getColumnVector(index), type, values, start, length, wrong);
  }
  nulls.write();
}

function encodeNumbers(
  vector: duckdb.Vector,
  layout: Layout,
  values: Vector,
  start: number,
  length: number,
  wrong: (value: Value, at: number) => never,
): void {
  const items = layout.make(length);
  if (!Array.isArray(values) && values.constructor === items.constructor) {
    // Already as DuckDB wants it: one copy of memory.
    const given = values as Numbers;
    const at = given.byteOffset + start * given.BYTES_PER_ELEMENT;
    duckdb.copy_data_to_vector(vector, 0, given.buffer as ArrayBuffer, at, length * given.BYTES_PER_ELEMENT);
    return;
  }
  const nulls = new Nulls(vector, length);
  const { range, bigint } = layout;
  for (let i = 0; i < length; i++) {
    const value = values[start + i] ?? null;
    if (value === null) nulls.add(i);
    else if (bigint ? typeof value !== 'bigint' : typeof value !== 'number') wrong(value, i);
    else {
      const number = value as number;
      if (range !== undefined && !(number >= range[0] && number <= range[1])) wrong(value, i);
      if (range !== undefined && !bigint && !Number.isInteger(number)) wrong(value, i);
      items[i] = number;
    }
  }
  duckdb.copy_data_to_vector(vector, 0, items.buffer as ArrayBuffer, 0, items.byteLength);
  nulls.write();
}

const HALF = 0x1_0000_0000;

/** Texts up to so many bytes lie in the vector itself. */
const INLINE = 12;

/**
 * Short texts are laid out here as DuckDB has them (length, then the bytes) and copied in one go, for a call for each
 * costs more than the text; long ones are handed over one by one.
 */
function encodeTexts(
  vector: duckdb.Vector,
  values: Vector,
  start: number,
  length: number,
  nulls: Nulls,
  wrong: (value: Value, at: number) => never,
): void {
  const slots = Buffer.alloc(length * 16);
  const long: number[] = [];
  for (let i = 0; i < length; i++) {
    const value = values[start + i] ?? null;
    if (value === null) nulls.add(i);
    else if (typeof value !== 'string') wrong(value, i);
    else if (value.length > INLINE || !writeShort(slots, i * 16, value)) long.push(i);
  }
  duckdb.copy_data_to_vector(vector, 0, slots.buffer as ArrayBuffer, slots.byteOffset, slots.byteLength);
  for (const i of long) duckdb.vector_assign_string_element(vector, i, values[start + i] as string);
}

/** Writes a text into its slot; false when its bytes are too many. */
function writeShort(slots: Buffer, at: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      const bytes = Buffer.byteLength(text);
      if (bytes > INLINE) {
        slots.fill(0, at, at + 16);
        return false;
      }
      slots.fill(0, at + 4, at + 16);
      slots.write(text, at + 4, 'utf8');
      slots.writeUInt32LE(bytes, at);
      return true;
    }
    slots[at + 4 + i] = code;
  }
  slots[at] = text.length;
  return true;
}

function encodeDecimals(
  vector: duckdb.Vector,
  type: DuckDBDecimalType,
  values: Vector,
  start: number,
  length: number,
  nulls: Nulls,
  wrong: (value: Value, at: number) => never,
): void {
  const width = type.width <= 4 ? 2 : type.width <= 9 ? 4 : type.width <= 18 ? 8 : 16;
  const limit = 10n ** BigInt(type.width);
  const most = 10 ** type.width;
  const data = new DataView(new ArrayBuffer(length * width));
  for (let i = 0; i < length; i++) {
    const value = values[start + i] ?? null;
    if (value === null) {
      nulls.add(i);
      continue;
    }
    const small = typeof value === 'string' && width <= 8 ? unscaledNumber(value, type.scale) : undefined;
    if (small !== undefined && small < most && small > -most) {
      if (width === 2) data.setInt16(i * 2, small, true);
      else if (width === 4) data.setInt32(i * 4, small, true);
      else {
        const high = Math.floor(small / HALF);
        data.setUint32(i * 8, small - high * HALF, true);
        data.setInt32(i * 8 + 4, high, true);
      }
      continue;
    }
    const number = typeof value === 'string' ? unscaled(value, type.scale) : undefined;
    if (number === undefined || number >= limit || number <= -limit) {
      wrong(value, i);
      continue;
    }
    if (width === 2) data.setInt16(i * 2, Number(number), true);
    else if (width === 4) data.setInt32(i * 4, Number(number), true);
    else {
      data.setBigUint64(i * width, BigInt.asUintN(64, number), true);
      if (width === 16) data.setBigInt64(i * 16 + 8, number >> 64n, true);
    }
  }
  duckdb.copy_data_to_vector(vector, 0, data.buffer, 0, data.byteLength);
}

function encodeNested(
  vector: DuckDBVector,
  type: DuckDBType,
  values: Vector,
  start: number,
  length: number,
  wrong: (value: Value, at: number) => never,
): void {
  for (let i = 0; i < length; i++) {
    const value = values[start + i] ?? null;
    const item = value === null ? null : nestedValue(value, type);
    if (item === undefined) wrong(value, i);
    else vector.setItem(i, item);
  }
  vector.flush();
}

/** The rows of a vector that have no value. */
class Nulls {
  private bits: Uint8Array | undefined;

  constructor(
    private readonly vector: duckdb.Vector,
    private readonly length: number,
  ) {}

  add(row: number): void {
    this.bits ??= new Uint8Array(Math.ceil(this.length / 64) * 8).fill(0xff);
    const at = row >> 3;
    this.bits[at] = (this.bits[at] ?? 0) & ~(1 << (row & 7));
  }

  write(): void {
    if (this.bits === undefined) return;
    duckdb.vector_ensure_validity_writable(this.vector);
    const { buffer, byteLength } = this.bits;
    duckdb.copy_data_to_vector_validity(this.vector, 0, buffer as ArrayBuffer, 0, byteLength);
  }
}

function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'Map';
  return value instanceof Uint8Array ? 'Uint8Array' : typeof value;
}
