import { expression } from './expressions.js';
import { literalOf, randomTable } from './tables.js';
import type { Random } from './random.js';

/** A random query over random tables, and whether its order is promised. */
export function randomQuery(random: Random): { sql: string; ordered: boolean } {
  return { sql: random.pick(SHAPES)(random), ordered: false };
}

const people = (r: Random): string => {
  const rows = Array.from(
    { length: r.below(8) + (r.chance(0.9) ? 1 : 0) },
    (_, n) =>
      `(${n}, ${r.pick(["'a'", "'b'", "'c'", 'CAST(NULL AS STRING)'])}, ${literalOf(r, 'int', 0.2)}, ${literalOf(r, 'decimal(10,2)', 0.2)}, ${r.pick(['1.5D', '2.0D', '-3.25D', 'CAST(NULL AS DOUBLE)', '0.0D'])}, ${literalOf(r, 'date', 0.2)})`,
  );
  return rows.length === 0
    ? "(SELECT 1 AS id, 'a' AS g, 1 AS x, CAST(1 AS DECIMAL(10,2)) AS y, 1.0D AS z, DATE'2020-01-01' AS t WHERE false) AS p"
    : `(SELECT * FROM VALUES ${rows.join(', ')} AS v(id, g, x, y, z, t)) AS p`;
};
const groups = (r: Random): string =>
  `(SELECT * FROM VALUES ('a', 1, 'first'), ('b', 2, 'second'), ('d', 3, 'none'), (${r.pick(["'a'", 'NULL', "'b'"])}, 4, 'more') AS w(g, id, title)) AS q`;

const AGGREGATES = [
  'count(*)',
  'count(x)',
  'count(DISTINCT x)',
  'count(DISTINCT g, x)',
  'sum(x)',
  'sum(DISTINCT x)',
  'sum(y)',
  'avg(x)',
  'avg(y)',
  'min(x)',
  'max(g)',
  'min(t)',
  'max(y)',
  'sum(id)',
  'avg(id)',
  'sum(z)',
  'avg(z)',
  'stddev(z)',
  'var_pop(id)',
  'count_if(x > 0)',
  'bool_or(x > 0)',
  'collect_list(id)',
  'sort_array(collect_set(g))',
  'max_by(g, id)',
  'min_by(id, id)',
  'sum(x) FILTER (WHERE id > 1)',
  "count(*) FILTER (WHERE g = 'a')",
  'bit_xor(x)',
  'first(id)',
  'last(id)',
  'percentile(id, 0.5)',
  'median(id)',
  'skewness(id)',
  'kurtosis(id)',
  'corr(id, z)',
  'covar_samp(id, z)',
  'approx_percentile(id, 0.5)',
  'regr_slope(z, id)',
  'any_value(id)',
  "listagg(g, ',')",
  'sum(x + id)',
  'max(length(g))',
  'sum(CAST(x AS DOUBLE))',
  'mode(x, true)',
  'max(struct(id, g)).g',
  'first(x, true)',
];
const KEYS = ['g', 'x', 'g, x', 'upper(g)', 'x % 2', '1', 'year(t)', 'id > 2'];
const WINDOWS = [
  'row_number() OVER (PARTITION BY g ORDER BY id)',
  'rank() OVER (ORDER BY x, id)',
  'dense_rank() OVER (PARTITION BY g ORDER BY x)',
  'sum(x) OVER (PARTITION BY g)',
  'sum(x) OVER (PARTITION BY g ORDER BY id)',
  'avg(y) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING)',
  'count(*) OVER (ORDER BY id RANGE BETWEEN 2 PRECEDING AND CURRENT ROW)',
  'lag(x) OVER (ORDER BY id)',
  "lead(g, 2, 'none') OVER (ORDER BY id DESC)",
  'first_value(x) OVER (PARTITION BY g ORDER BY id)',
  'last(x, true) OVER (ORDER BY id)',
  'nth_value(id, 2) OVER (ORDER BY id)',
  'ntile(3) OVER (ORDER BY id)',
  'percent_rank() OVER (ORDER BY id)',
  'cume_dist() OVER (ORDER BY x)',
  'max(x) OVER (ORDER BY t, id ROWS UNBOUNDED PRECEDING)',
  'sum(id) OVER (ORDER BY id DESC)',
  'min(t) OVER (PARTITION BY x ORDER BY id ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING)',
  'collect_list(id) OVER (PARTITION BY g ORDER BY id)',
  'lag(x, 1) IGNORE NULLS OVER (ORDER BY id)',
];
const condition = (r: Random): string =>
  r.pick([
    'x > 0',
    "g = 'a'",
    'x IS NOT NULL',
    'y < 10',
    "g LIKE '%'",
    'id BETWEEN 1 AND 4',
    'id IN (1, 3, 5)',
    'NOT (x > 2)',
    'z <=> 1.5',
    "t >= '2000-01-01'",
    "t > DATE'1990-01-01' OR x = 1",
  ]);
