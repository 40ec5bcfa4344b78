import { analyze, filter } from './analyze.js';
import { identity } from './bind.js';
import { findFunction } from './functions/index.js';
import type { Frame } from './frames.js';
import { fromFrame, generate } from './from.js';
import { groupFrame } from './grouping.js';
import { quoteIdentifier } from './quote.js';
import { refuseNested } from './order.js';
import type { Scope } from './scope.js';
import { starColumns } from './star.js';
import type { CallNode, Expression, NamedExpression, SelectNode, SortItem } from './tree.js';
import type { ScopeColumn, Typed } from './typed.js';
import { isFraction } from './types.js';
import { keyText, sortText } from './windows.js';
import { unsignedZeros } from './zeros.js';

/** A SELECT translated but for its ORDER BY, which may look at its columns and at those of its FROM. */
export interface SelectParts {
  readonly items: readonly { readonly name: string; readonly value: Typed }[];
  readonly from: string;
  readonly where: string;
  readonly group: string;
  readonly having: string;
  readonly distinct: boolean;
  readonly scope: Scope;
  readonly aggregated: boolean;
}

/** An item of SELECT, or a column that `*` or a generator put there. */
type Item = { readonly node: NamedExpression } | { readonly column: ScopeColumn; readonly name: string };

/** Analyses a SELECT in a scope made for it. */
export function selectParts(scope: Scope, node: SelectNode): SelectParts {
  let frame: Frame = node.from ? fromFrame(scope, node.from) : { sql: '', columns: [] };
  scope.columns = frame.columns;
  scope.windows = node.windows;
  let where = whereText(scope, node.where);
  let items = expandStars(scope, node.items);
  const generators = items.filter((item) => 'node' in item && isGenerator(item.node.expression));
  if (generators.length > 1)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'SELECT can have one generator only; use LATERAL VIEW for more');
  if (generators.length === 1) {
    ({ frame, items } = withGenerator(scope, frame, where, items));
    where = undefined;
    scope.columns = frame.columns;
  }
  const wants = node.group !== undefined || node.having !== undefined || hasAggregate(items);
  let group = '';
  if (wants) {
    const grouped = groupFrame(
      scope,
      node,
      frame,
      where,
      items.flatMap((item) => ('node' in item ? [item.node] : [])),
    );
    ({ frame, where, group } = grouped);
  }
  const analysed = analyzeItems(scope, items);
  const aggregated = wants;
  if (aggregated) for (const { value } of analysed) checkGrouped(scope, value);
  let having = node.having ? havingText(scope, node.having, analysed) : '';
  // Grouping sets over no rows give no row in Spark, not even that of the empty set.
  if (node.group?.sets) having = having === '' ? ' HAVING count(*) > 0' : `${having} AND count(*) > 0`;
  return {
    items: analysed,
    from: frame.sql === '' ? '' : ` FROM ${frame.sql}`,
    where: where === undefined ? '' : ` WHERE ${where}`,
    group,
    having,
    distinct: node.distinct,
    scope,
    aggregated,
  };
}

function whereText(scope: Scope, node: Expression | undefined): string | undefined {
  if (!node) return undefined;
  const inner = scope.copy();
  inner.forbids = {
    aggregate: 'an aggregate function cannot stand in WHERE; use HAVING',
    window: 'a window function cannot stand in WHERE; filter in an outer query',
  };
  return filter(inner, node).sql;
}

function expandStars(scope: Scope, nodes: readonly NamedExpression[]): Item[] {
  return nodes.flatMap((node): Item[] => {
    const star = node.expression;
    if (star.kind !== 'star') return [{ node }];
    return starColumns(scope, star).map((found) =>
      'kind' in found
        ? { node: { expression: found, aliases: [found.parts.at(-1) ?? ''] } }
        : { column: found, name: found.name },
    );
  });
}

const isGenerator = (node: Expression): node is CallNode =>
  node.kind === 'call' && findFunction(node.name)?.kind === 'generator';

