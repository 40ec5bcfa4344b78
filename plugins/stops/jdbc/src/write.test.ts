import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Table } from '@sluice/plugin-sdk';
import { runStop } from '@sluice/plugin-sdk/testing';
import { query } from './stops/query.js';
import { tableRead } from './stops/table-read.js';
import { tableWrite } from './stops/table-write.js';
import { freshServer, SERVERS, type TestServer } from './test-servers.test.js';

const people = (...rows: Table['rows'][number][]): Table => ({
  columns: [
    ['id', 'int'],
    ['name', 'string'],
  ],
  rows,
});

describe.each(SERVERS)('writing to %s', (name) => {
  let server: TestServer;
  beforeEach(async () => {
    server = await freshServer(name);
  });
  afterEach(() => server.drop());

  const datasources = { db: () => server.connect() };
  const run = async (sql: string): Promise<void> => {
    const connection = await server.connect();
    await connection.execute?.(sql);
    await connection.close();
  };
  const write = (table: string, rows: Table, more: Record<string, unknown> = {}) =>
    runStop(tableWrite, { properties: { datasource: 'db', table, ...more }, inputs: { '': rows }, datasources });
  const rowsOf = async (sql: string) =>
    (await runStop(query, { properties: { datasource: 'db', query: sql }, datasources })).outputs['']?.rows;

  test('append makes the table, and then adds to it', async () => {
    const first = await write('people', people([1, 'Ada']));
    await write('people', people([2, '张伟']));
    expect(first.log).toContain('1 rows written to the table people');
    expect(await rowsOf('SELECT * FROM people ORDER BY id')).toEqual([
      [1, 'Ada'],
      [2, '张伟'],
    ]);
  });

  test('overwrite keeps the definition of a table with the same columns, else makes it anew', async () => {
    await run('CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20))');
    await write('people', people([1, 'Ada']), { mode: 'overwrite' });
    await write('people', people([2, 'Bo']), { mode: 'overwrite' });
    expect(await rowsOf('SELECT * FROM people')).toEqual([[2, 'Bo']]);
    await expect(write('people', people([3, 'a'], [3, 'b']))).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    await write('people', { columns: [['other', 'bigint']], rows: [[7n]] }, { mode: 'overwrite' });
    expect(await rowsOf('SELECT * FROM people')).toEqual([[7n]]);
  });

  test('error and ignore leave a table that is there alone', async () => {
    await write('people', people([1, 'Ada']));
    await expect(write('people', people([2, 'Bo']), { mode: 'error' })).rejects.toMatchObject({
      reason: 'TABLE_EXISTS',
    });
    await write('people', people([2, 'Bo']), { mode: 'ignore' });
    expect(await rowsOf('SELECT * FROM people')).toEqual([[1, 'Ada']]);
  });

  test('upsert replaces the rows of equal keys, so that writing again changes nothing', async () => {
    const rows = people([1, 'Ada'], [2, 'Bo']);
    await write('people', rows, { mode: 'upsert', keys: 'id' });
    const more = people([2, 'Bob'], [3, 'Cy']);
    await write('people', more, { mode: 'upsert', keys: 'id' });
    await write('people', more, { mode: 'upsert', keys: 'id' });
    expect(await rowsOf('SELECT * FROM people ORDER BY id')).toEqual([
      [1, 'Ada'],
      [2, 'Bob'],
      [3, 'Cy'],
    ]);
  });

  test('a duplicate key in an append leaves no row behind', async () => {
    await run('CREATE TABLE people (id INT PRIMARY KEY, name VARCHAR(20))');
    const rows = people(...Array.from({ length: 5000 }, (_, i): [number, string] => [i, `n${i}`]), [17, 'again']);
    await expect(write('people', rows)).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringMatching(/duplicate/i),
    });
    expect(await rowsOf('SELECT count(*) FROM people')).toEqual([[0n]]);
  });

  test('a value that does not fit leaves no row behind and is not cut', async () => {
    await run('CREATE TABLE people (id INT, name VARCHAR(3))');
    await expect(write('people', people([1, 'Ada'], [2, 'Grace']))).rejects.toMatchObject({
      reason: 'QUERY_FAILED',
      message: expect.stringMatching(/name|too long/i),
    });
    expect(await rowsOf('SELECT count(*) FROM people')).toEqual([[0n]]);
    await expect(write('fresh', { columns: [['d', 'date']], rows: [[0], [5_000_000]] })).rejects.toMatchObject({
      reason: 'DATA_INVALID',
      message: expect.stringContaining("row 2, column 'd'"),
    });
    await expect(rowsOf('SELECT * FROM fresh')).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
  });

  test('columns are matched by name, and one that the table lacks is named', async () => {
    await run('CREATE TABLE people (name VARCHAR(20), note VARCHAR(9), id INT)');
    await write('people', people([1, 'Ada']));
    expect(await rowsOf('SELECT name, note, id FROM people')).toEqual([['Ada', null, 1]]);
    const other: Table = { columns: [['ide', 'int']], rows: [[1]] };
    await expect(write('people', other)).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
  });

  test('a cell of 10 MB goes there and back', async () => {
    const cell = '😀x'.repeat(2_000_000);
    await write('big', {
      columns: [
        ['id', 'int'],
        ['cell', 'string'],
      ],
      rows: [[1, cell]],
    });
    const [[, back] = []] = (await rowsOf('SELECT * FROM big')) ?? [];
    expect(back === cell).toBe(true);
  });

  test('a query may end with a semicolon or a comment', async () => {
    expect(await rowsOf("SELECT 'a' AS one;")).toEqual([['a']]);
    expect(await rowsOf("SELECT 'a' AS one -- the only one")).toEqual([['a']]);
  });

  test('columns, a condition and a limit reach the server, and ranges miss no row', async () => {
    const rows = people(...Array.from({ length: 1000 }, (_, i): [number, string] => [i - 100, `n${i}`]));
    await write('people', rows);
    const read = async (more: Record<string, unknown>) =>
      (await runStop(tableRead, { properties: { datasource: 'db', table: 'people', ...more }, datasources })).outputs[
        ''
      ];
    expect(await read({ columns: 'name', where: 'id = 5' })).toEqual({
      columns: [['name', 'string']],
      rows: [['n105']],
    });
    expect((await read({ limit: 7 }))?.rows.length).toBe(7);
    const ranges = await read({ partitionColumn: 'id', partitions: 3, lowerBound: 0, upperBound: 500 });
    const ids = ranges?.rows.map(([id]) => Number(id)).sort((a, b) => a - b);
    expect(ids).toEqual(rows.rows.map(([id]) => id));
  });
});
