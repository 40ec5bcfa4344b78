import type { Random } from '../random.js';
import { WORDS, type Column } from './query-values.js';

/** What a FROM clause says, and the columns that can be read from it. */
export interface From {
  readonly text: string;
  readonly columns: readonly Column[];
}

/** A query and the columns that a SELECT over it reads. */
export interface Query {
  readonly sql: string;
  readonly columns: readonly Column[];
  /** Whether the query promises the order of all its rows. */
  readonly ordered?: boolean;
}

/** What random queries are made of. */
export interface QueryParts {
  readonly r: Random;
  /** A name that no other part of the query has. */
  name(letter: string): string;
  /** A table of values; the first of its columns is the unique `id`. */
  base(): From;
  /** A table, a query or a join. */
  source(depth: number): From;
  query(depth: number): Query;
  value(columns: readonly Column[], type: string, depth: number): string;
  /** An aggregate and the type of its value, which no order of rows changes. */
  aggregate(columns: readonly Column[]): [string, string];
}

export type Clause = (q: QueryParts, depth: number) => Query;

/** Columns by which rows can be compared and grouped. */
export const plain = (columns: readonly Column[]): Column[] => columns.filter((c) => c.type !== 'array');

/** The name of a column without its table. */
export const bare = (column: Column): string => column.name.slice(column.name.lastIndexOf('.') + 1);

/** The columns that two tables both have, by their bare names. */
export const shared = (a: From, b: From): Column[] =>
  plain(a.columns)
    .filter((c) => b.columns.some((d) => bare(d) === bare(c)))
    .map((c) => ({ name: bare(c), type: c.type }));

/** Some items of a SELECT, under names of their own. */
export function items(q: QueryParts, columns: readonly Column[], most = 3): { text: string; columns: Column[] } {
  const types = Array.from({ length: 1 + q.r.below(most) }, () => q.r.pick(WORDS));
  const text = types.map((type, i) => `${q.value(columns, type, q.r.below(3))} AS c${i}`).join(', ');
  return { text, columns: types.map((type, i) => ({ name: `c${i}`, type })) };
}

/** A SELECT of some values over a FROM clause. */
export function select(q: QueryParts, from: From, tail = ''): Query {
  const { text, columns } = items(q, from.columns);
  return { sql: `SELECT ${text} FROM ${from.text}${tail}`, columns };
}
