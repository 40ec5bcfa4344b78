import { once } from '../bind.js';
import { cast } from '../casts.js';
import { implicit, wider, widest } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import { plusInterval } from '../intervals.js';
import { refuseNested } from '../order.js';
import { quoteIdentifier } from '../quote.js';
import type { Scope } from '../scope.js';
import type { CallNode } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import {
  array,
  BIGINT,
  BOOLEAN,
  DAY_TIME,
  INT,
  isDatetime,
  isInteger,
  struct,
  typeText,
  VOID,
  type SparkType,
} from '../types.js';
import { lambdaOf, type Lambda } from './lambda.js';
import { scalar, special, type Analyze, type Call, type FunctionRow } from './row.js';

const elementOf = (type: SparkType): SparkType => (type.kind === 'array' ? type.element : VOID);
const labelOf = (node: CallNode, values: readonly { readonly label: string }[]): string =>
  `${node.name.toLowerCase()}(${values.map((value) => value.label).join(', ')})`;

/** Whether a list has a NULL in it. */
const hasNull = (list: string): string => `(list_count(${list}) < len(${list}))`;
const empty = (type: SparkType): string => `CAST([] AS ${storedType(type)})`;
/** A list without repetitions, in order, NULL being a value too. */
const distinct = (list: string): string => `list_filter(${list}, lambda v, i: list_position(${list}, v) = i)`;

function make(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const values = node.args.map((arg) => analyze(scope, arg));
  const element = widest(
    scope,
    values.map((value) => value.type),
  );
  if (!element)
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `the elements of array(...) have no common type: ${values.map((v) => typeText(v.type)).join(', ')}`,
    );
  const type = array(element);
  const parts = values.map((value) => cast(scope, value, element));
  const sql = parts.length === 0 ? empty(type) : `[${parts.map((part) => part.sql).join(', ')}]`;
  return typed(parts, {
    sql: element.kind === 'void' ? `CAST(${sql} AS ${storedType(type)})` : sql,
    type,
    label: labelOf(node, values),
    at: node.at,
  });
}

function arrayArgument(
  scope: Scope,
  node: CallNode,
  value: Typed | undefined,
): Typed & { readonly type: Extract<SparkType, { kind: 'array' }> } {
  const type = value?.type;
  if (value && type?.kind === 'array') return { ...value, type };
  if (value && type?.kind === 'void')
    return { ...value, sql: empty(array(VOID)).replace('[]', 'NULL'), type: { kind: 'array', element: VOID } };
  throw scope.fail(
    node.at,
    'SQL_ANALYSIS',
    `${node.name} takes an array, found ${type ? typeText(type) : 'nothing'} (DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE)`,
  );
}

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
  const reduced = `list_reduce(${source}, lambda ${state}, ${item}: struct_pack(a := CAST(${body.sql} AS ${stored}), e := ${item}.e), ${initial}).a`;
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

function arraysZip(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const lists = node.args.map((arg) => arrayArgument(scope, node, analyze(scope, arg)));
  if (lists.length === 0) throw scope.unsupported(node.at, 'a struct without fields', 'give arrays_zip an array');
  const type = struct(lists.map((list, i) => ({ name: list.name ?? String(i), type: list.type.element })));
  const k = scope.session.fresh('_k');
  const fields = lists.map(
    (list, i) =>
      `${quoteIdentifier(type.kind === 'struct' ? (type.fields[i]?.name ?? '') : '')} := (${list.sql})[${k}]`,
  );
  const longest =
    lists.length === 1 ? `len(${lists[0]?.sql})` : `greatest(${lists.map((list) => `len(${list.sql})`).join(', ')})`;
  const given = lists.map((list) => `${list.sql} IS NOT NULL`).join(' AND ');
  const sql = `CASE WHEN ${given} THEN list_transform(range(1, ${longest} + 1), lambda ${k}: struct_pack(${fields.join(', ')})) END`;
  return typed(lists, { sql, type: array(type), label: labelOf(node, lists), at: node.at });
}