function withGenerator(
  scope: Scope,
  frame: Frame,
  where: string | undefined,
  items: readonly Item[],
): { frame: Frame; items: Item[] } {
  const before = frame.columns;
  const found = items.find(
    (item): item is { node: NamedExpression } => 'node' in item && isGenerator(item.node.expression),
  );
  const call = found?.node.expression as CallNode;
  const made = generate(scope, frame, where, call, false);
  const aliases = found?.node.aliases ?? [];
  if (aliases.length > 0 && aliases.length !== made.added.length) {
    throw scope.fail(
      call.at,
      'SQL_ANALYSIS',
      `${call.name} makes ${made.added.length} columns, found ${aliases.length} names`,
    );
  }
  const moved = items.flatMap((item): Item[] => {
    if (item === found) return made.added.map((column, i) => ({ column, name: aliases[i] ?? column.name }));
    if ('node' in item) return [item];
    const column = made.columns[before.indexOf(item.column)];
    return column ? [{ column, name: item.name }] : [];
  });
  return { frame: { sql: made.sql, columns: made.columns }, items: moved };
}

/** Whether an aggregate function without OVER stands in an item. */
function hasAggregate(items: readonly Item[]): boolean {
  return items.some((item) => 'node' in item && containsAggregate(item.node.expression));
}

/** Whether an aggregate function without OVER stands anywhere in an expression, subqueries apart. */
export function containsAggregate(node: unknown): boolean {
  if (Array.isArray(node)) return node.some(containsAggregate);
  if (typeof node !== 'object' || node === null) return false;
  const expression = node as { kind?: string; name?: unknown; over?: unknown; query?: unknown };
  if (expression.kind === 'subquery' || expression.kind === 'exists') return false;
  if (expression.kind === 'call' && expression.over === undefined && typeof expression.name === 'string') {
    if (findFunction(expression.name)?.kind === 'aggregate') return true;
  }
  return Object.entries(node).some(
    ([key, value]) => key !== 'query' && typeof value === 'object' && containsAggregate(value),
  );
}

function analyzeItems(scope: Scope, items: readonly Item[]): { name: string; value: Typed }[] {
  const done: { name: string; value: Typed }[] = [];
  const aliases = new Map<string, Typed>();
  for (const item of items) {
    if ('column' in item) {
      const column =
        scope.columns.find(
          (c) => c.name === item.column.name && c.qualifier === item.column.qualifier && c.type === item.column.type,
        ) ?? item.column;
      const value = analyzeColumn(scope, item.column.sql === column.sql ? item.column : column, item.name);
      done.push({ name: item.name, value });
      continue;
    }
    const inner = scope.copy();
    inner.aliases = aliases;
    const value = analyze(inner, item.node.expression);
    if (value.parameters) throw scope.fail(value.at, 'SQL_ANALYSIS', 'a lambda function is no value');
    const [alias, ...more] = item.node.aliases;
    if (more.length > 0)
      throw scope.fail(value.at, 'SQL_ANALYSIS', 'several names can only be given to the columns of a generator');
    if (alias !== undefined && !aliases.has(alias.toLowerCase())) aliases.set(alias.toLowerCase(), value);
    done.push({ name: alias ?? value.name ?? value.label, value });
  }
  scope.aliases = aliases;
  return done;
}

function analyzeColumn(scope: Scope, column: ScopeColumn, name: string): Typed {
  const value: Typed = {
    sql: column.sql,
    type: column.type,
    label: name,
    at: 0,
    name,
    uses: [column],
    aggregate: false,
    window: false,
    untried: false,
  };
  const key = scope.keys.get(identity(value.sql));
  return key ? { ...value, sql: key.sql, uses: [] } : value;
}

function checkGrouped(scope: Scope, value: Typed): void {
  const [column] = value.uses;
  if (!column) return;
  throw scope.fail(
    value.at,
    'SQL_ANALYSIS',
    `the column '${column.name}' is neither in GROUP BY nor inside an aggregate function; add it to GROUP BY or use first(${column.name}) (MISSING_AGGREGATION)`,
    { column: column.name },
  );
}

