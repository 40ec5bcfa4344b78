import { analyze } from './analyze.js';
import { cast } from './casts.js';
import { compare } from './compare.js';
import { widest } from './coercion.js';
import { extend, type Frame } from './frames.js';
import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';
import type { PivotRef, UnpivotRef } from './tree.js';
import { typed, type ScopeColumn, type Typed } from './typed.js';
import { STRING } from './types.js';

const valueOf = (column: ScopeColumn, at: number): Typed =>
  typed([], { sql: column.sql, type: column.type, label: column.name, at, name: column.name });

/** Finds a column of a frame. */
function columnOf(scope: Scope, frame: Frame, parts: readonly string[], at: number): ScopeColumn {
  const inner = scope.copy();
  inner.columns = frame.columns;
  const found = inner.find(parts, at);
  if (!found) throw inner.unknown(parts, at);
  return found.column;
}

/**
 * PIVOT groups by the columns that it does not mention. Like Spark it aggregates by those and the pivot column first,
 * and then spreads the results, so that a value without rows gives NULL, for count too.
 */
export function pivot(scope: Scope, node: PivotRef, frame: Frame): Frame {
  const inner = scope.copy();
  inner.columns = frame.columns;
  inner.forbids = {};
  const pivots = node.columns.map((parts) => columnOf(scope, frame, parts, node.at));
  const aggregates = node.aggregates.map((item) => ({
    value: analyze(inner, item.expression),
    alias: item.aliases[0],
  }));
  for (const { value } of aggregates) {
    if (!value.aggregate)
      throw scope.fail(value.at, 'SQL_ANALYSIS', `PIVOT takes aggregate functions, not '${value.label}'`);
  }
  const mentioned = new Set<ScopeColumn>([...pivots, ...mentionedBy(inner, node, frame)]);
  const keys = frame.columns.filter((column) => column.hidden !== true && !mentioned.has(column));
  const grouped = scope.session.fresh('t');
  const keyItems = keys.map((column, i) => `${column.sql} AS k${i}`);
  const pivotItems = pivots.map((column, i) => `${column.sql} AS p${i}`);
  const aggregateItems = aggregates.map(({ value }, i) => `${value.sql} AS a${i}`);
  const by = [...keys, ...pivots].map((column) => column.sql).join(', ');
  const first = `SELECT ${[...keyItems, ...pivotItems, ...aggregateItems].join(', ')} FROM ${frame.sql} GROUP BY ${by}`;
  const alias = scope.session.fresh('t');
  const columns: ScopeColumn[] = keys.map((column, i) => ({ ...column, sql: `${alias}.k${i}`, qualifier: node.alias }));
  const items = keys.map((_, i) => `${grouped}.k${i}`);
  node.values.forEach(({ value: valueNode, alias: valueAlias }, v) => {
    const value = analyze(inner, valueNode);
    const condition = matches(scope, value, pivots, grouped, node.at);
    aggregates.forEach((aggregate, a) => {
      const name = pivotName(
        valueAlias ?? shown(value),
        aggregate.alias ?? aggregate.value.label,
        aggregates.length > 1,
      );
      items.push(`first(${grouped}.a${a}) FILTER (WHERE ${condition}) AS v${v}_${a}`);
      columns.push({ name, type: aggregate.value.type, sql: `${alias}.v${v}_${a}`, qualifier: node.alias });
    });
  });
  const groupBy = keys.length > 0 ? ` GROUP BY ${keys.map((_, i) => `${grouped}.k${i}`).join(', ')}` : '';
  return { sql: `(SELECT ${items.join(', ')} FROM (${first}) AS ${grouped}${groupBy}) AS ${alias}`, columns };
}

const pivotName = (value: string, aggregate: string, several: boolean): string =>
  several ? `${value}_${aggregate}` : value;

/** A value as the name of its column: the value itself, parts of several joined by lines. */
function shown(value: Typed): string {
  return typeof value.literal === 'string' ? value.label : value.literal === null ? 'null' : value.label;
}

