import { ENTRY_KEY, ENTRY_VALUE, once } from './bind.js';
import { castFromText } from './cast-from-text.js';
import { castToText } from './cast-to-text.js';
import { storedType } from './duckdb-types.js';
import { instantOf, wallClock } from './instants.js';
import { quoteIdentifier } from './quote.js';
import type { Scope } from './scope.js';
import { recast, type Typed } from './typed.js';
import { bitsOf, isFraction, isInteger, isInterval, isNumeric, sameType, typeText, type SparkType } from './types.js';

/**
 * A value in another type as Spark casts it. Outside ANSI mode, or when `lenient`, what cannot be cast is NULL or wraps
 * around; in ANSI mode it is an error. SQL_ANALYSIS for types between which Spark has no cast.
 */
export function cast(scope: Scope, value: Typed, to: SparkType, lenient = false): Typed {
  if (sameType(value.type, to)) return value;
  const sql = castSql(scope, value.sql, value.type, to, lenient || !scope.session.options.ansi, lenient, value.at);
  if (value.type.kind === 'void' && value.literal === null) return { ...recast(value, sql, to), literal: null };
  const keeps = isInteger(value.type) && isNumeric(to) && (!isInteger(to) || bitsOf(to) > bitsOf(value.type));
  const result =
    keeps && value.literal !== undefined
      ? { ...recast(value, sql, to), literal: value.literal }
      : recast(value, sql, to);
  return scope.session.options.ansi && !lenient && value.type.kind === 'string' ? { ...result, untried: true } : result;
}

/** The text of a cast. `quiet` makes NULL of what cannot be cast; `strict` does so too where Spark would wrap around. */
export function castSql(
  scope: Scope,
  sql: string,
  from: SparkType,
  to: SparkType,
  quiet: boolean,
  strict: boolean,
  at: number,
): string {
  if (sameType(from, to)) return sql;
  return once(scope, sql, (operand) => castOperand(scope, operand, from, to, quiet, strict, at));
}

function castOperand(
  scope: Scope,
  sql: string,
  from: SparkType,
  to: SparkType,
  quiet: boolean,
  strict: boolean,
  at: number,
): string {
  const stored = storedType(to);
  if (from.kind === 'void') return `CAST(NULL AS ${stored})`;
  if (from.kind === 'string') {
    const read = castFromText(scope, sql, to, quiet, strict, at);
    if (read !== undefined) return read;
  }
  if (to.kind === 'string') return castToText(scope, sql, from);
  const again = (inner: string, a: SparkType, b: SparkType): string => castSql(scope, inner, a, b, quiet, strict, at);
  const nested = castNested(sql, from, to, again);
  if (nested !== undefined) return nested;
  if (to.kind === 'boolean' && isNumeric(from)) return `(${sql} <> 0)`;
  if (from.kind === 'boolean' && isNumeric(to)) return `CAST(${sql} AS ${stored})`;
  if (isNumeric(from) && isNumeric(to)) return castNumber(sql, from, to, quiet, strict);
  const time = castTime(scope, sql, from, to, quiet, strict);
  if (time !== undefined) return time;
  if (to.kind === 'binary' && (from.kind === 'string' || isInteger(from))) {
    return from.kind === 'string' ? `encode(${sql})` : integerBytes(sql, from);
  }
  if (isInterval(from) && isNumeric(to))
    throw scope.unsupported(at, `the cast of ${typeText(from)} to ${typeText(to)}`, 'use extract or timestampdiff');
  throw scope.fail(
    at,
    'SQL_ANALYSIS',
    `a value of type ${typeText(from)} cannot be cast to ${typeText(to)} (DATATYPE_MISMATCH.CAST_WITHOUT_SUGGESTION)`,
  );
}

function integerBytes(sql: string, from: SparkType): string {
  const digits = bitsOf(from) / 4;
  const unsigned = `(CAST(${sql} AS HUGEINT) & ${(1n << BigInt(bitsOf(from))) - 1n})`;
  return `unhex(lpad(to_hex(${unsigned}), ${digits}, '0'))`;
}

