import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBListType,
  DuckDBListValue,
  DuckDBMapType,
  DuckDBMapValue,
  DuckDBStructType,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { Value } from '@sluice/plugin-sdk';
import { unscaled } from './texts.js';

/** A value as DuckDB's library takes it inside arrays, structs and maps; undefined where it does not fit the type. */
export function nestedValue(value: Value, type: DuckDBType): DuckDBValue | undefined {
  if (value === null) return null;
  if (type instanceof DuckDBListType) {
    if (!Array.isArray(value)) return undefined;
    const items = (value as readonly Value[]).map((item) => nestedValue(item, type.valueType));
    return complete(items) ? new DuckDBListValue(items) : undefined;
  }
  if (type instanceof DuckDBStructType) {
    if (typeof value !== 'object' || Array.isArray(value) || value instanceof Map || value instanceof Uint8Array) {
      return undefined;
    }
    const struct = value as Readonly<Record<string, Value>>;
    const names = Object.keys(struct);
    if (names.some((name) => !type.entryNames.includes(name))) return undefined;
    const entries: Record<string, DuckDBValue> = {};
    for (const [i, name] of type.entryNames.entries()) {
      const entryType = type.entryTypes[i];
      const entry = entryType === undefined ? undefined : nestedValue(struct[name] ?? null, entryType);
      if (entry === undefined) return undefined;
      entries[name] = entry;
    }
    return new DuckDBStructValue(entries);
  }
  if (type instanceof DuckDBMapType) {
    if (!(value instanceof Map)) return undefined;
    const entries = [...(value as ReadonlyMap<Value, Value>)].map(([key, item]) => ({
      key: nestedValue(key, type.keyType),
      value: nestedValue(item, type.valueType),
    }));
    const isComplete = entries.every((entry) => entry.key !== undefined && entry.value !== undefined);
    return isComplete ? new DuckDBMapValue(entries as { key: DuckDBValue; value: DuckDBValue }[]) : undefined;
  }
  return plainValue(value, type);
}

function complete(items: readonly (DuckDBValue | undefined)[]): items is readonly DuckDBValue[] {
  return !items.includes(undefined);
}

function plainValue(value: Value, type: DuckDBType): DuckDBValue | undefined {
  if (type instanceof DuckDBDecimalType) {
    const number = typeof value === 'string' ? unscaled(value, type.scale) : undefined;
    return number === undefined ? undefined : new DuckDBDecimalValue(number, type.width, type.scale);
  }
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return typeof value === 'boolean' ? value : undefined;
    case DuckDBTypeId.VARCHAR:
      return typeof value === 'string' ? value : undefined;
    case DuckDBTypeId.BIGINT:
      return typeof value === 'bigint' ? value : undefined;
    case DuckDBTypeId.DATE:
      return typeof value === 'number' ? new DuckDBDateValue(value) : undefined;
    case DuckDBTypeId.TIMESTAMP:
      return typeof value === 'bigint' ? new DuckDBTimestampValue(value) : undefined;
    case DuckDBTypeId.TIMESTAMP_TZ:
      return typeof value === 'bigint' ? new DuckDBTimestampTZValue(value) : undefined;
    case DuckDBTypeId.BLOB:
      return value instanceof Uint8Array ? new DuckDBBlobValue(value) : undefined;
    case DuckDBTypeId.TINYINT:
    case DuckDBTypeId.SMALLINT:
    case DuckDBTypeId.INTEGER:
      return typeof value === 'number' && Number.isInteger(value) ? value : undefined;
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return typeof value === 'number' ? value : undefined;
    default:
      return undefined;
  }
}
