import { expression } from '../expressions.js';
import type { Random } from '../random.js';
import { literalOf } from '../tables.js';
import type { Claimed } from './claimed.js';
import { PATTERNED } from './patterned-times.js';
import { pooled } from './pools.js';

/** Functions whose value depends on more than their arguments, or that stand only in a form of their own. */
const LEFT_OUT =
  /^(uuid|rand|random|now|current_.*|curdate|localtimestamp|raise_error|assert_true|.*_of|when|grouping|grouping_id|percentile_cont|percentile_disc|approx_count_distinct)$/;

const SCALARS = [
  'boolean',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'decimal(10,2)',
  'decimal(38,10)',
  'string',
  'date',
  'timestamp',
];
const NUMERIC = [
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'float',
  'double',
  'decimal(10,2)',
  'decimal(38,10)',
  'decimal',
];
const ELEMENTS = ['int', 'string', 'double', 'date', 'decimal(10,2)', 'bigint', 'boolean', 'timestamp', 'float'];
/** Columns of types that every function should meet, even where Spark refuses them. */
const ODD = ['b', 'i', 'd', 's', 'dec', 'n', 'ds', 'bin', 'dt', 'ts', 'ntz', 'dti', 'NULL', 'f', 'l'];

/** A window measured from a key in a number of one type or another. */
const range = (r: Random): string =>
  `ORDER BY ${r.pick(['k', 'k * 10000000000', 'd', 'f', 'dec'])}${r.pick(['', ' DESC', ' NULLS LAST'])} RANGE BETWEEN ` +
  r.pick([
    '1 PRECEDING AND CURRENT ROW',
    '2 PRECEDING AND 1.5D FOLLOWING',
    'CURRENT ROW AND 1 FOLLOWING',
    '3 PRECEDING AND 1 PRECEDING',
  ]);

/** Makes random calls of all the functions that are claimed. */
export class Calls {
  readonly #scalars: readonly Claimed[];
  readonly #aggregates: readonly Claimed[];
  readonly #windows: readonly Claimed[];
  readonly #byResult = new Map<string, Claimed[]>();

  constructor(claimed: readonly Claimed[]) {
    const usable = claimed.filter((row) => !row.names.some((name) => LEFT_OUT.test(name)));
    this.#scalars = usable.filter((row) => row.kind === 'scalar');
    this.#aggregates = usable.filter((row) => row.kind === 'aggregate');
    this.#windows = usable.filter((row) => row.kind === 'window');
    for (const row of this.#scalars) {
      this.#byResult.set(row.result, [...(this.#byResult.get(row.result) ?? []), row]);
    }
  }

