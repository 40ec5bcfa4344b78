import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SluiceError, type Connection, type Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from '../connect.js';
import { GOLDEN } from '../testing/golden.js';
import { readers } from '../piflow/readers.js';
import { query } from '../stops/query.js';
import { tableRead } from '../stops/table-read.js';
import { tableWrite } from '../stops/table-write.js';

const signal = new AbortController().signal;
const people = (...rows: Table['rows'][number][]): Table => ({
  columns: [
    ['id', 'int'],
    ['name', 'string'],
  ],
  rows,
});

describe('files of DuckDB', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-duckdb-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const files = {
    resolve: async (path: string) => {
      if (path.startsWith('/')) throw new SluiceError('FILE_FORBIDDEN', `'${path}' lies outside`);
      return join(folder, path);
    },
  };
  const open = (path = 'shop.duckdb'): Promise<Connection> =>
    connectTarget({ driver: 'duckdb', path }, { timeoutMs: 1000, signal, files });
  const datasources = { db: () => open() };
  const run = async (...statements: string[]): Promise<void> => {
    for (const each of statements) await (await open()).execute?.(each);
  };
  const write = (table: string, rows: Table, more: Record<string, unknown> = {}) =>
    runStop(tableWrite, { properties: { datasource: 'db', table, ...more }, inputs: { '': rows }, datasources });
  const read = async (table: string, more: Record<string, unknown> = {}) =>
    (await runStop(tableRead, { properties: { datasource: 'db', table, ...more }, datasources })).outputs[''];
  const ask = async (sql: string) =>
    (await runStop(query, { properties: { datasource: 'db', query: sql }, datasources })).outputs[''];

  test('the golden table comes back as it went', async () => {
    await run('CREATE SCHEMA other');
    await write('golden', GOLDEN);
    await write('other.golden', GOLDEN);
    expect(await read('golden')).toEqual(GOLDEN);
    expect(await ask('SELECT * FROM other.golden ORDER BY id')).toEqual(GOLDEN);
  });

  test("every type of DuckDB's own is read exactly, or as its text", async () => {
    await run(`CREATE TABLE own AS SELECT 255::UTINYINT AS ut, 65535::USMALLINT AS us, 4294967295::UINTEGER AS ui,
      18446744073709551615::UBIGINT AS ub, 99999999999999999999999999999999999999::HUGEINT AS h, 'b'::ENUM('a', 'b') AS e,
      uuid '5f0c8bd4-16b7-4f4e-8f1e-0123456789ab' AS u, time '23:59:59.125' AS t, interval 26 hours AS i, [1, NULL] AS l,
      {'a b': 1.50, c: date '2024-02-29'} AS s, timestamp_s '2024-02-29 00:00:01' AS ts`);
    expect(await read('own')).toEqual({
      columns: [
        ['ut', 'smallint'], ['us', 'int'], ['ui', 'bigint'], ['ub', 'decimal(20,0)'], ['h', 'decimal(38,0)'], ['e', 'string'],
        ['u', 'string'], ['t', 'string'], ['i', 'string'], ['l', 'array<int>'], ['s', 'struct<`a b`:decimal(3,2),c:date>'],
        ['ts', 'timestamp_ntz'],
      ], // prettier-ignore
      rows: [
        [255, 65535, 4294967295n, '18446744073709551615', '99999999999999999999999999999999999999', 'b',
         '5f0c8bd4-16b7-4f4e-8f1e-0123456789ab', '23:59:59.125', '26:00:00', [1, null], { 'a b': '1.50', c: 19782 }, 1_709_164_801_000_000n],
      ], // prettier-ignore
    });
  });

  test('a value that the engine cannot hold ends the read and names its column', async () => {
    await run("CREATE TABLE odd AS SELECT date 'infinity' AS d");
    await expect(read('odd')).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringContaining("column 'd'") as string,
    });
    const nested: Table = { columns: [['tags', 'array<string>']], rows: [[['a']]] };
    await expect(write('refused', nested)).rejects.toMatchObject({ reason: 'TYPE_UNSUPPORTED' });
  });

  test('each mode does what it says, and a failure leaves what was there', async () => {
    await write('people', people([1, 'Ada']));
    await write('people', people([2, 'Bo']));
    await write('people', people([3, 'Cy']), { mode: 'ignore' });
    await expect(write('people', people([3, 'Cy']), { mode: 'error' })).rejects.toMatchObject({
      reason: 'TABLE_EXISTS',
    });
    expect(await ask('SELECT * FROM people ORDER BY id')).toEqual(people([1, 'Ada'], [2, 'Bo']));
    await write('people', { columns: [['other', 'bigint']], rows: [[7n]] }, { mode: 'overwrite' });
    expect((await read('people'))?.rows).toEqual([[7n]]);
    const fails = people([1, 'a'], [1, 'b']);
    await run('CREATE TABLE keyed (id INTEGER PRIMARY KEY, name VARCHAR)', "INSERT INTO keyed VALUES (9, 'here')");
    await expect(write('keyed', fails)).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    await expect(write('keyed', fails, { mode: 'overwrite' })).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    expect((await read('keyed'))?.rows).toEqual([[9, 'here']]);
  });

  test('upsert replaces the rows of equal keys, so that writing again changes nothing', async () => {
    await write('people', people([1, 'Ada'], [2, 'Bo']), { mode: 'upsert', keys: 'id' });
    for (let i = 0; i < 2; i++) await write('people', people([2, 'Bob'], [3, 'Cy']), { mode: 'upsert', keys: 'ID' });
    expect(await ask('SELECT * FROM people ORDER BY id')).toEqual(people([1, 'Ada'], [2, 'Bob'], [3, 'Cy']));
  });

  test('columns, a condition, a limit and ranges reach the database', async () => {
    await run('CREATE TABLE n AS SELECT range::INTEGER AS id, range * 2 AS twice FROM range(5000)');
    expect(await read('n', { columns: 'twice', where: 'id = 7', limit: 3 })).toEqual({
      columns: [['twice', 'bigint']],
      rows: [[14n]],
    });
    const ranges = await read('n', { partitionColumn: 'id', partitions: 3, lowerBound: 0, upperBound: 900 });
    expect(new Set(ranges?.rows.map(([id]) => id)).size).toBe(5000);
    const mysqlRead = readers.find(({ name }) => name.endsWith('jdbc.MysqlRead'));
    if (mysqlRead === undefined) throw new Error('there is no MysqlRead');
    // A stop's own URL goes through the files of its run.
    const outside = runStop(mysqlRead, { properties: { url: 'jdbc:duckdb:/no/shop.duckdb', sql: 'select 1' } });
    await expect(outside).rejects.toMatchObject({ message: expect.stringMatching(/no DuckDB file '.+\/no\/shop/) });
  });

  test('it can be tested and browsed, and reaches no other file', async () => {
    await run('CREATE TABLE people (id INTEGER, name VARCHAR)', 'CREATE VIEW v AS SELECT 1 AS one');
    const connection = await open();
    expect(await connection.about()).toMatchObject({
      product: 'DuckDB',
      version: expect.stringMatching(/^v\d/) as string,
    });
    expect((await connection.browse([], 9)).map(({ name }) => name)).toEqual(['main']);
    expect((await connection.browse(['main'], 9)).map(({ name, kind }) => [name, kind])).toEqual([
      ['people', 'table'],
      ['v', 'view'],
    ]);
    expect((await connection.browse(['main', 'people'], 1))[0]).toMatchObject({ name: 'id', type: 'INTEGER' });
    await expect(ask("SELECT * FROM read_csv('/etc/passwd')")).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    await expect(run("ATTACH '/tmp/other.duckdb' AS o")).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    await expect(run('SET enable_external_access = true')).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    await expect((await open('none.duckdb')).about()).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
  });
});
