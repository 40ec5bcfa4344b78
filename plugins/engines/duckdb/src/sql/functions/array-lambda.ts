import { once } from '../bind.js';
import { cast } from '../casts.js';
import { implicit, wider } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import { refuseNested } from '../order.js';
import type { Scope } from '../scope.js';
import type { CallNode } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import { array, BOOLEAN, INT, typeText, type SparkType } from '../types.js';
import { lambdaOf, type Lambda } from './lambda.js';
import { special, type Analyze, type FunctionRow } from './row.js';
import { arrayArgument, hasNull } from './lists.js';

/** A function of an array and lambda functions over its elements. */
function higher(
  signature: string,
  parameters: (element: SparkType) => readonly SparkType[],
  build: (
    list: Typed & { readonly type: Extract<SparkType, { kind: 'array' }> },
    lambda: Lambda,
    scope: Scope,
    node: CallNode,
  ) => { sql: string; type: SparkType },
  aliases: readonly string[] = [],
): FunctionRow {
  return special(
    signature,
    (scope, node, analyze) => {
      const [first, second] = node.args;
      if (!first || !second || node.args.length !== 2)
        throw scope.fail(node.at, 'SQL_ANALYSIS', `${signature.split(' ->')[0]} takes 2 arguments`);
      const list = arrayArgument(scope, node, analyze(scope, first));
      const lambda = lambdaOf(scope, second, parameters(list.type.element), analyze, undefined, true);
      const { sql, type } = build(list, lambda, scope, node);
      return typed([list, lambda.body], {
        sql,
        type,
        label: `${node.name.toLowerCase()}(${list.label}, ${lambda.label})`,
        at: node.at,
      });
    },
    { aliases },
  );
}

function predicate(scope: Scope, lambda: Lambda): string {
  const body = implicit(scope, lambda.body, BOOLEAN);
  if (!body) throw scope.fail(lambda.body.at, 'SQL_ANALYSIS', 'the lambda function must give a boolean');
  return lambda.text(body.sql);
}

/** Spark counts the second parameter of a lambda function from 0, DuckDB from 1. */
const indexed = (lambda: Lambda, sql: string): string => lambda.text(sql);

function aggregate(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const [first, zero, merge, finish] = node.args;
  if (!first || !zero || !merge || node.args.length > 4)
    throw scope.fail(node.at, 'SQL_ANALYSIS', `${node.name}(array, start, merge[, finish]) takes 3 or 4 arguments`);
  const list = arrayArgument(scope, node, analyze(scope, first));
  const start = analyze(scope, zero);
  const trial = lambdaOf(scope, merge, [start.type, list.type.element], analyze);
  const type = wider(scope, start.type, trial.body.type) ?? start.type;
  if (!wider(scope, start.type, trial.body.type))
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `the start of ${node.name} is ${typeText(start.type)}, its merge gives ${typeText(trial.body.type)} (DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE)`,
    );
  // The accumulator travels beside the element, so that the two may have different types.
  const state = scope.session.fresh('_s');
  const item = scope.session.fresh('_e');
  const lambda = lambdaOf(scope, merge, [start.type, list.type.element], analyze, [`${state}.a`, `${item}.e`]);
  const body = cast(scope, lambda.body, start.type);
  const stored = storedType(start.type);
  const source = `list_transform(${list.sql}, lambda v: struct_pack(a := CAST(NULL AS ${stored}), e := v))`;
  const initial = `struct_pack(a := CAST(${start.sql} AS ${stored}), e := CAST(NULL AS ${storedType(list.type.element)}))`;
  // The start is the first element: with a start of its own list_reduce reads the columns of other rows (DuckDB 1.5).
  const reduced = `list_reduce(list_prepend(${initial}, ${source}), lambda ${state}, ${item}: struct_pack(a := CAST(${body.sql} AS ${stored}), e := ${item}.e)).a`;
  const done = finish ? lambdaOf(scope, finish, [start.type], analyze) : undefined;
  const sql = done ? `list_transform([${reduced}], ${done.text(done.body.sql)})[1]` : `(${reduced})`;
  const whole = `CASE WHEN ${list.sql} IS NOT NULL THEN ${sql} END`;
  void type;
  const parts = [list, start, body, ...(done ? [done.body] : [])];
  const labels = [
    list.label,
    start.label,
    lambda.label,
    done?.label ?? 'lambdafunction(namedlambdavariable(), namedlambdavariable())',
  ];
  return typed(parts, {
    sql: whole,
    type: done?.body.type ?? start.type,
    label: `${node.name.toLowerCase()}(${labels.join(', ')})`,
    at: node.at,
  });
}

