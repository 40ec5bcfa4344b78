import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from '../connect.js';
import { parseJdbcUrl } from '../jdbc-url.js';
import { readers } from '../piflow/readers.js';
import { tableRead } from '../stops/table-read.js';
import { tableWrite } from '../stops/table-write.js';
import type { ServerTarget } from '../target.js';
import { prestoServer } from '../testing/presto-server.js';

const OPTIONS = { timeoutMs: 2000, signal: new AbortController().signal };
let server: Awaited<ReturnType<typeof prestoServer>>;
beforeAll(async () => {
  server = await prestoServer('right');
});
afterAll(() => server.close());

const url = () => `jdbc:lk://127.0.0.1:${server.port}/memory/main`;
const target = (more: object = {}) => ({ ...parseJdbcUrl(url(), 'me', 'right'), ...more }) as ServerTarget;
const reader = (name: string) => {
  const found = readers.find((each) => each.name.endsWith(name));
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};
const ask = async (sql: string) =>
  (await runStop(reader('OpenLooKengRead'), { properties: { url: url(), user: 'me', password: 'right', sql } })).outputs['']; // prettier-ignore

test('each type comes as it is, with every digit, over several pages', async () => {
  const values = `true AS b, (-128)::TINYINT AS t, 9223372036854775807::BIGINT AS big, 1.5::FLOAT AS r, 'NaN'::DOUBLE AS d,
    '12345678901234567890.0100'::DECIMAL(38,4) AS m, '张伟 😀' AS s, date '2024-02-29' AS day, timestamp '2024-02-29 01:02:03.004' AS at,
    timestamptz '2024-02-29 08:00:00+08' AS z, '\\x00\\xFF'::BLOB AS x, [1, 2] AS l, NULL::INTEGER AS n`;
  expect(await ask(`SELECT ${values}`)).toEqual({
    columns: [
      ['b', 'boolean'], ['t', 'tinyint'], ['big', 'bigint'], ['r', 'float'], ['d', 'double'], ['m', 'decimal(38,4)'], ['s', 'string'],
      ['day', 'date'], ['at', 'timestamp_ntz'], ['z', 'timestamp'], ['x', 'binary'], ['l', 'string'], ['n', 'int'],
    ], // prettier-ignore
    rows: [[true, -128, 9223372036854775807n, 1.5, NaN, '12345678901234567890.0100', '张伟 😀', 19782, 1_709_168_523_004_000n,
            1_709_164_800_000_000n, new Uint8Array([0, 255]), '[1,2]', null]], // prettier-ignore
  });
  const many = await ask('SELECT range::INTEGER AS id FROM range(3500)');
  expect(new Set(many?.rows.map(([id]) => id)).size).toBe(3500);
});

test('a query that fails is told with its reason, and one that is left is ended', async () => {
  await expect(ask('SELECT * FROM nope')).rejects.toMatchObject({
    reason: 'QUERY_FAILED',
    message: expect.stringContaining('nope') as string,
  });
  const connection = await connectTarget(target(), OPTIONS);
  const reading = await connection.read?.({ query: 'SELECT * FROM range(9000)' });
  const before = server.ended.length;
  for await (const rows of reading?.rows() ?? []) {
    expect(rows.length).toBe(1000);
    break;
  }
  expect(server.ended.length).toBe(before + 1);
});

test('tables are read with columns, a condition and a limit; it is browsed, and not written', async () => {
  await server.database.run('CREATE TABLE orders AS SELECT range::INTEGER AS id FROM range(9)');
  const datasources = { db: () => connectTarget(target(), OPTIONS) };
  const properties = { datasource: 'db', table: 'memory.main.orders', columns: 'id', where: 'id > 3', limit: 2 };
  const { outputs } = await runStop(tableRead, { properties, datasources });
  expect(outputs['']?.rows).toEqual([[4], [5]]); // prettier-ignore
  expect(server.asked).toContain('SELECT "id" FROM "memory"."main"."orders" WHERE id > 3 LIMIT 2');
  const connection = await datasources.db();
  expect(await connection.about()).toEqual({ product: 'openLooKeng', version: '316' });
  expect((await connection.browse(['memory', 'main', 'orders'], 9)).map(({ name, type }) => [name, type])).toEqual([
    ['id', 'INTEGER'],
  ]);
  const inputs = { '': { columns: [['id', 'int']], rows: [[1]] } } as const;
  const written = runStop(tableWrite, { properties: { datasource: 'db', table: 'x' }, inputs, datasources });
  await expect(written).rejects.toMatchObject({ reason: 'NOT_IMPLEMENTED' });
});

test.each([
  ['name', { host: 'no-such-host.invalid' }, 'CONNECTION_FAILED'],
  ['connect', { port: 1 }, 'CONNECTION_FAILED'],
  ['tls', { tls: 'verify' }, 'CONNECTION_FAILED'],
  ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
])('a wrong %s is told as that step, without the password', async (step, more, reason) => {
  const error: unknown = await connectTarget(target(more), OPTIONS).catch((each: unknown) => each);
  expect(error).toMatchObject({ reason, details: { step } });
  expect((error as Error).message).not.toContain('hunter2');
});
