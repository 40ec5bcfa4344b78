import { DuckDBInstance } from '@duckdb/node-api';
import { availableParallelism } from 'node:os';

/** What a user would write by hand: `make FILE ROWS` makes the CSV, `query FROM TO` does what the flow does. */
const [what, from = '', to = ''] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads: String(availableParallelism()) });
const connection = await instance.connect();

const MAKE = `COPY (
  SELECT i AS id, (i * 7919) % 200000 AS user_id, 'product-' || (i % 5000) AS product,
    round(((i * 31) % 10000) / 97.0, 2) AS price, i % 9 + 1 AS quantity,
    ['CN', 'DE', 'FR', 'IN', 'US', 'XX', 'JP', 'BR'][i % 8 + 1] AS country,
    DATE '2025-01-01' + CAST(i % 365 AS INTEGER) AS day, 'note ' || md5(CAST(i AS VARCHAR)) AS note
  FROM range(${Number(to)}) t(i)
) TO '${from}' (HEADER)`;

const QUERY = `COPY (
  SELECT country, day, count(*) AS orders, sum(price * quantity) AS amount, max(user_id) AS last
  FROM read_csv('${from}', header = true, columns = {
    'id': 'BIGINT', 'user_id': 'INTEGER', 'product': 'VARCHAR', 'price': 'DOUBLE', 'quantity': 'INTEGER',
    'country': 'VARCHAR', 'day': 'DATE', 'note': 'VARCHAR' })
  WHERE price > 20 AND country <> 'XX' GROUP BY country, day
) TO '${to}' (FORMAT parquet)`;

const began = performance.now();
await connection.run(what === 'make' ? MAKE : QUERY);
const queryMs = performance.now() - began;
console.log(JSON.stringify({ queryMs, peakKb: process.resourceUsage().maxRSS }));
