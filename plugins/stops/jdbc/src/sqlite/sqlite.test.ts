import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SluiceError, type Connection, type Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { connectTarget } from '../connect.js';
import { readers } from '../piflow/readers.js';
import { query } from '../stops/query.js';
import { tableRead } from '../stops/table-read.js';
import { tableWrite } from '../stops/table-write.js';

const signal = new AbortController().signal;

describe('files of SQLite', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-sqlite-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const files = {
    resolve: async (path: string) => {
      if (path.startsWith('/')) throw new SluiceError('FILE_FORBIDDEN', `'${path}' lies outside`);
      return join(folder, path);
    },
  };
  const open = (path = 'shop.db'): Promise<Connection> =>
    connectTarget({ driver: 'sqlite', path }, { timeoutMs: 1000, signal, files });
  const datasources = { db: () => open() };
  const run = async (...statements: string[]): Promise<void> => {
    const connection = await open();
    for (const each of statements) await connection.execute?.(each);
  };
  const write = (table: string, rows: Table, more: Record<string, unknown> = {}) =>
    runStop(tableWrite, { properties: { datasource: 'db', table, ...more }, inputs: { '': rows }, datasources });
  const read = async (table: string, more: Record<string, unknown> = {}) =>
    (await runStop(tableRead, { properties: { datasource: 'db', table, ...more }, datasources })).outputs[''];
  const ask = async (sql: string) =>
    (await runStop(query, { properties: { datasource: 'db', query: sql }, datasources })).outputs[''];

  test('the golden table comes back as it went, but for whole numbers and floats, which widen', async () => {
    const text = 'a€😀\\N\t"\'\n\r\\\0z'.repeat(100);
    const golden: Table = {
      columns: [
        ['id', 'int'], ['ok', 'boolean'], ['tiny', 'tinyint'], ['small', 'smallint'], ['big', 'bigint'], ['money', 'decimal(38,10)'],
        ['whole', 'decimal(20,0)'], ['real', 'float'], ['dbl', 'double'], ['text', 'string'], ['day', 'date'], ['instant', 'timestamp'],
        ['clock', 'timestamp_ntz'], ['bytes', 'binary'],
      ], // prettier-ignore
      rows: [
        [1, true, 127, 32767, 9223372036854775807n, '1234567890123456789012345678.0123456789', '18446744073709551615', 1.5, 0.1, text, 0, 1_000_001n, -1n, new Uint8Array([0, 9, 10, 92, 255])],
        [2, false, -128, -32768, -9223372036854775808n, '-0.0000000001', '0', Math.fround(3.4028235e38), 1.7976931348623157e308, '', -719162, 2_000_000_000_000_000n, -62135596800000000n, new Uint8Array([])],
        [3, null, null, null, null, null, null, null, null, null, null, null, null, null],
        [4, true, 0, 0, 0n, '0.0000000000', '1', Math.fround(0.1), 5e-324, "Robert'); DROP TABLE x;--", 2932896, 1_714_521_599_999_999n, 253402300799999999n, new Uint8Array(70000).fill(39)],
        [5, false, 1, 1, 1n, '1.0000000000', '2', Infinity, -Infinity, '张伟 ́ ﷽ 𝒳', 19782, 86_400_000_000n, 1_582_934_400_000_000n, new Uint8Array([39])],
      ], // prettier-ignore
    };
    await write('golden', golden);
    const widened: Record<string, string> = { id: 'bigint', tiny: 'bigint', small: 'bigint', real: 'double' };
    const whole = new Set(['id', 'tiny', 'small']);
    expect(await read('golden')).toEqual({
      columns: golden.columns.map(([name, type]) => [name, widened[name] ?? type]),
      rows: golden.rows.map((row) =>
        row.map((value, c) =>
          whole.has(golden.columns[c]?.[0] ?? '') && value !== null ? BigInt(value as number) : value,
        ),
      ),
    });
  });

  test('a value that is none of its column, and NaN, are errors that name the column', async () => {
    await run('CREATE TABLE odd (n INTEGER, d DATE)', "INSERT INTO odd VALUES ('many', '2026-02-30')");
    await expect(read('odd', { columns: 'n' })).rejects.toMatchObject({ reason: 'DATA_INVALID', message: expect.stringContaining("column 'n': 'many'") }); // prettier-ignore
    await expect(read('odd', { columns: 'd' })).rejects.toMatchObject({ reason: 'DATA_INVALID', details: { column: 'd' } }); // prettier-ignore
    await expect(write('nan', { columns: [['x', 'double']], rows: [[1], [NaN]] })).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringContaining("row 2, column 'x'"),
    });
    await expect(read('nan')).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    await run('CREATE TABLE bad (t TEXT)', "INSERT INTO bad VALUES (CAST(x'ff41' AS TEXT))");
    await expect(read('bad')).rejects.toMatchObject({ reason: 'DATA_INVALID', details: { column: 't' } });
  });

  test('decimals of other programs are exact or an error; expressions have the type of their values', async () => {
    await run('CREATE TABLE d (a DECIMAL(10,2), b NUMERIC(6,1))', "INSERT INTO d VALUES ('12.50', 3), (-0.25, -7.5)");
    expect(await read('d')).toEqual({
      columns: [
        ['a', 'decimal(10,2)'],
        ['b', 'decimal(6,1)'],
      ],
      rows: [
        ['12.50', '3.0'],
        ['-0.25', '-7.5'],
      ],
    });
    expect(await ask("SELECT count(*) AS n, 1.5 AS r, 'x' AS t, x'00' AS b, NULL AS z FROM d")).toEqual({
      columns: [['n', 'bigint'], ['r', 'double'], ['t', 'string'], ['b', 'binary'], ['z', 'string']],
      rows: [[2n, 1.5, 'x', new Uint8Array([0]), null]],
    }); // prettier-ignore
    await run("INSERT INTO d VALUES ('1.234', 1)");
    await expect(read('d')).rejects.toMatchObject({ reason: 'DATA_INVALID', details: { column: 'a' } });
  });

  test('every mode does what it says, and a failed write leaves nothing', async () => {
    const people = (...rows: Table['rows'][number][]): Table => ({
      columns: [
        ['id', 'int'],
        ['name', 'string'],
      ],
      rows,
    });
    await write('people', people([1, 'Ada']), { mode: 'upsert', keys: 'id' });
    await write('people', people([1, 'Ida'], [2, '张伟']), { mode: 'upsert', keys: 'id' });
    await expect(write('people', people([3, 'Cy'], [2, 'again']))).rejects.toMatchObject({ reason: 'QUERY_FAILED', message: expect.stringMatching(/UNIQUE/) }); // prettier-ignore
    expect((await ask('SELECT name FROM people ORDER BY id'))?.rows).toEqual([['Ida'], ['张伟']]);
    await expect(write('people', people([1, 'x']), { mode: 'error' })).rejects.toMatchObject({ reason: 'TABLE_EXISTS' }); // prettier-ignore
    await write('people', people([1, 'x']), { mode: 'ignore' });
    await write('people', people([9, 'Zoe']), { mode: 'overwrite' });
    expect((await ask('SELECT * FROM people'))?.rows).toEqual([[9n, 'Zoe']]);
    await write('people', { columns: [['other', 'string']], rows: [['a']] }, { mode: 'overwrite' });
    expect((await ask('SELECT * FROM people'))?.columns).toEqual([['other', 'string']]);
  });

  test('it is browsed, and read by a JDBC URL as any database', async () => {
    await run(
      'CREATE TABLE t (a INTEGER, b TEXT)',
      "INSERT INTO t VALUES (1, 'x')",
      'CREATE VIEW v AS SELECT a FROM t',
    );
    const connection = await open();
    expect(await connection.about()).toMatchObject({ product: 'SQLite', version: expect.stringMatching(/^3\./) });
    expect((await connection.browse([], 10)).map(({ name, kind }) => [name, kind])).toEqual([['t', 'table'], ['v', 'view']]); // prettier-ignore
    expect((await connection.browse(['t'], 10)).map(({ name, type }) => [name, type])).toEqual([['a', 'INTEGER'], ['b', 'TEXT']]); // prettier-ignore
    const mysqlRead = readers.find(({ name }) => name.endsWith('jdbc.MysqlRead'));
    if (mysqlRead === undefined) throw new Error('there is no MysqlRead');
    // A stop's own URL goes through the files of its run.
    const outside = runStop(mysqlRead, { properties: { url: 'jdbc:sqlite:/no/shop.db', sql: 'select 1' } });
    await expect(outside).rejects.toMatchObject({ message: expect.stringMatching(/no SQLite file '.+\/no\/shop.db'/) });
  });

  test('a file that is not there, is no database or lies outside is refused, and none is made', async () => {
    const missing = await open('no.db');
    await expect(missing.about()).rejects.toMatchObject({ reason: 'CONNECTION_FAILED', details: { step: 'connect' } });
    await expect(stat(join(folder, 'no.db'))).rejects.toMatchObject({ code: 'ENOENT' });
    await writeFile(join(folder, 'text.db'), 'this is no database, but long enough to be looked at'.repeat(20));
    await expect((await open('text.db')).about()).rejects.toMatchObject({ reason: 'CONNECTION_FAILED' });
    await expect(open('/etc/passwd')).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
  });
});
