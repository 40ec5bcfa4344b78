import { cast, castSql } from './casts.js';
import { widest } from './coercion.js';
import { inCommonType } from './compare.js';
import { literalSql } from './literals.js';
import { quoteIdentifier, quoteLiteral } from './quote.js';
import type { Scope, Translated } from './scope.js';
import type { Expression, InNode, LiteralNode, Query, RowNode } from './tree.js';
import { typed, type Typed } from './typed.js';
import { BOOLEAN, isInteger, typeText } from './types.js';

type Analyze = (scope: Scope, node: Expression) => Typed;

/** Whether a node asks for a value among the rows of a query. */
export const asksQuery = (node: Expression): node is InNode => node.kind === 'in' && !Array.isArray(node.items);

/** IN with values or a query, NOT IN too. */
export function inList(scope: Scope, node: InNode, analyze: Analyze): Typed {
  const value = Array.isArray(node.items)
    ? inItems(scope, node, analyze(scope, node.operand), analyze)
    : inQuery(scope, node.items as Query, node, analyze);
  const result = node.negated ? { ...value, sql: `(NOT ${value.sql})`, label: `(NOT ${value.label})` } : value;
  // Where Spark shows the value of such a test, it is false instead of NULL.
  const shown = asksQuery(node) && !scope.session.filters.has(node);
  return shown ? { ...result, sql: `coalesce(${result.sql}, false)` } : result;
}

/** In lists longer than this, literals are written by a pattern for their type: an item then costs no analysis. */
export const MANY = 1000;

function manyLiterals(scope: Scope, node: InNode, operand: Typed): Typed | undefined {
  const items = node.items as readonly Expression[];
  if (items.length < MANY || !items.every((item) => item.kind === 'literal' && item.value !== null)) return undefined;
  const literals = items as readonly LiteralNode[];
  const types = new Map(literals.map(({ type }) => [typeText(type), type]));
  const common = widest(scope, [operand.type, ...types.values()]);
  if (!common) return undefined;
  const left = cast(scope, operand, common);
  // DuckDB compares whole numbers of any width alike.
  const whole = isInteger(common) && [...types.values()].every(isInteger);
  const ansi = scope.session.options.ansi;
  const patterns = new Map(
    [...types].map(([name, type]) => [name, castSql(scope, '\0', type, common, !ansi, false, node.at).split('\0')]),
  );
  const written = ({ type, value }: LiteralNode): string =>
    whole ? String(value) : (patterns.get(typeText(type)) ?? []).join(literalSql(type, value));
  const label = `(${operand.label} IN (${literals.map(({ value }) => String(value)).join(', ')}))`;
  return typed([left], {
    sql: `(${left.sql} IN (${literals.map(written).join(', ')}))`,
    type: BOOLEAN,
    label,
    at: node.at,
  });
}

function inItems(scope: Scope, node: InNode, operand: Typed, analyze: Analyze): Typed {
  const many = manyLiterals(scope, node, operand);
  if (many) return many;
  const items = (node.items as readonly Expression[]).map((item) => analyze(scope, item));
  const common = widest(scope, [operand.type, ...items.map((item) => item.type)]);
  if (!common) {
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `the values of IN have no common type with '${operand.label}'; cast them`,
    );
  }
  const left = cast(scope, operand, common);
  const rights = items.map((item) => cast(scope, item, common));
  const label = `(${operand.label} IN (${items.map((item) => item.label).join(', ')}))`;
  return typed([left, ...rights], {
    sql: `(${left.sql} IN (${rights.map((r) => r.sql).join(', ')}))`,
    type: BOOLEAN,
    label,
    at: node.at,
  });
}

function inQuery(scope: Scope, query: Query, { operand: node, negated, at }: InNode, analyze: Analyze): Typed {
  const inner = scope.session.query(query, scope);
  const lefts =
    node.kind === 'row' && inner.columns.length > 1
      ? rowItems(scope, node, analyze)
      : structItems(scope, node, inner, analyze);
  const width = inner.columns.length;
  if (lefts.length !== width) {
    const what = `IN compares ${lefts.length} value${lefts.length === 1 ? '' : 's'} with a query of ${width} columns`;
    throw scope.fail(at, 'SQL_ANALYSIS', what);
  }
  const alias = scope.session.fresh('q');
  const shown = lefts.map((left) => left.label).join(', ');
  const label = `(${lefts.length > 1 && node.kind === 'row' ? analyze(scope, node).label : shown} IN (listquery()))`;
  const pairs = inner.columns.map((column, i) => {
    const right = typed([], {
      sql: `${alias}.${quoteIdentifier(inner.names[i] ?? '')}`,
      type: column.type,
      label: column.name,
      at,
    });
    return inCommonType(scope, lefts[i] as Typed, right, at);
  });
  const [only] = pairs;
  const from = `(${inner.sql}) AS ${alias}`;
  const sql =
    only && pairs.length === 1
      ? `(${only[0].sql} IN (SELECT ${only[1].sql} FROM ${from}))`
      : inRows(
          pairs.map(([left, right]) => [left.sql, right.sql]),
          from,
          negated,
        );
  return typed(lefts, { sql, type: BOOLEAN, label, at, untried: true });
}

const rowItems = (scope: Scope, node: RowNode, analyze: Analyze): Typed[] =>
  node.items.map(({ expression }) => analyze(scope, expression));

/** One value, or the fields of a struct that is compared with several columns. */
function structItems(scope: Scope, node: Expression, inner: Translated, analyze: Analyze): Typed[] {
  const value = analyze(scope, node);
  if (value.type.kind !== 'struct' || inner.columns.length < 2) return [value];
  return value.type.fields.map(({ name, type }) =>
    typed([value], { sql: `struct_extract(${value.sql}, ${quoteLiteral(name)})`, type, label: name, at: value.at }),
  );
}

/**
 * Whether a row of values is among the rows of a query; before NOT, whether it may be. DuckDB compares rows as wholes;
 * to Spark the comparison with a NULL is unknown, value by value. What may be unknown is asked of rows with a NULL
 * alone, for that join is slow.
 */
function inRows(pairs: readonly (readonly [string, string])[], from: string, negated: boolean): string {
  const exists = (...tests: readonly string[]): string => `EXISTS (SELECT 1 FROM ${from} WHERE ${tests.join(' AND ')})`;
  const missing = (side: 0 | 1): string => `(${pairs.map((pair) => `${pair[side]} IS NULL`).join(' OR ')})`;
  const equal = pairs.map(([left, right]) => `${left} = ${right}`);
  if (!negated) return exists(...equal);
  const possible = equal.map((test) => `(${test}) IS NOT FALSE`);
  const unknown = `(${missing(0)} AND ${exists(missing(0), ...possible)}) OR ${exists(missing(1), ...possible)}`;
  return `(${exists(...equal)} OR ${unknown})`;
}
