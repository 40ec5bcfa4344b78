import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { median, type Bench } from './figure.js';

const ROWS = 5_000_000;
const ROUNDS = 5;

/** Typical queries as a Spark user writes them, and by hand for DuckDB. */
const PAIRS: readonly (readonly [name: string, spark: string, duckdb: string])[] = [
  [
    'filter and group (the fused flow)',
    "SELECT country, day, count(*) AS n, sum(price * quantity) AS s FROM o WHERE price > 20 AND country <> 'XX' GROUP BY country, day",
    "SELECT country, day, count(*) n, sum(price * quantity) s FROM o WHERE price > 20 AND country <> 'XX' GROUP BY country, day",
  ],
  [
    'arithmetic',
    'SELECT sum(id + 1) AS a, sum(quantity * 2 - 1) AS b, avg(price * 1.1D) AS c FROM o',
    'SELECT sum(id + 1) a, sum(quantity * 2 - 1) b, avg(price * 1.1::DOUBLE) c FROM o',
  ],
  [
    'division',
    'SELECT avg(price / quantity) AS a, max(id % 7) AS b FROM o',
    'SELECT avg(price / quantity) a, max(id % 7) b FROM o',
  ],
  [
    'strings',
    "SELECT upper(country) AS c, count(DISTINCT substring(product, 9)) AS n FROM o WHERE product LIKE 'product-1%' GROUP BY upper(country)",
    "SELECT upper(country) c, count(DISTINCT substring(product, 9)) n FROM o WHERE product LIKE 'product-1%' GROUP BY upper(country)",
  ],
  [
    'casts of strings',
    'SELECT sum(CAST(substring(product, 9) AS INT)) AS s FROM o',
    'SELECT sum(TRY_CAST(substring(product, 9) AS INTEGER)) s FROM o',
  ],
  [
    'dates',
    'SELECT year(day) AS y, month(day) AS m, count(*) AS n, max(date_add(day, 30)) AS d FROM o GROUP BY year(day), month(day)',
    'SELECT year(day) y, month(day) m, count(*) n, max(day + 30) d FROM o GROUP BY ALL',
  ],
  [
    'date_format',
    "SELECT date_format(day, 'yyyy-MM') AS m, sum(price) AS s FROM o GROUP BY 1",
    "SELECT strftime(day, '%Y-%m') m, sum(price) s FROM o GROUP BY 1",
  ],
  [
    'case',
    'SELECT sum(CASE WHEN price > 50 THEN 1 WHEN price > 20 THEN 2 ELSE 0 END) AS s FROM o',
    'SELECT sum(CASE WHEN price > 50 THEN 1 WHEN price > 20 THEN 2 ELSE 0 END) s FROM o',
  ],
  [
    'join',
    'SELECT c.name, sum(o.price) AS s FROM o JOIN c ON o.country = c.code GROUP BY c.name',
    'SELECT c.name, sum(o.price) s FROM o JOIN c ON o.country = c.code GROUP BY c.name',
  ],
  [
    'window',
    'SELECT max(r) AS m FROM (SELECT row_number() OVER (PARTITION BY user_id ORDER BY id) AS r FROM o WHERE id < 1000000)',
    'SELECT max(r) m FROM (SELECT row_number() OVER (PARTITION BY user_id ORDER BY id NULLS FIRST) r FROM o WHERE id < 1000000)',
  ],
  [
    'distinct and order',
    'SELECT DISTINCT country, product FROM o ORDER BY country, product LIMIT 100',
    'SELECT DISTINCT country, product FROM o ORDER BY country NULLS FIRST, product NULLS FIRST LIMIT 100',
  ],
];

async function time(connection: DuckDBConnection, sql: string): Promise<number> {
  const began = performance.now();
  await connection.runAndReadAll(sql);
  return performance.now() - began;
}

/** What Spark's meaning costs at run time beside SQL written by hand for DuckDB. */
export const bench: Bench = {
  name: 'sql-cost',
  about: `Spark SQL beside hand-written DuckDB SQL of the same meaning, ${ROWS / 1e6} M rows`,
  async run() {
    const { prepareInstance, translateQuery } = await import('@sluice/engine-duckdb/sql');
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    await prepareInstance(connection);
    await connection.run(`CREATE TABLE o AS SELECT i AS id, CAST((i * 7919) % 200000 AS INTEGER) AS user_id, 'product-' || (i % 5000) AS product,
      round(((i * 31) % 10000) / 97.0, 2)::DOUBLE AS price, CAST(i % 9 + 1 AS INTEGER) AS quantity,
      ['CN', 'DE', 'FR', 'IN', 'US', 'XX', 'JP', 'BR'][i % 8 + 1] AS country, DATE '2025-01-01' + CAST(i % 365 AS INTEGER) AS day FROM range(${ROWS}) t(i)`);
    await connection.run(
      "CREATE TABLE c AS SELECT * FROM (VALUES ('CN', 'China'), ('DE', 'Germany'), ('FR', 'France'), ('US', 'America')) t(code, name)",
    );
    const column = (name: string, type: string): { name: string; type: string } => ({ name, type });
    const views = [
      {
        name: 'o',
        relation: 'o',
        columns: [
          column('id', 'bigint'),
          column('user_id', 'int'),
          column('product', 'string'),
          column('price', 'double'),
          column('quantity', 'int'),
          column('country', 'string'),
          column('day', 'date'),
        ],
      },
      { name: 'c', relation: 'c', columns: [column('code', 'string'), column('name', 'string')] },
    ];
    const figures = [];
    let [ours, hand] = [0, 0];
    for (const [name, spark, duckdb] of PAIRS) {
      const { sql } = translateQuery(spark, views, { zone: 'UTC', ansi: false });
      const [a, b]: [number[], number[]] = [[], []];
      await time(connection, duckdb);
      for (let i = 0; i < ROUNDS; i++) {
        a.push(await time(connection, sql));
        b.push(await time(connection, duckdb));
      }
      ours += median(a);
      hand += median(b);
      figures.push({ figure: name, value: median(a) / median(b), unit: 'x', target: '' });
    }
    connection.closeSync();
    return [...figures, { figure: 'all in sum', value: ours / hand, unit: 'x', target: '<= 1.15' }];
  },
};
