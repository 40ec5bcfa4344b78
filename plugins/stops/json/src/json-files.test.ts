import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { jsonRead } from './json-read.js';
import { jsonSave } from './json-save.js';
import { jsonWrite } from './json-write.js';

const TABLE = {
  columns: [
    ['id', 'int'],
    ['a."b"', 'string'],
    ['tags', 'array<string>'],
  ],
  rows: [
    [1, '张伟 \\ "q"\n', ['x', null]],
    [null, null, null],
  ],
} as const;
const LINES = '{"id":1,"a.\\"b\\"":"张伟 \\\\ \\"q\\"\\n","tags":["x",null]}\n{}\n';

test('PiFlow saves a folder in place of what is there', async () => {
  const { root, outputs } = await runStop(jsonSave, {
    inputs: { '': TABLE },
    files: { 'o/part-old.json': 'old' },
    properties: { jsonSavePath: 'hdfs://127.0.0.1:9000/o' },
  });
  expect(outputs).toEqual({});
  const names = (await readdir(join(root, 'o'))).sort();
  expect(names).toEqual(['_SUCCESS', expect.stringMatching(/^part-00000-.*\.json$/)]);
  expect(await readFile(join(root, 'o', names[1] ?? ''), 'utf8')).toBe(LINES);
});

test('what is written is read back in its types', async () => {
  const { root } = await runStop(jsonWrite, { inputs: { '': TABLE }, properties: { path: '/o.json', single: true } });
  const text = await readFile(join(root, 'o.json'), 'utf8');
  expect(text).toBe(LINES);
  const properties = { path: '/o.json', schema: 'id INT, `a."b"` STRING, tags ARRAY<STRING>' };
  const { outputs } = await runStop(jsonRead, { files: { 'o.json': text }, properties });
  expect(outputs['']).toEqual(TABLE);
});

test('lines that are no objects are refused and told, or end the run', async () => {
  const files = { 'a.json': '{"id":1}\n{"id":\n{"id":3}\n' };
  const read = (mode: string) => runStop(jsonRead, { files, properties: { path: '/a.json', schema: 'id INT', mode } });
  const dropped = await read('DROPMALFORMED');
  expect(dropped.outputs['']?.rows).toEqual([[1], [3]]);
  expect(dropped.rejected).toBe(1);
  await expect(read('FAILFAST')).rejects.toMatchObject({ reason: 'DATA_INVALID' });
});
