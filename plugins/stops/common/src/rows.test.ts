import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { distinct } from './distinct.js';
import { executeSqlStop } from './execute-sql-stop.js';
import { filter } from './filter.js';
import { join } from './join.js';
import { merge } from './merge.js';
import { subtract } from './subtract.js';
import { fork } from './fork.js';
import { route } from './route.js';
import { trager } from './trager.js';

const PEOPLE = {
  columns: [
    ['id', 'int'],
    ['name', 'string'],
    ['a.b', 'double'],
  ],
  rows: [
    [1, '张伟', 1.5],
    [1, '张伟', null],
    [2, null, null],
    [2, null, null],
    [null, 'x', 0],
  ],
} as const;

const sorted = (rows: readonly unknown[] | undefined) => (rows ?? []).map((row) => JSON.stringify(row)).sort();

test('rows are distinct in all columns, NULLs being equal', async () => {
  const { outputs } = await runStop(distinct, { inputs: { '': PEOPLE }, properties: { columnNames: '' } });
  expect(sorted(outputs['']?.rows)).toEqual(sorted([PEOPLE.rows[0], PEOPLE.rows[1], PEOPLE.rows[2], PEOPLE.rows[4]]));
});

test('rows are distinct in some columns, and each is one of those that were there', async () => {
  const { outputs } = await runStop(distinct, { inputs: { '': PEOPLE }, properties: { columnNames: ' name , ID ' } });
  expect(outputs['']?.columns).toEqual(PEOPLE.columns);
  expect(outputs['']?.rows).toHaveLength(3);
  for (const row of outputs['']?.rows ?? []) expect(PEOPLE.rows).toContainEqual(row);
  const unknown = runStop(distinct, { inputs: { '': PEOPLE }, properties: { columnNames: 'nam' } });
  await expect(unknown).rejects.toThrow("there is no column 'nam'; did you mean 'name'");
});

const where = (condition: string) =>
  runStop(filter, { inputs: { '': PEOPLE }, properties: { condition } }).then(({ outputs }) => outputs['']?.rows);

test('a condition is Spark SQL, with comments, double quotes for texts, and odd names', async () => {
  expect(await where('name == "张伟" and `a.b` is not null -- 注释')).toEqual([[1, '张伟', 1.5]]);
  expect(await where('id <> 1')).toEqual([PEOPLE.rows[2], PEOPLE.rows[3]]);
  expect(await where("name=='zhangsan'")).toEqual([]);
});

test('a faulty condition is told with its place in the property', async () => {
  await expect(where('id = 1\nand nam = 1')).rejects.toMatchObject({
    reason: 'COLUMN_UNKNOWN',
    message: expect.stringMatching(/^condition 'id = 1\nand nam = 1': .*did you mean 'name'\? \(line 2, column 5\)$/),
    problems: [{ property: 'condition', line: 2, column: 5 }],
  });
  await expect(where('id =')).rejects.toMatchObject({ reason: 'SQL_SYNTAX', problems: [{ line: 1, column: 5 }] });
  await expect(where('1=1) union select * from input where (1=1')).rejects.toMatchObject({
    reason: 'SQL_SYNTAX',
    problems: [{ line: 1, column: 4 }],
  });
  expect(await where("name = ')' or (name = '\\'(' -- )\n) or `a.b` = (0)")).toEqual([[null, 'x', 0]]);
});

test('a query sees its rows under the name of the view, whichever name the property has', async () => {
  const sql = 'select id, count(1) as n from T2 group by id order by id';
  for (const properties of [{ viewName: 't2' }, { ViewName: 't2' }, { tempViewName: 'T2' }]) {
    const { outputs } = await runStop(executeSqlStop, { inputs: { '': PEOPLE }, properties: { ...properties, sql } });
    expect(outputs['']).toEqual({
      columns: [
        ['id', 'int'],
        ['n', 'bigint'],
      ],
      rows: [
        [null, 1n],
        [1, 2n],
        [2, 2n],
      ],
    });
  }
  const run = (text: string) => runStop(executeSqlStop, { inputs: { '': PEOPLE }, properties: { sql: text } });
  expect((await run('select 1 as one from temp limit 1')).outputs['']?.rows).toEqual([[1]]);
  await expect(run('select * from tmp')).rejects.toMatchObject({ reason: 'VIEW_UNKNOWN' });
  await expect(run('select 1; select 2')).rejects.toMatchObject({ reason: 'SQL_STATEMENTS' });
});

const LEFT = {
  columns: [
    ['name', 'string'],
    ['id', 'int'],
  ],
  rows: [
    ['张伟', 1],
    ['Ann', 2],
    ['no id', null],
  ],
} as const;
const RIGHT = {
  columns: [
    ['ID', 'int'],
    ['age', 'int'],
  ],
  rows: [
    [1, 30],
    [1, 31],
    [3, 5],
    [null, 6],
  ],
} as const;