function castNested(
  sql: string,
  from: SparkType,
  to: SparkType,
  again: (sql: string, from: SparkType, to: SparkType) => string,
): string | undefined {
  if (from.kind === 'array' && to.kind === 'array') {
    return `list_transform(${sql}, lambda v: ${again('v', from.element, to.element)})`;
  }
  if (from.kind === 'map' && to.kind === 'map') {
    const keys = again(ENTRY_KEY, from.key, to.key);
    const values = again(ENTRY_VALUE, from.value, to.value);
    return `map_from_entries(list_transform(map_entries(${sql}), lambda e: struct_pack(k := ${keys}, v := ${values})))`;
  }
  if (from.kind === 'struct' && to.kind === 'struct' && from.fields.length === to.fields.length) {
    const fields = to.fields.map((field, i) => {
      const source = from.fields[i];
      const read = `struct_extract(${sql}, ${i + 1})`;
      const named = source ? `struct_extract(${sql}, '${source.name.replaceAll("'", "''")}')` : read;
      return `${quoteIdentifier(field.name)} := ${again(named, source?.type ?? field.type, field.type)}`;
    });
    return `CASE WHEN ${sql} IS NOT NULL THEN struct_pack(${fields.join(', ')}) END`;
  }
  return undefined;
}

function castNumber(sql: string, from: SparkType, to: SparkType, quiet: boolean, strict: boolean): string {
  const stored = storedType(to);
  if (to.kind === 'decimal') {
    // A fraction goes by its text in Java: 0.1 is 0.1, not the binary number next to it.
    const source = isFraction(from) ? javaText(`CAST(${sql} AS DOUBLE)`) : sql;
    if (!isFraction(from) && from.kind === 'decimal' && widens(from, to)) return `CAST(${sql} AS ${stored})`;
    if (quiet) return `TRY_CAST(${source} AS ${stored})`;
    // No decimal is NaN or infinite: those are NULL in ANSI mode too.
    return isFraction(from)
      ? `CASE WHEN isfinite(${sql}) THEN CAST(${source} AS ${stored}) END`
      : `CAST(${source} AS ${stored})`;
  }
  if (isFraction(to)) {
    if (from.kind === 'double' && to.kind === 'float') {
      const big = `(abs(${sql}) > CAST('3.4028235677973366e38' AS DOUBLE) AND isfinite(${sql}))`;
      return `CASE WHEN ${big} THEN CAST(sign(${sql}) AS FLOAT) * CAST('Infinity' AS FLOAT) ELSE CAST(${sql} AS FLOAT) END`;
    }
    // Beyond these digits DuckDB's own conversion is off by the last bit.
    const exact = from.kind !== 'decimal' || from.precision <= (to.kind === 'float' ? 6 : 15);
    return exact ? `CAST(${sql} AS ${stored})` : `CAST(CAST(${sql} AS VARCHAR) AS ${stored})`;
  }
  if (isInteger(from)) {
    if (bitsOf(from) <= bitsOf(to)) return `CAST(${sql} AS ${stored})`;
    if (strict) return `TRY_CAST(${sql} AS ${stored})`;
    return quiet ? wrap(sql, to, from.kind === 'bigint' ? 'HUGEINT' : 'BIGINT') : `CAST(${sql} AS ${stored})`;
  }
  if (strict || !quiet) {
    const whole = from.kind === 'decimal' ? `trunc(${sql})` : `trunc(${sql})`;
    return `${strict ? 'TRY_CAST' : 'CAST'}(${whole} AS ${stored})`;
  }
  if (from.kind === 'decimal') {
    if (from.precision - from.scale < digitsOf(to)) return `CAST(trunc(${sql}) AS ${stored})`;
    return wrap(`CAST(trunc(${sql}) AS HUGEINT)`, to, undefined);
  }
  // Java: a fraction becomes the nearest int or bigint, NaN 0; narrower types then wrap around.
  if (to.kind === 'tinyint' || to.kind === 'smallint') return wrap(saturate(sql, 32), to, 'BIGINT');
  return saturate(sql, bitsOf(to));
}

/**
 * The text of a double for a cast to a decimal; DuckDB and Java write those alike that hold every whole number below them,
 * and small ones need plain digits.
 */
export const javaText = (double: string): string =>
  `CASE WHEN abs(${double}) BETWEEN 0.001 AND 9007199254740992 OR ${double} = 0 THEN CAST(${double} AS VARCHAR) ` +
  `WHEN abs(${double}) < 0.001 THEN spark_plain_number(CAST(${double} AS VARCHAR)) ELSE spark_double_text(${double}) END`;

function widens(from: Extract<SparkType, { kind: 'decimal' }>, to: Extract<SparkType, { kind: 'decimal' }>): boolean {
  return to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale;
}

