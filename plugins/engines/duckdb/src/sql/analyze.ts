import { identity, once } from './bind.js';
import { analyzeCall } from './call.js';
import { cast } from './casts.js';
import { castText, BOOLEAN, isInteger, isInterval, sameType, struct, typeText } from './types.js';
import { compare } from './compare.js';
import { implicit, toNumber, widest } from './coercion.js';
import { asksQuery, inList, MANY } from './in-list.js';
import { intervalLiteral } from './intervals.js';
import { like } from './like.js';
import { literal, typedLiteral } from './literals.js';
import { binary, negative } from './operators.js';
import { quoteIdentifier } from './quote.js';
import type { Scope } from './scope.js';
import type {
  BetweenNode,
  CaseNode,
  Expression,
  LiteralNode,
  LogicalNode,
  Query,
  TestNode,
  UnaryNode,
} from './tree.js';
import { typed, without, type Typed } from './typed.js';
import { column, field, index } from './reach.js';

/** An expression with its type and its DuckDB text. */
export function analyze(scope: Scope, node: Expression): Typed {
  const value = unnamed(node, analyzeNode(scope, node));
  scope.session.seen?.set(node, value);
  checkSize(scope, value);
  if (scope.keys.size === 0) return value;
  const key = scope.keys.get(identity(value.sql));
  if (!key) return value;
  return { ...without(value, 'ring'), sql: key.sql, uses: [], aggregate: false };
}

/** Forms that mention their operands several times multiply when they nest; no text may grow beyond this, in characters. */
const LARGEST = 200_000;

function checkSize(scope: Scope, value: Typed): void {
  if (value.sql.length <= LARGEST || value.sql.length <= 20 * scope.session.text.length) return;
  throw scope.unsupported(value.at, 'an expression that nests so many functions', 'split it into several queries');
}

/** Only columns and fields, and casts of columns, give their name to an item of SELECT. */
function unnamed(node: Expression, value: Typed): Typed {
  if (value.name === undefined || node.kind === 'column' || node.kind === 'field' || node.kind === 'cast') return value;
  if (node.kind === 'call' && value.label === value.name) return value;
  return without(value, 'name');
}

function analyzeNode(scope: Scope, node: Expression): Typed {
  switch (node.kind) {
    case 'literal':
      return literal(node);
    case 'typed-literal':
      return typedLiteral(scope, node);
    case 'interval':
      return intervalLiteral(scope, node, analyze);
    case 'column':
      return column(scope, node.parts, node.at);
    case 'star':
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        "'*' stands for columns: it can only be an item of SELECT or the argument of count",
      );
    case 'unary':
      return unary(scope, node);
    case 'binary':
      return binary(scope, node.operator, analyze(scope, node.left), analyze(scope, node.right), node.at);
    case 'logical':
      return node.operator === 'OR' && node.operands.length > MANY
        ? alternatives(scope, node)
        : logical(
            scope,
            node.operator,
            node.operands.map((operand) => condition(scope, operand)),
            node.at,
          );
    case 'test':
      return test(scope, node);
    case 'distinct-from': {
      const equal = compare(scope, '<=>', analyze(scope, node.left), analyze(scope, node.right), node.at);
      return node.negated ? equal : not(equal);
    }
    case 'between':
      return between(scope, node);
    case 'in':
      return inList(scope, node, analyze);
    case 'like':
      return like(scope, node, analyze);
    case 'case':
      return caseWhen(scope, node);
    case 'cast': {
      const operand = analyze(scope, node.operand);
      const word = node.lenient ? 'TRY_CAST' : 'CAST';
      const result = cast(scope, operand, node.type, node.lenient);
      // Spark names a cast column after the column.
      const { name, literal: known, ...rest } = result;
      const kept = node.operand.kind === 'column' && name === operand.label ? { name } : {};
      const nested = ['array', 'map', 'struct'].includes(node.type.kind);
      const label = nested ? operand.label : `${word}(${operand.label} AS ${castText(node.type)})`;
      return { ...rest, ...kept, ...(known === null ? { literal: null } : {}), label, at: node.at };
    }
    case 'call':
      return analyzeCall(scope, node, analyze);
    case 'lambda':
      throw scope.fail(
        node.at,
        'SQL_ANALYSIS',
        'a lambda function can only be an argument of functions such as transform or filter',
      );
    case 'index':
      return index(scope, analyze(scope, node.operand), analyze(scope, node.index), node.at);
    case 'field':
      return field(scope, analyze(scope, node.operand), node.name, node.at);
    case 'subquery':
      return subquery(scope, node.query, node.at);
    case 'exists': {
      const query = scope.session.query(node.query, scope);
      return typed([], { sql: `EXISTS (${query.sql})`, type: BOOLEAN, label: 'exists()', at: node.at, untried: true });
    }
    case 'row':
      return row(scope, node.items, node.at);
  }
}

