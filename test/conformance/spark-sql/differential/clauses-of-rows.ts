import { bare, items, plain, select, type Clause } from './clauses.js';
import { WORDS } from './query-values.js';

/** Subqueries, common table expressions, sets, order, and what SELECT itself can say. */
export const ROWS: readonly Clause[] = [
  function aliases(q, depth) {
    const from = q.source(depth - 1);
    const type = q.r.pick(WORDS);
    const value = q.value(from.columns, type, 1);
    const over = [{ name: 'first_of', type }];
    return {
      sql: `SELECT ${value} AS first_of, ${q.value(over, q.r.pick(WORDS), 2)} AS second_of, ${q.value([...over, ...from.columns], 'boolean', 1)} AS third_of FROM ${from.text}`,
      columns: over,
    };
  },
  function stars(q) {
    const from = q.base();
    const alias = from.columns[0]?.name.split('.')[0] ?? '';
    const some = plain(from.columns).slice(1, 3).map(bare).join(', ') || 'id';
    return q.r.pick([
      () => ({ sql: `SELECT * EXCEPT (${some}) FROM ${from.text}`, columns: [] }),
      () => ({ sql: `SELECT ${alias}.*, 1 AS one FROM ${from.text}`, columns: [] }),
      () => ({ sql: `SELECT ${alias}.* EXCEPT (${some}), ${alias}.id FROM ${from.text}`, columns: [] }),
      () => ({ sql: `SELECT s.* FROM (SELECT struct(*) AS s FROM ${from.text})`, columns: [] }),
      () => ({
        sql: `SELECT count(*), count(DISTINCT *), hash(*), concat_ws('-', ${alias}.id, *) FROM (SELECT id, id + 1 AS n FROM ${from.text}) AS ${alias} GROUP BY ALL`,
        columns: [],
      }),
      () => ({
        sql: `SELECT concat_ws('-', *), hash(*), struct(*), coalesce(*) FROM (SELECT id, ${q.value(from.columns, 'int', 1)} AS n FROM ${from.text}) AS ${alias}`,
        columns: [],
      }),
      () => ({ sql: `SELECT *, * FROM ${from.text}`, columns: [] }),
      () => ({
        sql: `SELECT named_struct('a', ${alias}.id, 'b', array(${alias}.id)).* FROM ${from.text}`,
        columns: [],
      }),
      () => ({
        sql: `SELECT array(${alias}.*) FROM (SELECT id, id + 1 AS n FROM ${from.text}) AS ${alias}`,
        columns: [],
      }),
    ])();
  },
  function unnamed(q) {
    const from = q.base();
    const shown = Array.from({ length: 2 }, () => q.value(from.columns, q.r.pick(WORDS), 2)).join(', ');
    return { sql: `SELECT ${shown} FROM ${from.text}`, columns: [] };
  },
  function scalarSubqueries(q) {
    const [a, b] = [q.base(), q.base()];
    const [outer, inner] = [a.columns[0]?.name, b.columns[0]?.name];
    const [text, type] = q.aggregate(b.columns);
    const key = a.columns.find((c) =>
      b.columns.some((d) => bare(d) === bare(c) && c.type !== 'array' && bare(c) !== 'id'),
    );
    const match = key
      ? `${b.columns.find((c) => bare(c) === bare(key))?.name} ${q.r.pick(['=', '<=>'])} ${key.name}`
      : `${inner} = ${outer}`;
    return {
      sql: `SELECT ${outer} AS c0, (SELECT ${text} FROM ${b.text} WHERE ${match}) AS c1, ${outer} + (SELECT count(*) FROM ${b.text} WHERE ${inner} < 2) AS c2 FROM ${a.text}`,
      columns: [
        { name: 'c0', type: 'int' },
        { name: 'c1', type },
        { name: 'c2', type: 'bigint' },
      ],
    };
  },
  function membership(q) {
    const [a, b] = [q.base(), q.base()];
    const pairs = plain(a.columns).flatMap((c) =>
      plain(b.columns)
        .filter((d) => d.type === c.type)
        .map((d) => [c, d] as const),
    );
    const [one, two] = [q.r.pick(pairs), q.r.pick(pairs)];
    const { r } = q;
    const tests = [
      `${one[0].name} ${r.pick(['IN', 'NOT IN'])} (SELECT ${one[1].name} FROM ${b.text})`,
      `(${one[0].name}, ${two[0].name}) ${r.pick(['IN', 'NOT IN'])} (SELECT ${one[1].name}, ${two[1].name} FROM ${b.text})`,
      `${r.pick(['EXISTS', 'NOT EXISTS'])} (SELECT * FROM ${b.text} WHERE ${one[0].name} = ${one[1].name} AND ${two[0].name} ${r.pick(['<', '!='])} ${two[1].name})`,
      `${one[0].name} ${r.pick(['IN', 'NOT IN'])} (SELECT ${one[1].name} FROM ${b.text} WHERE ${two[0].name} = ${two[1].name})`,
      `${one[0].name} = (SELECT max(${one[1].name}) FROM ${b.text})`,
    ];
    const test = r.chance(0.3) ? `(${r.pick(tests)} OR ${q.value(a.columns, 'boolean', 1)})` : r.pick(tests);
    return select(q, a, ` WHERE ${test}`);
  },
  function ctes(q, depth) {
    const [a, b] = [q.query(depth - 2), q.query(depth - 2)];
    if (a.columns.length === 0 || b.columns.length === 0) return a;
    const [x, y] = [q.name('c'), q.name('c')];
    const names = a.columns.map((_, i) => `p${i}`);
    const columns = [
      ...a.columns.map((c, i) => ({ name: `${x}.p${i}`, type: c.type })),
      ...b.columns.map((c) => ({ ...c, name: `${y}.${c.name}` })),
    ];
    const { text, columns: made } = items(q, columns);
    return {
      sql: `WITH ${x}(${names.join(', ')}) AS (${a.sql}), ${y} AS (${b.sql}) SELECT ${text} FROM ${x} ${q.r.pick(['CROSS JOIN', 'LEFT SEMI JOIN'])} ${y}`.replace(
        /LEFT SEMI JOIN (\w+)$/,
        'CROSS JOIN (SELECT * FROM $1) AS $1',
      ),
      columns: made,
    };
  },
  function nestedCtes(q) {
    const from = q.base();
    const { text, columns } = items(q, from.columns);
    return {
      sql: `WITH w AS (SELECT ${text} FROM ${from.text}), v AS (WITH w AS (SELECT * FROM w WHERE c0 IS NOT NULL) SELECT * FROM w) SELECT * FROM v UNION ALL SELECT * FROM w`,
      columns,
    };
  },
  function recursion(q) {
    const { r } = q;
    const from = q.base();
    const id = from.columns[0]?.name ?? 'id';
    return r.pick([
      () => ({
        sql: `WITH RECURSIVE n(k, s) AS (SELECT 1, 'a' UNION ALL SELECT k + 1, concat(s, k) FROM n WHERE k < ${2 + r.below(4)}) SELECT * FROM n`,
        columns: [
          { name: 'k', type: 'int' },
          { name: 's', type: 'string' },
        ],
      }),
      () => ({
        sql: `WITH RECURSIVE n AS (SELECT ${id} AS k, 0 AS depth FROM ${from.text} UNION ALL SELECT k - 1, depth + 1 FROM n WHERE k > 0 AND depth < 3) SELECT k, count(*) AS c, max(depth) AS d FROM n GROUP BY k`,
        columns: [
          { name: 'k', type: 'int' },
          { name: 'c', type: 'bigint' },
          { name: 'd', type: 'int' },
        ],
      }),
      () => ({
        sql: `WITH RECURSIVE f(a, b) AS (VALUES (0L, 1L) UNION ALL SELECT b, a + b FROM f WHERE b < ${10 + r.below(90)}) SELECT a FROM f`,
        columns: [{ name: 'a', type: 'bigint' }],
      }),
      () => ({
        sql: `WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT m.k + v.x FROM n AS m JOIN (SELECT 2 AS x) AS v ON m.k < 9) SELECT sum(k) AS k FROM n`,
        columns: [{ name: 'k', type: 'bigint' }],
      }),
    ])();
  },
  function chains(q) {
    const from = Array.from({ length: 3 }, () => q.base());
    const type = q.r.pick(WORDS);
    const parts = from.map(
      ({ text, columns }) =>
        `SELECT ${q.value(columns, type, q.r.below(2))} AS c0, ${q.value(columns, 'int', 1)} AS c1 FROM ${text}`,
    );
    const word = (): string =>
      q.r.pick([
        'UNION',
        'UNION ALL',
        'EXCEPT',
        'INTERSECT',
        'EXCEPT ALL',
        'INTERSECT ALL',
        'MINUS',
        'UNION DISTINCT',
        'MINUS ALL',
      ]);
    const sql = q.r.pick([
      `${parts[0]} ${word()} ${parts[1]} ${word()} ${parts[2]}`,
      `(${parts[0]} ${word()} ${parts[1]}) ${word()} ${parts[2]}`,
      `${parts[0]} ${word()} (${parts[1]} ${word()} ${parts[2]})`,
      `(${parts[0]} ORDER BY 1, 2 LIMIT 2) ${word()} ${parts[1]}`,
      `${parts[0]} ${word()} ${parts[1]} ORDER BY c1 DESC, c0 LIMIT 3`,
    ]);
    return {
      sql,
      columns: [
        { name: 'c0', type },
        { name: 'c1', type: 'int' },
      ],
    };
  },
  function arrangedRows(q, depth) {
    const inner = q.query(depth - 1);
    const column = inner.columns[0]?.name;
    if (column === undefined) return inner;
    const tail = q.r.pick([
      `DISTRIBUTE BY ${column}`,
      `SORT BY ${column}`,
      `CLUSTER BY ${column}`,
      `DISTRIBUTE BY ${column} SORT BY ${column} DESC`,
    ]);
    return {
      sql: `SELECT ${q.r.pick(['', '/*+ REPARTITION(3) */ ', '/*+ BROADCAST(z), COALESCE(1) */ '])}* FROM (${inner.sql}) AS z ${tail}`,
      columns: inner.columns,
    };
  },
  function orders(q) {
    const from = q.base();
    const id = from.columns[0]?.name ?? 'id';
    const { text, columns } = items(q, from.columns);
    const by = q.r.pick([
      `${q.value(from.columns, q.r.pick(WORDS), 1)} DESC, ${id}`,
      `c0 NULLS LAST, ${id} DESC`,
      `length(CAST(c0 AS STRING)), ${id}`,
      `1 DESC NULLS FIRST, ${id}`,
      `CASE WHEN ${q.value(from.columns, 'boolean', 1)} THEN 1 ELSE 0 END, ${id}`,
    ]);
    return {
      sql: `SELECT ${text} FROM ${from.text} ORDER BY ${by} LIMIT ${q.r.pick(['2', '1 + 1', 'ALL', '0', '3 OFFSET 1'])}`,
      columns,
    };
  },
  function ordersOfGroups(q) {
    const from = q.base();
    const key = q.r.pick(plain(from.columns));
    const [text, type] = q.aggregate(from.columns);
    return {
      sql: `SELECT ${key.name} AS c0, ${text} AS c1 FROM ${from.text} GROUP BY ${key.name} ORDER BY count(*) DESC, ${key.name} LIMIT ${1 + q.r.below(3)}`,
      columns: [
        { name: 'c0', type: key.type },
        { name: 'c1', type },
      ],
    };
  },
  function distinctOrder(q) {
    const from = q.base();
    const { text, columns } = items(q, from.columns);
    return {
      sql: `SELECT DISTINCT ${text} FROM ${from.text} ORDER BY ${columns.map((c, i) => (i % 2 ? `${c.name} DESC` : c.name)).join(', ')} LIMIT 3`,
      columns,
    };
  },
  function captured(q) {
    const from = q.base();
    const list = from.columns.find((c) => c.type === 'array')?.name ?? 'array(1, NULL, 3)';
    const of = (type: string): string => q.value(from.columns, type, 1);
    return {
      sql: `SELECT transform(${list}, (n, i) -> n + i * ${of('int')}) AS c0, aggregate(${list}, CAST(0 AS BIGINT), (a, n) -> a + coalesce(n, ${of('int')}), a -> a = ${of('bigint')}) AS c1, filter(array(${of('string')}, ${of('string')}), n -> n > ${of('string')}) AS c2, exists(${list}, n -> exists(array(1, 2), m -> m = n)) AS c3 FROM ${from.text}`,
      columns: [
        { name: 'c1', type: 'boolean' },
        { name: 'c3', type: 'boolean' },
      ],
    };
  },
  function namedArguments(q) {
    const from = q.base();
    const of = (type: string): string => q.value(from.columns, type, 1);
    return {
      sql: `SELECT mask(str => ${of('string')}, lowerChar => 'q') AS c0, mask(${of('string')}, digitChar => '9', upperChar => ${q.r.pick(["'U'", 'NULL'])}) AS c1 FROM ${from.text}`,
      columns: [
        { name: 'c0', type: 'string' },
        { name: 'c1', type: 'string' },
      ],
    };
  },
  function generatorItems(q) {
    const from = q.base();
    const of = (type: string): string => q.value(from.columns, type, 1);
    const call = q.r.pick([
      `explode(array(${of('int')}, ${of('int')}))`,
      `explode_outer(filter(array(${of('int')}), n -> n > 1)) AS v`,
      `posexplode(array(${of('string')})) AS (p, v)`,
      `inline(array(struct(${of('int')} AS a, ${of('date')} AS b))) AS (x, y)`,
      `stack(2, ${of('int')}, ${of('string')}, NULL, 'z') AS (m, n)`,
      `json_tuple('{"a":{"b":1},"c":[1,"x"]}', 'a', 'c') AS (m, n)`,
      `explode(map(${of('int')}, 1)) AS (k, v)`,
    ]);
    return {
      sql: `SELECT ${from.columns[0]?.name} AS c0, ${call} FROM ${from.text}`,
      columns: [{ name: 'c0', type: 'int' }],
    };
  },
  function quantified(q) {
    const from = q.base();
    const of = (type: string): string => q.value(from.columns, type, 1);
    return select(
      q,
      from,
      ` WHERE ${q.r.pick([`${of('string')} LIKE ${q.r.pick(['ANY', 'ALL', 'SOME'])} ('%a%', '', '_')`, `${of('string')} NOT LIKE ALL ('a%', NULL)`, `${of('int')} IS DISTINCT FROM ${of('bigint')}`, `${of('boolean')} IS NOT FALSE`, `${of('boolean')} IS UNKNOWN`, `NOT ${of('int')} BETWEEN ${of('int')} AND ${of('double')}`, `${of('string')} RLIKE '^[a-c]'`])}`,
    );
  },
];