function sequence(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const values = node.args.map((arg) => analyze(scope, arg));
  const [first, second, by] = values;
  if (!first || !second || values.length > 3)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'sequence(start, stop[, step]) takes 2 or 3 arguments');
  const label = labelOf(node, values);
  // NULL takes the type of the other end.
  const [a, b] = [
    first.type.kind === 'void' ? cast(scope, first, second.type) : first,
    second.type.kind === 'void' ? cast(scope, second, first.type) : second,
  ];
  const type =
    isInteger(a.type) && isInteger(b.type)
      ? widest(scope, [a.type, b.type])
      : a.type.kind === b.type.kind && isDatetime(a.type)
        ? a.type
        : undefined;
  if (!type)
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `sequence takes two whole numbers, dates or timestamps, found ${typeText(a.type)} and ${typeText(b.type)}`,
    );
  const [start, stop] = [cast(scope, a, type), cast(scope, b, type)];
  if (isInteger(type)) {
    if (by?.type.kind === 'void')
      return typed([start, stop], {
        sql: `CAST(NULL AS ${storedType(array(type))})`,
        type: array(type),
        label,
        at: node.at,
      });
    const step = by ? cast(scope, by, BIGINT).sql : `CASE WHEN ${start.sql} <= ${stop.sql} THEN 1 ELSE -1 END`;
    const boundary = `CASE WHEN (${step}) = 0 OR ((${step}) > 0 AND ${start.sql} > ${stop.sql}) OR ((${step}) < 0 AND ${start.sql} < ${stop.sql}) THEN CAST(error('[INVALID_PARAMETER_VALUE] sequence: the step leads away from the stop') AS BIGINT[]) ELSE generate_series(CAST(${start.sql} AS BIGINT), CAST(${stop.sql} AS BIGINT), ${step}) END`;
    const series = by
      ? boundary
      : `generate_series(CAST(${start.sql} AS BIGINT), CAST(${stop.sql} AS BIGINT), ${step})`;
    return typed([start, stop, ...(by ? [by] : [])], {
      sql: `CAST(${series} AS ${storedType(array(type))})`,
      type: array(type),
      label,
      at: node.at,
      ...(by ? { untried: true } : {}),
    });
  }
  const step =
    by ?? typed([], { sql: 'to_days(1)', type: { kind: 'day-time', from: 0, to: 0 }, label: '', at: node.at });
  if (step.type.kind !== 'year-month' && step.type.kind !== 'day-time')
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'the step of a sequence of dates is an interval');
  const k = scope.session.fresh('_k');
  const months = step.type.kind === 'year-month';
  const units = months
    ? `(datepart('year', ${step.sql}) * 12 + datepart('month', ${step.sql}))`
    : `epoch_us(${step.sql})`;
  const multiple = typed([step], {
    sql: months ? `to_months(CAST(${k} * ${units} AS INTEGER))` : `to_microseconds(${k} * ${units})`,
    type: months ? step.type : DAY_TIME,
    label: '',
    at: node.at,
  });
  const moved = cast(scope, plusInterval(scope, start, multiple, '+', node.at), type).sql;
  const span = months
    ? `(datediff('month', ${asStamp(start)}, ${asStamp(stop)}))`
    : `(epoch_us(${asStamp(stop)}) - epoch_us(${asStamp(start)}))`;
  const count = `CAST(abs(${span} // nullif(${units}, 0)) AS BIGINT) + 2`;
  const inside = `CASE WHEN ${units} > 0 THEN v <= ${stop.sql} ELSE v >= ${stop.sql} END`;
  const sql = `list_filter(list_transform(range(0, ${count}), lambda ${k}: ${moved}), lambda v: ${inside})`;
  return typed([start, stop, step], { sql, type: array(type), label, at: node.at });
}

const asStamp = (value: Typed): string => (value.type.kind === 'date' ? `CAST(${value.sql} AS TIMESTAMP)` : value.sql);