/** An expression that must be a boolean. */
export function condition(scope: Scope, node: Expression): Typed {
  const value = analyze(scope, node);
  if (value.type.kind === 'boolean') return value;
  const cast = value.type.kind === 'void' ? implicit(scope, value, BOOLEAN) : undefined;
  if (!cast)
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `a condition is wanted here; '${value.label}' is of type ${typeText(value.type)}`,
    );
  return cast;
}

/** A condition that chooses rows: NULL and false choose none alike. */
export function filter(scope: Scope, node: Expression): Typed {
  markFilters(scope, node);
  return condition(scope, node);
}

function markFilters(scope: Scope, node: Expression): void {
  if (asksQuery(node)) scope.session.filters.add(node);
  if (node.kind === 'logical') for (const operand of node.operands) markFilters(scope, operand);
  if (node.kind === 'unary' && node.operator === 'NOT') markFilters(scope, node.operand);
}

/**
 * What is left of NOT before `IN (query)`, and before AND and OR of such tests: where NULL is false it matters where NOT
 * stands, and Spark brings it to the tests.
 */
function negationOf(scope: Scope, node: Expression): Expression | undefined {
  if (asksQuery(node)) {
    const negated = { ...node, negated: !node.negated };
    if (scope.session.filters.has(node)) scope.session.filters.add(negated);
    return negated;
  }
  if (node.kind !== 'logical' || !node.operands.some((operand) => negationOf(scope, operand))) return undefined;
  const operands = node.operands.map(
    (operand): Expression => negationOf(scope, operand) ?? { kind: 'unary', operator: 'NOT', operand, at: operand.at },
  );
  return { ...node, operator: node.operator === 'AND' ? 'OR' : 'AND', operands };
}

const not = (value: Typed): Typed => ({ ...value, sql: `(NOT ${value.sql})`, label: `(NOT ${value.label})` });

function unary(scope: Scope, node: UnaryNode): Typed {
  if (node.operator === 'NOT') {
    const negated = negationOf(scope, node.operand);
    if (negated) return { ...condition(scope, negated), label: not(condition(scope, node.operand)).label, at: node.at };
    const operand = condition(scope, node.operand);
    return { ...not(operand), at: node.at };
  }
  const operand = analyze(scope, node.operand);
  if (node.operator === '-') return negative(scope, operand, node.at);
  if (node.operator === '+') {
    const value = isInterval(operand.type) ? operand : toNumber(scope, operand);
    return { ...value, label: `(+ ${operand.label})`, at: node.at };
  }
  if (!isInteger(operand.type))
    throw scope.fail(node.at, 'SQL_ANALYSIS', `~ takes a whole number, not ${typeText(operand.type)}`);
  return typed([operand], { sql: `(~${operand.sql})`, type: operand.type, label: `~${operand.label}`, at: node.at });
}

function logical(scope: Scope, operator: 'AND' | 'OR', operands: readonly Typed[], at: number): Typed {
  const label = operands.map((o) => o.label).reduce((left, right) => `(${left} ${operator} ${right})`);
  const sql = scope.session.options.ansi
    ? inTurn(
        operator,
        operands.map((o) => o.sql),
      )
    : `(${operands.map((o) => o.sql).join(` ${operator} `)})`;
  return typed(operands, { sql, type: BOOLEAN, label, at });
}

