import { expect, test } from 'vitest';
import { fromTable, openTestSession, runStop, toTable } from '@sluice/plugin-sdk/testing';
import { showData } from './show-data.js';

const TABLE = {
  columns: [
    ['id', 'int'],
    ['名字', 'string'],
    ['a.b', 'array<double>'],
    ['id', 'date'],
  ],
  rows: [
    [1, '张伟', [1.5, null], 0],
    [2, 'line\none', null, null],
    [3, null, [], 19782],
  ],
} as const;

test('the first rows come into the log as a table, and all rows go on', async () => {
  const { outputs, log } = await runStop(showData, { inputs: { '': TABLE }, properties: { showNumber: '2' } });
  expect(outputs['']).toEqual(TABLE);
  expect(log).toEqual([
    '+----+-----------+-------------+------------+',
    '| id | 名字      | a.b         | id         |',
    '+----+-----------+-------------+------------+',
    '| 1  | 张伟      | [1.5, null] | 1970-01-01 |',
    '| 2  | line\\none | NULL        | NULL       |',
    '+----+-----------+-------------+------------+',
  ]);
});

test('long texts are cut, no rows show the columns, and 0 shows nothing', async () => {
  const table = { columns: [['a', 'string']], rows: [['é'.repeat(100)]] } as const;
  const long = await runStop(showData, { inputs: { '': table }, properties: { showNumber: 10 } });
  expect(long.log[3]).toBe(`| ${'é'.repeat(59)}… |`);
  const empty = await runStop(showData, { inputs: { '': { ...table, rows: [] } }, properties: { showNumber: 10 } });
  expect(empty.log).toEqual(['+---+', '| a |', '+---+', '+---+']);
  expect((await runStop(showData, { inputs: { '': table }, properties: { showNumber: 0 } })).log).toEqual([]);
  await expect(runStop(showData, { properties: { showNumber: 'all' } })).rejects.toThrow('is not a number');
});

test('the rows shown are those that go on, also where they are made at random', async () => {
  const { session, files, close } = await openTestSession();
  try {
    const engine = session.forStop('show');
    const source = await fromTable(engine, { columns: [['id', 'int']], rows: [[1]] });
    const random = await engine.sql('SELECT uuid() AS u FROM input', { input: source });
    session.place(random, { stop: 'source', port: '' }, 1);
    const log: string[] = [];
    const passed = await showData.run({
      properties: { showNumber: 1 },
      customized: {},
      inputs: { ports: [''], get: () => random, find: () => random },
      outports: [''],
      engine,
      files,
      log: { info: (line) => void log.push(line), warn: (line) => void log.push(line) },
      beforeCommit: () => Promise.resolve(),
      connect: (name) => Promise.reject(new Error(`no datasource ${name}`)),
      bundle: () => Promise.resolve(undefined),
      onSuccess: () => undefined,
      signal: new AbortController().signal,
      stop: 'show',
      run: { id: 'run', flow: 'flow' },
      scratch: () => Promise.reject(new Error('not needed')),
    });
    const { rows } = await toTable(passed as typeof random);
    expect(log[3]).toBe(`| ${String(rows[0]?.[0])} |`);
  } finally {
    await close();
  }
});
