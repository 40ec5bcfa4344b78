import { once } from '../bind.js';
import { cast } from '../casts.js';
import { implicit, tightest, widest } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import { refuseNested } from '../order.js';
import { quoteIdentifier } from '../quote.js';
import type { Scope } from '../scope.js';
import type { CallNode } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import { array, INT, map, struct, typeText, VOID } from '../types.js';
import { unsignedZeros } from '../zeros.js';
import { scalar, special, type Analyze, type Call, type FunctionRow } from './row.js';
import { arrayArgument, distinct, elementOf, empty, hasNull, labelOf } from './lists.js';
import { HIGHER_ORDER } from './array-lambda.js';
import { sequence } from './sequence.js';

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

function elementAt(quiet: boolean) {
  return (scope: Scope, node: CallNode, analyze: Analyze): Typed => {
    const [container, key] = node.args.map((arg) => analyze(scope, arg));
    if (!container || !key || node.args.length !== 2)
      throw scope.fail(node.at, 'SQL_ANALYSIS', `${node.name}(array or map, key) takes 2 arguments`);
    const label = labelOf(node, [container, key]);
    if (container.type.kind === 'map') {
      // Both sides take the type that holds both: a key of 1.5 is no 1.
      const kind = tightest(container.type.key, key.type) ?? container.type.key;
      const entries = cast(scope, container, map(kind, container.type.value));
      const converted = implicit(scope, key, kind);
      if (!converted)
        throw scope.fail(
          key.at,
          'SQL_ANALYSIS',
          `the keys are ${typeText(container.type.key)}, not ${typeText(key.type)}`,
        );
      return typed([entries, converted], {
        sql: `(${entries.sql})[${converted.sql}]`,
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

/** A list as the functions of sets read it. */
const unsigned = (call: Call, index: number): string => unsignedZeros(call.sql(index), call.args[index]?.type ?? VOID);

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
    'array_append(array array<E>, element E) -> array<E>',
    'CASE WHEN $1 IS NOT NULL THEN list_append($1, $2) END',
  ),
  scalar(
    'array_prepend(array array<E>, element E) -> array<E>',
    'CASE WHEN $1 IS NOT NULL THEN list_prepend($2, $1) END',
  ),
  scalar('array_compact(array array) -> $1', 'list_filter($1, lambda v: v IS NOT NULL)'),
  scalar('array_contains(array array<T>, value T) -> boolean', (call) => {
    const [xs, v] = [call.sql(0), call.sql(1)];
    return `CASE WHEN ${xs} IS NULL OR ${v} IS NULL THEN NULL WHEN list_contains(${xs}, ${v}) THEN true WHEN ${hasNull(xs)} THEN NULL ELSE false END`;
  }),
  scalar('array_distinct(array array) -> $1', (call) => once(call.scope, unsigned(call, 0), distinct)),
  scalar('array_except(a array<E>, b array<E>) -> array<E>', (call) =>
    once(call.scope, unsigned(call, 0), (a) =>
      once(
        call.scope,
        unsigned(call, 1),
        (b) =>
          `CASE WHEN ${b} IS NOT NULL THEN list_filter(${distinct(a)}, lambda v: list_position(${b}, v) IS NULL) END`,
      ),
    ),
  ),
  scalar('array_intersect(a array<E>, b array<E>) -> array<E>', (call) =>
    once(call.scope, unsigned(call, 0), (a) =>
      once(
        call.scope,
        unsigned(call, 1),
        (b) =>
          `CASE WHEN ${b} IS NOT NULL THEN list_filter(${distinct(a)}, lambda v: list_position(${b}, v) IS NOT NULL) END`,
      ),
    ),
  ),
  scalar('array_union(a array<E>, b array<E>) -> array<E>', (call) => {
    const [a, b] = [unsigned(call, 0), unsigned(call, 1)];
    return once(call.scope, `CASE WHEN ${a} IS NOT NULL AND ${b} IS NOT NULL THEN ${a} || ${b} END`, distinct);
  }),
  scalar('array_insert(array array<E>, pos int, value E) -> array<E>', insert, { untried: true }),
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
    'array_position(array array<E>, element E) -> bigint',
    'CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN CAST(coalesce(list_position($1, $2), 0) AS BIGINT) END',
  ),
  scalar(
    'array_remove(array array<E>, element E) -> array<E>',
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
  scalar('sort_array(array array, ascending boolean = true) -> $1', (call) => {
    refuseNested(call.scope, elementOf(call.args[0]?.type ?? VOID), call.at);
    const ascending = call.args[1]?.literal;
    if (typeof ascending !== 'boolean')
      throw call.scope.unsupported(call.at, 'sort_array with an order that is not a literal', 'write true or false');
    return `list_sort(${call.sql(0)}, '${ascending ? 'ASC' : 'DESC'}', 'NULLS ${ascending ? 'FIRST' : 'LAST'}')`;
  }),
  scalar('arrays_overlap(a array<T>, b array<T>) -> boolean', overlap),
  special('arrays_zip(more array...) -> array', arraysZip),
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
  ...HIGHER_ORDER,
];
