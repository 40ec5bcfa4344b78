import duckdb from '@duckdb/node-bindings';
import {
  DuckDBDecimalType,
  DuckDBArrayType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTypeId,
  DuckDBVector,
  type DuckDBDataChunk,
  type DuckDBType,
} from '@duckdb/node-api';
import type { Batch, Value, Vector } from '@sluice/plugin-sdk';
import { decodeTexts } from './decode-texts.js';
import { intervalText, scaledNumberText, scaledText, timeText } from './texts.js';

/** The rows of a chunk of DuckDB's as a batch that owns its memory. */
export function decodeChunk(chunk: DuckDBDataChunk, types: readonly DuckDBType[]): Batch {
  const length = chunk.rowCount;
  const columns = types.map((type, index) => decode(duckdb.data_chunk_get_vector(chunk.chunk, index), length, type));
  return { length, columns };
}

/** One bit a row, set where there is a value; undefined where every row has one. */
type Validity = Uint8Array | undefined;

function validityOf(vector: duckdb.Vector, length: number): Validity {
  const bits = duckdb.vector_get_validity(vector, Math.ceil(length / 64) * 8) as Uint8Array | null;
  if (bits === null) return undefined;
  const whole = length >> 3;
  for (let i = 0; i < whole; i++) if (bits[i] !== 0xff) return bits;
  const rest = (1 << (length & 7)) - 1;
  return ((bits[whole] ?? 0) & rest) === rest ? undefined : bits;
}

function isValid(bits: Uint8Array, row: number): boolean {
  return (((bits[row >> 3] ?? 0) >> (row & 7)) & 1) === 1;
}

type Numbers = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;
interface NumberArray {
  new (buffer: ArrayBufferLike, offset: number, length: number): Numbers;
  readonly BYTES_PER_ELEMENT: number;
}

/** Types whose values DuckDB lays out as JavaScript's typed arrays do. */
const NUMBERS: Partial<Record<DuckDBTypeId, NumberArray>> = {
  [DuckDBTypeId.TINYINT]: Int8Array,
  [DuckDBTypeId.SMALLINT]: Int16Array,
  [DuckDBTypeId.INTEGER]: Int32Array,
  [DuckDBTypeId.DATE]: Int32Array,
  [DuckDBTypeId.BIGINT]: BigInt64Array,
  [DuckDBTypeId.TIMESTAMP]: BigInt64Array,
  [DuckDBTypeId.TIMESTAMP_TZ]: BigInt64Array,
  [DuckDBTypeId.FLOAT]: Float32Array,
  [DuckDBTypeId.DOUBLE]: Float64Array,
};

function decode(vector: duckdb.Vector, length: number, type: DuckDBType): Vector {
  if (length === 0) return [];
  const numbers = NUMBERS[type.typeId];
  const validity = validityOf(vector, length);
  if (numbers !== undefined) {
    const bytes = duckdb.vector_get_data(vector, length * numbers.BYTES_PER_ELEMENT);
    const items = new numbers(bytes.buffer, bytes.byteOffset, length);
    if (validity === undefined) return items.slice();
    return fill(length, validity, (row) => items[row] as number | bigint);
  }
  if (type.typeId === DuckDBTypeId.VARCHAR) return decodeTexts(vector, length, validity);
  const item = reader(vector, length, type);
  return fill(length, validity, item);
}

function fill(length: number, validity: Validity, item: (row: number) => Value): Value[] {
  const values = new Array<Value>(length);
  for (let row = 0; row < length; row++) {
    values[row] = validity === undefined || isValid(validity, row) ? item(row) : null;
  }
  return values;
}