const digitsOf = (type: SparkType): number => ({ 8: 3, 16: 5, 32: 10, 64: 19 })[bitsOf(type)] ?? 0;

function saturate(sql: string, bits: number): string {
  const type = bits === 32 ? 'INTEGER' : 'BIGINT';
  const top = bits === 32 ? '2147483647' : "CAST('9223372036854775807' AS BIGINT)";
  const bottom = bits === 32 ? "CAST('-2147483648' AS INTEGER)" : "CAST('-9223372036854775808' AS BIGINT)";
  const limit = bits === 32 ? '2147483647.0' : '9223372036854775807.0';
  return (
    `CASE WHEN isnan(${sql}) THEN 0 WHEN ${sql} >= CAST(${limit} AS DOUBLE) THEN ${top} ` +
    `WHEN ${sql} <= CAST(-${limit} AS DOUBLE) THEN ${bottom} ELSE CAST(trunc(${sql}) AS ${type}) END`
  );
}

/** The low bits of a whole number as a signed integer: what Java keeps of one that is too wide. */
export function wrap(sql: string, to: SparkType, wide: 'BIGINT' | 'HUGEINT' | undefined): string {
  const bits = BigInt(bitsOf(to));
  const half = 1n << (bits - 1n);
  const mask = (1n << bits) - 1n;
  const operand = wide === undefined ? sql : `CAST(${sql} AS ${wide})`;
  return `CAST(((${operand} + ${half}) & ${mask}) - ${half} AS ${storedType(to)})`;
}

function castTime(
  scope: Scope,
  sql: string,
  from: SparkType,
  to: SparkType,
  quiet: boolean,
  strict: boolean,
): string | undefined {
  const zone = scope.session.options.zone;
  if (from.kind === 'timestamp') {
    if (to.kind === 'timestamp_ntz') return wallClock(sql, zone);
    if (to.kind === 'date') return `CAST(${wallClock(sql, zone)} AS DATE)`;
    if (isFraction(to)) return `CAST(epoch_us(${sql}) / CAST(1000000 AS DOUBLE) AS ${storedType(to)})`;
    if (to.kind === 'boolean') return `(epoch_us(${sql}) <> 0)`;
    const seconds = `CAST(floor(epoch_us(${sql}) / 1000000) AS BIGINT)`;
    if (to.kind === 'bigint')
      return `((epoch_us(${sql}) - ((epoch_us(${sql}) % 1000000) + 1000000) % 1000000) // 1000000)`;
    if (isInteger(to))
      return quiet ? `TRY_CAST(${seconds} AS ${storedType(to)})` : `CAST(${seconds} AS ${storedType(to)})`;
    if (to.kind === 'decimal')
      return `TRY_CAST(CAST(epoch_us(${sql}) AS DECIMAL(38,6)) / 1000000 AS ${storedType(to)})`;
  }
  if (from.kind === 'timestamp_ntz') {
    if (to.kind === 'timestamp') return instantOf(sql, zone);
    if (to.kind === 'date') return `CAST(${sql} AS DATE)`;
  }
  if (from.kind === 'date') {
    if (to.kind === 'timestamp_ntz') return `CAST(${sql} AS TIMESTAMP)`;
    if (to.kind === 'timestamp') return instantOf(`CAST(${sql} AS TIMESTAMP)`, zone);
    if (isNumeric(to) || to.kind === 'boolean')
      return `CASE WHEN ${sql} IS NULL THEN CAST(NULL AS ${storedType(to)}) END`;
  }
  if (to.kind === 'timestamp' && isNumeric(from)) return fromSeconds(sql, from);
  // To Spark true is a microsecond.
  if (to.kind === 'timestamp' && from.kind === 'boolean') return `make_timestamptz(CAST(${sql} AS BIGINT))`;
  if (isInterval(from) && from.kind === to.kind) return sql;
  if (from.kind === 'day-time' && isInteger(to) && !strict) return undefined;
  return undefined;
}

function fromSeconds(sql: string, from: SparkType): string {
  if (isInteger(from)) return `make_timestamptz(CAST(${sql} AS BIGINT) * 1000000)`;
  if (from.kind === 'decimal')
    return `make_timestamptz(CAST(trunc(CAST(${sql} AS DECIMAL(38,${Math.min(from.scale, 18)})) * 1000000) AS BIGINT))`;
  return `CASE WHEN isfinite(${sql}) THEN make_timestamptz(CAST(trunc(CAST(${sql} AS DOUBLE) * 1000000) AS BIGINT)) END`;
}
