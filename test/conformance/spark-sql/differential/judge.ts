import { compareAnswers, type OwnAnswer } from '../compare.js';
import type { SparkAnswer } from './real-spark.js';

/**
 * How our answer stands to Spark's: the same; refused by name; an error on both sides; another value, type or column
 * name without a word (`silent`); an error where Spark answers that is no refusal (`fault`); an answer where Spark
 * raises an error (`lenient`); or nothing that could be compared, since the client of Spark cannot show the value.
 */
export type Verdict = 'agree' | 'refused' | 'both refuse' | 'silent' | 'fault' | 'lenient' | 'unshown';

export const VERDICTS: readonly Verdict[] = [
  'agree',
  'refused',
  'both refuse',
  'silent',
  'fault',
  'lenient',
  'unshown',
];

/** Values beyond what Python's dates hold, and types that Spark hands to no client. */
const UNSHOWN =
  /^(ValueError|OverflowError|UNSUPPORTED_DATA_TYPE_FOR_ARROW_CONVERSION|NOT_IMPLEMENTED|DUPLICATED_FIELD_NAME_IN_ARROW_STRUCT)/;
/** Errors of Spark's own making, which no engine should repeat. */
const BUG = /^INTERNAL_ERROR/;

/** Sums of fractions, whose last digits depend on the order of the rows: what cancels out leaves other digits. */
const SUMS = /\b(?:avg|mean|sum|try_sum|try_avg)\(/i;
/** Moments, whose last digits do too. */
const MOMENTS = /\b(?:skewness|kurtosis|corr|covar_\w+|stddev\w*|std|var_\w+|variance|regr_\w+)\(/i;
/** Functions whose last digit depends on a library, and remainders, which make much of it. */
const LIBRARY =
  /\b(?:a?(?:sin|cos|tan)h?|atan2|cot|csc|sec|exp|expm1|ln|log\w*|pow|power|cbrt|hypot|degrees|radians)\(/i;
const REMAINDER = /\b(?:mod|pmod|try_mod)\(|%/;
const RELATIVE = 1e-9;
const ABSOLUTE = 1e-9;
const CANCELLED = 1e-15;
/** Beyond this the text says nothing of the numbers that a moment sees. */
const EXACT = 1e15;

/** Judges an answer; the order of rows counts where the query promises one. */
export function judge(sql: string, own: OwnAnswer, spark: SparkAnswer, ordered = false): Verdict {
  if (own.error?.reason === 'SQL_UNSUPPORTED') return 'refused';
  if (spark.error !== undefined && (UNSHOWN.test(spark.error) || BUG.test(spark.error))) return 'unshown';
  if (own.error) return spark.error === undefined ? 'fault' : 'both refuse';
  if (spark.error !== undefined) return 'lenient';
  const { verdict, names } = compareAnswers(own, spark, ordered);
  if (!names) return 'silent';
  if (verdict === 'agree') return 'agree';
  if (JSON.stringify(own.schema) !== JSON.stringify(spark.schema)) return 'silent';
  const schema = spark.schema ?? [];
  const largest = Math.max(
    1,
    ...[...sql.matchAll(/\d[\d.]*(?:E\d+)?/g)].map(([text]) => Number(text)).filter(Number.isFinite),
  );
  const madeBy = [SUMS, MOMENTS, REMAINDER, LIBRARY].map((pattern) => columnsMadeBy(pattern, sql, schema));
  const alike = (a: unknown, b: unknown, column: number): boolean => {
    if (JSON.stringify(a) === JSON.stringify(b)) return true;
    const type = schema[column]?.[1] ?? '';
    if ((type !== 'double' && type !== 'float') || typeof a !== 'string' || typeof b !== 'string') return false;
    const [sum, moment, remainder, library] = madeBy.map((columns) => columns[column] === true);
    return (sum === true || moment === true || (remainder === true && library === true)) && near(a, b, largest);
  };
  const [a, b] = [sorted(own.rows ?? []), sorted(spark.rows ?? [])];
  return a.length === b.length && a.every((row, r) => row.every((value, c) => alike(value, b[r]?.[c], c)))
    ? 'agree'
    : 'silent';
}

const zeroless = (value: unknown): string => JSON.stringify(value).replaceAll('"-0.0"', '"0.0"');

/** Which columns a call of some functions makes: by their own text, or by columns of inner queries that it made. */
function columnsMadeBy(pattern: RegExp, sql: string, schema: readonly (readonly [string, string])[]): boolean[] {
  const names = namesOf(pattern, sql);
  return schema.map(([name]) => isMadeBy(pattern, name, names));
}

const isMadeBy = (pattern: RegExp, text: string, names: ReadonlySet<string>): boolean =>
  pattern.test(text) || (text.match(/\w+/g) ?? []).some((word) => names.has(word));

/** The aliases of the columns that a call makes. */
function namesOf(pattern: RegExp, sql: string): ReadonlySet<string> {
  const named = [...sql.matchAll(/ AS `?(\w+)`?(?=[,) ]|$)/g)].map(({ 1: name = '', index }) => ({
    name,
    text: itemBefore(sql, index),
  }));
  const names = new Set<string>();
  for (let size = -1; size < names.size;) {
    size = names.size;
    for (const { name, text } of named) if (isMadeBy(pattern, text, names)) names.add(name);
  }
  return names;
}

/** The item of a SELECT that ends at a place: back to the comma, the bracket or the SELECT before it. */
function itemBefore(sql: string, end: number): string {
  let depth = 0;
  for (let i = end - 1; i >= 0; i--) {
    const c = sql[i] ?? '';
    if (c === ')') depth++;
    else if (c === '(' && depth-- === 0) return sql.slice(i + 1, end);
    else if (depth === 0 && (c === ',' || sql.startsWith('SELECT ', i))) return sql.slice(i + 1, end);
  }
  return sql.slice(0, end);
}

type Rows = readonly (readonly unknown[])[];

/** Rows by the size of their numbers, so that digits that differ move none; NULLs come first, then what is no number. */
function sorted(rows: Rows): Rows {
  const size = (value: unknown): number =>
    value === null || value === undefined
      ? -Infinity
      : Number.isFinite(Number(value))
        ? Number(value)
        : -Number.MAX_VALUE;
  const key = (row: readonly unknown[]): string => zeroless(row);
  return [...rows].sort((a, b) => {
    const column = a.findIndex((value, i) => size(value) !== size(b[i]));
    return column < 0 ? (key(a) < key(b) ? -1 : 1) : size(a[column]) - size(b[column]);
  });
}

/** Whether two fractions are one but for what is lost on the way: of themselves, and of the numbers that cancel out. */
function near(own: string, spark: string, largest: number): boolean {
  const [a, b] = [own, spark].map((text) => Number(text.replace('inf', 'Infinity'))) as [number, number];
  const lost = Math.max(RELATIVE * Math.max(Math.abs(a), Math.abs(b)), ABSOLUTE, CANCELLED * Math.min(largest, EXACT));
  return Math.abs(a - b) <= lost;
}
