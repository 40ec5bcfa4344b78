import {
  DuckDBArrayType,
  DuckDBDecimalType,
  DuckDBListType,
  DuckDBStructType,
  DuckDBTypeId,
  type DuckDBType,
} from '@duckdb/node-api';
import { fieldName, type Value } from '@sluice/plugin-sdk';
import type { ResultColumn } from '../sql/session.js';

type Read = (cell: unknown) => Value | undefined;

/** Types whose values the driver gives as the engine has them. */
const PLAIN: Readonly<Partial<Record<DuckDBTypeId, string>>> = {
  [DuckDBTypeId.BOOLEAN]: 'boolean',
  [DuckDBTypeId.TINYINT]: 'tinyint',
  [DuckDBTypeId.UTINYINT]: 'smallint',
  [DuckDBTypeId.SMALLINT]: 'smallint',
  [DuckDBTypeId.USMALLINT]: 'int',
  [DuckDBTypeId.INTEGER]: 'int',
  [DuckDBTypeId.BIGINT]: 'bigint',
  [DuckDBTypeId.FLOAT]: 'float',
  [DuckDBTypeId.DOUBLE]: 'double',
  [DuckDBTypeId.VARCHAR]: 'string',
  [DuckDBTypeId.ENUM]: 'string',
};
/** The 38 digits that a decimal of the engine has; DuckDB's whole numbers of 128 bits have one more. */
const GREATEST = 10n ** 38n;

/** How a column of a result is taken; what Spark has no type for is the text that DuckDB shows. */
export function resultColumn(name: string, type: DuckDBType): ResultColumn {
  const [own, read] = typeOf(type);
  return { name, type: own, read };
}

function typeOf(type: DuckDBType): readonly [string, Read | undefined] {
  const plain = PLAIN[type.typeId];
  if (plain !== undefined) return [plain, undefined];
  if (type instanceof DuckDBDecimalType) return [`decimal(${type.width},${type.scale})`, String];
  if (type instanceof DuckDBListType || type instanceof DuckDBArrayType) {
    const [own, read = same] = typeOf(type.valueType);
    const items = (cell: unknown) =>
      (cell as { items: readonly unknown[] }).items.map((each) => (each === null ? null : read(each)));
    return [`array<${own}>`, (cell) => whole(items(cell)) as Value | undefined];
  }
  if (type instanceof DuckDBStructType) {
    const fields = type.entryNames.map((name, i) => [name, ...typeOf(type.entryTypes[i] as DuckDBType)] as const);
    const read: Read = (cell) => {
      const { entries } = cell as { entries: Readonly<Record<string, unknown>> };
      const values = fields.map(([name, , each = same]) =>
        (entries[name] ?? null) === null ? null : each(entries[name]),
      );
      return whole(values) === undefined
        ? undefined
        : (Object.fromEntries(fields.map(([name], i) => [name, values[i]])) as Value);
    };
    return [`struct<${fields.map(([name, own]) => `${fieldName(name)}:${own}`).join(',')}>`, read];
  }
  switch (type.typeId) {
    case DuckDBTypeId.UINTEGER:
      return ['bigint', (cell) => BigInt(cell as number)];
    case DuckDBTypeId.UBIGINT:
      return ['decimal(20,0)', String];
    case DuckDBTypeId.HUGEINT:
      return ['decimal(38,0)', (cell) => ((cell as bigint) < GREATEST && (cell as bigint) > -GREATEST ? String(cell) : undefined)]; // prettier-ignore
    case DuckDBTypeId.BLOB:
      return ['binary', (cell) => Uint8Array.from((cell as { readonly bytes: Uint8Array }).bytes)];
    case DuckDBTypeId.DATE:
      return ['date', (cell) => finite((cell as { readonly days: number }).days)];
    case DuckDBTypeId.TIMESTAMP:
      return ['timestamp_ntz', (cell) => moment((cell as { readonly micros: bigint }).micros)];
    case DuckDBTypeId.TIMESTAMP_S:
      return ['timestamp_ntz', (cell) => moment((cell as { readonly seconds: bigint }).seconds, 1_000_000n)];
    case DuckDBTypeId.TIMESTAMP_MS:
      return ['timestamp_ntz', (cell) => moment((cell as { readonly millis: bigint }).millis, 1000n)];
    case DuckDBTypeId.TIMESTAMP_TZ:
      return ['timestamp', (cell) => moment((cell as { readonly micros: bigint }).micros)];
    default:
      return ['string', String];
  }
}

function same(cell: unknown): Value {
  return cell as Value;
}

/** Values none of which is missing. */
function whole(values: readonly (Value | undefined)[]): readonly Value[] | undefined {
  return values.includes(undefined) ? undefined : (values as Value[]);
}

const MOST_DAYS = 2_147_483_647;
const MOST_MICROS = 2n ** 63n - 1n;

/** A date; none for infinity. */
function finite(days: number): number | undefined {
  return Math.abs(days) === MOST_DAYS ? undefined : days;
}

function moment(units: bigint, micros = 1n): bigint | undefined {
  return units === MOST_MICROS || units === -MOST_MICROS ? undefined : units * micros;
}
