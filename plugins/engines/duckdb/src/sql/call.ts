import { isSimple, once } from './bind.js';
import { bind } from './signature.js';
import { findFunction, functionNames } from './functions/index.js';
import { nameOf, type Call, type FunctionRow } from './functions/row.js';
import { nearest } from './place.js';
import type { Scope } from './scope.js';
import { withoutStars } from './star.js';
import type { CallNode, Expression } from './tree.js';
import { traitsOf, typed, type Typed } from './typed.js';
import { windowText } from './windows.js';
import { unsignedZeros } from './zeros.js';

type Analyze = (scope: Scope, node: Expression) => Typed;

/** A call of a function of the table. SQL_UNSUPPORTED, by name and with the nearest that works, for all others. */
export function analyzeCall(scope: Scope, written: CallNode, analyze: Analyze): Typed {
  const row = rowOf(scope, written);
  const node = countsRows(written) ? written : withoutStars(scope, written);
  if (row.kind === 'generator') {
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `${nameOf(row)}(...) makes rows: it can only stand alone in SELECT or in LATERAL VIEW`,
    );
  }
  if (row.kind === 'scalar') return analyzeScalar(scope, row, node, analyze);
  return analyzeAggregate(scope, row, node, analyze);
}

/** The row of the table for a call. */
export function rowOf(scope: Scope, node: CallNode): FunctionRow {
  const row = findFunction(node.name);
  if (row) return row;
  const near = nearest(node.name, functionNames());
  const instead = near.length > 0 ? `the nearest that works: ${near.join(', ')}` : 'docs/spark-sql.md lists what works';
  throw scope.unsupported(node.at, `the function ${node.name}`, instead);
}

function analyzeScalar(scope: Scope, row: FunctionRow, node: CallNode, analyze: Analyze): Typed {
  refuseModifiers(scope, node, row);
  if (row.special) return row.special(scope, node, analyze);
  const bound = bind(
    scope,
    row,
    node,
    node.args.map((arg) => analyze(scope, arg)),
    node.named.map((arg) => analyze(scope, arg.value)),
  );
  const call = callOf(scope, node, bound, (text) => text);
  return typed(bound.args, {
    sql: boundForm(scope, row, call),
    type: bound.type,
    label: labelOf(row, call),
    at: node.at,
    ...(row.untried ? { untried: true } : {}),
  });
}

function refuseModifiers(scope: Scope, node: CallNode, row: FunctionRow): void {
  const name = nameOf(row);
  if (node.over !== undefined)
    throw scope.fail(node.at, 'SQL_ANALYSIS', `${name} is no window function: it cannot have OVER`);
  if (node.distinct || node.filter)
    throw scope.fail(node.at, 'SQL_ANALYSIS', `${name} is no aggregate function: it takes neither DISTINCT nor FILTER`);
}

/** `count(*)`. */
const countsRows = (node: CallNode): boolean =>
  node.name.toLowerCase() === 'count' && node.args.length === 1 && node.args[0]?.kind === 'star' && !node.distinct;

const literalOf = (value: Typed | undefined): string | undefined =>
  typeof value?.literal === 'string' ? value.literal : undefined;

const WITHIN = new Set(['mode', 'percentile_cont', 'percentile_disc']);