function havingText(scope: Scope, node: Expression, items: readonly { name: string; value: Typed }[]): string {
  const inner = scope.copy();
  inner.aliases = new Map(items.map(({ name, value }) => [name.toLowerCase(), value]));
  inner.forbids = { window: 'a window function cannot stand in HAVING' };
  const value = filter(inner, node);
  checkGrouped(scope, value);
  return ` HAVING (${value.sql})`;
}

/** ORDER BY of a SELECT: its own columns come first, then those of its FROM. */
export function orderText(parts: SelectParts, order: readonly SortItem[]): string {
  if (order.length === 0) return '';
  const texts = order.map((item) => {
    const ordinal = ordinalOf(item.expression);
    const own = ordinal ?? ownColumn(parts, item.expression);
    if (own !== undefined) {
      const target = parts.items[own - 1];
      if (!target)
        throw parts.scope.fail(
          item.expression.at,
          'SQL_ANALYSIS',
          `ORDER BY ${own}: there are ${parts.items.length} columns`,
        );
      refuseNested(parts.scope, target.value.type, item.expression.at);
      return sortText(itemText(parts, own - 1), item);
    }
    const inner = parts.scope.copy();
    inner.aliases = new Map(parts.items.map(({ name, value }) => [name.toLowerCase(), value]));
    // The output comes before the input: a name that both have means the output.
    const outputs = new Set(
      parts.items.filter(({ value }) => value.name === undefined).map(({ name }) => name.toLowerCase()),
    );
    inner.columns = inner.columns.filter(
      (column) => !outputs.has(column.name.toLowerCase()) || column.qualifier === undefined,
    );
    const value = analyze(inner, item.expression);
    if (parts.aggregated) checkGrouped(parts.scope, value);
    refuseNested(parts.scope, value.type, item.expression.at);
    const same = parts.items.findIndex((candidate) => identity(candidate.value.sql) === identity(value.sql));
    if (same >= 0) return sortText(itemText(parts, same), item);
    if (parts.distinct)
      throw parts.scope.fail(
        item.expression.at,
        'SQL_ANALYSIS',
        'ORDER BY of SELECT DISTINCT can only name its columns',
      );
    // A literal would mean a position to DuckDB.
    return value.literal === undefined ? sortText(keyText(value), item) : sortText('(SELECT NULL)', item);
  });
  return ` ORDER BY ${texts.join(', ')}`;
}

/** An item of the SELECT as a key of ORDER BY: by its place, but for fractions, if it is the same wherever it is written. */
export function itemText(parts: SelectParts, index: number): string {
  const value = parts.items[index]?.value;
  const written = value !== undefined && isFraction(value.type) && !parts.distinct && value.untried !== true;
  return written && value.literal === undefined ? keyText(value) : String(index + 1);
}

export const ordinalOf = (node: Expression): number | undefined =>
  node.kind === 'literal' && node.type.kind === 'int' && typeof node.value === 'string'
    ? Number(node.value)
    : undefined;

function ownColumn(parts: SelectParts, node: Expression): number | undefined {
  if (node.kind !== 'column' || node.parts.length !== 1) return undefined;
  const name = (node.parts[0] ?? '').toLowerCase();
  const matches = parts.items.flatMap((item, i) => (item.name.toLowerCase() === name ? [i + 1] : []));
  if (matches.length > 1) {
    const texts = new Set(matches.map((i) => parts.items[i - 1]?.value.sql));
    if (texts.size > 1)
      throw parts.scope.fail(
        node.at,
        'COLUMN_AMBIGUOUS',
        `the column '${node.parts[0]}' is ambiguous in ORDER BY; give the columns different names`,
      );
  }
  return matches[0];
}

/** The text of a SELECT whose columns have these names. */
export function selectText(parts: SelectParts, names: readonly string[], order: string): string {
  const items = parts.items.map(({ value: { sql, type } }, i) => {
    const shown = parts.distinct ? unsignedZeros(sql, type) : sql;
    return `${shown} AS ${quoteIdentifier(names[i] ?? `c${i}`)}`;
  });
  return `SELECT ${parts.distinct ? 'DISTINCT ' : ''}${items.join(', ')}${parts.from}${parts.where}${parts.group}${parts.having}${order}`;
}
