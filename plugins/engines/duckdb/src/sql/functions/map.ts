import { ENTRY_KEY, ENTRY_VALUE, once } from '../bind.js';
import { cast } from '../casts.js';
import { implicit, widest } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import type { Scope } from '../scope.js';
import type { CallNode } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import { array, BOOLEAN, map, struct, typeText, VOID, type SparkType } from '../types.js';
import { unsignedZeros } from '../zeros.js';
import { lambdaOf } from './lambda.js';
import { scalar, special, type Analyze, type FunctionRow } from './row.js';

type MapType = Extract<SparkType, { kind: 'map' }>;

const mapOf = (value: Typed | undefined): MapType =>
  value?.type.kind === 'map' ? value.type : { kind: 'map', key: VOID, value: VOID };

function mapArgument(scope: Scope, node: CallNode, value: Typed | undefined): Typed & { readonly type: MapType } {
  if (value?.type.kind === 'map') return { ...value, type: value.type };
  throw scope.fail(
    node.at,
    'SQL_ANALYSIS',
    `${node.name} takes a map, found ${value ? typeText(value.type) : 'nothing'} (DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE)`,
  );
}

function make(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const values = node.args.map((arg) => analyze(scope, arg));
  if (values.length % 2 === 1)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'map(key, value, ...) takes pairs (WRONG_NUM_ARGS)');
  const keys = values.filter((_, i) => i % 2 === 0);
  const items = values.filter((_, i) => i % 2 === 1);
  const [key, value] = [
    widest(
      scope,
      keys.map((k) => k.type),
    ),
    widest(
      scope,
      items.map((v) => v.type),
    ),
  ];
  if (!key || !value)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'the keys or the values of map(...) have no common type');
  const type = map(key, value);
  const list = (parts: readonly Typed[], element: SparkType): string =>
    `CAST([${parts.map((part) => cast(scope, part, element).sql).join(', ')}] AS ${storedType(array(element))})`;
  return typed(values, {
    sql: `map(${unsignedZeros(list(keys, key), array(key))}, ${list(items, value)})`,
    type,
    label: `map(${values.map((v) => v.label).join(', ')})`,
    at: node.at,
  });
}

/** A map rebuilt from its entries; `e` is an entry. */
const rebuilt = (source: string, key: string, value: string): string =>
  `map_from_entries(list_transform(map_entries(${source}), lambda e: struct_pack(k := ${key}, v := ${value})))`;

function transformed(what: 'keys' | 'values') {
  return (scope: Scope, node: CallNode, analyze: Analyze): Typed => {
    const [first, second] = node.args;
    if (!first || !second) throw scope.fail(node.at, 'SQL_ANALYSIS', `transform_${what}(map, func) takes 2 arguments`);
    const source = mapArgument(scope, node, analyze(scope, first));
    const lambda = lambdaOf(scope, second, [source.type.key, source.type.value], analyze, [ENTRY_KEY, ENTRY_VALUE]);
    const type = what === 'keys' ? map(lambda.body.type, source.type.value) : map(source.type.key, lambda.body.type);
    const sql =
      what === 'keys'
        ? rebuilt(source.sql, unsignedZeros(lambda.body.sql, lambda.body.type), ENTRY_VALUE)
        : rebuilt(source.sql, ENTRY_KEY, lambda.body.sql);
    return typed([source, lambda.body], {
      sql,
      type,
      label: `transform_${what}(${source.label}, ${lambda.label})`,
      at: node.at,
    });
  };
}

function filtered(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const [first, second] = node.args;
  if (!first || !second) throw scope.fail(node.at, 'SQL_ANALYSIS', 'map_filter(map, func) takes 2 arguments');
  const source = mapArgument(scope, node, analyze(scope, first));
  const lambda = lambdaOf(scope, second, [source.type.key, source.type.value], analyze, [ENTRY_KEY, ENTRY_VALUE]);
  const test = implicit(scope, lambda.body, BOOLEAN);
  if (!test) throw scope.fail(node.at, 'SQL_ANALYSIS', 'the function of map_filter must give a boolean');
  const sql = `map_from_entries(list_filter(map_entries(${source.sql}), lambda e: ${test.sql}))`;
  return typed([source, lambda.body], {
    sql,
    type: source.type,
    label: `map_filter(${source.label}, ${lambda.label})`,
    at: node.at,
  });
}

