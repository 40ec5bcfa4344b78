import duckdb from '@duckdb/node-bindings';
import {
  DuckDBDecimalType,
  DuckDBTypeId,
  type DuckDBDataChunk,
  type DuckDBType,
  type DuckDBVector,
} from '@duckdb/node-api';
import {
  SluiceError,
  unpacked,
  type Column,
  type NumberArray,
  type PackedVector,
  type Value,
  type Vector,
} from '@sluice/plugin-sdk';
import { DecimalCells } from './decimal-cells.js';
import { nestedValue } from './encode-nested.js';
import { copyNumbers, encodePacked } from './encode-packed.js';
import { Nulls } from './nulls.js';
import { unscaled, unscaledNumber } from './texts.js';

/** Rows in one chunk of DuckDB's, at most. */
export const CHUNK_ROWS = 2048;

/** How values of a type are laid out: as numbers of a width, from `number` or `bigint`. */
interface Layout {
  readonly make: (length: number) => NumberArray;
  readonly bigint: boolean;
  /** The least and the greatest value; absent where every number is one. */
  readonly range?: readonly [number | bigint, number | bigint];
}

const int = (make: (length: number) => NumberArray, bits: number): Layout => ({
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
  given: Vector | PackedVector,
  start: number,
  length: number,
  row: number,
): void {
  const vector = duckdb.data_chunk_get_vector(chunk.chunk, index);
  const wrong = (value: Value, at: number): never => {
    const shown =
      value instanceof Uint8Array
        ? `0x${Buffer.from(value.subarray(0, 30)).toString('hex')}`
        : typeof value === 'string'
          ? `'${value.slice(0, 60)}'`
          : String(value);
    const message = `row ${row + at + 1}, column '${column.name}': ${shown} (${kindOf(value)}) is no value of type ${column.type}`;
    throw new SluiceError('DATA_INVALID', message, { details: { column: column.name, row: String(row + at + 1) } });
  };
  const layout = LAYOUTS[type.typeId];
  if ('nulls' in given && encodePacked(vector, type, given, { start, length }, layout?.make, wrong)) return;
  const values = unpacked(given);
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
    copyNumbers(vector, values as NumberArray, { start, length });
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
  const cells = new DecimalCells(type, length);
  for (let i = 0; i < length; i++) {
    const value = values[start + i] ?? null;
    if (value === null) {
      nulls.add(i);
      continue;
    }
    const text = typeof value === 'string' ? value : '';
    const few = cells.isNarrow ? unscaledNumber(text, type.scale) : undefined;
    if (few !== undefined && cells.putNumber(i, few)) continue;
    if (!cells.putBigint(i, unscaled(text, type.scale))) wrong(value, i);
  }
  cells.copyTo(vector);
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

function kindOf(value: Value): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof Map) return 'Map';
  return value instanceof Uint8Array ? 'Uint8Array' : typeof value;
}
