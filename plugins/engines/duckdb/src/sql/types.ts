/** Fields of an interval, from the widest: 0 YEAR, 1 MONTH; and 0 DAY, 1 HOUR, 2 MINUTE, 3 SECOND. */
export type IntervalField = 0 | 1 | 2 | 3;

export type SimpleKind =
  | 'void'
  | 'boolean'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'float'
  | 'double'
  | 'string'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'timestamp_ntz'
  | 'time'
  | 'interval';

/** A type of Spark SQL. `interval` is the calendar interval; the two ANSI interval types say their fields. */
export type SparkType =
  | { readonly kind: SimpleKind }
  | { readonly kind: 'decimal'; readonly precision: number; readonly scale: number }
  | { readonly kind: 'year-month'; readonly from: IntervalField; readonly to: IntervalField }
  | { readonly kind: 'day-time'; readonly from: IntervalField; readonly to: IntervalField }
  | { readonly kind: 'array'; readonly element: SparkType }
  | { readonly kind: 'map'; readonly key: SparkType; readonly value: SparkType }
  | { readonly kind: 'struct'; readonly fields: readonly StructField[] };

export interface StructField {
  readonly name: string;
  readonly type: SparkType;
}
export type DecimalType = Extract<SparkType, { kind: 'decimal' }>;

const simple = (kind: SimpleKind): SparkType => ({ kind });
export const VOID = simple('void');
export const BOOLEAN = simple('boolean');
export const TINYINT = simple('tinyint');
export const SMALLINT = simple('smallint');
export const INT = simple('int');
export const BIGINT = simple('bigint');
export const FLOAT = simple('float');
export const DOUBLE = simple('double');
export const STRING = simple('string');
export const BINARY = simple('binary');
export const DATE = simple('date');
export const TIMESTAMP = simple('timestamp');
export const TIMESTAMP_NTZ = simple('timestamp_ntz');
export const TIME = simple('time');
export const INTERVAL = simple('interval');
export const DAY_TIME: SparkType = { kind: 'day-time', from: 0, to: 3 };
export const YEAR_MONTH: SparkType = { kind: 'year-month', from: 0, to: 1 };
export const decimal = (precision: number, scale: number): DecimalType => ({ kind: 'decimal', precision, scale });
export const array = (element: SparkType): SparkType => ({ kind: 'array', element });
export const map = (key: SparkType, value: SparkType): SparkType => ({ kind: 'map', key, value });
export const struct = (fields: readonly StructField[]): SparkType => ({ kind: 'struct', fields });

export const YEAR_MONTH_FIELDS = ['year', 'month'] as const;
export const DAY_TIME_FIELDS = ['day', 'hour', 'minute', 'second'] as const;

/** A type in Spark's words, as `DESCRIBE` and results show it: `array<struct<a:int>>`. */
export function typeText(type: SparkType): string {
  switch (type.kind) {
    case 'decimal':
      return `decimal(${type.precision},${type.scale})`;
    case 'year-month':
      return intervalText(YEAR_MONTH_FIELDS, type.from, type.to);
    case 'day-time':
      return intervalText(DAY_TIME_FIELDS, type.from, type.to);
    case 'array':
      return `array<${typeText(type.element)}>`;
    case 'map':
      return `map<${typeText(type.key)},${typeText(type.value)}>`;
    case 'struct':
      return `struct<${type.fields.map((f) => `${quotedName(f.name)}:${typeText(f.type)}`).join(',')}>`;
    case 'time':
      return 'time(6)';
    default:
      return type.kind;
  }
}

/** A field's name, in backticks where it is no plain word. */
const quotedName = (name: string): string => (/^\w+$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``);

function intervalText(fields: readonly string[], from: number, to: number): string {
  return from === to ? `interval ${fields[from]}` : `interval ${fields[from]} to ${fields[to]}`;
}

/** A type as a cast in a column's name writes it: `DECIMAL(10,2)`, `ARRAY<INT>`, `STRUCT<a: INT>`. */
export function castText(type: SparkType): string {
  switch (type.kind) {
    case 'array':
      return `ARRAY<${castText(type.element)}>`;
    case 'map':
      return `MAP<${castText(type.key)}, ${castText(type.value)}>`;
    case 'struct':
      return `STRUCT<${type.fields.map((f) => `${quotedName(f.name)}: ${castText(f.type)}`).join(', ')}>`;
    default:
      return typeText(type).toUpperCase();
  }
}

export function sameType(a: SparkType, b: SparkType): boolean {
  return a === b || (a.kind === b.kind && typeText(a) === typeText(b));
}

const INTEGERS = ['tinyint', 'smallint', 'int', 'bigint'];
export const isInteger = (type: SparkType): boolean => INTEGERS.includes(type.kind);
export const isFraction = (type: SparkType): boolean => type.kind === 'float' || type.kind === 'double';
export const isNumeric = (type: SparkType): boolean => isInteger(type) || isFraction(type) || type.kind === 'decimal';
export const isDatetime = (type: SparkType): boolean =>
  type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamp_ntz';
export const isInterval = (type: SparkType): boolean =>
  type.kind === 'interval' || type.kind === 'year-month' || type.kind === 'day-time';
export const isAtomic = (type: SparkType): boolean =>
  !['array', 'map', 'struct', 'void', 'interval'].includes(type.kind);
/** The width of an integer type in bits. */
export const bitsOf = (type: SparkType): number => [8, 16, 32, 64][INTEGERS.indexOf(type.kind)] ?? 0;

/** Whether Spark can sort and compare values of the type. */
export function isOrderable(type: SparkType): boolean {
  if (type.kind === 'map' || type.kind === 'interval') return false;
  if (type.kind === 'array') return isOrderable(type.element);
  return type.kind === 'struct' ? type.fields.every((f) => isOrderable(f.type)) : true;
}