function elementAt(quiet: boolean) {
  return (scope: Scope, node: CallNode, analyze: Analyze): Typed => {
    const [container, key] = node.args.map((arg) => analyze(scope, arg));
    if (!container || !key || node.args.length !== 2)
      throw scope.fail(node.at, 'SQL_ANALYSIS', `${node.name}(array or map, key) takes 2 arguments`);
    const label = labelOf(node, [container, key]);
    if (container.type.kind === 'map') {
      const converted = implicit(scope, key, container.type.key);
      if (!converted)
        throw scope.fail(
          key.at,
          'SQL_ANALYSIS',
          `the keys are ${typeText(container.type.key)}, not ${typeText(key.type)}`,
        );
      return typed([container, converted], {
        sql: `(${container.sql})[${converted.sql}]`,
        type: container.type.value,
        label,
        at: node.at,
      });
    }
    const list = arrayArgument(scope, node, container);
    const index = implicit(scope, key, INT);
    if (!index) throw scope.fail(key.at, 'SQL_ANALYSIS', 'an array is read by a whole number');
    const zero = `CAST(error('[INVALID_INDEX_OF_ZERO] The index 0 is invalid. An index shall be either < 0 or > 0.') AS ${storedType(list.type.element)})`;
    const strict = scope.session.options.ansi && !quiet;
    const known = !strict && typeof key.literal === 'string' && Number(key.literal) !== 0;
    const fault = `CAST(error('[INVALID_ARRAY_INDEX_IN_ELEMENT_AT] The index is out of bounds. Use try_element_at to get NULL instead.') AS ${storedType(list.type.element)})`;
    const bounds = strict ? ` WHEN abs(${index.sql}) > len(${list.sql}) THEN ${fault}` : '';
    const sql = known
      ? `(${list.sql})[${index.sql}]`
      : `CASE WHEN ${index.sql} = 0 THEN ${zero}${bounds} ELSE (${list.sql})[${index.sql}] END`;
    return typed([list, index], {
      sql,
      type: list.type.element,
      label,
      at: node.at,
      ...(known ? {} : { untried: true }),
    });
  };
}

function insert(call: Call): string {
  const [list, , value] = [call.sql(0), call.sql(1), call.sql(2)];
  const literal = call.args[1]?.literal;
  const position = call.sql(1);
  const length = `len(${list})`;
  const nulls = (n: string): string =>
    `list_transform(range(greatest(${n}, 0)), lambda z: CAST(NULL AS ${storedType(elementOf(call.type))}))`;
  const from = (start: string): string => `(${list})[${start}:${length}]`;
  const zero = `CAST(error('[INVALID_INDEX_OF_ZERO] The index 0 is invalid. An index shall be either < 0 or > 0.') AS ${storedType(call.type)})`;
  const forward = `((${list})[1:${position} - 1] || ${nulls(`${position} - 1 - ${length}`)} || [${value}] || ${from(`greatest(${position}, 1)`)})`;
  // Counted from the end, -1 is behind the last element.
  const backward = `([${value}] || ${nulls(`-${position} - 1 - ${length}`)} || ${list})`;
  const inside = `((${list})[1:${length} + ${position} + 1] || [${value}] || ${from(`${length} + ${position} + 2`)})`;
  const negative = `CASE WHEN -${position} > ${length} + 1 THEN ${backward} ELSE ${inside} END`;
  const form =
    typeof literal === 'string' && Number(literal) > 0
      ? forward
      : `CASE WHEN ${position} > 0 THEN ${forward} WHEN ${position} < 0 THEN ${negative} WHEN ${position} = 0 THEN ${zero} END`;
  return `CASE WHEN ${list} IS NOT NULL AND ${position} IS NOT NULL THEN ${form} END`;
}

const overlap = ({ sql }: Call): string =>
  `CASE WHEN ${sql(0)} IS NULL OR ${sql(1)} IS NULL THEN NULL WHEN len(list_filter(${sql(0)}, lambda v: v IS NOT NULL AND list_position(${sql(1)}, v) IS NOT NULL)) > 0 THEN true ` +
  `WHEN len(${sql(0)}) > 0 AND len(${sql(1)}) > 0 AND (${hasNull(sql(0))} OR ${hasNull(sql(1))}) THEN NULL ELSE false END`;

