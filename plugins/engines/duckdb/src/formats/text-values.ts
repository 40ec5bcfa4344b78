import type { Column } from '@sluice/plugin-sdk';
import { duckdbType, quoteLiteral } from '../sql/index.js';

/** How dates and timestamps are spelled in a text file; undefined: as ISO 8601 has them. */
export interface Spelling {
  readonly date?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly trimLeft: boolean;
  readonly trimRight: boolean;
}

const WHOLE = /^(?:tinyint|smallint|int|bigint)$/;

/** The type as which DuckDB's own CSV parser reads a column: VARCHAR where Spark's rules are not DuckDB's. */
export function parsedType(column: Column, spelling: Spelling): string {
  const { type } = column;
  if (spelling.trimLeft || spelling.trimRight) return 'VARCHAR';
  if (type === 'date' && spelling.date === undefined) return 'DATE';
  if (/^timestamp(?:_ntz)?$/.test(type) && spelling.timestamp === undefined) return duckdbType(type);
  return 'VARCHAR';
}

/** The value of a text as Spark's CSV reader makes it; NULL where the text does not fit the type. */
export function valueOfText(expression: string, type: string, spelling: Spelling): string {
  const text = trimmed(expression, spelling);
  const sqlType = duckdbType(type);
  if (type === 'string') return text;
  if (type === 'boolean') return `CASE lower(${text}) WHEN 'true' THEN true WHEN 'false' THEN false END`;
  if (WHOLE.test(type)) {
    return `CASE WHEN regexp_full_match(${text}, '[+-]?[0-9]+') THEN TRY_CAST(${text} AS ${sqlType}) END`;
  }
  if (type === 'binary') return `CAST(encode(${text}) AS BLOB)`;
  const pattern = type === 'date' ? spelling.date : type.startsWith('timestamp') ? spelling.timestamp : undefined;
  if (pattern !== undefined) return `TRY_CAST(try_strptime(${text}, ${quoteLiteral(pattern)}) AS ${sqlType})`;
  if (type === 'timestamp' || type === 'timestamp_ntz') return timestampOf(text, sqlType);
  if (type === 'double' || type === 'float' || type.startsWith('decimal')) {
    // DuckDB allows 1_000, Spark does not.
    return `TRY_CAST(CASE WHEN NOT contains(${text}, '_') THEN ${text} END AS ${sqlType})`;
  }
  return `TRY_CAST(${text} AS ${sqlType})`;
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

const INTEGER_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [-128n, 127n],
  smallint: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  bigint: [-9223372036854775808n, 9223372036854775807n],
};
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
  const range = INTEGER_RANGES[type];
  if (range !== undefined) {
    if (!/^[+-]?\d+$/.test(value)) return fault;
    const number = BigInt(value.replace(/^\+/, ''));
    return number < range[0] || number > range[1] ? fault : undefined;
  }
  if (type === 'boolean') return /^(?:true|false)$/i.test(value) ? undefined : fault;
  if (type === 'double' || type === 'float' || type.startsWith('decimal'))
    return NUMBER.test(value) ? undefined : fault;
  if (type === 'date' && spelling.date === undefined) return isDate(value) ? undefined : fault;
  if (type.startsWith('timestamp') && spelling.timestamp === undefined) {
    const match = /^\s*(\d{4,}-\d{1,2}-\d{1,2})(?:[ T]+\d{1,2}:\d{1,2}(?::\d{1,2}(?:\.\d+)?)?.*)?\s*$/.exec(value);
    return match?.[1] !== undefined && isDate(match[1]) ? undefined : fault;
  }
  return undefined;
}

function isDate(text: string): boolean {
  const match = /^\s*(\d{4,})[-/](\d{1,2})[-/](\d{1,2})\s*$/.exec(text);
  if (match === null) return false;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const date = new Date(Date.UTC(2000, month - 1, day));
  date.setUTCFullYear(year);
  return month >= 1 && month <= 12 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
