import { filter } from './analyze.js';
import { treeText } from './explain.js';
import { cursorOf, readQuery } from './parse-query.js';
import { readExpression } from './parse-expression.js';
import { parseType } from './parse-type.js';
import { errorAt, nearest } from './place.js';
import { quoteIdentifier } from './quote.js';
import { translate } from './query.js';
import { Scope, type Session, type Source, type SqlOptions } from './scope.js';
import type { Query } from './tree.js';
import type { Typed } from './typed.js';
import { typeText } from './types.js';
import type { Column } from '@sluice/plugin-sdk';

/** A query in DuckDB's words. */
export interface TranslatedQuery {
  /** One SELECT for DuckDB; views are referred to by the `relation` given. */
  readonly sql: string;
  /** Names as Spark gives them, types in Spark's words. */
  readonly columns: readonly Column[];
  /** The names of the views that it reads, as given. */
  readonly views: readonly string[];
  /** How often views are read in sum, to decide what to materialise. */
  readonly counts: number;
  /** The constant after LIMIT at its end, where there is no OFFSET. */
  readonly limit: number | undefined;
}

/** Rows that a query may read. */
export interface View {
  /** The name in the query: `people`, or `database.people`. Case does not count. */
  readonly name: string;
  /** What stands for it in DuckDB's FROM, quoted. */
  readonly relation: string;
  readonly columns: readonly Column[];
}

/**
 * One Spark SQL query in DuckDB's words. SQL_SYNTAX, SQL_STATEMENTS, SQL_UNSUPPORTED, SQL_FORBIDDEN, SQL_ANALYSIS,
 * VIEW_UNKNOWN, COLUMN_UNKNOWN and COLUMN_AMBIGUOUS say line and column.
 */
export function translateQuery(text: string, views: readonly View[], options: SqlOptions): TranslatedQuery {
  return translateTree(text, parseQuery(text), views, options);
}

/** A query as a tree with types, beside what {@link translateQuery} gives; it throws the same. */
export function explainQuery(
  text: string,
  views: readonly View[],
  options: SqlOptions,
): TranslatedQuery & { readonly tree: string } {
  const query = parseQuery(text);
  const seen = new Map<object, Typed>();
  const translated = translateTree(text, query, views, options, seen);
  return { ...translated, tree: treeText(query, seen) };
}

/** The tree of a text that must be one query. */
export function parseQuery(text: string): Query {
  const cursor = cursorOf(text);
  const start = cursor.token;
  if (start.kind === 'end')
    throw cursor.error('SQL_SYNTAX', 'the SQL is empty; write one query, such as SELECT * FROM input');
  if (start.kind === 'word' && !STARTS.has(start.key)) throw notAQuery(text, start.key, start.at);
  const query = readQuery(cursor);
  const ended = cursor.accept(';');
  while (cursor.accept(';'));
  if (cursor.token.kind !== 'end') {
    if (ended) throw cursor.error('SQL_STATEMENTS', 'there are two statements; a stop runs one');
    throw cursor.unexpected('the end of the query');
  }
  return query;
}

const STARTS = new Set(['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE']);
const FORBIDDEN = new Set([
  'COPY',
  'ATTACH',
  'DETACH',
  'PRAGMA',
  'INSTALL',
  'LOAD',
  'IMPORT',
  'EXPORT',
  'CALL',
  'SET',
  'RESET',
  'CHECKPOINT',
  'VACUUM',
]);
const STATEMENTS = new Set([
  'INSERT',
  'CREATE',
  'DROP',
  'DELETE',
  'UPDATE',
  'MERGE',
  'ALTER',
  'SHOW',
  'DESCRIBE',
  'DESC',
  'USE',
  'TRUNCATE',
  'EXPLAIN',
  'CACHE',
  'UNCACHE',
  'REFRESH',
  'ANALYZE',
]);

function notAQuery(text: string, key: string, at: number): Error {
  if (FORBIDDEN.has(key))
    return errorAt(
      text,
      at,
      'SQL_FORBIDDEN',
      `${key} is not allowed; a query starts with SELECT, WITH, VALUES or FROM`,
    );
  if (STATEMENTS.has(key))
    return errorAt(
      text,
      at,
      'SQL_UNSUPPORTED',
      `${key} is no query; a statement over tables belongs to a stop of the warehouse`,
      { construct: key },
    );
  return errorAt(
    text,
    at,
    'SQL_SYNTAX',
    `a query was expected: SELECT, WITH, VALUES or FROM, found '${text.slice(at, at + 20).split(/\s/)[0]}'`,
  );
}