/** What may raise an error. */
const RAISES = /\berror\(|CAST\(|[-+*/%]|\w\(/;

/** Operands one after another, up to the first that decides: what is behind it raises no errors then. DuckDB takes all at once. */
function inTurn(operator: 'AND' | 'OR', operands: readonly string[]): string {
  const last = operands.findLastIndex((operand) => RAISES.test(operand));
  const [decides, result] = operator === 'AND' ? ['IS NOT FALSE', 'false'] : ['IS NOT TRUE', 'true'];
  return operands.reduceRight((rest, operand, i) => {
    const both = `(${operand} ${operator} ${rest})`;
    return i < last ? `CASE WHEN ${operand} ${decides} THEN ${both} ELSE ${result} END` : both;
  });
}

function test(scope: Scope, node: TestNode): Typed {
  if (node.test === 'NULL' || node.test === 'UNKNOWN') {
    const operand = analyze(scope, node.operand);
    const words = node.negated ? 'IS NOT NULL' : 'IS NULL';
    return typed([operand], {
      sql: `(${operand.sql} ${words})`,
      type: BOOLEAN,
      label: `(${operand.label} ${words})`,
      at: node.at,
    });
  }
  const operand = condition(scope, node.operand);
  const wanted = node.test.toLowerCase();
  const words = node.negated ? 'IS DISTINCT FROM' : 'IS NOT DISTINCT FROM';
  const equal = `(${operand.label} <=> ${wanted})`;
  return typed([operand], {
    sql: `(${operand.sql} ${words} ${wanted})`,
    type: BOOLEAN,
    label: node.negated ? `(NOT ${equal})` : equal,
    at: node.at,
  });
}

function between(scope: Scope, node: BetweenNode): Typed {
  const operand = analyze(scope, node.operand);
  const low = analyze(scope, node.low);
  const high = analyze(scope, node.high);
  const label = `between(${operand.label}, ${low.label}, ${high.label})`;
  const parts: Typed[] = [];
  const sql = once(scope, operand.sql, (x) => {
    const from = compare(scope, '>=', { ...operand, sql: x }, low, node.at);
    const to = compare(scope, '<=', { ...operand, sql: x }, high, node.at);
    parts.push(from, to);
    return `(${from.sql} AND ${to.sql})`;
  });
  const value = typed(parts, { sql, type: BOOLEAN, label, at: node.at });
  return node.negated ? not(value) : value;
}

/** `a = 1 OR a = 2 OR ...` of very many, as machines write: one list, for DuckDB takes the square of their number. */
function alternatives(scope: Scope, node: LogicalNode): Typed {
  const groups = new Map<string, { column: Expression; items: LiteralNode[] }>();
  const rest: Expression[] = [];
  const labels: string[] = [];
  for (const operand of node.operands) {
    const { left, right } = operand.kind === 'binary' && operand.operator === '=' ? operand : {};
    const literal = right?.kind === 'literal' && right.value !== null ? right : undefined;
    const value = left?.kind === 'column' && literal ? analyze(scope, left) : undefined;
    const alike =
      value && literal && (sameType(value.type, literal.type) || (isInteger(value.type) && isInteger(literal.type)));
    if (!left || !literal || !alike) {
      rest.push(operand);
      continue;
    }
    const group = groups.get(value.sql) ?? { column: left, items: [] };
    groups.set(value.sql, group);
    group.items.push(literal);
    labels.push(`(${value.label} = ${String(literal.value)})`);
  }
  const lists = [...groups.values()].map(({ column, items }) =>
    inList(scope, { kind: 'in', negated: false, operand: column, items, at: node.at }, analyze),
  );
  const parts = [...lists, ...rest.map((operand) => condition(scope, operand))];
  const all = logical(scope, 'OR', parts, node.at);
  return rest.length === 0 ? { ...all, label: labels.reduce((left, right) => `(${left} OR ${right})`) } : all;
}

function caseWhen(scope: Scope, node: CaseNode): Typed {
  const operand = node.operand ? analyze(scope, node.operand) : undefined;
  const branches = node.branches.map(({ when, then }) => {
    const value = operand ? compare(scope, '=', operand, analyze(scope, when), when.at) : condition(scope, when);
    return { when: value, then: analyze(scope, then) };
  });
  const otherwise = node.otherwise ? analyze(scope, node.otherwise) : undefined;
  const values = [...branches.map((b) => b.then), ...(otherwise ? [otherwise] : [])];
  const type = widest(
    scope,
    values.map((value) => value.type),
  );
  if (!type) {
    const found = [...new Set(values.map((value) => typeText(value.type)))].join(', ');
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `the branches of CASE have no common type: ${found} (DATATYPE_MISMATCH.DATA_DIFF_TYPES)`,
    );
  }
  const shown = branches.map((b) => `WHEN ${b.when.label} THEN ${b.then.label}`);
  const written = branches.map((b) => `WHEN ${b.when.sql} THEN ${cast(scope, b.then, type).sql}`);
  const last = otherwise ? ` ELSE ${cast(scope, otherwise, type).sql}` : '';
  return typed([...branches.map((b) => b.when), ...values.map((value) => cast(scope, value, type))], {
    sql: `CASE ${written.join(' ')}${last} END`,
    type,
    label: `CASE ${shown.join(' ')}${otherwise ? ` ELSE ${otherwise.label}` : ''} END`,
    at: node.at,
  });
}

function subquery(scope: Scope, query: Query, at: number): Typed {
  const inner = scope.session.query(query, scope);
  const [column] = inner.columns;
  if (inner.columns.length !== 1 || !column) {
    throw scope.fail(
      at,
      'SQL_ANALYSIS',
      `a query that stands for a value must have one column, not ${inner.columns.length}`,
    );
  }
  return typed([], { sql: `(${inner.sql})`, type: column.type, label: 'scalarsubquery()', at, untried: true });
}

function row(
  scope: Scope,
  items: readonly { readonly expression: Expression; readonly aliases: readonly string[] }[],
  at: number,
): Typed {
  const values = items.map((item) => analyze(scope, item.expression));
  const fields = values.map((value, i) => ({
    name: items[i]?.aliases[0] ?? value.name ?? `col${i + 1}`,
    type: value.type,
  }));
  const sql = `struct_pack(${values.map((value, i) => `${quoteIdentifier(fields[i]?.name ?? '')} := ${value.sql}`).join(', ')})`;
  const label = `struct(${values.map((value) => value.label).join(', ')})`;
  return typed(values, { sql, type: struct(fields), label, at });
}