  /** The names of the functions that it calls. */
  names(): string[] {
    return [...this.#scalars, ...this.#aggregates, ...this.#windows].map((row) => row.names[0] ?? '');
  }

  scalar(r: Random): string {
    return this.#call(r, r.pick(this.#scalars), 1 + r.below(2));
  }

  aggregate(r: Random): string {
    const row = r.pick(this.#aggregates);
    const distinct = r.chance(0.15) ? 'DISTINCT ' : '';
    const text = ORDERED[row.names[0] ?? '']?.(r, this, 1) ?? this.#call(r, row, r.below(2), distinct);
    const filtered = r.chance(0.15) ? `${text} FILTER (WHERE ${this.value(r, 'boolean', 1)})` : text;
    // A set has no order of its own.
    return /^(collect_set|collect_list|array_agg)/.test(text) ? `sort_array(${filtered})` : filtered;
  }

  /** A window; batches share the few that are given, for each is a sort of its own. */
  over(r: Random): string {
    const by = r.chance(0.6) ? `PARTITION BY ${r.pick(['b', 'i % 2', 'length(u)', 's', 'dt'])} ` : '';
    const direction = r.pick(['', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST', ' ASC']);
    // The key `k` is unique, so that rows of equal rank are told apart wherever their order shows.
    return `${by}${`ORDER BY ${r.pick(['k', 'i, k', 'd, k', 's, k', 'ts, k'])}`.replace(/^(ORDER BY \w+)/, `$1${direction}`)}`;
  }

  window(r: Random, overs: readonly string[]): string {
    const ranks = r.chance(0.5);
    const row = r.pick(ranks ? this.#windows : this.#aggregates);
    const name = row.names[0] ?? '';
    const tied = /^(min_by|max_by|mode)$/.test(name) ? ORDERED[name]?.(r, this, 1) : undefined;
    const call = /^(dense_|percent_)?rank$/.test(name) ? `${name}()` : (tied ?? this.#call(r, row, r.below(2)));
    const frame = ranks
      ? ''
      : r.pick([
          '',
          '',
          ' ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
          ' ROWS UNBOUNDED PRECEDING',
          ' ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING',
          ' ROWS BETWEEN 2 FOLLOWING AND 3 FOLLOWING',
          ' RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW',
        ]);
    const ranged = /^(count|min|max|bool_\w+|bit_\w+)$/.test(name) && r.chance(0.3);
    const over = `${call} OVER (${ranged ? range(r) : `${r.pick(overs)}${frame}`})`;
    return /^(collect_set)/.test(call) ? `sort_array(${over})` : over;
  }

  /** A value of a type of the signatures' words. */
  value(r: Random, type: string, depth: number): string {
    if (r.chance(0.04)) return r.pick(ODD);
    const rows = this.#byResult.get(type);
    if (depth > 0 && rows && r.chance(0.4)) return this.#call(r, r.pick(rows), depth - 1);
    switch (type) {
      case 'any':
        return r.chance(0.2)
          ? this.value(r, r.pick(['array', 'map', 'struct', 'binary', 'day-time', 'timestamp_ntz']), depth - 1)
          : this.value(r, r.pick(SCALARS), depth - 1);
      case 'numeric':
        return expression(r, r.pick(NUMERIC), depth);
      case 'integral':
        return expression(r, r.pick(['tinyint', 'smallint', 'int', 'bigint']), depth);
      case 'decimal':
      case 'decimal(18,6)':
        return r.pick([
          'dec',
          'big',
          '1.5',
          '0.000001BD',
          'CAST(i AS DECIMAL(5,0))',
          'CAST(d AS DECIMAL(20,18))',
          '12345678901234567890123456789012345678BD',
        ]);
      case 'struct':
        return r.pick(['st', 'struct(i, s, d)', "named_struct('x', dec, 'y', array(dt))", 'struct(ts, b)']);
      case 'map':
        return r.pick([
          'm',
          "map('a', 1, 'b', NULL)",
          'map(1, s)',
          'map(k, array(i))',
          "str_to_map('a:1,b:2')",
          'map()',
          'CAST(NULL AS MAP<STRING,INT>)',
          'map(dt, d)',
        ]);
      case 'array':
        return r.chance(0.3)
          ? r.pick([
              'ai',
              'az',
              'array(ai, array(1))',
              'array(st)',
              'array()',
              'array(NULL)',
              'CAST(NULL AS ARRAY<INT>)',
              'array(m)',
            ])
          : this.#list(r, r.pick(ELEMENTS), depth);
      case 'day-time':
      case 'interval day to second':
        return r.pick(['dti', 'dti', '(ts - ts)', "INTERVAL '1 02:03:04.5' DAY TO SECOND", 'INTERVAL 3 HOURS']);
      case 'year-month':
      case 'interval year to month':
        return r.pick(['ymi', "INTERVAL '1-2' YEAR TO MONTH"]);
      case 'timestamp_ntz':
        return r.pick(['ntz', 'CAST(ts AS TIMESTAMP_NTZ)', literalOf(r, 'timestamp_ntz')]);
      case 'string':
        // Numbers, dates and the like become text by themselves.
        return r.chance(0.12)
          ? r.pick(['i', 'd', 'f', 'dec', 'dt', 'ts', 'b', 'l', 'n', 'ds'])
          : expression(r, 'string', depth);
      case 'double':
        return r.chance(0.2) ? r.pick(['i', 'dec', 'n', 'f', 'l', '2', '0.5', 'big']) : expression(r, 'double', depth);
      case 'int':
      case 'bigint':
        return r.chance(0.12) ? r.pick(['n', 'd', 'dec', 'l', 'ti', 'b', "'7'"]) : expression(r, type, depth);
      case 'date':
        return r.chance(0.25) ? r.pick(['ts', 'ds', 'ntz', "'2020-02-29'"]) : expression(r, 'date', depth);
      case 'timestamp':
        return r.chance(0.25)
          ? r.pick(['dt', 'ds', 'ntz', "'2020-02-29 10:00:00'"])
          : expression(r, 'timestamp', depth);
      case 'lambda':
        return 'x -> x';
      default:
        return expression(r, type, depth);
    }
  }

  #list(r: Random, element: string, depth: number): string {
    if (element === 'int' && r.chance(0.5)) return 'ai';
    if (element === 'string' && r.chance(0.5)) return 'az';
    const items = Array.from({ length: 1 + r.below(3) }, () =>
      r.chance(0.15) ? 'NULL' : expression(r, element, Math.min(depth, 1)),
    );
    return `array(${items.join(', ')})`;
  }

  #call(r: Random, row: Claimed, depth: number, distinct = ''): string {
    const name = r.chance(0.8) ? (row.names[0] ?? '') : r.pick(row.names);
    const template = TEMPLATES[row.names[0] ?? ''];
    if (template) return template(r, this, depth);
    const variables = new Map<string, string>();
    const bound = (letter: string): string => {
      if (!variables.has(letter)) variables.set(letter, r.pick(letter === 'K' ? ['string', 'int'] : ELEMENTS));
      return variables.get(letter) ?? 'int';
    };
    const args: string[] = [];
    for (const parameter of row.parameters) {
      if (parameter.optional && r.chance(0.5)) break;
      const times = parameter.variadic ? r.below(3) : 1;
      for (let i = 0; i < times; i++) {
        args.push(
          pooled(r, row.names[0] ?? '', parameter.name, parameter.types) ??
            this.#argument(r, r.pick(parameter.types), bound, depth),
        );
      }
    }
    return `${name}(${distinct}${args.join(', ')})`;
  }

  #argument(r: Random, type: string, bound: (letter: string) => string, depth: number): string {
    if (/^[A-Z]$/.test(type)) return r.chance(0.1) ? 'NULL' : this.value(r, bound(type), depth);
    const list = /^array<(.*)>$/.exec(type);
    if (list) return this.#list(r, /^[A-Z]$/.test(list[1] ?? '') ? bound(list[1] ?? '') : (list[1] ?? 'int'), depth);
    if (type.startsWith('map<')) return bound('K') === 'string' ? 'm' : 'map(i, s)';
    return this.value(r, type, depth);
  }
}

/** Aggregates whose value depends on the order of rows, in forms where it does not. */
const ORDERED: Readonly<Record<string, Template>> = {
  first: () => 'first(b IS NULL OR true)',
  last: (r) => `last(${r.pick(['1', "'x'", 'NULL'])})`,
  any_value: (r) => `any_value(${r.pick(['1.5', "'x'", 'NULL'])})`,
  min_by: (r, calls) =>
    `min_by(${calls.value(r, 'any', 1)}, ${r.pick(['k', '-k', 'k * 1.5', 'array(k)', 'CAST(k AS STRING)'])})`,
  max_by: (r, calls) =>
    `max_by(${calls.value(r, 'any', 1)}, ${r.pick(['k', '-k', "date_add(DATE'2020-01-01', k)", 'struct(k)'])})`,
  mode: (r, calls) => `mode(${calls.value(r, r.pick(['int', 'string', 'date', 'double']), 1)}, true)`,
  listagg: (r) =>
    `listagg(${r.pick(['s) WITHIN GROUP (ORDER BY k', "s, ',') WITHIN GROUP (ORDER BY k DESC", "DISTINCT s, '|') WITHIN GROUP (ORDER BY s", "CAST(i AS STRING), ';') WITHIN GROUP (ORDER BY s, k"])})`,
};

type Template = (r: Random, calls: Calls, depth: number) => string;
/** A function that reads a date by a pattern. */
const byPattern =
  (name: string): Template =>
  (r, calls, depth) =>
    r.chance(0.5)
      ? `${name}(${r.pick(PATTERNED)})`
      : r.chance(0.4)
        ? `${name}(date_format(${r.pick(['ts', 'dt'])}, 'yyyy/MM/dd HH:mm:ss'), 'yyyy/MM/dd HH:mm:ss')`
        : `${name}(${calls.value(r, r.pick(['string', 'date', 'timestamp', 'timestamp_ntz']), depth - 1)}${r.chance(0.5) ? ", 'yyyy-MM-dd'" : ''})`;

/** A struct that can be compared, of fields of many types. */
function comparableStruct(r: Random, calls: Calls, depth: number): string {
  const fields = Array.from({ length: 1 + r.below(3) }, () => calls.value(r, r.pick(SCALARS), depth));
  const made = `struct(${fields.join(', ')})`;
  return r.pick([made, made, 'st', `struct(st, ${made})`, `if(${calls.value(r, 'boolean', 0)}, ${made}, NULL)`]);
}
const extreme =
  (name: string): Template =>
  (r, calls, depth) =>
    `${name}(${r.chance(0.3) ? comparableStruct(r, calls, depth) : calls.value(r, 'any', depth)})`;
const LISTS = ['ai', 'array(i, j, 3)', 'array(2, NULL, i)', 'array(1)', 'CAST(array() AS ARRAY<INT>)'];
const list = (r: Random): string => r.pick(LISTS);
const NUMBER_BODIES = [
  'x + 1',
  'x * i',
  'x % 2',
  'coalesce(x, 0)',
  'CAST(x AS STRING)',
  'x > 0',
  'd',
  '-x',
  'array(x)',
  'if(x > 1, x, NULL)',
];
const PREDICATES = ['x > 0', 'x IS NULL', 'x % 2 = 0', 'x = i', 'x > NULL', 'true', 'x < d'];
const UNITS = ['MICROSECOND', 'MILLISECOND', 'SECOND', 'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'];
const MAPS = ['m', "map('a', i, 'b', NULL)", "map('x', 1)"];

/** Calls that need lambdas or more agreement among their arguments than a signature says. */
const TEMPLATES: Readonly<Record<string, Template>> = {
  transform: (r) =>
    r.chance(0.7) ? `transform(${list(r)}, x -> ${r.pick(NUMBER_BODIES)})` : `transform(${list(r)}, (x, n) -> x + n)`,
  filter: (r) =>
    r.chance(0.7) ? `filter(${list(r)}, x -> ${r.pick(PREDICATES)})` : `filter(${list(r)}, (x, n) -> n % 2 = 0)`,
  exists: (r) => `exists(${list(r)}, x -> ${r.pick(PREDICATES)})`,
  forall: (r) => `forall(${list(r)}, x -> ${r.pick(PREDICATES)})`,
  aggregate: (r) =>
    `aggregate(${list(r)}, ${r.pick(['0, (a, x) -> a + x', '0, (a, x) -> a + coalesce(x, 1)', "'', (a, x) -> concat(a, coalesce(string(x), '-'))", '0L, (a, x) -> a + x, a -> a * 2', '1, (a, x) -> greatest(a, x)', 'CAST(0 AS DOUBLE), (a, x) -> a + x / 2'])})`,
  zip_with: (r) =>
    `zip_with(${list(r)}, ${list(r)}, (a, x) -> ${r.pick(['a + x', 'coalesce(a, x)', 'struct(a, x)', 'a > x', 'concat(a, x)'])})`,
  array_sort: (r) =>
    r.chance(0.5)
      ? `array_sort(${r.pick([...LISTS, 'az', 'array(d, e, NULL)', 'array(dt, NULL)'])})`
      : `array_sort(${list(r)}, (x, y) -> CASE WHEN x IS NULL AND y IS NULL THEN 0 WHEN x IS NULL THEN 1 WHEN y IS NULL THEN -1 WHEN x < y THEN 1 WHEN x > y THEN -1 ELSE 0 END)`,
  map_filter: (r) => `map_filter(${r.pick(MAPS)}, (y, x) -> ${r.pick([...PREDICATES, "y > 'a'"])})`,
  transform_keys: (r) =>
    `transform_keys(${r.pick(MAPS)}, (y, x) -> ${r.pick(['upper(y)', "concat(y, '!')", 'length(y) + ascii(y)', 'y'])})`,
  transform_values: (r) => `transform_values(${r.pick(MAPS)}, (y, x) -> ${r.pick(NUMBER_BODIES)})`,
  map_zip_with: (r) =>
    `map_zip_with(${r.pick(MAPS)}, ${r.pick(MAPS)}, (y, a, x) -> ${r.pick(['a + x', 'coalesce(a, x)', 'concat(y, a, x)', 'array(a, x)'])})`,
  map: (r, calls, depth) =>
    `map(${r.pick(["'a', i, 'b', j", 'k, s', "'x', ", 's, d', '1, i, 2, NULL', "'d', 1.5, 'e', i"]).replace(/, $/, `, ${calls.value(r, 'any', depth - 1)}`)})`,
  named_struct: (r, calls, depth) =>
    `named_struct('p', ${calls.value(r, 'any', depth - 1)}, 'q', ${calls.value(r, 'any', depth - 1)})`,
  map_from_arrays: (r) =>
    `map_from_arrays(${r.pick(["array('a', 'b')", 'array(1, 2)', 'array(k)'])}, ${r.pick(['array(i, j)', "array('x', NULL)", 'array(d)'])})`,
  map_from_entries: (r) => `map_from_entries(array(struct(${r.pick(["'a', i", 'k, s', '1, array(i)'])})))`,
  map_concat: (r) =>
    `map_concat(${r.pick(['m', "map('q', i)", 'map()'])}, ${r.pick(["map('z', 9)", "map('y', NULL)"])})`,
  sequence: (r) =>
    `sequence(${r.pick(['1, 5', '5, 1', 'ti % 5, 3', '1, 10, 3', '5, 1, -2', "DATE'2020-01-31', DATE'2020-05-31', INTERVAL 1 MONTH", "DATE'2020-01-01', DATE'2020-01-03'", "TIMESTAMP'2020-01-01 00:00:00', TIMESTAMP'2020-01-01 06:00:00', INTERVAL 2 HOURS", '1L, 3', 'NULL, 3', '1, 1', "DATE'2020-02-29', DATE'2024-02-29', INTERVAL 1 YEAR"])})`,
  element_at: (r) =>
    `element_at(${r.pick(['ai, 1', 'ai, -1', "m, 'a'", "m, 'zz'", 'az, 2', 'array(d, e), 1', 'map(1, s), 1', 'ai, 9', 'array(st), 1'])})`,
  try_element_at: (r) => `try_element_at(${r.pick(['ai, 1', 'ai, -7', "m, 'a'", 'az, 2', 'ai, 0'])})`,
  flatten: (r) =>
    `flatten(${r.pick(['array(ai, ai)', "array(az, array('q'))", 'array(ai, NULL)', 'array(array(d), array(i))'])})`,
  array_join: (r) =>
    `array_join(${r.pick(['az', 'array(s, u)', 'array(s, NULL, n)'])}, ${r.pick(["','", "''", 'u'])}${r.pick(['', ", '?'", ', NULL'])})`,
  format_string: (r, calls, depth) =>
    `format_string(${r.pick(["'%s|%s', s, i", "'%5d|%-5d|', i, ti", "'%05d', i", "'%x %X %o', i, i, i", "'%.2f', d", "'%e', d", "'%10.3f|', d", "'%,d', l", "'%+d', i", "'%b', b", "'%c', 65", "'%s', dec", "'%.1f', dec", "'%s', ai", "'%s %s', d, f", "'%10s|%-10s|', u, s", "'%g', d", "'%%'", "'%s', "]).replace(/, $/, `, ${calls.value(r, 'any', depth - 1)}`)})`,
  from_json: (r) => `from_json(${pooled(r, 'from_json', 'json', [])}, ${pooled(r, 'from_json', 'schema', [])})`,
  timestampadd: (r, calls, depth) =>
    `timestampadd(${r.pick(UNITS)}, ${r.pick(['1', '-1', '13', 'ti', '40'])}, ${calls.value(r, r.pick(['timestamp', 'date', 'timestamp_ntz']), depth - 1)})`,
  timestampdiff: (r, calls, depth) =>
    `timestampdiff(${r.pick(UNITS)}, ${calls.value(r, r.pick(['timestamp', 'date', 'timestamp_ntz']), depth - 1)}, ${calls.value(r, r.pick(['timestamp', 'date', 'timestamp_ntz']), depth - 1)})`,
  extract: (r, calls, depth) =>
    `extract(${r.pick(['YEAR', 'MONTH', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'WEEK', 'DOW', 'DOY', 'QUARTER', 'DAYOFWEEK_ISO', 'YEAROFWEEK'])} FROM ${calls.value(r, r.pick(['timestamp', 'date', 'timestamp_ntz', 'day-time', 'year-month']), depth - 1)})`,
  from_csv: (r) => `from_csv(${pooled(r, 'from_csv', 'csv', [])}, ${pooled(r, 'from_csv', 'schema', [])})`,
  to_json: (r, calls, depth) =>
    `to_json(${r.pick(['st', 'm', 'ai', 'struct(d, f, dec)', 'struct(ts, dt, ntz)', 'struct(b, bin, s)', "map('k', st)", 'array(st, st)', 'struct(i, NULL AS x)', ''])})`.replace(
      'to_json()',
      () => `to_json(struct(${calls.value(r, 'any', depth - 1)} AS v))`,
    ),
  to_csv: (r) =>
    `to_csv(${r.pick(['st', 'struct(d, f, dec)', 'struct(ts, dt)', 'struct(s, u, n)', 'struct(b, i, l)'])})`,
  schema_of_json: (r) =>
    `schema_of_json(${r.pick(['\'{"a":1,"b":"x"}\'', '\'[{"a":1.5},{"b":null}]\'', "'[]'", '\'{"c":[1,"x"],"d":{"e":true}}\'', "'1'", '\'{"n":12345678901234567890}\''])})`,
  schema_of_csv: (r) => `schema_of_csv(${r.pick(["'1,abc'", "'1.5,true,2020-01-01'", "''", "'a'"])})`,
  decode: (r) =>
    `decode(${r.pick(["bin, 'UTF-8'", "X'616263', 'US-ASCII'", "i, 1, 'one', 2, 'two', 'other'", "s, 'a', 1, 'abc', 2", "ti, NULL, 'none', 'some'"])})`,
  greatest: (r, calls, depth) => same(r, calls, depth, 'greatest'),
  least: (r, calls, depth) => same(r, calls, depth, 'least'),
  coalesce: (r, calls, depth) => same(r, calls, depth, 'coalesce'),
  nvl: (r, calls, depth) => same(r, calls, depth, 'nvl', 2),
  nullif: (r, calls, depth) => same(r, calls, depth, 'nullif', 2),
  equal_null: (r, calls, depth) => same(r, calls, depth, 'equal_null', 2),
  array: (r, calls, depth) => same(r, calls, depth, 'array'),
  if: (r, calls, depth) => `if(${calls.value(r, 'boolean', depth)}, ${same(r, calls, depth, '', 2).slice(1, -1)})`,
  unix_timestamp: byPattern('unix_timestamp'),
  to_unix_timestamp: byPattern('to_unix_timestamp'),
  to_date: byPattern('to_date'),
  try_to_date: byPattern('try_to_date'),
  to_timestamp: byPattern('to_timestamp'),
  try_to_timestamp: byPattern('try_to_timestamp'),
  to_timestamp_ltz: byPattern('to_timestamp_ltz'),
  to_timestamp_ntz: byPattern('to_timestamp_ntz'),
  min: extreme('min'),
  max: extreme('max'),
  count: (r, calls, depth) =>
    `count(${r.pick(['*', 'i', 'DISTINCT i, s', 'DISTINCT d', 'i, s', '1', 'NULL', 'az'])})`.replace('az', () =>
      calls.value(r, 'any', depth),
    ),
};

/** A call whose arguments come to one type, often only after casts. */
function same(r: Random, calls: Calls, depth: number, name: string, count = 2 + r.below(2)): string {
  const near = r.pick([
    NUMERIC,
    NUMERIC,
    ['string'],
    ['date', 'timestamp', 'timestamp_ntz'],
    ['boolean'],
    ['string', 'int', 'double', 'date'],
    ['array<int>'],
    ['binary'],
  ]);
  const values = Array.from({ length: count }, () => calls.value(r, r.pick(near), depth));
  return `${name}(${values.join(', ')})`;
}
