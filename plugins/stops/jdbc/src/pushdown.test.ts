import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Connection, Dataset, Reading, StopLog, Value } from '@sluice/plugin-sdk';
import { openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import { connectTarget } from './connect.js';
import { isPlainSelect } from './select.js';
import { readDataset, readRanges } from './stops/read-dataset.js';
import { freshServer, OPTIONS, SERVERS } from './test-servers.test.js';

const QUERIES = 60;

/** Numbers that look random and are the same in each run. */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return (state >>> 8) % sides;
  };
}

const COLUMNS = ['id', 'small', 'big', 'money', 'day', 'clock', 'instant', 'dbl', 'name'] as const;
const VALUES: Readonly<Record<(typeof COLUMNS)[number], readonly string[]>> = {
  id: ['0', '3', '-1', '2147483647'],
  small: ['7', '-32768', '0'],
  big: ['9223372036854775807', '-9223372036854775808', '41', '2147483648'],
  money: ['10.50', '-0.01', '0', '9999999999.99'],
  day: ["DATE '2020-02-29'", "DATE '0001-01-01'", "DATE '9999-12-31'"],
  clock: ["TIMESTAMP_NTZ '2020-01-01 00:00:00.000001'", "TIMESTAMP_NTZ '2038-01-19 03:14:08'"],
  instant: ["TIMESTAMP '2020-01-01 00:00:00.5'", "TIMESTAMP '1999-12-31 23:59:59.999999'"],
  dbl: ['0.5', '1e10'],
  name: ["'Ada'", "'ada'", "'x AND c0>5 AND y'", "'é'"],
};

/** A row of a table of every kind of column, some of its values null. */
function rowText(roll: (sides: number) => number, id: number): string {
  const cells = COLUMNS.slice(1).map((name) => {
    const values = VALUES[name];
    return roll(5) === 0 ? 'NULL' : (values[roll(values.length)] ?? 'NULL');
  });
  return `(${[id, ...cells].join(', ')})`;
}

function conditionText(roll: (sides: number) => number): string {
  const name = COLUMNS[roll(COLUMNS.length)] ?? 'id';
  const value = (): string => VALUES[name][roll(VALUES[name].length)] ?? '';
  switch (roll(8)) {
    case 0:
      return `${name} IS NULL`;
    case 1:
      return `${name} IS NOT NULL`;
    case 2:
      return `${name} BETWEEN ${value()} AND ${value()}`;
    case 3:
      return `(${name} > ${value()} OR id < 5)`;
    case 4:
      return `${name} IN (${value()}, ${value()})`;
    default:
      return `${name} ${['=', '<>', '<', '<=', '>', '>='][roll(6)] ?? '='} ${value()}`;
  }
}

