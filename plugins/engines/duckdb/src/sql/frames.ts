import { quoteIdentifier } from './quote.js';
import type { Scope, Translated } from './scope.js';
import type { ScopeColumn } from './typed.js';
import type { SparkType } from './types.js';

/** What stands in a FROM clause, and the columns it offers. */
export interface Frame {
  readonly sql: string;
  readonly columns: readonly ScopeColumn[];
}

/** Names that DuckDB can tell apart: the given ones where they are distinct, else numbered. */
export function distinctNames(names: readonly string[]): string[] {
  const lower = names.map((name) => name.toLowerCase());
  const distinct = new Set(lower).size === names.length && names.every((name) => name !== '' && !name.includes('\0'));
  return distinct ? [...names] : names.map((_, i) => `c${i}`);
}

/** A query as a source of rows under a fresh alias; `names` gives the columns their names for Spark. */
export function frameOf(
  scope: Scope,
  query: Translated,
  qualifier: string | undefined,
  names: readonly string[],
  lateral = false,
): Frame {
  const alias = scope.session.fresh('t');
  const columns = query.columns.map((column, i): ScopeColumn => ({
    name: names[i] ?? column.name,
    type: column.type,
    sql: `${alias}.${quoteIdentifier(query.names[i] ?? column.name)}`,
    qualifier,
  }));
  return { sql: `${lateral ? 'LATERAL ' : ''}(${query.sql}) AS ${alias}`, columns };
}

/**
 * The rows of a frame with more columns beside its own, as a new frame: for generators, computed keys of GROUP BY and
 * the like. The columns keep their names and qualifiers; `map` tells where each went.
 */
export function extend(
  scope: Scope,
  frame: Frame,
  where: string | undefined,
  more: readonly {
    readonly name: string;
    readonly type: SparkType;
    readonly sql: string;
    readonly qualifier?: string | undefined;
  }[],
): Frame & { readonly added: readonly ScopeColumn[] } {
  const alias = scope.session.fresh('t');
  const names = distinctNames([...frame.columns, ...more].map((c) => c.name));
  const numbered =
    new Set(names.map((name) => name.toLowerCase())).size < names.length ? names.map((_, i) => `c${i}`) : names;
  const all = [...frame.columns, ...more];
  const items = all.map((column, i) => `${column.sql} AS ${quoteIdentifier(numbered[i] ?? '')}`);
  const columns = all.map((column, i): ScopeColumn => ({
    name: column.name,
    type: column.type,
    sql: `${alias}.${quoteIdentifier(numbered[i] ?? '')}`,
    qualifier: column.qualifier,
    ...('hidden' in column && column.hidden === true ? { hidden: true } : {}),
  }));
  const from = frame.sql === '' ? '' : ` FROM ${frame.sql}`;
  const condition = where === undefined ? '' : ` WHERE ${where}`;
  return {
    sql: `(SELECT ${items.length > 0 ? items.join(', ') : '1 AS c0'}${from}${condition}) AS ${alias}`,
    columns: columns.slice(0, frame.columns.length),
    added: columns.slice(frame.columns.length),
  };
}
