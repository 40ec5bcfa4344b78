import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from '../connect.js';
import { parseJdbcUrl } from '../jdbc-url.js';
import { readers } from '../piflow/readers.js';
import { writers } from '../piflow/writers.js';
import { tableWrite } from '../stops/table-write.js';
import type { ServerTarget } from '../target.js';
import { tdengineServer } from '../testing/tdengine-server.js';

const OPTIONS = { timeoutMs: 2000, signal: new AbortController().signal };
let server: Awaited<ReturnType<typeof tdengineServer>>;
beforeAll(async () => {
  server = await tdengineServer('right');
});
afterAll(() => server.close());

const url = () => `jdbc:TAOS-RS://127.0.0.1:${server.port}/shop`;
const target = (more: object = {}) => ({ ...parseJdbcUrl(url(), 'root', 'right'), ...more }) as ServerTarget;
const stop = (name: string) => {
  const found = [...readers, ...writers].find((each) => each.name.endsWith(name));
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
};
const access = () => ({ url: url(), user: 'root', password: 'right' });
const read = async (dbtable: string) =>
  (await runStop(stop('TDengineRead'), { properties: { ...access(), dbtable } })).outputs[''];
const write = (dbtable: string, rows: Table) =>
  runStop(stop('TDengineWrite'), { properties: { ...access(), dbtable }, inputs: { '': rows } });

const TABLE: Table = {
  columns: [
    ['ts', 'timestamp'], ['ok', 'boolean'], ['t', 'tinyint'], ['s', 'smallint'], ['i', 'int'], ['big', 'bigint'],
    ['f', 'float'], ['d', 'double'], ['text', 'string'], ['bytes', 'binary'],
  ], // prettier-ignore
  rows: [
    [1_709_164_800_000_001n, true, -128, -32768, 2147483647, 9223372036854775807n, 1.5, 0.1, "Robert') 张伟 😀 \\", new Uint8Array([0, 255])],
    [1_709_164_801_000_000n, null, null, null, null, null, null, null, null, null],
  ], // prettier-ignore
};

test('each type comes back as it went, and a table is added to', async () => {
  await write('Meters', TABLE);
  expect(await read('meters')).toEqual(TABLE);
  const { log } = await write('meters', { columns: TABLE.columns.slice(0, 1), rows: [[1_709_164_802_000_000n]] });
  expect(log).toContainEqual(expect.stringMatching(/has no transactions/));
  expect((await read('shop.meters'))?.rows.length).toBe(3);
});

test('many rows stream in and out in batches', async () => {
  const rows = Array.from({ length: 20_000 }, (_, i) => [BigInt(i) * 1_000_000n, `value ${'x'.repeat(50)} ${i}`]);
  const before = server.asked.length;
  await write('many', { columns: [['ts', 'timestamp'], ['v', 'string']], rows }); // prettier-ignore
  const sent = server.asked.slice(before).filter((each) => each.startsWith('INSERT'));
  expect(sent.length).toBeGreaterThan(1);
  expect(Math.max(...sent.map((each) => each.length))).toBeLessThanOrEqual(500_000);
  expect((await read('many'))?.rows.length).toBe(20_000);
});

test('what TDengine has not is refused by name', async () => {
  const one = (type: string, value: unknown): Table => ({ columns: [['x', type]], rows: [[value as never]] });
  await expect(write('wrong', one('int', 1))).rejects.toMatchObject({ reason: 'SCHEMA_MISMATCH' });
  await expect(write('wrong', one('array<int>', [1]))).rejects.toMatchObject({ reason: 'TYPE_UNSUPPORTED' });
  await expect(read('nope')).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
  const properties = { datasource: 'db', table: 'meters', mode: 'overwrite' };
  const datasources = { db: () => connectTarget(target(), OPTIONS) };
  await expect(runStop(tableWrite, { properties, inputs: { '': TABLE }, datasources })).rejects.toMatchObject({
    reason: 'PROPERTY_INVALID',
  });
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

test('it says its version', async () => {
  const connection = await connectTarget(target(), OPTIONS);
  expect(await connection.about()).toEqual({ product: 'TDengine', version: '3.3.2.0' });
});