const some = (r: Random, items: readonly string[], most: number): string[] =>
  Array.from({ length: 1 + r.below(most) }, () => r.pick(items));

const SHAPES: readonly ((r: Random) => string)[] = [
  (r) =>
    `SELECT ${some(r, ['*', 'id, g', 'x + 1 AS n', 'p.g', 'upper(g) AS u', 'id, x, y * 2'], 2).join(', ')} FROM ${people(r)} WHERE ${condition(r)}`,
  (r) => `SELECT DISTINCT ${r.pick(['g', 'g, x', 'x % 3', 'year(t)'])} FROM ${people(r)}`,
  (r) =>
    `SELECT ${some(r, AGGREGATES, 4)
      .map((a, i) => `${a} AS a${i}`)
      .join(', ')} FROM ${people(r)}`,
  (r) => {
    const key = r.pick(KEYS.filter((k) => k !== '1'));
    return `SELECT ${key}, ${some(r, AGGREGATES, 3)
      .map((a, i) => `${a} AS a${i}`)
      .join(
        ', ',
      )} FROM ${people(r)} ${r.chance(0.4) ? `WHERE ${condition(r)}` : ''} GROUP BY ${key} ${r.chance(0.4) ? r.pick(['HAVING count(*) > 1', 'HAVING sum(id) > 2', 'HAVING max(x) IS NOT NULL']) : ''}`;
  },
  (r) =>
    `SELECT g, x, ${r.pick(['count(*)', 'sum(id)', 'avg(y)'])} AS a, grouping_id() AS gid FROM ${people(r)} GROUP BY ${r.pick(['ROLLUP(g, x)', 'CUBE(g, x)', 'GROUPING SETS ((g), (x), ())', 'g, x WITH ROLLUP', 'g, ROLLUP(x)', 'GROUPING SETS ((g, x), g)'])}`,
  (r) =>
    `SELECT id, ${some(r, WINDOWS, 3)
      .map((w, i) => `${w} AS w${i}`)
      .join(', ')} FROM ${people(r)}`,
  (r) => `SELECT g, sum(x) AS s, rank() OVER (ORDER BY count(*) DESC, g) AS r FROM ${people(r)} GROUP BY g`,
  (r) =>
    `SELECT p.id, q.title FROM ${people(r)} ${r.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL OUTER JOIN'])} ${groups(r)} ON p.g = q.g ${r.chance(0.3) ? 'AND p.id < q.id' : ''}`,
  (r) =>
    `SELECT * FROM ${people(r)} ${r.pick(['LEFT SEMI JOIN', 'LEFT ANTI JOIN'])} ${groups(r)} ON ${r.pick(['p.g = q.g', 'p.id = q.id', 'p.g <=> q.g', 'p.id > q.id AND p.g = q.g'])}`,
  (r) =>
    `SELECT * FROM ${people(r)} ${r.pick(['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])} ${groups(r)} USING (${r.pick(['g', 'id', 'g, id'])})`,
  (r) => `SELECT * FROM ${people(r)} NATURAL ${r.pick(['JOIN', 'LEFT JOIN', 'FULL JOIN'])} ${groups(r)}`,
  (r) =>
    `SELECT p.id, q.id FROM ${people(r)} CROSS JOIN ${groups(r)} WHERE ${r.pick(['p.id = q.id', 'p.id < q.id', 'true'])}`,
  (r) =>
    `SELECT id, x FROM ${people(r)} ${r.pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT', 'EXCEPT ALL', 'INTERSECT ALL', 'MINUS'])} SELECT ${r.pick(['id, x', 'x, id', 'id, CAST(x AS BIGINT)', 'id, y', "id, 'txt'", 'id, NULL'])} FROM ${people(r)}`,
  (r) =>
    `SELECT id, g FROM ${people(r)} WHERE ${r.pick(['id', 'x'])} ${r.pick(['IN', 'NOT IN'])} (SELECT ${r.pick(['id', 'x'])} FROM ${people(r)} WHERE ${condition(r)})`,
  (r) =>
    `SELECT id FROM ${people(r)} WHERE ${r.pick(['EXISTS', 'NOT EXISTS'])} (SELECT 1 FROM ${groups(r)} WHERE q.g = p.g AND q.id > ${r.below(4)})`,
  (r) =>
    `SELECT id, (SELECT ${r.pick(['max(q.id)', 'count(*)', 'sum(q.id)', 'min(title)'])} FROM ${groups(r)} WHERE q.g = p.g) AS sub FROM ${people(r)}`,
  (r) =>
    `WITH a AS (SELECT g, sum(id) AS s FROM ${people(r)} GROUP BY g), b(k, v) AS (SELECT g, s FROM a WHERE s > 1) SELECT a.g, b.v FROM a LEFT JOIN b ON a.g = b.k`,
  (r) =>
    `SELECT id, v FROM (SELECT *, ${r.pick(['array(x, id)', 'array(1, NULL)', "split(coalesce(g, 'a,b'), ',')", 'CAST(NULL AS ARRAY<INT>)', 'filter(array(x), y -> y > 0)'])} AS xs FROM ${people(r)}) LATERAL VIEW ${r.pick(['', 'OUTER '])}explode(xs) e AS v`,
  (r) =>
    `SELECT id, pos, v FROM ${people(r)} LATERAL VIEW ${r.pick(['', 'OUTER '])}posexplode(array(g, 'z')) e AS pos, v WHERE v IS NOT NULL`,
  (r) =>
    `SELECT id, ${r.pick(['explode(array(x, 0))', 'posexplode(array(g))', "explode(map('k', x, 'l', id))", 'inline(array(struct(id AS a, g AS b)))', 'stack(2, id, x, x, id)', "json_tuple('{\"a\":1,\"b\":null}', 'a', 'b')", 'explode_outer(CAST(NULL AS ARRAY<INT>))'])} FROM ${people(r)}`,
  (r) =>
    `SELECT id, x FROM ${people(r)} ORDER BY ${r.pick(['id', 'x DESC, id', 'g, id DESC', 'x NULLS LAST, id', '2 DESC, 1', 'length(g), id', 'y, id'])} LIMIT ${r.below(5)} ${r.chance(0.3) ? `OFFSET ${r.below(3)}` : ''}`,
  (r) =>
    `SELECT * FROM (SELECT g, x FROM ${people(r)}) PIVOT (${r.pick(['sum(x)', 'count(x)', 'max(x) AS m', 'sum(x) AS s, count(*) AS c'])} FOR g IN (${r.pick(["'a', 'b'", "'a' AS one, 'b' AS two, 'c'"])}))`,
  (r) =>
    `SELECT * FROM (SELECT id, x, CAST(id * 2 AS INT) AS w FROM ${people(r)}) UNPIVOT ${r.pick(['', 'INCLUDE NULLS '])}(v FOR k IN (${r.pick(['x, w', 'x AS xx, w AS ww'])}))`,
  (r) => `SELECT x, count(*) FROM ${people(r)} GROUP BY ALL`,
  (r) => `SELECT id * 2 AS d, d + 1 AS e FROM ${people(r)}`,
  (r) => `SELECT * EXCEPT (x, y) FROM ${people(r)}`,
  (r) => `SELECT id, q2.n FROM ${people(r)}, LATERAL (SELECT count(*) AS n FROM ${groups(r)} WHERE q.id <= p.id) AS q2`,
  (r) => `SELECT g, count(*) AS c FROM ${people(r)} GROUP BY g ORDER BY c DESC, g LIMIT 2`,
  (r) => `WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ${1 + r.below(5)}) SELECT k FROM n`,
  (r) =>
    `SELECT ${expression(r, r.pick(['int', 'string', 'boolean']), 2)} AS k, count(*) AS c FROM ${randomTable(r, 5)} GROUP BY 1`,
];
