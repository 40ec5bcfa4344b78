import { randomBytes } from 'node:crypto';
import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from '../connect.js';
import { parseJdbcUrl } from '../jdbc-url.js';
import { tableRead } from '../stops/table-read.js';
import { tableWrite } from '../stops/table-write.js';
import { clickhouse } from './datasource.js';
import { Server } from './server.js';
import { clickhouseRead, clickhouseWrite } from './stops.js';
import { parseUrl, type Target } from './target.js';

const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_CLICKHOUSE_URL'] ?? '';

describe.skipIf(URL_OF_SERVER === '')('a real ClickHouse', () => {
  const address = new URL(URL_OF_SERVER === '' ? 'http://none' : URL_OF_SERVER);
  const url = `jdbc:clickhouse://${address.host}/default`;
  const target = parseUrl(url, address.username, address.password);
  const access = { url, user: address.username, password: address.password };
  const table = (name: string) => `t${prefix}_${name}`;
  const prefix = randomBytes(5).toString('hex');
  let server: Server;

  beforeAll(() => {
    server = new Server(target, OPTIONS);
  });
  afterAll(async () => {
    if (server === undefined) return;
    for (const [name = ''] of await server.all(`SELECT name FROM system.tables WHERE name LIKE 't${prefix}%'`)) {
      await server.execute(`DROP TABLE ${name}`);
    }
    await server.close();
  });

  const read = async (sql: string) =>
    (await runStop(clickhouseRead, { properties: { ...access, sql }, zone: 'Asia/Shanghai' })).outputs[''];
  const write = (name: string, rows: object, more: object = {}) =>
    runStop(clickhouseWrite, {
      inputs: { '': rows as typeof TABLE },
      properties: { ...access, dbtable: table(name), ...more },
    });

  const TABLE = {
    columns: [
      ['id', 'bigint'],
      ['text', 'string'],
      ['n', 'int'],
      ['f', 'float'],
      ['x', 'double'],
      ['price', 'decimal(18,3)'],
      ['day', 'date'],
      ['at', 'timestamp'],
      ['ok', 'boolean'],
    ],
    rows: [
      [-9223372036854775808n, '张\t\n\\N \r\0"\'', -5, 0.5, 0.1, '-12345.600', 19782, 1709211906000000n, true],
      [null, '\\N', null, NaN, Infinity, null, null, null, null],
      [1n, '', 0, null, -1e300, '0.000', 0, 0n, false],
    ],
  } as const;

  test('rows go into a table that is made for them, come back as they were, and go on', async () => {
    const { outputs, log } = await write('types', TABLE);
    expect(outputs['']).toEqual(TABLE);
    expect(log).toEqual([`3 rows written to '${table('types')}'`]);
    const back = await read(`SELECT * FROM ${table('types')};`);
    expect(back?.columns).toEqual(TABLE.columns.map(([name, type]) => [name, type === 'boolean' ? 'smallint' : type]));
    const order = (rows: readonly (readonly unknown[])[] = []) =>
      [...rows].sort((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1));
    expect(order(back?.rows)).toEqual(
      order(TABLE.rows.map((row) => row.map((value) => (typeof value === 'boolean' ? Number(value) : value)))),
    );
  });

  test('every type is read', async () => {
    const back = await read(
      `SELECT toUInt8(255) a, toUInt16(65535) b, toUInt32(4294967295) c, toUInt64(18446744073709551615) d, toInt8(-1) e,
        toLowCardinality('x') f, [1, 2] g, ('a', 1) h, toUUID('00112233-4455-6677-8899-aabbccddeeff') i,
        toFixedString('ab', 2) j, CAST('x', 'Enum8(\\'x\\' = 1)') k, toNullable('n') l, NULL m, 1 / 0 n, -1 / 0 o,
        toDateTime('2024-02-29 13:05:06', 'UTC') p, toDateTime('2024-02-29 13:05:06', 'Asia/Shanghai') q,
        toDate('2024-02-29') r, 'a' AS \`odd \\\` name\``,
    );
    expect(back?.columns.map(([, type]) => type)).toEqual([
      ...[
        'smallint',
        'int',
        'bigint',
        'decimal(20,0)',
        'tinyint',
        'string',
        'string',
        'string',
        'string',
        'string',
        'string',
      ],
      ...['string', 'string', 'double', 'double', 'timestamp', 'timestamp', 'date', 'string'],
    ]);
    expect(back?.columns.at(-1)?.[0]).toBe('odd ` name');
    expect(back?.rows).toEqual([
      [
        ...[255, 65535, 4294967295n, '18446744073709551615', -1, 'x', '[1,2]', "('a',1)"],
        ...['00112233-4455-6677-8899-aabbccddeeff', 'ab', 'x', 'n', null, Infinity, -Infinity],
        ...[1709211906000000n, 1709183106000000n, 19782, 'a'],
      ],
    ]);
  });

  test('many rows are added in batches, by name, to a table that is there', async () => {
    await server.execute(`CREATE TABLE ${table('many')} (v String, k UInt32) ENGINE = MergeTree ORDER BY k`);
    const rows = Array.from({ length: 120_000 }, (_, k) => [k, `v${k}`] as const);
    const columns = [
      ['k', 'int'],
      ['v', 'string'],
    ] as const;
    await write('many', { columns, rows });
    const back = await read(`SELECT k, v FROM ${table('many')} ORDER BY k`);
    expect(back?.rows).toHaveLength(120_000);
    expect(back?.rows.at(-1)).toEqual([119_999n, 'v119999']);
  });

  test('a table is read and written by the stops for tables, through a JDBC URL', async () => {
    const address = { user: access.user, password: access.password };
    const datasources = {
      db: () => connectTarget(parseJdbcUrl(url, address.user, address.password), OPTIONS),
    };
    const properties = { datasource: 'db', table: `default.${table('tables')}` };
    const one = { columns: [['n', 'int'], ['text', 'string']], rows: [[1, 'a'], [2, null]] } as const; // prettier-ignore
    const put = (more: object) =>
      runStop(tableWrite, { properties: { ...properties, ...more }, inputs: { '': one }, datasources });
    await put({ mode: 'error' });
    expect((await put({ mode: 'append' })).log).toContainEqual(expect.stringMatching(/has no transactions/));
    await expect(put({ mode: 'error' })).rejects.toMatchObject({ reason: 'TABLE_EXISTS' });
    await expect(put({ mode: 'upsert', keys: 'n' })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
    const got = await runStop(tableRead, { properties: { ...properties, where: 'n = 1', limit: 9 }, datasources });
    expect(got.outputs['']?.rows).toEqual([[1, 'a'], [1, 'a']]); // prettier-ignore
    await put({ mode: 'overwrite' });
    const whole = await runStop(tableRead, { properties, datasources });
    expect(whole.outputs['']).toEqual(one);
  });

  test('what the table does not take ends the run by name', async () => {
    await server.execute(`CREATE TABLE ${table('strict')} (n Int32, d Date) ENGINE = MergeTree ORDER BY n`);
    const one = (name: string, type: string, value: unknown) => ({ columns: [[name, type]], rows: [[value]] });
    const refused = (rows: object, reason: string, message: string, name = 'strict') =>
      expect(write(name, rows)).rejects.toMatchObject({ reason, message: expect.stringContaining(message) });
    await refused(one('n', 'int', null), 'DATA_INVALID', "column 'n' is NULL");
    await refused(one('d', 'date', -1), 'DATA_INVALID', '1969-12-31');
    await refused(one('n', 'string', 'x'), 'QUERY_FAILED', 'Cannot parse');
    await refused(one('other', 'int', 1), 'QUERY_FAILED', 'other');
    await refused(one('b', 'binary', new Uint8Array([1])), 'TYPE_UNSUPPORTED', "column 'b'", 'new');
    await refused(one('a', 'array<int>', [1]), 'TYPE_UNSUPPORTED', "column 'a'", 'new');
  });

  test('a query that fails at once, or in the middle, ends the run', async () => {
    await expect(read('SELECT * FROM nope')).rejects.toMatchObject({ reason: 'TABLE_NOT_FOUND' });
    await expect(read('SELEC 1')).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringContaining('yntax'),
    });
    const late = 'SELECT number, throwIf(number = 300000) t FROM system.numbers LIMIT 400000';
    await expect(read(late)).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringContaining('throwIf'),
    });
  });

  test.each([
    ['name', { host: 'no-such-host.invalid' }, 'CONNECTION_FAILED'],
    ['connect', { port: 1 }, 'CONNECTION_FAILED'],
    ['tls', { tls: 'require' as const }, 'CONNECTION_FAILED'],
    ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
    ['authentication', { user: 'nobody' }, 'ACCESS_REFUSED'],
  ])('a wrong %s is told as that step, without the password', async (step, wrong, reason) => {
    const other = new Server({ ...target, ...wrong }, OPTIONS, 3000);
    const error: unknown = await other.all('SELECT 1').catch((each: unknown) => each);
    await other.close();
    // A server without TLS answers nothing, or something else than TLS.
    const either = step === 'tls' ? expect.stringMatching(/^(tls|connect)$/) : step;
    expect(error).toMatchObject({ reason, details: { step: either } });
    if (step === 'tls') expect((error as Error).message).toContain('TLS');
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
  });

  test('a user who may only read is told so', async () => {
    const rows = { columns: [['n', 'int']], rows: [[1]] };
    await expect(write('readonly', rows, { user: 'reader', password: 'reader' })).rejects.toMatchObject({
      reason: 'ACCESS_REFUSED',
      details: { step: 'permission' },
    });
  });

  test('a datasource says its version and what it holds', async () => {
    await write('browsed', TABLE);
    const { about, browse, close } = await clickhouse.connect(target, OPTIONS);
    expect(await about()).toEqual({ product: 'ClickHouse', version: expect.stringMatching(/^\d+\.\d+/) });
    expect((await browse([], 100)).map(({ name }) => name)).toContain('default');
    expect((await browse(['default'], 10_000)).map(({ name }) => name)).toContain(table('browsed'));
    expect(await browse(['default', table('browsed')], 1)).toEqual([
      { name: 'id', kind: 'column', type: 'Nullable(Int64)', hasChildren: false },
    ]);
    await close();
  });
});