const slice = ({ sql }: Call): string => {
  const [xs, start, length] = [sql(0), sql(1), sql(2)];
  const given = `${xs} IS NOT NULL AND ${start} IS NOT NULL AND ${length} IS NOT NULL`;
  const bad = "CAST(error('[INVALID_PARAMETER_VALUE] slice: the start is 0 or the length is negative') AS BIGINT)";
  const first = `CASE WHEN ${start} = 0 OR ${length} < 0 THEN ${bad} WHEN ${start} > 0 THEN CAST(${start} AS BIGINT) ELSE len(${xs}) + ${start} + 1 END`;
  return `CASE WHEN ${given} THEN list_transform([${first}], lambda f: CASE WHEN f < 1 OR f > len(${xs}) THEN (${xs})[1:0] ELSE (${xs})[f:f + ${length} - 1] END)[1] END`;
};

export const ROWS: readonly FunctionRow[] = [
  special('array(more any...) -> array', make),
  scalar(
    'array_append(array array<T>, element T) -> array<T>',
    'CASE WHEN $1 IS NOT NULL THEN list_append($1, $2) END',
  ),
  scalar(
    'array_prepend(array array<T>, element T) -> array<T>',
    'CASE WHEN $1 IS NOT NULL THEN list_prepend($2, $1) END',
  ),
  scalar('array_compact(array array) -> $1', 'list_filter($1, lambda v: v IS NOT NULL)'),
  scalar('array_contains(array array<T>, value T) -> boolean', (call) => {
    const [xs, v] = [call.sql(0), call.sql(1)];
    return `CASE WHEN ${xs} IS NULL OR ${v} IS NULL THEN NULL WHEN list_contains(${xs}, ${v}) THEN true WHEN ${hasNull(xs)} THEN NULL ELSE false END`;
  }),
  scalar('array_distinct(array array) -> $1', ({ sql, scope }) => once(scope, sql(0), distinct)),
  scalar('array_except(a array<T>, b array<T>) -> array<T>', ({ sql, scope }) =>
    once(scope, sql(0), (a) =>
      once(
        scope,
        sql(1),
        (b) =>
          `CASE WHEN ${b} IS NOT NULL THEN list_filter(${distinct(a)}, lambda v: list_position(${b}, v) IS NULL) END`,
      ),
    ),
  ),
  scalar('array_intersect(a array<T>, b array<T>) -> array<T>', ({ sql, scope }) =>
    once(scope, sql(0), (a) =>
      once(
        scope,
        sql(1),
        (b) =>
          `CASE WHEN ${b} IS NOT NULL THEN list_filter(${distinct(a)}, lambda v: list_position(${b}, v) IS NOT NULL) END`,
      ),
    ),
  ),
  scalar('array_union(a array<T>, b array<T>) -> array<T>', ({ sql, scope }) =>
    once(scope, `CASE WHEN ${sql(0)} IS NOT NULL AND ${sql(1)} IS NOT NULL THEN ${sql(0)} || ${sql(1)} END`, distinct),
  ),
  scalar('array_insert(array array<T>, pos int, value T) -> array<T>', insert, { untried: true }),
  scalar(
    'array_join(array array<string>, delimiter string, null_replacement? string) -> string',
    (call) => {
      const kept =
        call.node.args.length < 3
          ? `list_filter(${call.sql(0)}, lambda v: v IS NOT NULL)`
          : `list_transform(${call.sql(0)}, lambda v: coalesce(v, ${call.sql(2)}))`;
      // DuckDB joins with a constant alone.
      const glued = `list_reduce(${kept}, lambda a, v: a || ${call.sql(1)} || v)`;
      const separator = typeof call.args[1]?.literal === 'string';
      const joined = separator
        ? `coalesce(array_to_string(${kept}, ${call.sql(1)}), '')`
        : `CASE WHEN len(${kept}) > 0 THEN ${glued} ELSE '' END`;
      return `CASE WHEN ${call.sql(0)} IS NOT NULL AND ${call.sql(1)} IS NOT NULL${call.node.args.length < 3 ? '' : ` AND ${call.sql(2)} IS NOT NULL`} THEN ${joined} END`;
    },
    {
      label: ({ args, node }) =>
        `array_join(${args
          .slice(0, node.args.length)
          .map((a) => a.label)
          .join(', ')})`,
    },
  ),
  scalar(
    'array_max(array array) -> any',
    ({ sql, args, scope, at }) => (refuseNested(scope, elementOf(args[0]?.type ?? VOID), at), `list_max(${sql(0)})`),
    { result: ([list]) => elementOf(list?.type ?? VOID) },
  ),
  scalar(
    'array_min(array array) -> any',
    ({ sql, args, scope, at }) => (refuseNested(scope, elementOf(args[0]?.type ?? VOID), at), `list_min(${sql(0)})`),
    { result: ([list]) => elementOf(list?.type ?? VOID) },
  ),
  scalar(
    'array_position(array array<T>, element T) -> bigint',
    'CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN CAST(coalesce(list_position($1, $2), 0) AS BIGINT) END',
  ),
  scalar(
    'array_remove(array array<T>, element T) -> array<T>',
    'CASE WHEN $2 IS NOT NULL THEN list_filter($1, lambda v: v IS DISTINCT FROM $2) END',
  ),
  scalar(
    'array_repeat(element any, count int) -> any',
    'CASE WHEN $2 IS NOT NULL THEN list_transform(range(greatest($2, 0)), lambda z: $1) END',
    { result: ([value]) => array(value?.type ?? VOID) },
  ),
  scalar('array_size(array array) -> int', 'CAST(len($1) AS INTEGER)'),
  scalar(
    'size(expr array|map) -> int',
    (call) => {
      const length = call.args[0]?.type.kind === 'map' ? `cardinality(${call.sql(0)})` : `len(${call.sql(0)})`;
      // Outside ANSI mode the size of NULL is -1.
      return call.scope.session.options.ansi
        ? `CAST(${length} AS INTEGER)`
        : `coalesce(CAST(${length} AS INTEGER), -1)`;
    },
    { aliases: ['cardinality'] },
  ),
  special('array_sort(array array, comparator? lambda) -> $1', sorted),
  scalar('sort_array(array array, ascending boolean = true) -> $1', (call) => {
    refuseNested(call.scope, elementOf(call.args[0]?.type ?? VOID), call.at);
    const ascending = call.args[1]?.literal;
    if (typeof ascending !== 'boolean')
      throw call.scope.unsupported(call.at, 'sort_array with an order that is not a literal', 'write true or false');
    return `list_sort(${call.sql(0)}, '${ascending ? 'ASC' : 'DESC'}', 'NULLS ${ascending ? 'FIRST' : 'LAST'}')`;
  }),
  scalar('arrays_overlap(a array<T>, b array<T>) -> boolean', overlap),
  special('arrays_zip(more array...) -> array', arraysZip),
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
  scalar(
    'flatten(array array) -> any',
    ({ sql, scope }) => once(scope, sql(0), (x) => `CASE WHEN ${hasNull(x)} THEN NULL ELSE flatten(${x}) END`),
    {
      result: ([list], scope) => {
        const inner = elementOf(list?.type ?? VOID);
        if (list && inner.kind !== 'array')
          throw scope.fail(list.at, 'SQL_ANALYSIS', `flatten takes an array of arrays, found ${typeText(list.type)}`);
        return inner;
      },
    },
  ),
  scalar(
    'get(array array, index int) -> any',
    ({ sql }) => `(${sql(0)})[CASE WHEN ${sql(1)} >= 0 THEN CAST(${sql(1)} AS BIGINT) + 1 ELSE 0 END]`,
    { result: ([list]) => elementOf(list?.type ?? VOID) },
  ),
  special('element_at(container any, key any) -> any', elementAt(false)),
  special('try_element_at(container any, key any) -> any', elementAt(true)),
  special('sequence(start any, stop any, step? any) -> array', sequence),
  scalar('slice(x array, start int, length int) -> $1', slice, { untried: true }),
];
