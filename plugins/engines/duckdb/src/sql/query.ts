import { analyze } from './analyze.js';
import { cast } from './casts.js';
import { implicit, wider } from './coercion.js';
import { distinctNames, frameOf, type Frame } from './frames.js';
import { fromFrame } from './from.js';
import { quoteIdentifier } from './quote.js';
import { refuseNested } from './order.js';
import { Scope, type CommonSource, type Translated } from './scope.js';
import { itemText, orderText, ordinalOf, selectParts, selectText } from './select.js';
import type { CommonTable, Expression, Query, QueryBody, SetNode } from './tree.js';
import type { ScopeColumn, Typed } from './typed.js';
import { INT, typeText } from './types.js';
import { keyText, sortText } from './windows.js';
import { unsignedZeros } from './zeros.js';

/** A query inside `outer`, whose columns and common table expressions it may read. */
export function translate(query: Query, outer: Scope): Translated {
  const scope = new Scope(outer.session, outer);
  scope.common = outer.common;
  const withs: string[] = [];
  for (const common of query.with) {
    const { text, source } = commonTable(scope, common, query.recursive);
    withs.push(text);
    scope.common = new Map([...scope.common, [common.name.toLowerCase(), source]]);
  }
  const prefix = withs.length > 0 ? `WITH ${query.recursive ? 'RECURSIVE ' : ''}${withs.join(', ')} ` : '';
  const body = translateBody(scope, query);
  return { ...body, sql: `${prefix}${body.sql}` };
}

function commonTable(scope: Scope, common: CommonTable, recursive: boolean): { text: string; source: CommonSource } {
  const name = scope.session.fresh('cte');
  if (recursive && mentions(common.query.body, common.name.toLowerCase())) return recursiveTable(scope, common, name);
  const inner = translate(common.query, scopeFor(scope));
  if (common.columns.length > 0 && common.columns.length !== inner.columns.length) {
    throw scope.fail(
      common.at,
      'SQL_ANALYSIS',
      `${common.name} names ${common.columns.length} columns, its query has ${inner.columns.length}`,
    );
  }
  return { text: `${name} AS (${inner.sql})`, source: commonSource(name, common, inner) };
}

function commonSource(name: string, common: CommonTable, inner: Translated): CommonSource {
  const list = inner.names.some((n, i) => n !== inner.columns[i]?.name || common.columns[i] !== undefined);
  const columns = inner.columns.map((column, i) => ({ name: common.columns[i] ?? column.name, type: column.type }));
  if (!list) return { name: common.name, sql: name, columns };
  // The names inside differ from Spark's: a query over it gives them by position.
  const renamed = distinctNames(columns.map((column) => column.name));
  const items = renamed.map((n, i) => `${quoteIdentifier(inner.names[i] ?? '')} AS ${quoteIdentifier(n)}`).join(', ');
  return { name: common.name, sql: `(SELECT ${items} FROM ${name})`, columns };
}

function scopeFor(scope: Scope): Scope {
  const outer = scope.parent ?? new Scope(scope.session, undefined);
  const copy = outer.copy();
  copy.common = scope.common;
  return copy;
}

function mentions(node: unknown, name: string): boolean {
  if (Array.isArray(node)) return node.some((item) => mentions(item, name));
  if (typeof node !== 'object' || node === null) return false;
  const table = node as { kind?: string; name?: unknown };
  if (table.kind === 'table' && Array.isArray(table.name) && table.name.length === 1)
    return String(table.name[0]).toLowerCase() === name;
  return Object.values(node).some((value) => mentions(value, name));
}