describe('without a server', () => {
  const DEFAULT: Target = { host: 'h', port: 8123, database: 'default', user: 'default', password: '', tls: 'off' };
  test.each<[string, Partial<Target>]>([
    ['jdbc:clickhouse://h:9000/db', { port: 9000, database: 'db' }],
    ['jdbc:ch://h', {}],
    ['jdbc:clickhouse://h/?ssl=true', { port: 8443, tls: 'verify' }],
    ['jdbc:clickhouse://h:1/x?ssl=true&sslmode=none', { port: 1, database: 'x', tls: 'require' }],
    ['jdbc:clickhouse:https://u:p%40@h:80/', { port: 80, user: 'u', password: 'p@', tls: 'verify' }],
    ['jdbc:clickhouse://h:1/d?user=me&password=s', { port: 1, database: 'd', user: 'me', password: 's' }],
    ['http://h:1', { port: 1 }],
  ])('%s is understood', (url, expected) => expect(parseUrl(url, '', '')).toEqual({ ...DEFAULT, ...expected }));

  test.each(['jdbc:mysql://h/hunter2', 'hunter2', 'jdbc:clickhouse://', 'jdbc:clickhouse://h?tls=hunter2'])(
    '%s is refused, and not shown',
    (url) => expect(() => parseUrl(url, '', '')).toThrow(/^property 'url'(?!.*hunter2)/),
  );

  test('a server that never answers, or breaks off in a row, ends the query', async () => {
    const mute = createServer((socket) => socket.on('error', () => undefined));
    const broken = createHttp((_, answer) => {
      answer.write('a\nString\nx\ny');
      setTimeout(() => answer.end(), 50);
    });
    for (const each of [mute, broken]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
    const at = (each: { address(): unknown }) =>
      new Server({ ...DEFAULT, host: '127.0.0.1', port: (each.address() as AddressInfo).port }, OPTIONS, 300);
    await expect(at(mute).all('SELECT 1')).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
    await expect(at(broken).all('SELECT 1')).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    mute.close();
    broken.close();
  });
});
