import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from '../connect.js';
import { parseJdbcUrl } from '../jdbc-url.js';
import { query } from '../stops/query.js';
import { tableRead } from '../stops/table-read.js';
import { tableWrite } from '../stops/table-write.js';
import type { ServerTarget } from '../target.js';
import { GOLDEN } from '../testing/golden.js';
import { tdsServer } from '../testing/tds-server.js';

const OPTIONS = { timeoutMs: 3000, signal: new AbortController().signal };
let server: Awaited<ReturnType<typeof tdsServer>>;
beforeAll(async () => {
  server = await tdsServer('right');
});
afterAll(() => server.close());

const target = (more: Partial<ServerTarget> = {}) =>
  ({ ...parseJdbcUrl(`jdbc:sqlserver://127.0.0.1:${server.port};databaseName=shop`, 'sa', 'right'), ...more }) as ServerTarget; // prettier-ignore
const datasources = { db: () => connectTarget(target(), OPTIONS) };
const write = (table: string, rows: Table, more: Record<string, unknown> = {}) =>
  runStop(tableWrite, { properties: { datasource: 'db', table, ...more }, inputs: { '': rows }, datasources });
const read = async (table: string, more: Record<string, unknown> = {}) =>
  (await runStop(tableRead, { properties: { datasource: 'db', table, ...more }, datasources })).outputs[''];
const ask = async (sql: string) =>
  (await runStop(query, { properties: { datasource: 'db', query: sql }, datasources })).outputs[''];
const people = (...rows: Table['rows'][number][]): Table => ({
  columns: [['id', 'int'], ['name', 'string']], // prettier-ignore
  rows,
});

test('the golden table comes back as it went; SQL Server has no signed type of one byte', async () => {
  await write('golden', GOLDEN);
  const columns = GOLDEN.columns.map(([name, type]) => [name, type === 'tinyint' ? 'smallint' : type]);
  expect(await ask('SELECT * FROM golden ORDER BY id')).toEqual({ columns, rows: GOLDEN.rows });
});

test('each mode does what it says, and a failure leaves what was there', async () => {
  await write('people', people([1, 'Ada']));
  await write('people', people([2, 'Bo']));
  await expect(write('people', people([3, 'Cy']), { mode: 'error' })).rejects.toMatchObject({ reason: 'TABLE_EXISTS' });
  expect(await ask('SELECT * FROM people ORDER BY id')).toEqual(people([1, 'Ada'], [2, 'Bo']));
  const datasource = await connectTarget(target(), OPTIONS);
  await datasource.execute?.('CREATE TABLE [keyed] ([id] INT PRIMARY KEY, [name] NVARCHAR(MAX))');
  await datasource.close();
  await write('keyed', people([9, 'here']));
  for (const mode of ['append', 'overwrite']) {
    await expect(write('keyed', people([1, 'a'], [1, 'b']), { mode })).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
    });
    expect((await read('keyed'))?.rows).toEqual([[9, 'here']]);
  }
  await expect(write('bad', { columns: [['x', 'double']], rows: [[NaN]] })).rejects.toMatchObject({
    reason: 'DATA_INVALID',
    message: expect.stringContaining("column 'x'") as string,
  });
});

test('upsert replaces the rows of equal keys by MERGE', async () => {
  await write('kept', people([1, 'Ada'], [2, 'Bo']), { mode: 'upsert', keys: 'id' });
  for (let i = 0; i < 2; i++) await write('kept', people([2, 'Bob'], [3, 'Cy']), { mode: 'upsert', keys: 'id' });
  expect(await ask('SELECT * FROM kept ORDER BY id')).toEqual(people([1, 'Ada'], [2, 'Bob'], [3, 'Cy']));
  expect(server.asked.some((sql) => /^MERGE INTO \[kept\] WITH \(HOLDLOCK\) t USING .*;$/.test(sql))).toBe(true);
});

test('columns, a condition, a limit and ranges reach the server, and rows stream', async () => {
  await (
    await datasources.db()
  ).execute?.('CREATE TABLE [n] AS SELECT range::INT AS id, range * 2 AS twice FROM range(9000)');
  expect(await read('n', { columns: 'twice', where: 'id < 70', limit: 1 })).toMatchObject({ rows: [[0n]] });
  expect(server.asked).toContain('SELECT TOP (1) [twice] FROM [n] WHERE id < 70');
  const ranges = await read('n', { partitionColumn: 'id', partitions: 3, lowerBound: 0, upperBound: 900 });
  expect(new Set(ranges?.rows.map(([id]) => id)).size).toBe(9000);
});

test('it can be tested and browsed', async () => {
  const connection = await connectTarget(target(), OPTIONS);
  expect(await connection.about()).toEqual({ product: 'SQL Server', version: '16.0.1000.6' });
  await write('browsed', people([1, 'Ada']));
  expect((await connection.browse([], 99)).map(({ name }) => name)).toContain('main');
  expect((await connection.browse(['main'], 99)).map(({ name }) => name)).toContain('browsed');
  expect(await connection.browse(['main', 'browsed'], 1)).toMatchObject([{ name: 'id', kind: 'column' }]);
  await connection.close();
});

test.each([
  ['name', { host: 'no-such-host.invalid' }, 'CONNECTION_FAILED'],
  ['connect', { port: 1 }, 'CONNECTION_FAILED'],
  ['tls', { tls: 'require' as const }, 'CONNECTION_FAILED'],
  ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
])('a wrong %s is told as that step, without the password', async (step, more, reason) => {
  const error: unknown = await connectTarget(target(more), OPTIONS).catch((each: unknown) => each);
  expect(error).toMatchObject({ reason, details: { step } });
  expect((error as Error).message).not.toContain('hunter2');
});