function zipped(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const [first, second, third] = node.args;
  if (!first || !second || !third)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'map_zip_with(map1, map2, func) takes 3 arguments');
  const a = mapArgument(scope, node, analyze(scope, first));
  const b = mapArgument(scope, node, analyze(scope, second));
  const key = widest(scope, [a.type.key, b.type.key]);
  if (!key) throw scope.fail(node.at, 'SQL_ANALYSIS', 'the two maps of map_zip_with have keys of different types');
  const [x, y] = [cast(scope, a, map(key, a.type.value)), cast(scope, b, map(key, b.type.value))];
  const k = scope.session.fresh('_k');
  const lambda = lambdaOf(scope, third, [key, a.type.value, b.type.value], analyze, [
    k,
    `(${x.sql})[${k}]`,
    `(${y.sql})[${k}]`,
  ]);
  const keys = `(map_keys(${x.sql}) || list_filter(map_keys(${y.sql}), lambda v: list_position(map_keys(${x.sql}), v) IS NULL))`;
  const sql = `CASE WHEN ${x.sql} IS NOT NULL AND ${y.sql} IS NOT NULL THEN map_from_entries(list_transform(${keys}, lambda ${k}: struct_pack(k := ${k}, v := ${lambda.body.sql}))) END`;
  return typed([a, b, lambda.body], {
    sql,
    type: map(key, lambda.body.type),
    label: `map_zip_with(${a.label}, ${b.label}, ${lambda.label})`,
    at: node.at,
  });
}

function concat(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const maps = node.args.map((arg) => mapArgument(scope, node, analyze(scope, arg)));
  const type =
    widest(
      scope,
      maps.map((m) => m.type),
    ) ?? map(VOID, VOID);
  const parts = maps.map((m) => cast(scope, m, type));
  const entries = parts.map((part) => `map_entries(${part.sql})`).join(' || ');
  const given = parts.map((part) => `${part.sql} IS NOT NULL`).join(' AND ');
  // Building from entries refuses a key that two of the maps have, as Spark does.
  const sql = parts.length === 0 ? 'MAP {}' : `CASE WHEN ${given} THEN map_from_entries(${entries}) END`;
  return typed(parts, { sql, type, label: `map_concat(${maps.map((m) => m.label).join(', ')})`, at: node.at });
}

export const ROWS: readonly FunctionRow[] = [
  special('map(more any...) -> map', make),
  special('map_concat(more map...) -> map', concat),
  scalar(
    'map_contains_key(map map<K,V>, key K) -> boolean',
    'CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN list_contains(map_keys($1), $2) END',
  ),
  scalar(
    'map_entries(map map) -> any',
    `list_transform(map_entries($1), lambda e: struct_pack("key" := ${ENTRY_KEY}, "value" := ${ENTRY_VALUE}))`,
    {
      result: ([m]) =>
        array(
          struct([
            { name: 'key', type: mapOf(m).key },
            { name: 'value', type: mapOf(m).value },
          ]),
        ),
    },
  ),
  scalar('map_keys(map map) -> any', 'map_keys($1)', { result: ([m]) => array(mapOf(m).key) }),
  scalar('map_values(map map) -> any', 'map_values($1)', { result: ([m]) => array(mapOf(m).value) }),
  scalar('map_from_arrays(keys array, values array) -> any', 'map($1, $2)', {
    result: ([k, v]) =>
      map(k?.type.kind === 'array' ? k.type.element : VOID, v?.type.kind === 'array' ? v.type.element : VOID),
  }),
  scalar(
    'map_from_entries(entries array) -> any',
    ({ sql, scope, args }) => {
      const element = args[0]?.type.kind === 'array' ? args[0].type.element : VOID;
      const [k, v] = element.kind === 'struct' ? element.fields.map((f) => f.name) : [];
      const field = (name: string | undefined): string => `struct_extract(v, '${(name ?? '').replaceAll("'", "''")}')`;
      return once(
        scope,
        sql(0),
        (x) =>
          `CASE WHEN list_count(${x}) = len(${x}) THEN map(list_transform(${x}, lambda v: ${field(k)}), list_transform(${x}, lambda v: ${field(v)})) END`,
      );
    },
    {
      result: ([list], scope) => {
        const element = list?.type.kind === 'array' ? list.type.element : VOID;
        if (element.kind !== 'struct' || element.fields.length !== 2)
          throw scope.fail(list?.at ?? 0, 'SQL_ANALYSIS', 'map_from_entries takes an array of structs of two fields');
        return map(element.fields[0]?.type ?? VOID, element.fields[1]?.type ?? VOID);
      },
    },
  ),
  special('map_filter(map map, func lambda) -> map', filtered),
  special('transform_keys(map map, func lambda) -> map', transformed('keys')),
  special('transform_values(map map, func lambda) -> map', transformed('values')),
  special('map_zip_with(map1 map, map2 map, func lambda) -> map', zipped),
  scalar(
    "str_to_map(text string, pair_delim string = ',', key_value_delim string = ':') -> map<string,string>",
    ({ sql, scope, args, at }) => {
      for (const arg of args.slice(1)) {
        if (typeof arg.literal !== 'string' || /[\\[\](){}.*+?^$|]/.test(arg.literal))
          throw scope.unsupported(at, 'str_to_map with a pattern as delimiter', 'use a plain text as delimiter');
      }
      const pairs = `list_transform(string_split(${sql(0)}, ${sql(1)}), lambda p: string_split(p, ${sql(2)}))`;
      return once(
        scope,
        pairs,
        (p) =>
          `map(list_transform(${p}, lambda v: v[1]), list_transform(${p}, lambda v: CASE WHEN len(v) > 1 THEN array_to_string(v[2:len(v)], ${sql(2)}) END))`,
      );
    },
  ),
];
