import { storedType } from './duckdb-types.js';
import { instantOf } from './instants.js';
import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';
import { isInteger, type SparkType } from './types.js';

/** What Spark trims from a text before it reads a value: white space and control characters. */
const BLANKS =
  "E'" + Array.from({ length: 32 }, (_, i) => `\\x${(i + 1).toString(16).padStart(2, '0')}`).join('') + "\\x7f'";

/** A text without the blanks around it that casts do not mind. */
export const trimmed = (sql: string): string => `trim(${sql}, ${BLANKS})`;

/** A text read as another type; undefined where casts from text to the type go no way of their own. Flags as of castSql. */
export function castFromText(
  scope: Scope,
  sql: string,
  to: SparkType,
  quiet: boolean,
  strict: boolean,
  at: number,
): string | undefined {
  const invalid = (read: string): string => (quiet ? read : orError(sql, read, to));
  if (isInteger(to)) {
    return quiet && !strict ? readInteger(sql, storedType(to)) : invalid(strictInteger(sql, storedType(to)));
  }
  switch (to.kind) {
    case 'boolean':
      return invalid(
        `CASE WHEN lower(${trimmed(sql)}) IN ('t','true','y','yes','1') THEN true ` +
          `WHEN lower(${trimmed(sql)}) IN ('f','false','n','no','0') THEN false END`,
      );
    case 'float':
    case 'double':
      return invalid(readFraction(sql, storedType(to)));
    case 'decimal': {
      // Java reads the digits of every script, and rounds what has a negative exponent rightly.
      const stored = storedType(to);
      return invalid(
        `CASE WHEN NOT regexp_matches(${sql}, '[^0-9.+ -]') THEN TRY_CAST(${sql} AS ${stored}) ` +
          `WHEN regexp_matches(${sql}, '[_xX]') THEN NULL ` +
          `WHEN strlen(${sql}) = length(${sql}) AND NOT regexp_matches(${sql}, '[eE]-') ` +
          `THEN TRY_CAST(${trimmed(sql)} AS ${stored}) ` +
          `ELSE TRY_CAST(${trimmed(`spark_plain_number(${sql})`)} AS ${stored}) END`,
      );
    }
    case 'date':
    case 'timestamp':
    case 'timestamp_ntz':
      return invalid(timeFromText(sql, to.kind, scope.session.options.zone));
    case 'binary':
      return `encode(${sql})`;
    case 'year-month':
    case 'day-time':
    case 'interval':
      throw scope.unsupported(
        at,
        `the cast of a string to an interval`,
        'write the interval as a literal or with make_interval',
      );
    default:
      return undefined;
  }
}

/** A date or a time read from a text as Spark's casts read it, NULL for none; `zone` is that of times that name none. */
export function timeFromText(sql: string, kind: 'date' | 'timestamp' | 'timestamp_ntz', zone: string): string {
  if (kind === 'date')
    return `CASE WHEN ${canonical(sql, 'DATE', 10)} THEN TRY_CAST(${sql} AS DATE) ELSE spark_text_date(${sql}) END`;
  const wall = `TRY_CAST(${sql} AS TIMESTAMP)`;
  return kind === 'timestamp'
    ? `CASE WHEN ${canonical(sql, 'TIMESTAMP', 19)} THEN ${instantOf(wall, zone)} ` +
        `ELSE make_timestamptz(spark_text_instant(${sql}, ${quoteLiteral(zone)})) END`
    : `CASE WHEN ${canonical(sql, 'TIMESTAMP', 19)} THEN ${wall} ELSE make_timestamp(spark_text_wall(${sql})) END`;
}

/** Whether a text is written exactly as DuckDB prints the value that it reads: then both read it alike. */
function canonical(sql: string, type: string, length: number): string {
  return `(length(${sql}) ${type === 'DATE' ? '=' : '>='} ${length} AND CAST(TRY_CAST(${sql} AS ${type}) AS VARCHAR) = ${sql})`;
}

function readInteger(sql: string, stored: string): string {
  const direct = `TRY_CAST(${sql} AS ${stored})`;
  // What DuckDB prints as it stood is right; 1 // 0 is NULL. Outside a CASE DuckDB computes what occurs twice once.
  const exact = `(${direct} * CAST(1 // CAST(CAST(${direct} AS VARCHAR) = ${sql} AS TINYINT) AS ${stored}))`;
  const digits = `regexp_extract(${sql}, '^[\\x00-\\x20\\x7f]*([+-]?[0-9]+)(?:\\.[0-9]*)?[\\x00-\\x20\\x7f]*$', 1)`;
  // Digits after the point are cut off; a point without digits before it is 0.
  const zero = `regexp_full_match(${sql}, '[\\x00-\\x20\\x7f]*[+-]?\\.[0-9]*[\\x00-\\x20\\x7f]*')`;
  return `coalesce(${exact}, CASE WHEN ${zero} THEN 0 ELSE TRY_CAST(${digits} AS ${stored}) END)`;
}

/** ANSI mode and try_cast take whole numbers only. */
function strictInteger(sql: string, stored: string): string {
  return `CASE WHEN regexp_full_match(${trimmed(sql)}, '[+-]?[0-9]+') THEN TRY_CAST(${trimmed(sql)} AS ${stored}) END`;
}

function readFraction(sql: string, stored: string): string {
  const plain = `CASE WHEN NOT regexp_matches(${sql}, '[^0-9.eE+-]') THEN TRY_CAST(${sql} AS ${stored}) END`;
  return `coalesce(${plain}, CAST(spark_text_double(${sql}) AS ${stored}))`;
}

function orError(sql: string, read: string, to: SparkType): string {
  const message = `'[CAST_INVALID_INPUT] The value ''' || ${sql} || ''' cannot be cast to ${to.kind.toUpperCase()}'`;
  return `CASE WHEN ${sql} IS NULL THEN NULL ELSE coalesce(${read}, CAST(error(${message}) AS ${storedType(to)})) END`;
}
