import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Table } from '@sluice/plugin-sdk';
import { openStopRuns, type StopRuns } from '@sluice/plugin-sdk/testing';
import { putHiveMode } from './put-hive-mode.js';
import { putHiveQL } from './put-hive-ql.js';
import { putHiveStreaming } from './put-hive-streaming.js';
import { selectHiveQL } from './select-hive-ql.js';
import { selectHiveQLByJdbc } from './select-hive-ql-by-jdbc.js';

let runs: StopRuns;
let database: string;
beforeEach(async () => {
  runs = await openStopRuns();
  // The warehouse outlives the session, so each test has a database of its own.
  database = `db_${randomUUID().slice(0, 8)}`;
});
afterEach(() => runs.close());

const users: Table = {
  columns: [
    ['id', 'int'],
    ['name', 'string'],
  ],
  rows: [
    [1, '张伟'],
    [2, null],
  ],
};
const select = (sql: string): Promise<Table | undefined> => runs.run(selectHiveQL, { hiveQL: sql });
const script = async (text: string, more: Record<string, unknown> = {}): Promise<unknown> => {
  await writeFile(join(runs.root, 's.hiveql'), text);
  return runs.run(putHiveQL, { database, hiveQL_path: 'hdfs://127.0.0.1:8020/s.hiveql', ...more });
};

test('rows are saved to a table and queried by both names of the query', async () => {
  await runs.run(putHiveMode, { database, table: 'userMode', saveMode: 'overwrite' }, users);
  expect(await select(`select * from ${database}.userMode order by id;`)).toEqual(users);
  for (const property of ['query', 'sql']) {
    const properties = { hiveUser: 'root', jdbcUrl: 'jdbc:hive2://127.0.0.1:10000/test' };
    const table = await runs.run(selectHiveQLByJdbc, {
      ...properties,
      [property]: `select name from ${database}.usermode where id = 1`,
    });
    expect(table?.rows).toEqual([['张伟']]);
  }
});

test('save modes append, overwrite, refuse and leave alone', async () => {
  const put = (saveMode: string, rows: Table = users) =>
    runs.run(putHiveMode, { database, table: 't', saveMode }, rows);
  const count = async (): Promise<unknown> => (await select(`select count(1) from ${database}.t`))?.rows[0]?.[0];
  await put('append');
  await put('append');
  expect(await count()).toBe(4n);
  await put('ignore');
  expect(await count()).toBe(4n);
  await expect(put('error')).rejects.toMatchObject({ reason: 'TABLE_EXISTS' });
  await put('overwrite', { ...users, rows: [[3, 'x']] });
  expect(await count()).toBe(1n);
  const swapped: Table = {
    columns: [
      ['name', 'string'],
      ['id', 'int'],
    ],
    rows: [['y', 4]],
  };
  await put('append', swapped);
  expect((await select(`select id, name from ${database}.t order by id`))?.rows).toEqual([
    [3, 'x'],
    [4, 'y'],
  ]);
});

test('rows are appended by the places of their columns', async () => {
  const put = (table: Table) => runs.run(putHiveStreaming, { database, table: 'phd' }, table);
  await put(users);
  await put({
    columns: [
      ['a b', 'int'],
      ['c', 'string'],
    ],
    rows: [[5, 'five']],
  });
  expect((await select(`select * from ${database}.phd order by id`))?.rows).toEqual([...users.rows, [5, 'five']]);
  await expect(put({ columns: [['a', 'int']], rows: [] })).rejects.toMatchObject({ reason: 'SCHEMA_MISMATCH' });
});

test('the statements of a script are run one after another', async () => {
  await runs.run(putHiveMode, { database, table: 't' }, users);
  await script(`-- a script; with comments
create table copies as select id, concat(name, ';') as name from t where name is not null;
insert into copies values (7, 'seven');
`);
  expect((await select(`select * from ${database}.copies order by id`))?.rows).toEqual([
    [1, '张伟;'],
    [7, 'seven'],
  ]);
  await expect(select('select * from copies')).rejects.toMatchObject({
    code: expect.stringMatching(/NOT_FOUND|INVALID/) as string,
  });
});

test('a script that fails says where, and what was done before stays', async () => {
  await runs.run(putHiveMode, { database, table: 't' }, users);
  const failing = script('create table a as select 1 as x;\n\ninsert into nowhere values (1);\ndrop table t;');
  await expect(failing).rejects.toMatchObject({
    message: expect.stringContaining('line 3, statement 2 of 3') as string,
    details: { line: '3' },
  });
  expect((await select(`select * from ${database}.a`))?.rows).toEqual([[1]]);
  expect((await select(`select count(1) from ${database}.t`))?.rows).toEqual([[2n]]);
  await expect(script('select 1', { database: 'nowhere_db' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  await expect(runs.run(putHiveQL, { database, hiveQL_Path: '/none' })).rejects.toMatchObject({
    reason: 'FILE_NOT_FOUND',
  });
});

test('tables that are not there are told with the nearest names', async () => {
  await runs.run(putHiveMode, { database, table: 'students' }, users);
  await expect(select(`select * from ${database}.student`)).rejects.toThrow(/students/);
});