/** What gives the value of a row that has one. */
function reader(vector: duckdb.Vector, length: number, type: DuckDBType): (row: number) => Value {
  if (type instanceof DuckDBDecimalType) return decimalReader(vector, length, type);
  if (type instanceof DuckDBListType) {
    const at = ranges(vector, length);
    const size = duckdb.list_vector_get_size(vector);
    const child = decode(duckdb.list_vector_get_child(vector), size, type.valueType);
    return (row) => Array.from(child.slice(at.start(row), at.end(row)) as readonly Value[]);
  }
  if (type instanceof DuckDBArrayType) {
    const child = decode(duckdb.array_vector_get_child(vector), length * type.length, type.valueType);
    return (row) => Array.from(child.slice(row * type.length, (row + 1) * type.length) as readonly Value[]);
  }
  if (type instanceof DuckDBStructType) {
    const children = type.entryTypes.map((entry, i) =>
      decode(duckdb.struct_vector_get_child(vector, i), length, entry),
    );
    return (row) => {
      const struct: Record<string, Value> = {};
      for (const [i, name] of type.entryNames.entries()) struct[name] = children[i]?.[row] ?? null;
      return struct;
    };
  }
  if (type instanceof DuckDBMapType) {
    const at = ranges(vector, length);
    const size = duckdb.list_vector_get_size(vector);
    const entries = duckdb.list_vector_get_child(vector);
    const keys = decode(duckdb.struct_vector_get_child(entries, 0), size, type.keyType);
    const values = decode(duckdb.struct_vector_get_child(entries, 1), size, type.valueType);
    return (row) => {
      const map = new Map<Value, Value>();
      for (let i = at.start(row); i < at.end(row); i++) map.set(keys[i] ?? null, values[i] ?? null);
      return map;
    };
  }
  return plainReader(vector, length, type);
}

function plainReader(vector: duckdb.Vector, length: number, type: DuckDBType): (row: number) => Value {
  const view = (width: number): DataView => {
    const bytes = duckdb.vector_get_data(vector, length * width);
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  };
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN: {
      const data = view(1);
      return (row) => data.getUint8(row) !== 0;
    }
    case DuckDBTypeId.INTERVAL: {
      const data = view(16);
      return (row) =>
        intervalText(
          data.getInt32(row * 16, true),
          data.getInt32(row * 16 + 4, true),
          data.getBigInt64(row * 16 + 8, true),
        );
    }
    case DuckDBTypeId.TIME: {
      const data = view(8);
      return (row) => timeText(data.getBigInt64(row * 8, true));
    }
    case DuckDBTypeId.HUGEINT: {
      const data = view(16);
      return (row) => String((data.getBigInt64(row * 16 + 8, true) << 64n) + data.getBigUint64(row * 16, true));
    }
    case DuckDBTypeId.BLOB: {
      const items = DuckDBVector.create(vector, length, type);
      return (row) => {
        const blob = items.getItem(row);
        return typeof blob === 'object' && blob !== null && 'bytes' in blob
          ? Uint8Array.from(blob.bytes as Uint8Array)
          : null;
      };
    }
    default: {
      // Types that Spark has not come as the text that DuckDB shows.
      const items = DuckDBVector.create(vector, length, type);
      return (row) => String(items.getItem(row));
    }
  }
}

const HALF = 0x1_0000_0000;
/** A number holds 53 bits exactly. */
const EXACT_HIGH = 2 ** 20;

function decimalReader(vector: duckdb.Vector, length: number, type: DuckDBDecimalType): (row: number) => Value {
  const width = type.width <= 4 ? 2 : type.width <= 9 ? 4 : type.width <= 18 ? 8 : 16;
  const bytes = duckdb.vector_get_data(vector, length * width);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { scale } = type;
  if (width === 2) return (row) => scaledNumberText(data.getInt16(row * 2, true), scale);
  if (width === 4) return (row) => scaledNumberText(data.getInt32(row * 4, true), scale);
  if (width === 8) {
    return (row) => {
      const high = data.getInt32(row * 8 + 4, true);
      if (high < -EXACT_HIGH || high >= EXACT_HIGH) return scaledText(data.getBigInt64(row * 8, true), scale);
      return scaledNumberText(high * HALF + data.getUint32(row * 8, true), scale);
    };
  }
  return (row) => scaledText((data.getBigInt64(row * 16 + 8, true) << 64n) + data.getBigUint64(row * 16, true), scale);
}

/** Where the elements of each row's list lie in the child vector. */
function ranges(vector: duckdb.Vector, length: number): { start(row: number): number; end(row: number): number } {
  const bytes = duckdb.vector_get_data(vector, length * 16);
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = (row: number): number => Number(data.getBigUint64(row * 16, true));
  return { start, end: (row) => start(row) + Number(data.getBigUint64(row * 16 + 8, true)) };
}
