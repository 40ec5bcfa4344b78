import type { Column } from '@sluice/plugin-sdk';
import { duckdbType, quoteLiteral } from '../sql/index.js';
import { readWall } from '../sql/natives/pattern-times.js';
import type { TimeSpelling } from './java-pattern.js';

/** How dates and timestamps are spelled in a text file; undefined: as ISO 8601 has them. */
export interface Spelling {
  readonly date?: TimeSpelling | undefined;
  readonly timestamp?: TimeSpelling | undefined;
  readonly trimLeft: boolean;
  readonly trimRight: boolean;
}

/** How a column is read by DuckDB's own CSV parser, and what makes its value of the cell. */
export interface ParsedCell {
  readonly type: string;
  value(cell: string): string;
}

/**
 * How DuckDB's parser reads a column. A cell that does not fit ends the query with an error that says so, and the reader
 * turns to {@link valueOfText}.
 *
 * @param isProven whether every cell is known to be of the type, as after it was inferred
 */
export function parsedCell(column: Column, spelling: Spelling, isProven: boolean): ParsedCell {
  const { type } = column;
  const asIs = (sqlType: string): ParsedCell => ({ type: sqlType, value: (cell) => cell });
  const asText = { type: 'VARCHAR', value: (cell: string) => valueOfText(cell, type, spelling) };
  if (spelling.trimLeft || spelling.trimRight || type === 'string') return asText;
  if (type === 'double' || type === 'float' || type.startsWith('decimal')) return asIs(duckdbType(type));
  // DuckDB takes `infinity` for a time.
  const finite = (sqlType: string): ParsedCell => ({
    type: sqlType,
    value: (cell) =>
      `CASE WHEN isfinite(${cell}) THEN ${cell} WHEN ${cell} IS NOT NULL THEN error('CSV Error: a cell is no ${type}') END`,
  });
  if (type === 'date') return spelling.date === undefined ? finite('DATE') : asText;
  if (/^timestamp(?:_ntz)?$/.test(type)) return spelling.timestamp === undefined ? finite(duckdbType(type)) : asText;
  const range = WHOLE_RANGES[type];
  if (range === undefined) return asText;
  // DuckDB rounds 1.5 to 2 where a whole number is wanted. As a double it shows what it is, for a fraction of the time
  // that looking at the text takes; numbers that a double cannot hold are left to the text.
  if (isProven) return asIs(duckdbType(type));
  const [least, most] = range.map((end) => (end > 0n ? min(end, EXACT) : -min(-end, EXACT)));
  return {
    type: 'DOUBLE',
    value: (cell) =>
      `CASE WHEN ${cell} BETWEEN ${least} AND ${most} AND ${cell} = trunc(${cell}) THEN CAST(${cell} AS ${duckdbType(type)}) ` +
      `WHEN ${cell} IS NOT NULL THEN error('CSV Error: a cell is no ${type}') END`,
  };
}

/** The greatest whole number below which a double holds every one. */
const EXACT = 2n ** 53n - 1n;
const WHOLE_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [-128n, 127n],
  smallint: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  bigint: [-9223372036854775808n, 9223372036854775807n],
};

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}

/**
 * The value of a text as Spark's CSV reader makes it; NULL where the text does not fit the type. Unlike Spark's, whole
 * numbers may be spelled `1.0` or `1e3`, and dates `2020/01/31`: the value is the same.
 */
