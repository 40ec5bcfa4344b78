import { items, plain, type Clause } from './clauses.js';
import { WORDS, type Column } from './query-values.js';

/** Frames of windows whose order is that of a number, of a date or of anything. */
const NUMBER_FRAMES = [
  'RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING',
  'RANGE BETWEEN 2 PRECEDING AND 1 PRECEDING',
  'RANGE CURRENT ROW',
  'RANGE BETWEEN UNBOUNDED PRECEDING AND 1 FOLLOWING',
];
const DATE_FRAMES = [
  'RANGE BETWEEN INTERVAL 400 DAYS PRECEDING AND CURRENT ROW',
  'RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING',
  "RANGE BETWEEN INTERVAL '1' YEAR PRECEDING AND CURRENT ROW",
];
const ROW_FRAMES = [
  'ROWS 1 PRECEDING',
  'ROWS BETWEEN 1 + 1 PRECEDING AND 1 FOLLOWING',
  'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING',
  'ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING',
  'ROWS CURRENT ROW',
];

/** GROUP BY in all its forms, HAVING, FILTER, and windows. */
export const GROUPINGS: readonly Clause[] = [
  function all(q, depth) {
    const from = q.source(depth - 1);
    const type = q.r.pick(WORDS);
    const [text, of] = q.aggregate(from.columns);
    const columns = [
      { name: 'c0', type },
      { name: 'c1', type: of },
    ];
    return {
      sql: `SELECT ${q.value(from.columns, type, 1)} AS c0, ${text} AS c1 FROM ${from.text} GROUP BY ALL`,
      columns,
    };
  },
  function having(q, depth) {
    const from = q.source(depth - 1);
    const [a, b] = [q.aggregate(from.columns), q.aggregate(from.columns)];
    const [key] = plain(from.columns);
    if (!key) return { sql: `SELECT ${a[0]} AS c0 FROM ${from.text}`, columns: [{ name: 'c0', type: a[1] }] };
    const columns: Column[] = [
      { name: 'c0', type: key.type },
      { name: 'c1', type: a[1] },
    ];
    return q.r.pick([
      () => ({
        sql: `SELECT ${a[0]} AS c0 FROM ${from.text} HAVING count(*) ${q.r.pick(['>', '>=', '<'])} 1`,
        columns: [{ name: 'c0', type: a[1] }],
      }),
      () => ({
        sql: `SELECT ${key.name} AS c0, ${a[0]} AS c1 FROM ${from.text} GROUP BY c0 HAVING c1 IS NOT NULL`,
        columns,
      }),
      () => ({
        sql: `SELECT ${key.name} AS c0, ${a[0]} AS c1 FROM ${from.text} GROUP BY 1 HAVING ${b[0]} IS NULL OR ${key.name} IS NULL`,
        columns,
      }),
      () => ({
        sql: `SELECT ${key.name} AS c0, ${a[0]} AS c1 FROM ${from.text} GROUP BY ${key.name} HAVING count(DISTINCT ${key.name}) = 1 ORDER BY ${b[0]}, c0`,
        columns,
      }),
    ])();
  },
  function sets(q, depth) {
    const from = q.source(depth - 1);
    const keys = plain(from.columns).slice(0, 4);
    const [a, b, c] = [q.r.pick(keys), q.r.pick(keys), q.r.pick(keys)];
    const [text, type] = q.aggregate(from.columns);
    if (!a || !b || !c || new Set([a.name, b.name, c.name]).size < 3)
      return { sql: `SELECT ${text} AS c0 FROM ${from.text}`, columns: [{ name: 'c0', type }] };
    const by = q.r.pick([
      `ROLLUP(${a.name}, (${b.name}, ${c.name}))`,
      `CUBE(${a.name}, ${b.name}, ${c.name})`,
      `ROLLUP(${a.name}), CUBE(${b.name}, ${c.name})`,
      `GROUPING SETS (ROLLUP(${a.name}, ${b.name}), (${c.name}))`,
      `${a.name}, ${b.name}, ${c.name} GROUPING SETS ((${a.name}), (${b.name}, ${c.name}), ())`,
      `${a.name}, ${b.name}, ${c.name} WITH CUBE`,
      `GROUPING SETS ((${a.name}, ${b.name}), (${a.name}, ${b.name}), (${c.name}))`,
    ]);
    const shown = [a, b, c].map((k, i) => `${k.name} AS k${i}`).join(', ');
    return {
      sql: `SELECT ${shown}, ${text} AS v, grouping(${b.name}) AS g, grouping_id(${[a, b, c].map((k) => k.name).join(', ')}) AS i FROM ${from.text} GROUP BY ${by}${q.r.chance(0.3) ? ` HAVING grouping(${a.name}) = 0 OR count(*) > 1` : ''}`,
      columns: [
        ...[a, b, c].map((k, i) => ({ name: `k${i}`, type: k.type })),
        { name: 'v', type },
        { name: 'g', type: 'int' },
        { name: 'i', type: 'bigint' },
      ],
    };
  },
  function computedSets(q, depth) {
    const from = q.source(depth - 1);
    const [one, two] = [q.r.pick(WORDS), q.r.pick(WORDS)];
    const [a, b] = [q.value(from.columns, one, 1), q.value(from.columns, two, 1)];
    const [text, type] = q.aggregate(from.columns);
    const by = q.r.pick([`ROLLUP(${a}, ${b})`, `CUBE(${a}, ${b})`, `GROUPING SETS ((${a}), (${b}))`]);
    const columns = [
      { name: 'k0', type: one },
      { name: 'k1', type: two },
      { name: 'v', type },
    ];
    return { sql: `SELECT ${a} AS k0, ${b} AS k1, ${text} AS v FROM ${from.text} GROUP BY ${by}`, columns };
  },
  function distinctAggregates(q, depth) {
    const from = q.source(depth - 1);
    const of = (type: string): string => q.value(from.columns, type, 1);
    const shown = [
      `count(DISTINCT ${of('int')}, ${of('string')}) AS c0`,
      `sum(DISTINCT ${of('int')}) FILTER (WHERE ${of('boolean')}) AS c1`,
      `avg(DISTINCT ${of('decimal')}) AS c2`,
      `max(DISTINCT ${of('date')}) AS c3`,
    ];
    return {
      sql: `SELECT ${shown.join(', ')} FROM ${from.text}`,
      columns: [
        { name: 'c0', type: 'bigint' },
        { name: 'c1', type: 'bigint' },
        { name: 'c2', type: 'decimal' },
        { name: 'c3', type: 'date' },
      ],
    };
  },
  function withinGroups(q, depth) {
    const from = q.source(depth - 1);
    const of = (type: string): string => q.value(from.columns, type, 1);
    const direction = q.r.pick(['', ' DESC']);
    const shown = [
      `percentile_cont(${q.r.pick(['0.5', '0.25', '1'])}) WITHIN GROUP (ORDER BY ${of('int')}${direction}) AS c0`,
      `percentile_disc(${q.r.pick(['0.5', '0', '0.9'])}) WITHIN GROUP (ORDER BY ${of('decimal')}${direction}) AS c1`,
      `mode() WITHIN GROUP (ORDER BY ${of('string')}${direction}) AS c2`,
      `median(${of('int')}) AS c3`,
    ];
    return {
      sql: `SELECT ${shown.join(', ')} FROM ${from.text}`,
      columns: ['double', 'double', 'string', 'double'].map((type, i) => ({ name: `c${i}`, type })),
    };
  },
  function extremesOfStructs(q, depth) {
    const from = q.source(depth - 1);
    const types = Array.from({ length: 1 + q.r.below(3) }, () => q.r.pick(WORDS));
    const made = `struct(${types.map((type, i) => `${q.value(from.columns, type, 1)} AS f${i}`).join(', ')})`;
    const value = q.r.chance(0.2)
      ? `struct(${made} AS n, 1 AS z)`
      : q.r.chance(0.2)
        ? `if(${q.value(from.columns, 'boolean', 1)}, ${made}, NULL)`
        : made;
    const by = plain(from.columns)[1];
    const shown = `${q.r.pick(['min', 'max'])}(${value}) AS c0, ${q.r.pick(['min', 'max'])}(${value}) AS c1`;
    return q.r.chance(0.5) && by
      ? {
          sql: `SELECT ${by.name} AS k, ${shown} FROM ${from.text} GROUP BY ${by.name}`,
          columns: [{ name: 'k', type: by.type }],
        }
      : { sql: `SELECT ${shown} FROM ${from.text}`, columns: [] };
  },
  function structKeys(q, depth) {
    const from = q.source(depth - 1);
    const type = q.r.pick(WORDS);
    const key = q.r.pick([
      `struct(${q.value(from.columns, type, 1)} AS a, ${q.value(from.columns, 'string', 0)} AS b)`,
      `array(${q.value(from.columns, type, 1)}, NULL)`,
      `coalesce(${q.value(from.columns, 'array', 0)}, array(0))`,
    ]);
    return q.r.pick([
      () => ({
        sql: `SELECT ${key} AS k, count(*) AS c FROM ${from.text} GROUP BY ${key}`,
        columns: [{ name: 'c', type: 'bigint' }],
      }),
      () => ({ sql: `SELECT DISTINCT ${key} AS k FROM ${from.text}`, columns: [] }),
      () => ({ sql: `SELECT count(DISTINCT ${key}) AS c FROM ${from.text}`, columns: [{ name: 'c', type: 'bigint' }] }),
    ])();
  },
  function namedWindows(q) {
    const from = q.base();
    const id = from.columns[0]?.name ?? 'id';
    const by = q.r.pick(plain(from.columns)).name;
    const values = plain(from.columns);
    const value = q.r.pick(values);
    const [text, type] = q.aggregate(from.columns);
    const over = `${text.replace('DISTINCT ', '')} OVER w`;
    const shown = text.includes('collect_set') ? 'count(*) OVER w' : over;
    return {
      sql: `SELECT ${id} AS c0, ${shown} AS c1, lag(${value.name}, 1) OVER (w) AS c2, row_number() OVER v AS c3 FROM ${from.text} WINDOW w AS (PARTITION BY ${by} ORDER BY ${id}), v AS (ORDER BY ${id} DESC)`,
      columns: [
        { name: 'c0', type: 'int' },
        { name: 'c1', type: text.includes('collect_set') ? 'bigint' : type },
        { name: 'c2', type: value.type },
        { name: 'c3', type: 'int' },
      ],
    };
  },
  function frames(q) {
    const from = q.base();
    const id = from.columns[0]?.name ?? 'id';
    const partition = q.r.chance(0.5) ? `PARTITION BY ${q.r.pick(plain(from.columns)).name} ` : '';
    const kind = q.r.pick(['int', 'date', 'rows', 'decimal', 'timestamp', 'double']);
    const order = kind === 'rows' ? undefined : from.columns.find((c) => c.type === kind);
    const direction = q.r.pick(['', ' DESC', ' NULLS LAST', ' DESC NULLS FIRST']);
    const [by, frame] = order
      ? [
          `${order.name}${direction}`,
          q.r.pick(
            kind === 'date'
              ? DATE_FRAMES
              : kind === 'timestamp'
                ? [
                    'RANGE BETWEEN INTERVAL 1 DAY PRECEDING AND CURRENT ROW',
                    "RANGE BETWEEN CURRENT ROW AND INTERVAL '1' HOUR FOLLOWING",
                  ]
                : NUMBER_FRAMES,
          ),
        ]
      : [id, q.r.pick(ROW_FRAMES)];
    const value = q.r.pick(plain(from.columns));
    const [call, type] = q.r.pick<[string, string]>([
      [`sum(${id})`, 'bigint'],
      ['count(*)', 'bigint'],
      [`count(${value.name})`, 'bigint'],
      [`max(${value.name})`, value.type],
      [`min(${value.name})`, value.type],
      [`avg(${id})`, 'double'],
      [`sum(${q.value(from.columns, 'decimal', 1)})`, 'decimal'],
      ...(order
        ? []
        : ([
            [`nth_value(${value.name}, 2)`, value.type],
            [`nth_value(${value.name}, 1) IGNORE NULLS`, value.type],
            [`first_value(${value.name}) IGNORE NULLS`, value.type],
            [`last_value(${value.name})`, value.type],
            [
              `array_join(transform(collect_list(${id}), n -> CAST(n AS STRING)), '')`.replace(/^(.*)$/, '$1'),
              'string',
            ],
          ] as [string, string][])),
      [`count_if(${q.value(from.columns, 'boolean', 1)})`, 'bigint'],
    ]);
    const over = `OVER (${partition}ORDER BY ${by} ${frame})`;
    const shown = call.startsWith('array_join')
      ? call.replace(/collect_list\(([^)]*)\)/, `collect_list($1) ${over}`)
      : `${call} ${over}`;
    return {
      sql: `SELECT ${id} AS c0, ${shown} AS c1 FROM ${from.text}`,
      columns: [
        { name: 'c0', type: 'int' },
        { name: 'c1', type },
      ],
    };
  },
  function windowsOverGroups(q, depth) {
    const from = q.source(depth - 1);
    const key = plain(from.columns)[1] ?? plain(from.columns)[0];
    if (!key) return { sql: `SELECT count(*) AS c0 FROM ${from.text}`, columns: [{ name: 'c0', type: 'bigint' }] };
    const total = q.r.pick([
      'sum(count(*)) OVER ()',
      `rank() OVER (ORDER BY count(*) DESC, ${key.name})`,
      `sum(count(*)) OVER (ORDER BY ${key.name})`,
      `count(*) OVER (PARTITION BY count(*))`,
      `lag(count(*)) OVER (ORDER BY ${key.name} DESC)`,
    ]);
    return {
      sql: `SELECT ${key.name} AS c0, count(*) AS c1, ${total} AS c2 FROM ${from.text} GROUP BY ${key.name}`,
      columns: [
        { name: 'c0', type: key.type },
        { name: 'c1', type: 'bigint' },
        { name: 'c2', type: 'bigint' },
      ],
    };
  },
  function ignoredNulls(q) {
    const from = q.base();
    const id = from.columns[0]?.name ?? 'id';
    const value = q.r.pick(plain(from.columns));
    const call = q.r.pick(['lag', 'lead']);
    const offset = 1 + q.r.below(2);
    return {
      sql: `SELECT ${id} AS c0, ${call}(${value.name}, ${offset}${q.r.pick(['', `, ${value.name}`])}) ${q.r.pick(['', 'IGNORE NULLS ', 'RESPECT NULLS '])}OVER (ORDER BY ${id}) AS c1 FROM ${from.text}`,
      columns: [
        { name: 'c0', type: 'int' },
        { name: 'c1', type: value.type },
      ],
    };
  },
  function noKeys(q, depth) {
    const from = q.source(depth - 1);
    const { text } = items(q, [], 2);
    const [aggregate] = q.aggregate(from.columns);
    return {
      sql: `SELECT ${text}, ${aggregate} AS a FROM ${from.text} WHERE ${q.r.pick(['false', 'true', '1 > 2'])}`,
      columns: [],
    };
  },
];