/** `WITH RECURSIVE t AS (anchor UNION ALL step)`: the anchor decides the columns' types. */
function recursiveTable(scope: Scope, common: CommonTable, name: string): { text: string; source: CommonSource } {
  const body = common.query.body;
  if (body.kind !== 'set' || body.operator !== 'UNION' || !body.all) {
    throw scope.unsupported(
      common.at,
      'a recursive common table expression without UNION ALL',
      'write it as an anchor UNION ALL a step',
    );
  }
  const anchor = translateBody(scopeFor(scope), plain(body.left));
  const columns = anchor.columns.map((column, i) => ({ name: common.columns[i] ?? column.name, type: column.type }));
  const names = distinctNames(columns.map((column) => column.name));
  const source: CommonSource = { name: common.name, sql: name, columns };
  const inner = scopeFor(scope);
  inner.common = new Map([...scope.common, [common.name.toLowerCase(), source]]);
  const step = translateBody(inner, plain(body.right));
  if (step.columns.length !== columns.length) {
    throw scope.fail(
      common.at,
      'SQL_ANALYSIS',
      `the step of ${common.name} has ${step.columns.length} columns, its anchor ${columns.length}`,
    );
  }
  const items = step.columns.map((column, i) => {
    const value: Typed = {
      sql: quoteIdentifier(step.names[i] ?? ''),
      type: column.type,
      label: column.name,
      at: common.at,
      uses: [],
      aggregate: false,
      window: false,
      untried: false,
    };
    const type = columns[i]?.type ?? column.type;
    const converted = implicit(scope, value, type);
    if (!converted)
      throw scope.fail(
        common.at,
        'SQL_ANALYSIS',
        `the column '${columns[i]?.name}' of ${common.name} is ${typeText(type)} in the anchor, ${typeText(column.type)} in the step`,
      );
    return converted.sql;
  });
  const text = `${name}(${names.map(quoteIdentifier).join(', ')}) AS (${anchor.sql} UNION ALL SELECT ${items.join(', ')} FROM (${step.sql}))`;
  return { text, source };
}

const plain = (body: QueryBody): Query => ({
  with: [],
  recursive: false,
  body,
  order: [],
  orderAll: undefined,
  limit: undefined,
  offset: undefined,
  at: body.at,
});

/** A query without its WITH, which is in the scope already. */
function translateBody(scope: Scope, query: Query): Translated {
  const { body } = query;
  const tail = limitText(scope, query);
  if (body.kind === 'nested' && !query.order.length && !query.orderAll && tail === '')
    return translate(body.query, scopeFor(scope));
  if (body.kind === 'select') {
    const select = new Scope(scope.session, scope.parent);
    select.common = scope.common;
    const parts = selectParts(select, body);
    const all = query.orderAll;
    const order = all
      ? ` ORDER BY ${parts.items.map((_, i) => sortText(itemText(parts, i), all)).join(', ')}`
      : orderText(parts, query.order);
    const columns = parts.items.map(({ name, value }) => ({ name, type: value.type }));
    const names = distinctNames(columns.map((column) => column.name));
    return { sql: `${selectText(parts, names, order)}${tail}`, columns, names };
  }
  const frame = bodyFrame(scope, body);
  const names = distinctNames(frame.columns.map((column) => column.name));
  const items = frame.columns.map((column, i) => `${column.sql} AS ${quoteIdentifier(names[i] ?? '')}`).join(', ');
  const columns = frame.columns.map(({ name, type }) => ({ name, type }));
  return { sql: `SELECT ${items} FROM ${frame.sql}${outerOrder(scope, frame, query)}${tail}`, columns, names };
}

function bodyFrame(scope: Scope, body: Exclude<QueryBody, { kind: 'select' }>): Frame {
  if (body.kind === 'relation') {
    const inner = new Scope(scope.session, scope.parent);
    inner.common = scope.common;
    return fromFrame(inner, body.relation);
  }
  if (body.kind === 'nested') return frameOf(scope, translate(body.query, scopeFor(scope)), undefined, []);
  return frameOf(scope, setOperation(scope, body), undefined, []);
}

