import { SluiceError, type Column, type Value } from '@sluice/plugin-sdk';
import { escaped, NULL } from './tab-separated.js';
import { innerType } from './types.js';

type Writer = (value: Value) => string;

/** The type of a column of a table that is made for rows; nothing is said of NULL in rows, so every column may have it. */
export function typeFor({ name, type }: Column): string {
  const plain: Readonly<Record<string, string>> = {
    tinyint: 'Int8',
    smallint: 'Int16',
    int: 'Int32',
    bigint: 'Int64',
    float: 'Float32',
    double: 'Float64',
    boolean: 'UInt8',
    string: 'String',
    date: 'Date',
    timestamp: 'DateTime',
    timestamp_ntz: 'DateTime',
  };
  const [, precision, scale] = /^decimal\((\d+),\s*(\d+)\)$/.exec(type) ?? [];
  if (precision !== undefined) return `Nullable(Decimal(${precision}, ${scale ?? '0'}))`;
  const found = plain[type];
  if (found !== undefined) return `Nullable(${found})`;
  throw unsupported(name, type);
}

/** How values of a column are written into a column of the table. */
export function writerFor({ name, type }: Column, target: string): Writer {
  const inner = innerType(target);
  const isNullable = /^(LowCardinality\()?Nullable\(/.test(target);
  const write = plainWriter(name, type, inner);
  return (value) => {
    if (value !== null) return write(value);
    if (isNullable) return NULL;
    throw new SluiceError(
      'DATA_INVALID',
      `column '${name}' is NULL in a row, and the table's column, ${target}, takes none`,
    );
  };
}

function plainWriter(name: string, type: string, target: string): Writer {
  if (/^timestamp/.test(type)) {
    if (/^DateTime64\b/.test(target)) return (value) => seconds(value as bigint, true);
    if (/^DateTime\b/.test(target)) return (value) => seconds(value as bigint, false);
    return (value) => isoText(value as bigint, /^Date(32)?$/.test(target));
  }
  if (type === 'date') return (value) => dayText(value as number);
  if (type === 'boolean')
    return (value) => (target === 'Bool' || target === 'String' ? String(value) : value === true ? '1' : '0');
  if (/^(float|double)$/.test(type)) return (value) => floatText(value as number);
  if (/^(tinyint|smallint|int|bigint|decimal)\b/.test(type)) return String;
  if (type === 'string') return (value) => escaped(value as string);
  throw unsupported(name, type);
}

function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  return Number.isFinite(value) ? String(value) : value > 0 ? 'inf' : '-inf';
}

/** Seconds since 1970; a `DateTime` has no parts of them: they are cut off. */
function seconds(micros: bigint, withParts: boolean): string {
  const part = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const whole = (micros - part) / 1_000_000n;
  if (whole < 0n)
    throw new SluiceError(
      'DATA_INVALID',
      `${isoText(micros, false)} is before 1970, which ClickHouse's moments do not reach`,
    );
  return withParts ? `${whole}.${String(part).padStart(6, '0')}` : String(whole).padStart(10, '0');
}

function isoText(micros: bigint, isDay: boolean): string {
  const text = new Date(Number(micros / 1000n)).toISOString();
  return isDay ? text.slice(0, 10) : text.slice(0, 19).replace('T', ' ');
}

function dayText(days: number): string {
  const text = new Date(days * 86_400_000).toISOString().slice(0, 10);
  // The server would take another day without a word.
  if (days >= 0 && days <= 65_535) return text;
  throw new SluiceError('DATA_INVALID', `${text} is no day that ClickHouse's Date has: 1970-01-01 to 2149-06-06`);
}

function unsupported(name: string, type: string): SluiceError {
  const message = `column '${name}': ClickHouse takes no ${type}; make it a string, by to_json or base64`;
  return new SluiceError('TYPE_UNSUPPORTED', message);
}