export function valueOfText(expression: string, type: string, spelling: Spelling): string {
  const text = trimmed(expression, spelling);
  const sqlType = duckdbType(type);
  if (type === 'string') return text;
  if (type === 'boolean') return `CASE lower(${text}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
  if (WHOLE_RANGES[type] !== undefined) {
    const number = `TRY_CAST(${text} AS DOUBLE)`;
    return `CASE WHEN ${isWhole(text)} THEN TRY_CAST(${text} AS ${sqlType}) WHEN ${number} = trunc(${number}) THEN TRY_CAST(${number} AS ${sqlType}) END`;
  }
  if (type === 'binary') return `CAST(encode(${text}) AS BLOB)`;
  const pattern = type === 'date' ? spelling.date : type.startsWith('timestamp') ? spelling.timestamp : undefined;
  if (pattern !== undefined) {
    const looks = `regexp_full_match(${text}, ${quoteLiteral(pattern.shape)})`;
    return `CASE WHEN ${looks} THEN TRY_CAST(try_strptime(${text}, ${quoteLiteral(pattern.strptime)}) AS ${sqlType}) END`;
  }
  // Words such as `infinity` and `epoch` are no times, and 1_000 no number.
  const begins = `regexp_matches(${text}, '^\\s*[+-]?\\d')`;
  if (type === 'timestamp' || type === 'timestamp_ntz')
    return `CASE WHEN ${begins} THEN ${timestampOf(text, sqlType)} END`;
  if (type === 'date') return `CASE WHEN ${begins} THEN TRY_CAST(${text} AS DATE) END`;
  return `CASE WHEN NOT contains(${text}, '_') THEN TRY_CAST(${text} AS ${sqlType}) END`;
}

/** Whether a text is a sign and digits. */
export function isWhole(text: string): string {
  return `regexp_full_match(${text}, '[+-]?[0-9]+')`;
}

/** Spark completes `2020`, `2020-01` and `2020-01-01 10`, which DuckDB does not. */
function timestampOf(text: string, sqlType: string): string {
  const completed = [
    `CASE WHEN regexp_full_match(${text}, '\\d{4}') THEN ${text} || '-01-01'`,
    `WHEN regexp_full_match(${text}, '\\d{4}-\\d{1,2}') THEN ${text} || '-01'`,
    `WHEN regexp_full_match(${text}, '\\d{4}-\\d{1,2}-\\d{1,2}[ T]\\d{1,2}') THEN ${text} || ':00' END`,
  ].join(' ');
  return `coalesce(TRY_CAST(${text} AS ${sqlType}), TRY_CAST(${completed} AS ${sqlType}))`;
}

function trimmed(expression: string, { trimLeft, trimRight }: Spelling): string {
  if (trimLeft && trimRight) return `trim(${expression})`;
  if (trimLeft) return `ltrim(${expression})`;
  return trimRight ? `rtrim(${expression})` : expression;
}

const NUMBER = /^\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|infinity)|nan)\s*$/i;

/**
 * What is wrong with a text as a value of a type, or undefined; the same rules as {@link valueOfText}, for saying which
 * cell of a refused row is at fault. Types whose texts only DuckDB can judge are taken as right.
 */
export function faultOfText(text: string, type: string, spelling: Spelling): string | undefined {
  let value = spelling.trimLeft ? text.trimStart() : text;
  if (spelling.trimRight) value = value.trimEnd();
  const shown = value.length > 60 ? `${value.slice(0, 57)}...` : value;
  const fault = `'${shown}' is not ${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
  const range = WHOLE_RANGES[type];
  if (range !== undefined) {
    const isDigits = /^[+-]?\d+$/.test(value);
    const double = Number(value);
    if (!isDigits && !(NUMBER.test(value) && Number.isInteger(double))) return fault;
    const number = isDigits ? BigInt(value.replace(/^\+/, '')) : BigInt(double);
    return number < range[0] || number > range[1] ? fault : undefined;
  }
  if (type === 'boolean') return /^(?:true|false)$/i.test(value) ? undefined : fault;
  if (type === 'double' || type === 'float') return NUMBER.test(value) ? undefined : fault;
  if (type.startsWith('decimal')) return isDecimal(value, type) ? undefined : fault;
  const pattern = type === 'date' ? spelling.date : type.startsWith('timestamp') ? spelling.timestamp : undefined;
  if (pattern !== undefined) return readWall(value, pattern.java, 'UTC') === undefined ? fault : undefined;
  if (type === 'date') return isDate(value) ? undefined : fault;
  if (type.startsWith('timestamp')) {
    const match = /^\s*(\d{4,}-\d{1,2}-\d{1,2})(?:[ T]+\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?.*)?\s*$/.exec(value);
    return match?.[1] !== undefined && isDate(match[1]) ? undefined : fault;
  }
  return undefined;
}

/** Whether a text is a number whose whole digits the type holds. */
function isDecimal(text: string, type: string): boolean {
  const [precision = 10, scale = 0] = (/\((\d+),\s*(\d+)\)/.exec(type)?.slice(1) ?? []).map(Number);
  const value = NUMBER.test(text) ? Math.abs(Number(text)) : NaN;
  return Number.isFinite(value) && value < 10 ** (precision - scale);
}

function isDate(text: string): boolean {
  const match = /^\s*(\d{4,})[-/](\d{1,2})[-/](\d{1,2})\s*$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year);
  return month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