function queryText(roll: (sides: number) => number): string {
  const conditions = Array.from({ length: roll(4) }, () => conditionText(roll));
  const from = `t${conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`}`;
  const chosen = COLUMNS.filter(() => roll(3) === 0).join(', ') || 'name';
  const shapes = [
    `SELECT ${chosen} FROM ${from}`,
    `SELECT count(*) AS n, max(${COLUMNS[roll(5)] ?? 'id'}) AS m FROM ${from}`,
    `SELECT a.id, b.n FROM (SELECT id, big FROM ${from}) a LEFT JOIN (SELECT 1 AS id, 'one' AS n) b ON a.id = b.id`,
    `SELECT ${chosen} FROM ${from} ORDER BY id LIMIT ${roll(9)}`,
  ];
  return shapes[roll(shapes.length)] ?? '';
}

const SCHEMA =
  'id INT, small SMALLINT, big BIGINT, money DECIMAL(12,2), day DATE, clock DATETIME(6), instant TIMESTAMP(6) NULL, dbl DOUBLE PRECISION, name VARCHAR(40)';
const SCHEMAS: Readonly<Record<string, string>> = {
  mysql: SCHEMA,
  postgresql: SCHEMA.replace('DATETIME(6)', 'TIMESTAMP').replace('TIMESTAMP(6) NULL', 'TIMESTAMPTZ'),
  sqlite: SCHEMA.replace('TIMESTAMP(6) NULL', 'TIMESTAMPTZ').replace('DECIMAL(12,2)', 'DECIMAL_TEXT(12,2)'),
};
const SIZE = 300;

describe.each([...SERVERS, 'sqlite'] as const)('what %s does of the query that follows', (name) => {
  let open: () => Promise<Connection>;
  let drop: () => Promise<void>;
  let opened: TestSession;
  let told: string[] = [];
  const log: StopLog = {
    info: (text) => void told.push(text),
    warn: (text) => void told.push(text),
  };

  beforeAll(async () => {
    let driver: string = name;
    if (name === 'sqlite') {
      const folder = await mkdtemp(join(tmpdir(), 'sluice-pushdown-'));
      const files = { resolve: (path: string) => Promise.resolve(join(folder, path)) };
      open = () => connectTarget({ driver: 'sqlite', path: 'a.db' }, { ...OPTIONS, files });
      drop = () => rm(folder, { recursive: true, force: true });
    } else {
      const server = await freshServer(name);
      ({ driver } = server);
      open = () => server.connect();
      drop = () => server.drop();
    }
    opened = await openTestSession();
    const roll = dice(7);
    const rows = Array.from({ length: SIZE }, (_, id) => rowText(roll, id - 2)).join(', ');
    const texts = rows.replaceAll(/(?:DATE|TIMESTAMP_NTZ) '/g, "'").replaceAll(/TIMESTAMP '([^']*)'/g, "'$1Z'");
    const plain = driver === 'sqlite' ? texts : rows.replaceAll('TIMESTAMP_NTZ', 'TIMESTAMP');
    const connection = await open();
    await connection.execute?.(`CREATE TABLE t (${SCHEMAS[driver] ?? ''})`);
    await connection.execute?.(`INSERT INTO t VALUES ${plain}`);
    await connection.close();
  });
  afterAll(async () => {
    await opened.close();
    await drop();
  });

  const read = (): Promise<Dataset> => readDataset(opened.session, open, { table: 't' }, log);
  const answer = async (sql: string, t: Dataset): Promise<readonly (readonly Value[])[]> =>
    (await toTable(await opened.session.sql(sql, { t }))).rows;

  test('changes no answer, whatever the query is', async () => {
    const connection = await open();
    const reading = (await connection.read?.({ table: 't' })) as Reading;
    await connection.close();
    const all = await opened.session.fromRows(reading.columns, reading.rows());
    // Its rows are kept for all queries.
    expect((await toTable(all)).rows).toHaveLength(SIZE);
    const roll = dice(20);
    let conditions = 0;
    for (let i = 0; i < QUERIES; i++) {
      const sql = queryText(roll);
      told = [];
      const ours = await answer(sql, await read());
      const expected = await answer(sql, all);
      const sorted = (rows: readonly (readonly Value[])[]) => rows.map((row) => row.map(String).join('|')).sort();
      expect(sorted(ours), `${sql}\n${told.join('\n')}`).toEqual(sorted(expected));
      if (told.some((line) => line.includes('only rows where'))) conditions++;
    }
    expect(conditions).toBeGreaterThan(name === 'sqlite' ? 4 : 12);
  });

  test('is told in the log', async () => {
    told = [];
    await answer("SELECT name FROM t WHERE id > 5 AND big IS NOT NULL AND name <> 'Ada'", await read());
    expect(told).toEqual([
      'of what follows, the database does this: only the columns id, big, name (3 of 9); only rows where id > 5 AND big is not null',
    ]);
    told = [];
    const rows = await answer('SELECT id, day FROM (SELECT * FROM t) LIMIT 7', await read());
    expect(rows).toHaveLength(7);
    expect(told).toEqual([
      'of what follows, the database does this: only the columns id, day (2 of 9); at most 7 rows',
    ]);
    told = [];
    // The engine itself leaves rows out: seven of the database's may not be seven of the answer.
    expect(await answer("SELECT name FROM t WHERE name <> 'Ada' LIMIT 7", await read())).toHaveLength(7);
    expect(told.join()).not.toContain('at most');
  });

  test('is the same for a query that is a table and no more, and nothing for any other', async () => {
    const sql = 'SELECT name FROM t WHERE id > 5 AND big IS NOT NULL';
    const plain = await answer(sql, await read());
    for (const query of ['select * from t', 'SELECT name,\n big , id FROM t;']) {
      told = [];
      expect(await answer(sql, await readDataset(opened.session, open, { query }, log))).toEqual(plain);
      expect(told.join()).toMatch(/only rows where (id > 5 AND big is not null|big is not null AND id > 5)/);
    }
    for (const query of [
      'SELECT * FROM t ORDER BY id',
      'SELECT id, big AS name, big FROM t',
      'SELECT * FROM t LIMIT 9',
    ]) {
      told = [];
      await answer(sql, await readDataset(opened.session, open, { query }, log));
      expect(told).toEqual([]);
    }
    expect(isPlainSelect('SELECT id, ID FROM t')).toBe(false);
    expect(isPlainSelect('SELECT nextval(s) FROM t')).toBe(false);
    expect(isPlainSelect('SELECT s.nextval FROM t')).toBe(false);
    expect(isPlainSelect('SELECT * FROM a, b')).toBe(false);
  });

  test('leaves a limit and a condition of the stop’s own in force, and reads in ranges', async () => {
    const few = await readDataset(opened.session, open, { table: 't' }, log, {
      where: 'id < 50 OR id = 60',
      limit: 200,
    });
    expect(await answer('SELECT count(*) AS n FROM t WHERE id >= 0', few)).toEqual([[51n]]);
    const ranges = { column: 'id', lower: 0, upper: SIZE, count: 3 };
    const parts = await readRanges(opened.session, open, { table: 't' }, log, { where: 'id < 50 OR id = 60' }, ranges);
    told = [];
    expect(await answer('SELECT count(*) AS n FROM t WHERE id >= 10', parts)).toEqual([[41n]]);
    expect(told.join()).toContain('id >= 10');
  });

  test('takes the rows anew for a second query that wants others', async () => {
    const rows = await read();
    expect(await answer('SELECT count(*) AS n FROM t WHERE id = 3', rows)).toEqual([[1n]]);
    expect(await answer('SELECT count(*) AS n FROM t WHERE id >= 0', rows)).toEqual([[BigInt(SIZE - 2)]]);
  });
});
