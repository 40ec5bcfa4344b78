import type { Value } from '@sluice/plugin-sdk';
import type { ResultColumn } from '../sql/session.js';

/** What is used of what the driver says of a column. */
export interface ColumnMetadata {
  readonly colName: string;
  readonly type: { readonly name: string };
  /** Bytes; 65535: no limit. */
  readonly dataLength?: number | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
}

/** Whole numbers that a double holds. */
const EXACT_DIGITS = 15;

/** The type with its size, as the server declares it; for decimals of more digits than a number holds, a text. */
export function declared(column: ColumnMetadata): string | undefined;
export function declared(column: ColumnMetadata, whole: true): string;
export function declared(column: ColumnMetadata, whole = false): string | undefined {
  const { precision = 0 } = column;
  const isLossy = /^(Decimal|Numeric)/.test(column.type.name) && precision > EXACT_DIGITS;
  if (isLossy) return 'VARCHAR(50)';
  return whole ? declaredType(column) : undefined;
}

function declaredType({ type, dataLength = 65_535, precision = 0, scale = 0 }: ColumnMetadata): string {
  const { name } = type;
  const length = dataLength >= 65_535 ? 'MAX' : String(dataLength);
  switch (name) {
    case 'IntN':
      return ({ 1: 'TINYINT', 2: 'SMALLINT', 4: 'INT' } as Record<number, string>)[dataLength] ?? 'BIGINT';
    case 'BitN':
      return 'BIT';
    case 'FloatN':
      return dataLength === 4 ? 'REAL' : 'FLOAT(53)';
    case 'MoneyN':
      return dataLength === 4 ? 'SMALLMONEY' : 'MONEY';
    case 'DateTimeN':
      return dataLength === 4 ? 'SMALLDATETIME' : 'DATETIME';
    case 'DecimalN':
    case 'NumericN':
    case 'Decimal':
    case 'Numeric':
      return `DECIMAL(${precision}, ${scale})`;
    case 'NVarChar':
    case 'NChar':
      return `${name.toUpperCase()}(${length === 'MAX' ? length : dataLength / 2})`;
    case 'VarChar':
    case 'Char':
    case 'VarBinary':
    case 'Binary':
      return `${name.toUpperCase()}(${length})`;
    case 'Time':
    case 'DateTime2':
    case 'DateTimeOffset':
      return `${name.toUpperCase()}(${scale})`;
    case 'Variant':
      return 'SQL_VARIANT';
    case 'UniqueIdentifier':
      return 'UNIQUEIDENTIFIER';
    default:
      return name.toUpperCase();
  }
}

/** How a column of a result is taken. */
export function resultColumn(column: ColumnMetadata, index: number): ResultColumn {
  const [type, read] = typeOf(column);
  // A column may have no name in SQL Server; rows need one.
  return { name: column.colName || `_c${index}`, type, read };
}

function typeOf(column: ColumnMetadata): readonly [string, ((cell: unknown) => Value | undefined)?] {
  const { type, dataLength = 0, precision = 0, scale = 0 } = column;
  switch (type.name) {
    case 'Bit':
    case 'BitN':
      return ['boolean'];
    case 'TinyInt':
    case 'SmallInt':
      return ['smallint'];
    case 'Int':
      return ['int'];
    case 'BigInt':
      return ['bigint', long];
    case 'IntN':
      return dataLength === 8 ? ['bigint', long] : [dataLength === 4 ? 'int' : 'smallint'];
    case 'Real':
      return ['float'];
    case 'Float':
      return ['double'];
    case 'FloatN':
      return [dataLength === 4 ? 'float' : 'double'];
    case 'Decimal':
    case 'Numeric':
    case 'DecimalN':
    case 'NumericN':
      return [`decimal(${precision},${scale})`, (cell) => (typeof cell === 'number' ? cell.toFixed(scale) : String(cell))]; // prettier-ignore
    case 'SmallMoney':
      return ['decimal(10,4)', (cell) => (cell as number).toFixed(4)];
    case 'Money':
    case 'MoneyN':
      return [dataLength === 4 ? 'decimal(10,4)' : 'decimal(19,4)', money];
    case 'Date':
      return ['date', (cell) => Math.round((cell as Date).getTime() / 86_400_000)];
    case 'DateTime':
    case 'SmallDateTime':
    case 'DateTimeN':
    case 'DateTime2':
      return ['timestamp_ntz', moment];
    case 'DateTimeOffset':
      return ['timestamp', moment];
    case 'Time':
      return ['string', (cell) => timeOfDay(cell as Date, scale)];
    case 'Binary':
    case 'VarBinary':
    case 'Image':
    case 'UDT':
      return ['binary', (cell) => Uint8Array.from(cell as Uint8Array)];
    default:
      return ['string', (cell) => (cell instanceof Date ? cell.toISOString() : String(cell))];
  }
}

function long(cell: unknown): Value {
  return BigInt(cell as string);
}

/** The driver makes a double of ten-thousandths; undefined where that may have lost one. */
function money(cell: unknown): Value | undefined {
  const value = cell as number;
  return Math.abs(value) < 2 ** 53 / 10_000 ? value.toFixed(4) : undefined;
}

/** Parts of a second below a millisecond stand beside the date; what is below a microsecond is left out. */
function moment(cell: unknown): Value {
  const { nanosecondsDelta = 0 } = cell as { readonly nanosecondsDelta?: number };
  return BigInt((cell as Date).getTime()) * 1000n + BigInt(Math.floor(nanosecondsDelta * 1e6 + 1e-4));
}

function timeOfDay(date: Date, scale: number): string {
  const { nanosecondsDelta = 0 } = date as { readonly nanosecondsDelta?: number };
  const clock = date.toISOString().slice(11, 19);
  const ticks = date.getUTCMilliseconds() * 10_000 + Math.round(nanosecondsDelta * 1e7);
  const fraction = String(ticks).padStart(7, '0').slice(0, scale);
  return scale === 0 ? clock : `${clock}.${fraction}`;
}
