import type { Value } from '@sluice/plugin-sdk';
import oracledb from 'oracledb';
import { exactDecimal, instantOf } from '../sql/server-texts.js';
import type { ResultColumn } from '../sql/session.js';
import { microsOf } from '../times.js';

/** What is used of what the driver says of a column. */
interface Metadata {
  readonly name: string;
  readonly dbType?: oracledb.DbType | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
}

/** Oracle's scale of a number without one. */
const NO_SCALE = -127;

const {
  DB_TYPE_BFILE,
  DB_TYPE_BINARY_DOUBLE,
  DB_TYPE_BINARY_FLOAT,
  DB_TYPE_BLOB,
  DB_TYPE_BOOLEAN,
  DB_TYPE_CLOB,
  DB_TYPE_DATE,
  DB_TYPE_LONG_RAW,
  DB_TYPE_NCLOB,
  DB_TYPE_NUMBER,
  DB_TYPE_RAW,
  DB_TYPE_TIMESTAMP,
  DB_TYPE_TIMESTAMP_LTZ,
  DB_TYPE_TIMESTAMP_TZ,
} = oracledb;

/** Numbers and moments come as texts that the server writes: the driver's own lose digits. */
export function fetchedAs(type: oracledb.DbType | undefined): { readonly type: oracledb.DbType } | undefined {
  switch (type) {
    case DB_TYPE_NUMBER:
    case DB_TYPE_DATE:
    case DB_TYPE_TIMESTAMP:
    case DB_TYPE_TIMESTAMP_TZ:
    case DB_TYPE_TIMESTAMP_LTZ:
    case DB_TYPE_CLOB:
    case DB_TYPE_NCLOB:
      return { type: oracledb.DB_TYPE_VARCHAR };
    case DB_TYPE_BLOB:
      return { type: oracledb.DB_TYPE_RAW };
    default:
      return undefined;
  }
}

/** How a column of a result is taken. */
export function resultColumn(column: Metadata): ResultColumn {
  const [type, read] = typeOf(column);
  return { name: column.name, type, read };
}

function typeOf({
  dbType,
  precision = 0,
  scale = 0,
}: Metadata): readonly [string, ((cell: unknown) => Value | undefined)?] {
  switch (dbType) {
    case DB_TYPE_NUMBER:
      // FLOAT has binary digits and no scale; a NUMBER of which nothing is said has 38 digits, as in Spark.
      if (scale === NO_SCALE && precision > 0) return ['double', Number];
      if (precision === 0) return decimal(38, 10);
      return scale < 0
        ? decimal(Math.min(38, precision - scale), 0)
        : decimal(Math.min(38, Math.max(precision, scale)), scale);
    case DB_TYPE_BINARY_FLOAT:
      return ['float'];
    case DB_TYPE_BINARY_DOUBLE:
      return ['double'];
    case DB_TYPE_BOOLEAN:
      return ['boolean'];
    case DB_TYPE_DATE:
    case DB_TYPE_TIMESTAMP:
      return ['timestamp_ntz', (cell) => microsOf(String(cell))];
    case DB_TYPE_TIMESTAMP_TZ:
    case DB_TYPE_TIMESTAMP_LTZ:
      return ['timestamp', (cell) => instantOf(String(cell))];
    case DB_TYPE_RAW:
    case DB_TYPE_LONG_RAW:
    case DB_TYPE_BLOB:
    case DB_TYPE_BFILE:
      return ['binary', (cell) => Uint8Array.from(cell as Uint8Array)];
    default:
      return ['string', (cell) => (typeof cell === 'string' ? cell : JSON.stringify(cell))];
  }
}

function decimal(precision: number, scale: number): readonly [string, (cell: unknown) => Value | undefined] {
  return [`decimal(${precision},${scale})`, (cell) => exactDecimal(String(cell), precision, scale)];
}
