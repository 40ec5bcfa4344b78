import type { Column } from '@sluice/plugin-sdk';
import { duckdbType, quoteLiteral } from '../sql/index.js';
import { timeFromText } from '../sql/cast-from-text.js';
import { readWall } from '../sql/natives/read-pattern.js';
import { parseDate, parseInstant, parseWall } from '../sql/natives/read-times.js';
import type { TimeSpelling } from './java-pattern.js';

/** How dates and timestamps are spelled in a text file; undefined: as ISO 8601 has them. */
export interface Spelling {
  readonly date?: TimeSpelling | undefined;
  readonly timestamp?: TimeSpelling | undefined;
  /** The zone of times that name none. */
  readonly zone: string;
}

/** Texts as they stand, times as ISO 8601 has them. */
export const plainSpelling = (zone: string): Spelling => ({ zone });

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
  if (type === 'string') return asText;
  // To DuckDB blanks around a decimal are nothing.
  if (type === 'double' || type === 'float' || (type.startsWith('decimal') && isProven)) return asIs(duckdbType(type));
  // DuckDB takes `infinity` for a date. Instants that it cannot read are NULL to it without a word, so they stay texts.
  if (type === 'date' && spelling.date === undefined) {
    return {
      type: 'DATE',
      value: (cell) =>
        `CASE WHEN isfinite(${cell}) THEN ${cell} WHEN ${cell} IS NOT NULL THEN error('CSV Error: a cell is no date') END`,
    };
  }
  if (WHOLE_RANGES[type] === undefined) return asText;
  if (isProven) return asIs(duckdbType(type));
  // DuckDB rounds 1.5 to 2 where a whole number is wanted, and takes 1e3 for one. What it prints as it was is one.
  const number = (cell: string): string => `TRY_CAST(${cell} AS ${duckdbType(type)})`;
  return {
    type: 'VARCHAR',
    value: (cell) =>
      `CASE WHEN CAST(${number(cell)} AS VARCHAR) = ${cell} THEN ${number(cell)} ` +
      `WHEN ${cell} IS NOT NULL THEN error('CSV Error: a cell is no ${type}') END`,
  };
}

const WHOLE_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [-128n, 127n],
  smallint: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  bigint: [-9223372036854775808n, 9223372036854775807n],
};

/** The value of a text as Spark's CSV reader makes it; NULL where the text does not fit the type. */
export function valueOfText(text: string, type: string, spelling: Spelling): string {
  const sqlType = duckdbType(type);
  if (type === 'string') return text;
  if (type === 'boolean') return `CASE lower(${text}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
  if (WHOLE_RANGES[type] !== undefined) return `CASE WHEN ${isWhole(text)} THEN TRY_CAST(${text} AS ${sqlType}) END`;
  if (type === 'binary') return `CAST(encode(${text}) AS BLOB)`;
  const pattern = type === 'date' ? spelling.date : type.startsWith('timestamp') ? spelling.timestamp : undefined;
  if (pattern !== undefined) {
    const looks = `regexp_full_match(${text}, ${quoteLiteral(pattern.shape)})`;
    return `CASE WHEN ${looks} THEN TRY_CAST(try_strptime(${text}, ${quoteLiteral(pattern.strptime)}) AS ${sqlType}) END`;
  }
  if (type === 'date' || type === 'timestamp' || type === 'timestamp_ntz')
    return timeFromText(text, type, spelling.zone);
  // Spark takes commas out of decimals, wherever they stand.
  if (type.startsWith('decimal'))
    return `CASE WHEN NOT regexp_matches(${text}, '[_\\s]') THEN TRY_CAST(replace(${text}, ',', '') AS ${sqlType}) END`;
  // 1_000 is no number.
  return `CASE WHEN NOT contains(${text}, '_') THEN TRY_CAST(${text} AS ${sqlType}) END`;
}

/** Whether a text is a sign and digits. */
export function isWhole(text: string): string {
  return `regexp_full_match(${text}, '[+-]?[0-9]+')`;
}

const NUMBER = /^\s*(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?(?:inf|infinity)|nan)\s*$/i;

/**
 * What is wrong with a text as a value of a type, or undefined; the same rules as {@link valueOfText}, for saying which
 * cell of a refused row is at fault. Types whose texts only DuckDB can judge are taken as right.
 */
export function faultOfText(value: string, type: string, spelling: Spelling): string | undefined {
  const shown = value.length > 60 ? `${value.slice(0, 57)}...` : value;
  const fault = `'${shown}' is not ${/^[aeiou]/.test(type) ? 'an' : 'a'} ${type}`;
  const range = WHOLE_RANGES[type];
  if (range !== undefined) {
    const number = /^[+-]?\d+$/.test(value) ? BigInt(value.replace(/^\+/, '')) : undefined;
    return number === undefined || number < range[0] || number > range[1] ? fault : undefined;
  }
  if (type === 'boolean') return /^(?:true|false)$/i.test(value) ? undefined : fault;
  if (type === 'double' || type === 'float') return NUMBER.test(value) ? undefined : fault;
  if (type.startsWith('decimal')) return isDecimal(value.replaceAll(',', ''), type) ? undefined : fault;
  const pattern = type === 'date' ? spelling.date : type.startsWith('timestamp') ? spelling.timestamp : undefined;
  if (pattern !== undefined) return readWall(value, pattern.java, 'UTC') === undefined ? fault : undefined;
  if (type === 'date') return parseDate(value) === undefined ? fault : undefined;
  if (type === 'timestamp') return parseInstant(value, spelling.zone) === undefined ? fault : undefined;
  if (type === 'timestamp_ntz') return parseWall(value) === undefined ? fault : undefined;
  return undefined;
}

/** Whether a text is a number whose whole digits the type holds. */
function isDecimal(text: string, type: string): boolean {
  const [precision = 10, scale = 0] = (/\((\d+),\s*(\d+)\)/.exec(type)?.slice(1) ?? []).map(Number);
  const value = NUMBER.test(text) && !/\s/.test(text) ? Math.abs(Number(text)) : NaN;
  return Number.isFinite(value) && value < 10 ** (precision - scale);
}
