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
  const [kind = '', inner = ''] = /^(\w+)<(.*)>$/s.exec(type)?.slice(1) ?? [type];
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((item, i) => sameValue(item, b[i], inner));
  if (typeof a === 'object' && typeof b === 'object') {
    const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
    const types = parts(inner);
    if (kind === 'map') return sameEntries(entries(x), entries(y), types);
    const keys = Object.keys(y);
    return (
      keys.length === Object.keys(x).length &&
      keys.every((key, i) => sameValue(x[key], y[key], (types[i] ?? '').replace(/^.*?:/s, '')))
    );
  }
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  if (type === 'double' || type === 'float') {
    const [x, y] = [a, b].map((text) => Number(text.replace('inf', 'Infinity'))) as [number, number];
    if (x === y) return Object.is(x, y);
    return (
      Number.isFinite(x) && Number.isFinite(y) && Math.abs(x - y) <= TOLERANCE * Math.max(Math.abs(x), Math.abs(y))
    );
  }
  // A decimal of Spark may carry more zeros than its type says.
  return type.startsWith('decimal') && bare(a) === bare(b);
}

type Entries = readonly (readonly [unknown, unknown])[];

/** The entries of a map in an order of their own: Spark promises none. */
const entries = ({ map }: Record<string, unknown>): Entries =>
  [...((map ?? []) as Entries)].sort((p, q) => (JSON.stringify(p) < JSON.stringify(q) ? -1 : 1));

function sameEntries(a: Entries, b: Entries, [key = '', value = '']: readonly string[]): boolean {
  return (
    a.length === b.length && a.every(([k, v], i) => sameValue(k, b[i]?.[0], key) && sameValue(v, b[i]?.[1], value))
  );
}

/** What stands between the commas of a nested type. */
function parts(types: string): string[] {
  const found: string[] = [''];
  let depth = 0;
  for (const c of types) {
    if ('<('.includes(c)) depth++;
    if ('>)'.includes(c)) depth--;
    if (c === ',' && depth === 0) found.push('');
    else found[found.length - 1] += c;
  }
  return found;
}

const bare = (text: string): string => text.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');

export interface Difference {
  readonly verdict: Verdict;
  readonly names: boolean;
}

/** Rows in an order of their own; those that only the sign of a zero tells apart stand side by side. */
const sortKey = (row: readonly unknown[]): string =>
  `${JSON.stringify(row).replaceAll('"-0.0"', '"0.0"')} ${JSON.stringify(row)}`;

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
