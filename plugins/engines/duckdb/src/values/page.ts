import {
  DuckDBArrayType,
  DuckDBListType,
  DuckDBMapType,
  DuckDBStructType,
  DuckDBTypeId,
  type DuckDBConnection,
  type DuckDBType,
} from '@duckdb/node-api';
import type { Column, RowsPage, Value } from '@sluice/plugin-sdk';
import { wallOfZone } from '../sql/natives/calendar.js';
import { decodeChunk } from './decode.js';
import { daysText, wallClockText } from './texts.js';

/**
 * The rows of a query as JSON values: 64-bit integers, decimals, dates (`YYYY-MM-DD`), timestamps (`YYYY-MM-DD
 * HH:MM:SS[.ffffff]`, in the session zone) and intervals as texts; floats that JSON cannot say as `NaN`, `Infinity`,
 * `-Infinity`; binary as base64; maps as arrays of `[key, value]`.
 */
export async function pageOf(
  connection: DuckDBConnection,
  query: string,
  columns: readonly Column[],
  zone: string,
): Promise<RowsPage> {
  const result = await connection.run(query);
  const types = result.columnTypes();
  const show = types.map((type) => jsonOf(type, zone));
  const rows: Value[][] = [];
  for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0; chunk = await result.fetchChunk()) {
    const batch = decodeChunk(chunk, types);
    for (let row = 0; row < batch.length; row++) {
      rows.push(
        batch.columns.map((column, index) => {
          const value: Value = column[row] ?? null;
          return value === null ? null : (show[index]?.(value) ?? null);
        }),
      );
    }
  }
  return { columns, rows };
}

/** What turns a value that is not null into JSON. */
function jsonOf(type: DuckDBType, zone: string): (value: Value) => Value {
  const nullable = (show: (value: Value) => Value) => (value: Value) => (value === null ? null : show(value));
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) {
    const show = nullable(jsonOf(type.valueType, zone));
    return (value) => (value as readonly Value[]).map(show);
  }
  if (type instanceof DuckDBStructType) {
    const shows = new Map(
      type.entryNames.map((name, i) => [name, nullable(jsonOf(type.entryTypes[i] as DuckDBType, zone))]),
    );
    return (value) =>
      Object.fromEntries(Object.entries(value as object).map(([k, v]) => [k, shows.get(k)?.(v as Value) ?? null]));
  }
  if (type instanceof DuckDBMapType) {
    const [key, item] = [nullable(jsonOf(type.keyType, zone)), nullable(jsonOf(type.valueType, zone))];
    return (value) => [...(value as ReadonlyMap<Value, Value>)].map(([k, v]) => [key(k), item(v)]);
  }
  switch (type.typeId) {
    case DuckDBTypeId.BIGINT:
      return String;
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return (value) => (Number.isFinite(value) ? value : String(value));
    case DuckDBTypeId.DATE:
      return (value) => daysText(value as number);
    case DuckDBTypeId.TIMESTAMP:
      return (value) => wallClockText(value as bigint);
    case DuckDBTypeId.TIMESTAMP_TZ:
      return (value) => wallClockText(wallOfZone(value as bigint, zone));
    case DuckDBTypeId.BLOB:
      return (value) => Buffer.from(value as Uint8Array).toString('base64');
    default:
      return (value) => value;
  }
}
