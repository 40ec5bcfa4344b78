import { analyze } from './analyze.js';
import { identity } from './bind.js';
import { extend, type Frame } from './frames.js';
import type { Scope } from './scope.js';
import type { Expression, GroupBy, NamedExpression, SelectNode } from './tree.js';
import { traitsOf, type Typed } from './typed.js';
import { unsignedZeros } from './zeros.js';

/**
 * The frame of a grouped SELECT: keys that are more than columns are computed beneath it, so that they are one column
 * wherever they stand. Sets the keys in the scope.
 */
export function groupFrame(
  scope: Scope,
  node: SelectNode,
  frame: Frame,
  where: string | undefined,
  items: readonly NamedExpression[],
): { frame: Frame; where: string | undefined; group: string } {
  const group: GroupBy = node.group ?? { all: false, keys: [], sets: undefined };
  const written = group.all ? keysOfAll(scope, items) : group.keys.map((key) => resolveKey(scope, key, items));
  const keyScope = scope.copy();
  keyScope.forbids = {
    aggregate: 'an aggregate function cannot stand in GROUP BY',
    window: 'a window function cannot stand in GROUP BY',
  };
  // A key that is written twice, as sets may do, is one.
  const { nodes, places } = distinctKeys(keyScope, written);
  const keys = nodes.map((key) => analyze(keyScope, key));
  const shown = keys.map((key) => ({ ...key, sql: unsignedZeros(key.sql, key.type) }));
  for (const key of keys) {
    if (key.type.kind === 'map')
      throw scope.fail(
        key.at,
        'SQL_ANALYSIS',
        'a map cannot be a key of GROUP BY (GROUP_EXPRESSION_TYPE_IS_NOT_ORDERABLE)',
      );
  }
  const computed = keys.some((key, i) => !isColumn(frame, key, nodes[i])) || group.sets !== undefined;
  if (!computed) {
    scope.keys = new Map(keys.map((key, i) => [identity(key.sql), shown[i] ?? key]));
    scope.grouping = shown;
    const text = shown.length === 0 ? '' : ` GROUP BY ${shown.map((key) => key.sql).join(', ')}`;
    return { frame, where, group: text };
  }
  const more = shown.map((key) => ({
    name: scope.session.fresh('k'),
    type: key.type,
    sql: key.sql,
    qualifier: undefined,
  }));
  const extended = extend(scope, frame, where, more);
  scope.columns = extended.columns;
  const again = scope.copy();
  again.forbids = keyScope.forbids;
  const inner = nodes.map((key, i): readonly [string, Typed] => {
    const value = analyze(again, key);
    const column = extended.added[i];
    return [identity(value.sql), { ...value, ...traitsOf([]), sql: column?.sql ?? value.sql }];
  });
  // A key may contain another: where it stands in SELECT its parts are known by their keys first.
  const nested = nodes.map((node, i): readonly [string, Typed] | undefined => {
    const own = inner[i];
    if (!own || node.kind === 'column') return own;
    again.keys = new Map(inner.filter(([text]) => text !== own[0]));
    return [identity(analyze(again, node).sql), own[1]];
  });
  scope.keys = new Map([...inner, ...nested.filter((key) => key !== undefined)]);
  scope.grouping = inner.map(([, key]) => key);
  const columns = extended.added.map((column) => column.sql);
  const text = group.sets
    ? `GROUPING SETS (${group.sets.map((set) => `(${[...new Set(set.map((i) => places[i] ?? 0))].map((i) => columns[i]).join(', ')})`).join(', ')})`
    : columns.join(', ');
  return { frame: { sql: extended.sql, columns: extended.columns }, where: undefined, group: ` GROUP BY ${text}` };
}

function distinctKeys(scope: Scope, written: readonly Expression[]): { nodes: Expression[]; places: number[] } {
  const seen = new Map<string, number>();
  const nodes: Expression[] = [];
  const places = written.map((node) => {
    const key = identity(analyze(scope, node).sql);
    const known = seen.get(key);
    if (known !== undefined) return known;
    seen.set(key, nodes.length);
    nodes.push(node);
    return nodes.length - 1;
  });
  return { nodes, places };
}

function isColumn(frame: Frame, key: Typed, node: Expression | undefined): boolean {
  return node?.kind === 'column' && frame.columns.some((column) => column.sql === key.sql);
}

/** GROUP BY 1 and GROUP BY alias mean items of SELECT; a column of FROM comes before an alias. */
function resolveKey(scope: Scope, key: Expression, items: readonly NamedExpression[]): Expression {
  if (key.kind === 'literal' && key.type.kind === 'int' && typeof key.value === 'string') {
    const item = items[Number(key.value) - 1];
    if (!item)
      throw scope.fail(
        key.at,
        'SQL_ANALYSIS',
        `GROUP BY ${key.value}: there are ${items.length} columns (GROUP_BY_POS_OUT_OF_RANGE)`,
      );
    return item.expression;
  }
  if (key.kind !== 'column' || key.parts.length !== 1 || scope.find(key.parts, key.at)) return key;
  const name = (key.parts[0] ?? '').toLowerCase();
  return items.find((item) => item.aliases[0]?.toLowerCase() === name)?.expression ?? key;
}

/** GROUP BY ALL groups by every item without an aggregate function. */
function keysOfAll(scope: Scope, items: readonly NamedExpression[]): Expression[] {
  return items.flatMap((item) => {
    const trial = scope.copy();
    return analyze(trial, item.expression).aggregate ? [] : [item.expression];
  });
}
