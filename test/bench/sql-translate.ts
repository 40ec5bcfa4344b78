import { spawnSync } from 'node:child_process';
import { median, type Bench } from './figure.js';

const TABLE = 'o.id, o.customer, o.product, o.price, o.quantity, o.day';
const LONG = `WITH recent AS (
  SELECT ${TABLE}, o.price * o.quantity AS amount
  FROM orders o
  WHERE o.day >= '2024-01-01' AND o.quantity > 0
),
ranked AS (
  SELECT r.*,
    row_number() OVER (PARTITION BY r.customer ORDER BY r.day DESC) AS newest,
    sum(r.amount) OVER (PARTITION BY r.customer ORDER BY r.day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS week
  FROM recent r
)
SELECT
  c.name,
  upper(trim(c.city)) AS city,
  coalesce(p.category, 'none') AS category,
  CASE
    WHEN sum(k.amount) > 10000 THEN 'gold'
    WHEN sum(k.amount) > 1000 THEN 'silver'
    ELSE 'plain'
  END AS class,
  count(*) AS orders,
  count(DISTINCT k.product) AS products,
  sum(k.amount) AS amount,
  avg(k.price) AS price,
  max(k.week) AS best_week,
  min(to_date(k.day)) AS first_day,
  date_format(max(k.day), 'yyyy-MM') AS last_month,
  regexp_replace(max(c.phone), '[^0-9]', '') AS phone
FROM ranked k
JOIN customers c ON k.customer = c.id
LEFT JOIN products p ON k.product = p.id
LEFT JOIN stock s ON s.product = p.id AND s.amount > 0
WHERE k.newest <= 10
  AND c.city IN ('Paris', 'Berlin', 'Tokyo')
  AND (p.category IS NULL OR p.category LIKE 'A%')
GROUP BY c.name, c.city, p.category
HAVING count(*) > 1 AND sum(k.amount) > 0
ORDER BY amount DESC, c.name
LIMIT 100`;

/** What a fresh process with DuckDB loads, and the first query; run by itself so that nothing else is warm. */
const FIRST = `
await import('@duckdb/node-api');
const before = process.memoryUsage().rss;
const began = performance.now();
const { translateQuery } = await import('@sluice/engine-duckdb/sql');
const loaded = performance.now();
translateQuery('SELECT 1', [], { zone: 'UTC', ansi: false });
console.log(JSON.stringify({ load: loaded - began, first: performance.now() - loaded, rss: (process.memoryUsage().rss - before) / 1e6 }));`;

interface Cold {
  readonly load: number;
  readonly first: number;
  readonly rss: number;
}

function cold(script: string): Cold {
  const runs = Array.from({ length: 5 }, () => {
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
    });
    if (run.status !== 0) throw new Error(run.stderr);
    return JSON.parse(run.stdout) as Cold;
  });
  const of = (key: keyof Cold): number => median(runs.map((run) => run[key]));
  return { load: of('load'), first: of('first'), rss: of('rss') };
}

/** What it costs to say Spark SQL in DuckDB's words. */
export const bench: Bench = {
  name: 'sql-translate',
  about: 'translating a 40-line query with 3 joins and 2 windows, and 1,000 short conditions',
  async run() {
    const { translateCondition, translateQuery } = await import('@sluice/engine-duckdb/sql');
    const column = (name: string, type: string): { name: string; type: string } => ({ name, type });
    const views = [
      {
        name: 'orders',
        relation: '"orders"',
        columns: [
          column('id', 'bigint'),
          column('customer', 'bigint'),
          column('product', 'bigint'),
          column('price', 'decimal(10,2)'),
          column('quantity', 'int'),
          column('day', 'date'),
        ],
      },
      {
        name: 'customers',
        relation: '"customers"',
        columns: [
          column('id', 'bigint'),
          column('name', 'string'),
          column('city', 'string'),
          column('phone', 'string'),
        ],
      },
      { name: 'products', relation: '"products"', columns: [column('id', 'bigint'), column('category', 'string')] },
      { name: 'stock', relation: '"stock"', columns: [column('product', 'bigint'), column('amount', 'int')] },
    ];
    const options = { zone: 'UTC', ansi: false };
    const long = Array.from({ length: 100 }, () => {
      const began = performance.now();
      translateQuery(LONG, views, options);
      return performance.now() - began;
    });
    const columns = [column('age', 'int'), column('name', 'string'), column('price', 'double'), column('day', 'date')];
    const began = performance.now();
    for (let i = 0; i < 1000; i++)
      translateCondition(`age > ${i} AND name LIKE 'a%' AND price / 2 < ${i}.5`, columns, options);
    const each = (performance.now() - began) / 1000;
    const layer = cold(FIRST);
    return [
      { figure: 'query of 40 lines, median of 100', value: median(long), unit: 'ms', target: '<= 5' },
      { figure: 'short conditions', value: 1000 / each, unit: 'a second', target: '>= 1000' },
      { figure: 'loading the layer, beyond DuckDB', value: layer.load, unit: 'ms', target: '<= 50' },
      { figure: 'memory of the layer, beyond DuckDB', value: layer.rss, unit: 'MB', target: '<= 15' },
      { figure: 'the first query of a process', value: layer.first, unit: 'ms', target: '' },
    ];
  },
};