function analyzeAggregate(scope: Scope, row: FunctionRow, node: CallNode, analyze: Analyze): Typed {
  const over = node.over;
  const name = nameOf(row);
  if (row.kind === 'window' && over === undefined) {
    throw scope.fail(node.at, 'SQL_ANALYSIS', `${name} is a window function: it needs OVER (...)`);
  }
  const forbidden = over === undefined ? scope.forbids.aggregate : scope.forbids.window;
  if (forbidden !== undefined) throw scope.fail(node.at, 'SQL_ANALYSIS', `${name}(...): ${forbidden}`);
  const inner = scope.copy();
  if (over === undefined) {
    inner.keys = new Map();
    inner.grouping = undefined;
    inner.forbids = {
      aggregate: 'an aggregate function cannot stand inside another',
      window: 'a window function cannot stand inside an aggregate function',
    };
  } else inner.forbids = { ...scope.forbids, window: 'a window function cannot stand inside another' };
  const args = countsRows(node) ? [] : node.args.map((arg) => analyze(inner, arg));
  const order = node.withinGroup.map((item) => ({ item, value: analyze(inner, item.expression) }));
  // The column that WITHIN GROUP orders is what these functions look at.
  const [within] = order;
  if (within && WITHIN.has(name)) args.unshift(within.value);
  const bound = bind(
    scope,
    row,
    node,
    args,
    node.named.map((arg) => analyze(inner, arg.value)),
  );
  const filter = node.filter ? analyze(inner, node.filter) : undefined;
  if (filter && filter.type.kind !== 'boolean')
    throw scope.fail(
      filter.at,
      'SQL_ANALYSIS',
      `FILTER wants a condition; '${filter.label}' is none (INVALID_AGGREGATE_FILTER.NOT_BOOLEAN)`,
    );
  if (over !== undefined && node.distinct)
    throw scope.unsupported(node.at, `DISTINCT in a window function`, 'remove duplicates in an inner query');
  const frame =
    over === undefined ? undefined : windowText(inner, over, node.at, analyze, row, literalOf(bound.args[1]));
  const run = (text: string): string => {
    const filtered = filter ? `${text} FILTER (WHERE ${filter.sql})` : text;
    return frame ? `(${filtered} OVER ${frame.sql})` : filtered;
  };
  // In ANSI mode rows that FILTER leaves out raise no errors.
  const guarded = (arg: Typed): Typed =>
    filter && scope.session.options.ansi && arg.uses.length > 0
      ? { ...arg, sql: `CASE WHEN ${filter.sql} THEN ${arg.sql} END` }
      : arg;
  // DISTINCT makes one of zeros: the positive one. Spark drops it where it changes nothing.
  const distinctly = (arg: Typed): Typed =>
    node.distinct && name !== 'min' && name !== 'max' ? { ...arg, sql: unsignedZeros(arg.sql, arg.type) } : arg;
  const call = callOf(scope, node, { ...bound, args: bound.args.map(guarded).map(distinctly) }, run);
  const sql = formOf(row, call);
  const distinct = node.distinct ? 'DISTINCT ' : '';
  const base = countsRows(node)
    ? 'count(1)'
    : row.label
      ? labelOf(row, call)
      : `${shownName(row, node)}(${distinct}${bound.args.map((arg) => arg.label).join(', ')})`;
  const filtered = filter ? `${base} FILTER (WHERE ${filter.label})` : base;
  const parts = [
    ...bound.args,
    ...order.map((o) => o.value),
    ...(filter ? [filter] : []),
    ...(frame ? [frame.traits] : []),
  ];
  const traits = traitsOf(parts);
  return frame
    ? {
        sql,
        type: bound.type,
        label: `${filtered} ${frame.label}`,
        at: node.at,
        ...traits,
        window: true,
        untried: true,
      }
    : { sql, type: bound.type, label: filtered, at: node.at, ...traits, uses: [], aggregate: true };
}

function callOf(
  scope: Scope,
  node: CallNode,
  bound: { readonly args: readonly Typed[]; readonly type: Typed['type'] },
  run: (text: string) => string,
): Call {
  return {
    scope,
    node,
    at: node.at,
    args: bound.args,
    sql: (index) => bound.args[index]?.sql ?? 'NULL',
    type: bound.type,
    run,
    distinct: node.distinct ? 'DISTINCT ' : '',
  };
}

/** A form may mention an argument several times, so long ones are bound to variables first. */
function boundForm(scope: Scope, row: FunctionRow, call: Call): string {
  const repeats = typeof row.form !== 'string' || /\$(\d)[\s\S]*\$\1/.test(row.form);
  const index = repeats ? call.args.findIndex((arg) => arg.sql.length > LONG && !isSimple(arg.sql)) : -1;
  const long = call.args[index];
  if (!long) return formOf(row, call);
  return once(scope, long.sql, (variable) => {
    const args = call.args.map((arg, i) => (i === index ? { ...arg, sql: variable } : arg));
    return boundForm(scope, row, { ...call, args, sql: (i) => args[i]?.sql ?? 'NULL' });
  });
}
const LONG = 160;

function formOf(row: FunctionRow, call: Call): string {
  if (typeof row.form !== 'string') return row.form(call);
  const text = row.form.replace(/\$(\d|d|\*)/g, (_, key: string) => {
    if (key === 'd') return call.distinct;
    if (key === '*') return call.args.map((arg) => arg.sql).join(', ');
    return call.sql(Number(key) - 1);
  });
  return row.kind === 'scalar' ? text : call.run(text);
}

/** The name that columns show for a function. */
export function shownName(row: FunctionRow, node: CallNode): string {
  const name = node.name.toLowerCase();
  return row.shown !== undefined && name === nameOf(row) ? row.shown : name;
}

function labelOf(row: FunctionRow, call: Call): string {
  if (row.label) return row.label(call);
  return `${shownName(row, call.node)}(${call.args.map((arg) => arg.label).join(', ')})`;
}

/** The arguments of a generator. */
export function bindGenerator(scope: Scope, node: CallNode, analyze: Analyze): { call: Call; row: FunctionRow } {
  const row = rowOf(scope, node);
  const bound = bind(
    scope,
    row,
    node,
    node.args.map((arg) => analyze(scope, arg)),
    node.named.map((arg) => analyze(scope, arg.value)),
  );
  return { call: callOf(scope, node, bound, (text) => text), row };
}