/** A query that is a tree already. `text` is what its places refer to; `seen` gets what is found of its expressions. */
function translateTree(
  text: string,
  query: Query,
  views: readonly View[],
  options: SqlOptions,
  seen?: Map<object, Typed>,
): TranslatedQuery {
  const { session: plain, reads } = sessionOf(text, views, options);
  const session = seen ? { ...plain, seen } : plain;
  const translated = guarded(text, () => translate(query, new Scope(session, undefined)));
  const columns = translated.columns.map(({ name, type }) => ({ name, type: typeText(type) }));
  const exact = translated.names.every((name, i) => name === columns[i]?.name);
  const items = translated.names.map(
    (name, i) =>
      `${quoteIdentifier(name)} AS ${quoteIdentifier(columns[i]?.name === '' ? ' ' : (columns[i]?.name ?? name))}`,
  );
  const sql = exact ? translated.sql : `SELECT ${items.join(', ')} FROM (${translated.sql})`;
  return { sql, columns, views: [...new Set(reads)], counts: reads.length, limit: constantLimit(query) };
}

function constantLimit({ limit, offset }: Query): number | undefined {
  const isConstant = limit?.kind === 'literal' && /^\d{1,15}$/.test(String(limit.value)) && offset === undefined;
  return isConstant ? Number(limit.value) : undefined;
}

/** A condition over the columns of one input as a boolean expression of DuckDB, the columns named without a table. */
export function translateCondition(text: string, columns: readonly Column[], options: SqlOptions): string {
  const cursor = cursorOf(text);
  const node = readExpression(cursor);
  if (cursor.accept(';')) throw cursor.error('SQL_STATEMENTS', "a condition is one expression, without ';'");
  if (cursor.token.kind !== 'end') throw cursor.unexpected('the end of the condition');
  const { session } = sessionOf(text, [], options);
  const scope = new Scope(session, undefined);
  scope.columns = columns.map(({ name, type }) => ({
    name,
    type: parseType(type),
    sql: quoteIdentifier(name),
    qualifier: undefined,
  }));
  scope.forbids = {
    aggregate: 'an aggregate function cannot stand in a condition',
    window: 'a window function cannot stand in a condition',
  };
  return guarded(text, () => filter(scope, node).sql);
}

/** Runs what recurses over a tree; a tree too deep for the stack is refused, never a crash. */
function guarded<T>(text: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw errorAt(
      text,
      0,
      'SQL_UNSUPPORTED',
      'the query is too deep or too large to translate; split it into several',
      { construct: 'nesting' },
    );
  }
}

function sessionOf(text: string, views: readonly View[], options: SqlOptions): { session: Session; reads: string[] } {
  const byName = new Map(views.map((view) => [view.name.toLowerCase(), view]));
  const reads: string[] = [];
  const counts = new Map<string, number>();
  const view = (name: readonly string[], at: number): Source => {
    const found = byName.get(name.join('.').toLowerCase());
    if (!found) throw unknownView(text, name.join('.'), views, at);
    reads.push(found.name);
    return {
      sql: found.relation,
      columns: found.columns.map((column) => ({ name: column.name, type: parseType(column.type) })),
    };
  };
  const fresh = (prefix: string): string => {
    const next = (counts.get(prefix) ?? 0) + 1;
    counts.set(prefix, next);
    return `${prefix}${next}`;
  };
  return { session: { text, options, view, fresh, filters: new WeakSet(), query: translate }, reads };
}

function unknownView(text: string, name: string, views: readonly View[], at: number): Error {
  if (/[./\\]/.test(name) && /\.(?:csv|parquet|json|ndjson|txt|duckdb|db)$/i.test(name)) {
    return errorAt(text, at, 'SQL_FORBIDDEN', `'${name}' is a file; read it with a stop and name its view`);
  }
  const names = views.map((view) => view.name);
  const near = nearest(name, names);
  const hint =
    near.length > 0
      ? `did you mean ${near.map((n) => `'${n}'`).join(' or ')}?`
      : names.length > 0
        ? `the views are ${names.slice(0, 12).join(', ')}`
        : 'the query has no inputs';
  return errorAt(text, at, 'VIEW_UNKNOWN', `the view '${name}' is not known; ${hint}`, {
    view: name,
    nearest: near.join(', '),
  });
}
