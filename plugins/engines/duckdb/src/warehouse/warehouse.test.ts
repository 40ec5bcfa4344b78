import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dataset, Value } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { duckdb } from '../engine.js';
import { Catalog } from './catalog.js';
import { parseStatement } from './parse-statement.js';

let opened: TestSession;
let database: string;
let tests = 0;
beforeEach(async () => {
  opened = await openTestSession({ engine: duckdb });
  // The warehouse outlives sessions, so each test has a database of its own.
  database = `db_${++tests}`;
  await run(`CREATE DATABASE ${database}`);
  await run(`USE ${database}`);
});
afterEach(() => opened.close());

function run(text: string): Promise<Dataset> {
  return opened.session.warehouse.sql(text);
}

async function rows(text: string): Promise<readonly (readonly Value[])[]> {
  return (await toTable(await run(text))).rows;
}

function made(name: string, ...values: readonly number[]): Promise<Dataset> {
  return opened.session.fromRows(
    [{ name, type: 'int' }],
    (async function* () {
      for (const value of values) yield [value];
    })(),
  );
}

describe('a warehouse', () => {
  test('makes, fills, describes, empties and drops tables', async () => {
    await run("CREATE TABLE people (id INT, name STRING COMMENT 'who', price DECIMAL(10,2)) USING parquet");
    expect(await rows('DESCRIBE people')).toEqual([
      ['id', 'int', null],
      ['name', 'string', null],
      ['price', 'decimal(10,2)', null],
    ]);
    expect(await rows('SELECT * FROM people')).toEqual([]);
    await run("INSERT INTO people VALUES (1, 'ann', 1.5), (2, NULL, NULL);");
    await run("INSERT INTO TABLE people (name, id) SELECT 'bob', 3");
    expect(await rows('SELECT * FROM people ORDER BY id')).toEqual([
      [1, 'ann', '1.50'],
      [2, null, null],
      [3, 'bob', null],
    ]);
    await run('INSERT OVERWRITE TABLE people SELECT id + 10, name, price FROM people WHERE id < 3');
    expect(await rows(`SELECT id FROM ${database}.people ORDER BY id`)).toEqual([[11], [12]]);
    await run('TRUNCATE TABLE people');
    expect(await rows('SELECT count(1) FROM people')).toEqual([[0n]]);
    expect(await rows('SHOW TABLES')).toEqual([[database, 'people', false]]);
    await run('DROP TABLE people');
    expect(await rows('SHOW TABLES')).toEqual([]);
    await run('DROP TABLE IF EXISTS people');
    await expect(run('DROP TABLE people')).rejects.toMatchObject({ reason: 'TABLE_NOT_FOUND' });
  });

  test('keeps tables for later sessions', async () => {
    await run('CREATE TABLE kept AS SELECT 7 AS n');
    await opened.close();
    opened = await openTestSession({ engine: duckdb });
    expect((await toTable(await opened.session.warehouse.table(`${database}.kept`))).rows).toEqual([[7]]);
    expect(await rows('SHOW DATABASES')).toContainEqual([database]);
  });

  test('keeps to save modes and writes by name', async () => {
    const { session } = opened;
    const table = `${database}.t`;
    expect(await session.warehouse.write(await made('a', 1), table, { mode: 'error' })).toMatchObject({ rows: 1 });
    await expect(session.warehouse.write(await made('a', 2), table, { mode: 'error' })).rejects.toMatchObject({
      reason: 'TABLE_EXISTS',
    });
    expect((await session.warehouse.write(await made('a', 2), table, { mode: 'ignore' })).rows).toBe(0);
    await session.warehouse.write(await made('A', 3), table, { mode: 'append' });
    expect((await rows('SELECT a FROM t')).flat().sort()).toEqual([1, 3]);
    await expect(session.warehouse.write(await made('b', 3), table, { mode: 'append' })).rejects.toMatchObject({
      reason: 'SCHEMA_MISMATCH',
    });
    await session.warehouse.write(await made('b', 4), table, { mode: 'overwrite' });
    expect((await toTable(await session.warehouse.table('t'))).columns).toEqual([['b', 'int']]);
  });

  test('counts what a table gives and takes', async () => {
    const { session, events } = opened;
    await session.forStop('put').warehouse.write(await made('a', 1, 2, 3), `${database}.t`, { mode: 'overwrite' });
    const table = await session.forStop('get').warehouse.table(`${database}.t`);
    session.place(table, { stop: 'get', port: '' }, 1);
    expect(await session.drain(table)).toBe(3);
    expect(events.counted).toContainEqual(expect.objectContaining({ stop: 'put', side: 'in', rows: 3 }));
    expect(events.counted).toContainEqual(expect.objectContaining({ stop: 'get', side: 'out', rows: 3 }));
  });

  test('reads views, and none of them reads itself', async () => {
    await run('CREATE TABLE t AS SELECT 1 AS a UNION ALL SELECT 2');
    await run('CREATE VIEW v (twice) AS SELECT a * 2 FROM t');
    await run('CREATE VIEW w AS SELECT sum(twice) AS s FROM v');
    expect(await rows('SELECT s FROM w')).toEqual([[6n]]);
    await run('USE default');
    expect(await rows(`SELECT s FROM ${database}.w`)).toEqual([[6n]]);
    await run(`USE ${database}`);
    await expect(run('CREATE OR REPLACE VIEW v AS SELECT s AS twice FROM w')).rejects.toMatchObject({
      reason: 'SQL_ANALYSIS',
    });
    await expect(run('INSERT INTO v SELECT 1')).rejects.toMatchObject({ reason: 'SQL_ANALYSIS' });
    await expect(run('DROP TABLE v')).rejects.toMatchObject({ reason: 'SQL_ANALYSIS' });
    await run('DROP VIEW v');
  });

  test('gives readers whole versions while a writer replaces the table', async () => {
    await run('CREATE TABLE t AS SELECT 1 AS a');
    const before = await run('SELECT a FROM t');
    await run('INSERT OVERWRITE t SELECT 2');
    expect((await toTable(before)).rows).toEqual([[1]]);
    expect(await rows('SELECT a FROM t')).toEqual([[2]]);
  });

  test('loses nothing when many write at once', async () => {
    await run('CREATE TABLE t (a INT)');
    const others = await Promise.all(Array.from({ length: 8 }, () => openTestSession({ engine: duckdb })));
    await Promise.all(others.map(({ session }, i) => session.warehouse.sql(`INSERT INTO ${database}.t VALUES (${i})`)));
    expect((await rows('SELECT a FROM t')).flat().sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    await Promise.all(others.map((other) => other.close()));
  });

  test('shows nothing of a run that no longer holds its lease', async () => {
    await run('CREATE TABLE t AS SELECT 1 AS a');
    opened.beforeCommit = () => Promise.reject(new Error('fenced'));
    await expect(run('INSERT INTO t VALUES (2)')).rejects.toThrow('fenced');
    await expect(run('DROP TABLE t')).rejects.toThrow('fenced');
    expect(await rows('SELECT a FROM t')).toEqual([[1]]);
  });

  test('says what is unknown or does not fit', async () => {
    await run('CREATE TABLE people (id INT)');
    await expect(run('SELECT * FROM poeple')).rejects.toMatchObject({ reason: 'VIEW_UNKNOWN' });
    await expect(opened.session.warehouse.table('poeple')).rejects.toMatchObject({
      reason: 'TABLE_NOT_FOUND',
      message: /did you mean 'people'/,
    });
    await expect(run('SELECT * FROM nowhere.t')).rejects.toMatchObject({ reason: 'VIEW_UNKNOWN' });
    await expect(run('USE nowhere')).rejects.toMatchObject({ reason: 'TABLE_NOT_FOUND' });
    await expect(run("INSERT INTO people VALUES ('x')")).rejects.toMatchObject({ reason: 'SCHEMA_MISMATCH' });
    await expect(run('INSERT INTO people VALUES (1, 2)')).rejects.toMatchObject({ reason: 'SCHEMA_MISMATCH' });
    await expect(run('INSERT INTO people (no) VALUES (1)')).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
    await expect(run('CREATE TABLE people (id INT)')).rejects.toMatchObject({ reason: 'TABLE_EXISTS' });
    await expect(run(`DROP DATABASE ${database}`)).rejects.toMatchObject({ reason: 'TABLE_EXISTS' });
    await run(`DROP DATABASE ${database} CASCADE`);
    await run(`CREATE DATABASE ${database}`);
  });
});

describe('statements', () => {
  test.each([
    ['SELECT 1; SELECT 2', 'SQL_STATEMENTS'],
    ['', 'SQL_SYNTAX'],
    ['CREATE', 'SQL_UNSUPPORTED'],
    ['CREATE TABLE t', 'SQL_SYNTAX'],
    ['CREATE EXTERNAL TABLE t (a int)', 'SQL_UNSUPPORTED'],
    ["CREATE TABLE t (a int) LOCATION '/x'", 'SQL_UNSUPPORTED'],
    ['CREATE TABLE t (a int NOT NULL)', 'SQL_UNSUPPORTED'],
    ['INSERT INTO t PARTITION (p = 1) SELECT 1', 'SQL_UNSUPPORTED'],
    ["COPY t TO 'x'", 'SQL_FORBIDDEN'],
    ["ATTACH 'x'", 'SQL_FORBIDDEN'],
    ['ALTER TABLE t ADD COLUMN b int', 'SQL_UNSUPPORTED'],
    ['DROP TABLE t extra', 'SQL_SYNTAX'],
  ])('%s is refused', (text, reason) => {
    expect(() => parseStatement(text)).toThrow(expect.objectContaining({ reason }) as Error);
  });

  test("read Hive's and Spark's ways to write a table", () => {
    const text = `create table if not exists \`d\`.\`t x\` (a bigint comment 'a, b', m map<string, array<int>>)
      comment 'x' partitioned by (day date) row format delimited fields terminated by ',' stored as textfile
      tblproperties ('k' = 'v');`;
    expect(parseStatement(text)).toEqual({
      kind: 'create-table',
      name: ['d', 't x'],
      ifNotExists: true,
      columns: [
        { name: 'a', type: 'bigint' },
        { name: 'm', type: 'map<string,array<int>>' },
        { name: 'day', type: 'date' },
      ],
      comment: 'x',
      query: undefined,
    });
    expect(parseStatement("insert into t (a) values (';--')")).toMatchObject({
      columns: ['a'],
      query: "values (';--')",
    });
    expect(parseStatement('insert overwrite table t (select 1)')).toMatchObject({
      overwrite: true,
      query: '(select 1)',
    });
  });
});

describe('a catalog', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sluice-catalog-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));
  const name = { database: 'default', table: 't' };
  const columns = [{ name: 'a', type: 'int' }];

  test('lets exactly one of many writers make each version, and the others go on from it', async () => {
    const catalogs = Array.from({ length: 10 }, () => new Catalog(folder));
    await catalogs[0]?.dataFolder(name);
    await Promise.all(
      catalogs.map((catalog, i) =>
        catalog.commit(name, (present) => ({
          columns,
          files: [...(present?.files ?? []), { path: `data/${i}`, rows: 1, bytes: 1 }],
        })),
      ),
    );
    const found = await new Catalog(folder).get(name);
    expect(found.version).toBe(10);
    expect(found.files.map((file) => file.path).sort()).toEqual(catalogs.map((_, i) => `data/${i}`));
  });

  test('removes files that nobody names once they are old, such as those of a killed writer', async () => {
    const catalog = new Catalog(folder);
    const data = await catalog.dataFolder(name);
    for (const file of ['used', 'fresh', 'old']) await writeFile(join(data, file), file);
    const longAgo = new Date(Date.now() - 48 * 3_600_000);
    for (const file of ['used', 'old']) await utimes(join(data, file), longAgo, longAgo);
    await catalog.commit(name, () => ({ columns, files: [{ path: 'data/used', rows: 1, bytes: 4 }] }));
    expect((await readdir(data)).sort()).toEqual(['fresh', 'used']);
    expect((await stat(join(data, 'used'))).size).toBe(4);
  });

  test('has names with any characters', async () => {
    const catalog = new Catalog(folder);
    const odd = { database: 'default', table: '../a.b/表 %' };
    await catalog.dataFolder(odd);
    await catalog.commit(odd, () => ({ columns, files: [] }));
    expect(await catalog.tables('default')).toEqual([{ name: '../a.b/表 %', isView: false }]);
    expect(await readdir(folder)).toEqual(['default.db']);
  });
});
