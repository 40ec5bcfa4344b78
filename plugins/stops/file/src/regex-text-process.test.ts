import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { regexTextProcess } from './regex-text-process.js';

async function replace(regex: string, replaceStr: string, value: string): Promise<unknown> {
  const { outputs } = await runStop(regexTextProcess, {
    properties: { columnName: 'A b', regex, replaceStr },
    inputs: { '': { columns: [['a b', 'string']], rows: [[value]] } },
  });
  expect(outputs['']?.columns).toEqual([
    ['a b', 'string'],
    ['a b_new', 'string'],
  ]);
  return outputs['']?.rows[0]?.[1];
}

test('every match is replaced, as Java does', async () => {
  expect(await replace('[(A-Za-z)]', 'Test', 'a(1)')).toBe('TestTest1Test');
  expect(await replace('(\\d+)-(\\d+)', '$2/$1', '1-2 and 3-4')).toBe('2/1 and 4/3');
  expect(await replace("it's", '', "so it's")).toBe('so ');
  expect(await replace('\\\\', '/', 'a\\b')).toBe('a/b');
  expect(await replace('[\\u4e00-\\u9fa5]', '*', '汉a字')).toBe('*a*');
});

test('a pattern that is broken or cannot be followed is refused', async () => {
  await expect(replace('(', 'x', 'a')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  await expect(replace('(a)\\1', 'x', 'aa')).rejects.toMatchObject({ reason: 'SQL_UNSUPPORTED' });
});

test('numbers are read as texts, and a missing column is told', async () => {
  const inputs = { '': { columns: [['n', 'bigint']] as const, rows: [[1001n]] } };
  const { outputs } = await runStop(regexTextProcess, {
    properties: { columnName: 'n', regex: '0', replaceStr: '-' },
    inputs,
  });
  expect(outputs['']?.rows).toEqual([[1001n, '1--1']]);
  const run = runStop(regexTextProcess, { properties: { columnName: 'm', regex: '0', replaceStr: '-' }, inputs });
  await expect(run).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
});