/** ORDER BY behind a set operation or VALUES: it sees the columns of the result alone. */
function outerOrder(scope: Scope, frame: Frame, query: Query): string {
  const all = query.orderAll;
  if (all) return ` ORDER BY ${frame.columns.map((column) => sortText(keyText(column), all)).join(', ')}`;
  if (query.order.length === 0) return '';
  const inner = new Scope(scope.session, scope.parent);
  inner.columns = frame.columns;
  const items = query.order.map((item) => {
    const ordinal = ordinalOf(item.expression);
    if (ordinal !== undefined) {
      const column = frame.columns[ordinal - 1];
      if (!column)
        throw scope.fail(
          item.expression.at,
          'SQL_ANALYSIS',
          `ORDER BY ${ordinal}: there are ${frame.columns.length} columns`,
        );
      refuseNested(scope, column.type, item.expression.at);
      return sortText(keyText(column), item);
    }
    const value = analyze(inner, item.expression);
    refuseNested(scope, value.type, item.expression.at);
    return sortText(keyText(value), item);
  });
  return ` ORDER BY ${items.join(', ')}`;
}

function limitText(scope: Scope, query: Query): string {
  const number = (node: Expression | undefined, word: string): string => {
    if (!node) return '';
    const value = analyze(new Scope(scope.session, undefined), node);
    const whole = implicit(scope, value, INT);
    if (!whole || value.type.kind === 'string')
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        `${word} takes a whole number, not '${value.label}' (INVALID_LIMIT_LIKE_EXPRESSION)`,
      );
    if (typeof value.literal === 'string' && value.literal.startsWith('-')) {
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        `${word} takes a number of at least 0, not ${value.literal} (INVALID_LIMIT_LIKE_EXPRESSION)`,
      );
    }
    return ` ${word} ${whole.sql}`;
  };
  return `${number(query.limit, 'LIMIT')}${number(query.offset, 'OFFSET')}`;
}

/** A chain of the same set operation is one list, so that hundreds of UNIONs do not nest. */
function branches(node: SetNode): QueryBody[] {
  const same = (body: QueryBody): body is SetNode =>
    body.kind === 'set' && body.operator === node.operator && body.all === node.all && node.operator === 'UNION';
  const list: QueryBody[] = [node.right];
  let left: QueryBody = node.left;
  while (same(left)) {
    list.unshift(left.right);
    left = left.left;
  }
  return [left, ...list];
}

function setOperation(scope: Scope, node: SetNode): Translated {
  const sides = branches(node).map((body) => translateBody(scope, plain(body)));
  const [first] = sides;
  const width = first?.columns.length ?? 0;
  for (const side of sides) {
    if (side.columns.length !== width) {
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        `${node.operator} joins queries with the same number of columns, found ${width} and ${side.columns.length} (NUM_COLUMNS_MISMATCH)`,
      );
    }
  }
  const columns = (first?.columns ?? []).map((column, i) => {
    let type = column.type;
    for (const side of sides.slice(1)) {
      const other = side.columns[i]?.type ?? type;
      const common = wider(scope, type, other);
      if (!common)
        throw scope.fail(
          node.at,
          'SQL_ANALYSIS',
          `column ${i + 1} of ${node.operator} is ${typeText(type)} on one side and ${typeText(other)} on the other (INCOMPATIBLE_COLUMN_TYPE)`,
        );
      type = common;
    }
    return { name: column.name, type };
  });
  const names = columns.map((_, i) => `c${i}`);
  const texts = sides.map((side) => {
    const frame = frameOf(scope, side, undefined, []);
    const items = columns.map((column, i) => {
      const { sql } = cast(scope, asValue(frame.columns[i], node.at), column.type);
      return `${node.operator === 'UNION' && node.all ? sql : unsignedZeros(sql, column.type)} AS c${i}`;
    });
    return `SELECT ${items.join(', ')} FROM ${frame.sql}`;
  });
  const word = `${node.operator}${node.all ? ' ALL' : ''}`;
  return { sql: texts.map((text) => `(${text})`).join(` ${word} `), columns, names };
}

function asValue(column: ScopeColumn | undefined, at: number): Typed {
  if (!column) throw new RangeError('a side of a set operation lacks a column');
  return {
    sql: column.sql,
    type: column.type,
    label: column.name,
    at,
    uses: [],
    aggregate: false,
    window: false,
    untried: false,
  };
}