function matches(scope: Scope, value: Typed, pivots: readonly ScopeColumn[], grouped: string, at: number): string {
  const [only] = pivots;
  const own = (column: ScopeColumn, i: number): Typed => ({ ...valueOf(column, at), sql: `${grouped}.p${i}` });
  if (pivots.length === 1 && only) return compare(scope, '<=>', own(only, 0), value, at).sql;
  const type = value.type;
  if (type.kind !== 'struct' || type.fields.length !== pivots.length) {
    throw scope.fail(at, 'SQL_ANALYSIS', `PIVOT over ${pivots.length} columns needs values such as (a, b)`);
  }
  return type.fields
    .map((field, i) => {
      const part = typed([], {
        sql: `struct_extract(${value.sql}, ${quoteLiteral(field.name)})`,
        type: field.type,
        label: '',
        at,
      });
      return compare(scope, '<=>', own(pivots[i] as ScopeColumn, i), part, at).sql;
    })
    .join(' AND ');
}

/** The columns that the aggregates read. */
function mentionedBy(scope: Scope, node: PivotRef, frame: Frame): ScopeColumn[] {
  const found: ScopeColumn[] = [];
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(walk);
    else if (typeof part === 'object' && part !== null) {
      const { kind, parts, at } = part as { kind?: string; parts?: readonly string[]; at?: number };
      if (kind === 'column' && parts) {
        const hit = scope.find(parts, at ?? 0);
        if (hit && frame.columns.includes(hit.column)) found.push(hit.column);
      }
      Object.values(part).forEach(walk);
    }
  };
  walk(node.aggregates);
  return found;
}

/** UNPIVOT makes a row of every listed column, or set of columns. */
export function unpivot(scope: Scope, node: UnpivotRef, frame: Frame): Frame {
  const sets = node.sets.map((set) => ({
    columns: set.columns.map((parts) => columnOf(scope, frame, parts, node.at)),
    alias: set.alias,
  }));
  const width = node.valueNames.length;
  for (const set of sets) {
    if (set.columns.length !== width)
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        `UNPIVOT names ${width} value columns, a set has ${set.columns.length}`,
      );
  }
  const types = node.valueNames.map((name, i) => {
    const type = widest(
      scope,
      sets.map((set) => set.columns[i]?.type ?? STRING),
    );
    if (!type)
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        `the columns for '${name}' have no common type (UNPIVOT_VALUE_DATA_TYPE_MISMATCH)`,
      );
    return type;
  });
  const used = new Set(sets.flatMap((set) => set.columns));
  const kept = { ...frame, columns: frame.columns.filter((column) => !used.has(column)) };
  const names = sets.map((set) => quoteLiteral(set.alias ?? set.columns.map((column) => column.name).join('_')));
  const more = [
    { name: node.nameName, type: STRING, sql: `unnest([${names.join(', ')}])`, qualifier: node.alias },
    ...types.map((type, i) => ({
      name: node.valueNames[i] ?? '',
      type,
      sql: `unnest([${sets.map((set) => cast(scope, valueOf(set.columns[i] as ScopeColumn, node.at), type).sql).join(', ')}])`,
      qualifier: node.alias,
    })),
  ];
  const made = extend(scope, kept, undefined, more);
  const columns = [
    ...made.columns.map((column) => ({ ...column, qualifier: node.alias ?? column.qualifier })),
    ...made.added,
  ];
  if (node.includeNulls) return { sql: made.sql, columns };
  const alias = scope.session.fresh('t');
  const items = columns.map((column, i) => `${column.sql} AS c${i}`);
  const given = made.added
    .slice(1)
    .map((column) => `${column.sql} IS NOT NULL`)
    .join(' OR ');
  return {
    sql: `(SELECT ${items.join(', ')} FROM ${made.sql} WHERE ${given}) AS ${alias}`,
    columns: columns.map((column, i) => ({ ...column, sql: `${alias}.c${i}` })),
  };
}