test.each([
  ['inner', [[1, '张伟', 30], [1, '张伟', 31]]], // prettier-ignore
  ['left', [[1, '张伟', 30], [1, '张伟', 31], [2, 'Ann', null], [null, 'no id', null]]], // prettier-ignore
  ['RIGHT', [[1, '张伟', 30], [1, '张伟', 31], [3, null, 5], [null, null, 6]]], // prettier-ignore
  ['FULL', [[1, '张伟', 30], [1, '张伟', 31], [2, 'Ann', null], [null, 'no id', null], [3, null, 5], [null, null, 6]]], // prettier-ignore
] as const)('a join that is %s keeps the right rows, the key first and once', async (joinMode, rows) => {
  const properties = { joinMode, correlationField: 'id' };
  const { outputs } = await runStop(join, { inputs: { Left: LEFT, Right: RIGHT }, properties });
  expect(outputs['']?.columns.map(([name]) => name.toLowerCase())).toEqual(['id', 'name', 'age']);
  expect(sorted(outputs['']?.rows)).toEqual(sorted(rows));
});

test('a join needs both ports and columns that both have', async () => {
  const properties = { correlationColumn: 'id,age' };
  await expect(runStop(join, { inputs: { Left: LEFT, Right: RIGHT }, properties })).rejects.toThrow(
    "there is no column 'age' of port 'Left'; did you mean 'name'?",
  );
  await expect(runStop(join, { inputs: { Left: LEFT }, properties })).rejects.toMatchObject({
    reason: 'INPUT_MISSING',
  });
  await expect(runStop(join, { properties: { ...properties, joinMode: 'cross' } })).rejects.toThrow(
    'is not one of inner',
  );
});

test('subtracting compares by position, NULLs as equal, and needs as many columns', async () => {
  const right = { columns: [['x', 'int'], ['y', 'string'], ['z', 'double']], rows: [[2, null, null], [1, '张伟', 1.5]] } as const; // prettier-ignore
  const { outputs } = await runStop(subtract, { inputs: { Left: PEOPLE, Right: right } });
  expect(outputs['']?.columns).toEqual(PEOPLE.columns);
  expect(sorted(outputs['']?.rows)).toEqual(sorted([PEOPLE.rows[1], PEOPLE.rows[4]]));
  await expect(runStop(subtract, { inputs: { Left: PEOPLE, Right: LEFT } })).rejects.toMatchObject({
    reason: 'SCHEMA_MISMATCH',
  });
});

test('merging keeps equal rows, widens types, and takes names from the first port of inports', async () => {
  const one = { columns: [['a', 'int']], rows: [[1], [null]] } as const;
  const two = { columns: [['b', 'bigint']], rows: [[1n]] } as const;
  const given = { inputs: { data1: one, data2: two } };
  const ordered = await runStop(merge, { ...given, properties: { inports: ['data2', 'data1', 'data3'] } });
  expect(ordered.outputs['']).toEqual({ columns: [['b', 'bigint']], rows: [[1n], [1n], [null]] });
  expect(ordered.log).toEqual(['nothing comes in at data3, which inports names']);
  expect((await runStop(merge, given)).outputs['']?.columns).toEqual([['a', 'bigint']]);
  await expect(runStop(merge, { inputs: { a: one, b: LEFT } })).rejects.toMatchObject({ reason: 'SCHEMA_MISMATCH' });
  await expect(runStop(merge)).rejects.toMatchObject({ reason: 'INPUT_MISSING' });
});

test('a fork gives the same rows to every port that a path leads from', async () => {
  const outports = ['out1', 'out4'];
  const properties = { outports: ['out1', 'out2'] };
  const { outputs } = await runStop(fork, { inputs: { '': LEFT }, properties, outports });
  expect(outputs).toEqual({ out1: LEFT, out4: LEFT });
});

test('a route gives each port the rows of its condition, and the default port all', async () => {
  const customized = { port1: 'age > 6', port2: 'age < 31' };
  const { outputs } = await runStop(route, { inputs: { '': RIGHT }, customized, outports: ['', 'port1', 'port2'] });
  expect(outputs['']?.rows).toEqual(RIGHT.rows);
  expect(outputs['port1']?.rows).toEqual([[1, 30], [1, 31]]); // prettier-ignore
  expect(outputs['port2']?.rows).toEqual([[1, 30], [3, 5], [null, 6]]); // prettier-ignore
  const faulty = runStop(route, { inputs: { '': RIGHT }, customized: { adults: 'agee > 1' }, outports: ['adults'] });
  await expect(faulty).rejects.toThrow(/^adults 'agee > 1': .*did you mean 'age'/);
});

test('a trigger takes all and gives nothing', async () => {
  expect((await runStop(trager, { inputs: { a: LEFT, b: RIGHT }, outports: ['x'] })).outputs).toEqual({});
});
