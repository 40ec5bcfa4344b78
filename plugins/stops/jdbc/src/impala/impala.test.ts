import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from '../connect.js';
import { parseJdbcUrl } from '../jdbc-url.js';
import { readers } from '../piflow/readers.js';
import { tableRead } from '../stops/table-read.js';
import type { ServerTarget } from '../target.js';
import { resultColumn, rowsOf } from './types.js';

const OPTIONS = { timeoutMs: 3000, signal: new AbortController().signal };
/** `host:port` of a server of the HiveServer2 protocol; `deploy/dev/services.sh start hiveserver2` starts Spark's. */
const SERVER = process.env['SLUICE_TEST_HIVESERVER2_URL'] ?? '';

describe.skipIf(SERVER === '')('a real HiveServer2', () => {
  const url = `jdbc:hive2://${SERVER}/default`;
  const target = (more: object = {}) => ({ ...parseJdbcUrl(url, 'me', 'x'), ...more }) as ServerTarget;
  const impalaRead = readers.find(({ name }) => name.endsWith('jdbc.ImpalaRead'));
  const ask = async (sql: string, schameString = '') => {
    if (impalaRead === undefined) throw new Error('there is no ImpalaRead');
    const properties = { url, user: 'me', password: 'x', sql, schameString };
    return (await runStop(impalaRead, { properties })).outputs[''];
  };

  test('each type comes as it is, with every digit', async () => {
    const values = `true b, cast(-128 as tinyint) t, cast(-32768 as smallint) s, 8 i, 9223372036854775807 big, cast(1.5 as float) f,
      cast('NaN' as double) d, cast('12345678901234567890.01' as decimal(38,4)) m, '张伟' txt, date'2024-02-29' day,
      timestamp'2024-02-29 01:02:03.004005' at, X'00ff41' x, array(1,2) l, cast(null as int) n`;
    expect(await ask(`select ${values}`)).toEqual({
      columns: [
        ['b', 'boolean'], ['t', 'tinyint'], ['s', 'smallint'], ['i', 'int'], ['big', 'bigint'], ['f', 'float'], ['d', 'double'],
        ['m', 'decimal(38,4)'], ['txt', 'string'], ['day', 'date'], ['at', 'timestamp_ntz'], ['x', 'binary'], ['l', 'string'],
        ['n', 'int'],
      ], // prettier-ignore
      rows: [[true, -128, -32768, 8, 9223372036854775807n, 1.5, NaN, '12345678901234567890.0100', '张伟', 19782,
              1_709_168_523_004_005n, new Uint8Array([0, 255, 65]), '[1,2]', null]], // prettier-ignore
    });
    expect(await ask('select 1 as a, 2 as B', 'b, a.int')).toEqual({
      columns: [['b', 'int'], ['a', 'int']], // prettier-ignore
      rows: [[2, 1]],
    });
  });

  test('rows stream over many pages, and a query that fails is told in a line', async () => {
    const many = await ask('select id, id % 7 = 0 as seventh from range(9000)');
    expect(new Set(many?.rows.map(([id]) => id)).size).toBe(9000);
    const failed: unknown = await ask('select * from nope').catch((error: unknown) => error);
    expect(failed).toMatchObject({ reason: 'QUERY_FAILED', message: expect.stringContaining('nope') as string });
    expect((failed as Error).message).not.toContain('\n');
  });

  test('it is tested, browsed and read as a table', async () => {
    const connection = await connectTarget(target(), OPTIONS);
    expect(await connection.about()).toMatchObject({ product: 'HiveServer2' });
    await connection.execute?.('CREATE OR REPLACE TEMPORARY VIEW v AS SELECT 1 AS id');
    expect((await connection.browse([], 99)).map(({ name }) => name)).toContain('default');
    await connection.close();
    const datasources = { db: () => connectTarget(target(), OPTIONS) };
    await expect(
      runStop(tableRead, { properties: { datasource: 'db', table: 'default.nope', limit: 1 }, datasources }),
    ).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
  });

  test('an unknown database is told as the step of permission', async () => {
    await expect(connectTarget(target({ database: 'no_such' }), OPTIONS)).rejects.toMatchObject({
      reason: 'ACCESS_REFUSED',
      details: { step: 'permission' },
    });
  });
});

test.each([
  ['name', { host: 'no-such-host.invalid' }],
  ['connect', { port: 1 }],
])('a wrong %s is told as that step', async (step, more) => {
  const target = { ...parseJdbcUrl('jdbc:impala://127.0.0.1:1/x', 'me', 'hunter2'), ...more } as ServerTarget;
  const error: unknown = await connectTarget(target, OPTIONS).catch((each: unknown) => each);
  expect(error).toMatchObject({ reason: 'CONNECTION_FAILED', details: { step } });
  expect((error as Error).message).not.toContain('hunter2');
});

test('a server that accepts and never answers is given up after the time', async () => {
  const mute = createServer(() => undefined);
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
  const { port } = mute.address() as AddressInfo;
  for (const user of ['', 'me']) {
    const target = { ...parseJdbcUrl(`jdbc:impala://127.0.0.1:${port}/x`), user } as ServerTarget;
    const error: unknown = await connectTarget(target, { ...OPTIONS, timeoutMs: 300 }).catch((each: unknown) => each);
    expect(error).toMatchObject({ reason: 'CONNECTION_FAILED', details: { step: 'connect' } });
  }
  mute.close();
});

test('columns of Thrift become rows, with NULL where a bit says so', () => {
  const names = { values: ['a', '', 'c'], nulls: Buffer.from([0b010]) };
  const numbers = { values: [1, 2, 3], nulls: Buffer.from([]) };
  expect(rowsOf({ columns: [{ stringVal: names, i32Val: null }, { i32Val: numbers }] })).toEqual([
    ['a', 1],
    [null, 2],
    ['c', 3],
  ]);
  expect(resultColumn({ columnName: 'orders.id', typeDesc: { types: [] } })).toMatchObject({
    name: 'id',
    type: 'string',
  });
});
