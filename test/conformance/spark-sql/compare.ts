import type { SqlAnswer } from '@sluice/engine-duckdb/sql';
import type { SparkAnswer } from './differential/real-spark.js';

/** How an answer of Sluice stands to Spark's. */
export type Verdict = 'agree' | 'refused' | 'both refuse' | 'lenient' | 'silent';

export interface OwnAnswer extends Partial<SqlAnswer> {
  readonly error?: { readonly reason: string; readonly message: string };
}

/** Fractions may differ in the last digits: the two compute functions such as sin with other libraries. */
const TOLERANCE = 1e-12;

function sameValue(a: unknown, b: unknown, type: string): boolean {
  if (a === b) return true;
  if (a === null || b === null || a === undefined || b === undefined) return false;
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i], type));
  if (typeof a === 'object' && typeof b === 'object') {
    const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
    if (Array.isArray(x['map']) && Array.isArray(y['map'])) {
      const sorted = (map: unknown[]): unknown[] =>
        [...map].sort((p, q) => (JSON.stringify(p) < JSON.stringify(q) ? -1 : 1));
      return sameValue(sorted(x['map']), sorted(y['map']), type);
    }
    const keys = Object.keys(y);
    return keys.length === Object.keys(x).length && keys.every((key) => sameValue(x[key], y[key], type));
  }
  if (typeof a === 'string' && typeof b === 'string' && /double|float/.test(type)) {
    const [x, y] = [Number(a.replace('inf', 'Infinity')), Number(b.replace('inf', 'Infinity'))];
    // DuckDB keeps equal values once, and takes -0.0 and 0.0 for equal.
    if (x === y) return true;
    return (
      Number.isFinite(x) && Number.isFinite(y) && Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y))
    );
  }
  // A decimal of Spark may carry more zeros than its type says.
  if (typeof a === 'string' && typeof b === 'string' && type.includes('decimal')) return bare(a) === bare(b);
  return false;
}

const bare = (text: string): string => text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');

/** Rows that only the sign of a zero tells apart stand in one order in both answers. */
const sortKey = (row: readonly unknown[]): string => `${keyOf(row)} ${JSON.stringify(row)}`;

export interface Difference {
  readonly verdict: Verdict;
  readonly names: boolean;
}

const keyOf = (row: readonly unknown[]): string => JSON.stringify(row).replaceAll('"-0.0"', '"0.0"');

/** Compares two answers; `ordered` when the query promises an order. */
export function compareAnswers(own: OwnAnswer, spark: SparkAnswer, ordered: boolean): Difference {
  if (own.error) return { verdict: spark.error === undefined ? 'refused' : 'both refuse', names: true };
  // Values that Python's dates cannot hold are no verdict on either engine.
  if (spark.error === 'ValueError' || spark.error === 'OverflowError') return { verdict: 'both refuse', names: true };
  if (spark.error !== undefined) return { verdict: 'lenient', names: true };
  const [a, b] = [own.schema ?? [], spark.schema ?? []];
  const names = JSON.stringify(a.map(([name]) => name)) === JSON.stringify(b.map(([name]) => name));
  if (JSON.stringify(a.map(([, type]) => type)) !== JSON.stringify(b.map(([, type]) => type)))
    return { verdict: 'silent', names };
  const arrange = (rows: readonly (readonly unknown[])[]): (readonly unknown[])[] =>
    ordered ? [...rows] : [...rows].sort((x, y) => (sortKey(x) < sortKey(y) ? -1 : 1));
  const [x, y] = [arrange(own.rows ?? []), arrange(spark.rows ?? [])];
  const same =
    x.length === y.length && x.every((row, r) => row.every((value, c) => sameValue(value, y[r]?.[c], b[c]?.[1] ?? '')));
  return { verdict: same ? 'agree' : 'silent', names };
}
