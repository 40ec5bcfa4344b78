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

/** Formulas of moments, which two engines evaluate in other orders: what cancels out leaves other digits. */
const MOMENTS = /\b(skewness|kurtosis|corr|covar_\w+|stddev\w*|std|var\w*|regr_\w+|avg|mean|sum|try_sum|try_avg)\(/i;
const RELATIVE = 1e-9;
const ABSOLUTE = 1e-9;

/** Judges an answer; the order of rows counts where the query promises one. */
export function judge(sql: string, own: OwnAnswer, spark: SparkAnswer, ordered = false): Verdict {
  if (own.error?.reason === 'SQL_UNSUPPORTED') return 'refused';
  if (spark.error !== undefined && (UNSHOWN.test(spark.error) || BUG.test(spark.error))) return 'unshown';
  if (own.error) return spark.error === undefined ? 'fault' : 'both refuse';
  if (spark.error !== undefined) return 'lenient';
  const { verdict, names } = compareAnswers(own, spark, ordered);
  if (!names) return 'silent';
  if (verdict === 'agree') return 'agree';
  const types = JSON.stringify(own.schema) === JSON.stringify(spark.schema);
  const fractions = (spark.schema ?? []).every(([, type]) => type === 'double' || type === 'float');
  // The page of Spark SQL says that moments of infinite or huge values may be NaN in one engine alone.
  if (
    types &&
    fractions &&
    /\b(?:regr_|corr|covar_|stddev|var_|variance|skewness|kurtosis)\w*\(/.test(sql) &&
    HUGE.test(sql)
  )
    return 'agree';
  // It says so of the sign of zeros too: sorting, grouping and sets lose it in the one or the other.
  if (types && /\b(?:OVER|GROUP BY|DISTINCT|UNION|EXCEPT|INTERSECT)\b/.test(sql) && zeroless(own) === zeroless(spark))
    return 'agree';
  const near = (spark.schema ?? []).map(([, type]) => type === 'double' || type === 'float');
  return types && MOMENTS.test(sql) && nearRows(sorted(own.rows ?? []), sorted(spark.rows ?? []), near)
    ? 'agree'
    : 'silent';
}

const HUGE = /E308|Infinity|NaN|E38/;

/** The rows without the signs of zeros. */
const zeroless = ({ rows = [] }: { readonly rows?: Rows }): string =>
  rows
    .map((row) => JSON.stringify(row).replaceAll('-0.0', '0.0'))
    .sort()
    .join('\n');

type Rows = readonly (readonly unknown[])[];

/** Rows by the size of their numbers, so that digits that differ move none; NULLs and what is no number come first. */
function sorted(rows: Rows): Rows {
  const size = (value: unknown): number => (Number.isFinite(Number(value ?? NaN)) ? Number(value) : -Infinity);
  const key = (row: readonly unknown[]): string => row.map((value) => String(value)).join();
  return [...rows].sort((a, b) => {
    const column = a.findIndex((value, i) => size(value) !== size(b[i]));
    return column < 0 ? (key(a) < key(b) ? -1 : 1) : size(a[column]) - size(b[column]);
  });
}

/** Whether the rows are alike but for the last digits in those columns that may differ so. */
function nearRows(own: Rows, spark: Rows, mayDiffer: readonly boolean[]): boolean {
  const alike = (a: unknown, b: unknown, column: number): boolean =>
    mayDiffer[column] === true ? near(a, b) : JSON.stringify(a) === JSON.stringify(b);
  return (
    own.length === spark.length &&
    own.every((row, i) => row.every((value, column) => alike(value, spark[i]?.[column], column)))
  );
}

function near(own: unknown, spark: unknown): boolean {
  if (own === spark) return true;
  if (typeof own !== 'string' || typeof spark !== 'string') return false;
  const [a, b] = [own, spark].map((text) => Number(text.replace('inf', 'Infinity'))) as [number, number];
  // Of infinite and huge values Spark makes infinity or NaN, as its partitions have it.
  if (!Number.isFinite(a) && !Number.isFinite(b)) return true;
  return Math.abs(a - b) <= Math.max(ABSOLUTE, RELATIVE * Math.max(Math.abs(a), Math.abs(b)));
}