/** array_sort with a comparator: every element's place is the number of those that come before it. */
function sorted(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const [first, second] = node.args;
  if (!first || node.args.length > 2)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'array_sort(array[, comparator]) takes 1 or 2 arguments');
  const list = arrayArgument(scope, node, analyze(scope, first));
  if (!second) {
    refuseNested(scope, list.type.element, node.at);
    return typed([list], {
      sql: `list_sort(${list.sql}, 'ASC', 'NULLS LAST')`,
      type: list.type,
      label: `array_sort(${list.label}, ${DEFAULT_ORDER})`,
      at: node.at,
    });
  }
  const element = list.type.element;
  const lambda = lambdaOf(scope, second, [element, element], analyze);
  const body = implicit(scope, lambda.body, INT);
  if (!body) throw scope.fail(node.at, 'SQL_ANALYSIS', 'the comparator of array_sort must give a whole number');
  const sql = once(scope, list.sql, (xs) => {
    const [x, i, y, j] = ['_x', '_i', '_y', '_j'].map((p) => scope.session.fresh(p)) as [
      string,
      string,
      string,
      string,
    ];
    const compared = lambda.withNames([y, x], body.sql);
    const before = `coalesce(${compared} < 0 OR (${compared} = 0 AND ${j} < ${i}), false)`;
    const ranks = `list_transform(${xs}, lambda ${x}, ${i}: len(list_filter(${xs}, lambda ${y}, ${j}: ${before})) + 1)`;
    // Places that occur twice come from a comparator that contradicts itself, as many do about NULL.
    const fault = `CAST(error('[INVALID_COMPARATOR] the comparator of array_sort gives no order; let it treat NULL too') AS ${storedType(list.type)})`;
    return `list_transform([${ranks}], lambda r: CASE WHEN len(list_distinct(r)) < len(r) THEN ${fault} ELSE list_transform(range(1, len(${xs}) + 1), lambda k: ${xs}[list_position(r, k)]) END)[1]`;
  });
  return typed([list, body], {
    untried: true,
    sql,
    type: list.type,
    label: `array_sort(${list.label}, ${lambda.label})`,
    at: node.at,
  });
}

const DEFAULT_ORDER =
  'lambdafunction((IF(((namedlambdavariable() IS NULL) AND (namedlambdavariable() IS NULL)), 0, (IF((namedlambdavariable() IS NULL), 1, (IF((namedlambdavariable() IS NULL), -1, (IF((namedlambdavariable() < namedlambdavariable()), -1, (IF((namedlambdavariable() > namedlambdavariable()), 1, 0)))))))))), namedlambdavariable(), namedlambdavariable())';

function zipWith(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const [first, second, third] = node.args;
  if (!first || !second || !third)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'zip_with(left, right, func) takes 3 arguments');
  const a = arrayArgument(scope, node, analyze(scope, first));
  const b = arrayArgument(scope, node, analyze(scope, second));
  const k = scope.session.fresh('_k');
  const lambda = lambdaOf(scope, third, [a.type.element, b.type.element], analyze, [
    `(${a.sql})[${k}]`,
    `(${b.sql})[${k}]`,
  ]);
  const sql = `CASE WHEN ${a.sql} IS NOT NULL AND ${b.sql} IS NOT NULL THEN list_transform(range(1, greatest(len(${a.sql}), len(${b.sql})) + 1), lambda ${k}: ${lambda.body.sql}) END`;
  return typed([a, b, lambda.body], {
    sql,
    type: array(lambda.body.type),
    label: `zip_with(${a.label}, ${b.label}, ${lambda.label})`,
    at: node.at,
  });
}

/** Functions of arrays that take lambda functions. */
export const HIGHER_ORDER: readonly FunctionRow[] = [
  special('array_sort(array array, comparator? lambda) -> $1', sorted),
  special('aggregate(array array, start any, merge lambda, finish? lambda) -> any', aggregate, { aliases: ['reduce'] }),
  higher(
    'exists(array array, predicate lambda) -> boolean',
    (e) => [e],
    (list, lambda, scope) => {
      const tests = `list_transform(${list.sql}, ${predicate(scope, lambda)})`;
      const sql = once(
        scope,
        tests,
        (t) =>
          `CASE WHEN ${t} IS NULL THEN NULL WHEN list_contains(${t}, true) THEN true WHEN ${hasNull(t)} THEN NULL ELSE false END`,
      );
      return { sql, type: BOOLEAN };
    },
  ),
  higher(
    'forall(array array, predicate lambda) -> boolean',
    (e) => [e],
    (list, lambda, scope) => {
      const tests = `list_transform(${list.sql}, ${predicate(scope, lambda)})`;
      const sql = once(
        scope,
        tests,
        (t) =>
          `CASE WHEN ${t} IS NULL THEN NULL WHEN list_contains(${t}, false) THEN false WHEN ${hasNull(t)} THEN NULL ELSE true END`,
      );
      return { sql, type: BOOLEAN };
    },
  ),
  higher(
    'filter(array array, predicate lambda) -> $1',
    (e) => [e, INT],
    (list, lambda, scope) => ({ sql: `list_filter(${list.sql}, ${predicate(scope, lambda)})`, type: list.type }),
  ),
  higher(
    'transform(array array, func lambda) -> array',
    (e) => [e, INT],
    (list, lambda) => ({
      sql: `list_transform(${list.sql}, ${indexed(lambda, lambda.body.sql)})`,
      type: array(lambda.body.type),
    }),
  ),
  special('zip_with(left array, right array, func lambda) -> array', zipWith),
];
