import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { csvSave } from './csv-save.js';

const ROWS = {
  columns: [
    ['id', 'int'],
    ['名 "x"', 'string'],
  ],
  rows: [
    [1, '张, 伟'],
    [null, null],
  ],
} as const;

async function save(
  properties: Record<string, unknown>,
  files: Record<string, string> = {},
  table: typeof ROWS | object = ROWS,
) {
  const result = await runStop(csvSave, {
    properties: { csvSavePath: 'hdfs://127.0.0.1:9000/out/x.csv', ...properties },
    inputs: { '': table as typeof ROWS },
    files,
  });
  const folder = join(result.root, 'out/x.csv');
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return { names, texts, outputs: result.outputs };
}

test('rows become a folder of part files beside _SUCCESS, and go no further', async () => {
  const { names, texts, outputs } = await save({ header: 'true' });
  expect(outputs).toEqual({});
  expect(names).toEqual(['_SUCCESS', expect.stringMatching(/^part-00000-.*\.csv$/)]);
  expect(texts[1]).toBe('id,"名 \\"x\\""\n1,"张, 伟"\n,\n');
});

test('without a save mode files are added to those there, without a header by default', async () => {
  const { names, texts } = await save({ delimiter: '|' }, { 'out/x.csv/part-old.csv': 'old\n' });
  expect(names).toHaveLength(3);
  expect(texts.sort().at(-1)).toBe('old\n');
  expect(texts).toContain('1|张, 伟\n|\n');
});

test('overwrite replaces, ignore leaves, and error refuses what is there', async () => {
  const there = { 'out/x.csv/part-old.csv': 'old\n' };
  expect((await save({ saveMode: 'overwrite' }, there)).texts).not.toContain('old\n');
  expect((await save({ saveMode: 'ignore' }, there)).texts).toEqual(['old\n']);
  await expect(save({ saveMode: 'error' }, there)).rejects.toMatchObject({ reason: 'FILE_EXISTS' });
});

test('no rows give a file with the header alone', async () => {
  const { texts } = await save({ header: true }, {}, { columns: ROWS.columns, rows: [] });
  expect(texts.join('')).toBe('id,"名 \\"x\\""\n');
});

test('two columns of one name are refused before anything is written', async () => {
  const table = {
    columns: [
      ['a', 'int'],
      ['A', 'int'],
    ],
    rows: [],
  };
  await expect(save({}, {}, table)).rejects.toMatchObject({ reason: 'COLUMN_AMBIGUOUS' });
});

test('partition says how many files there are, each with its header, with the rows in their order', async () => {
  const rows = Array.from({ length: 10 }, (_, index) => [index]);
  const properties = { csvSavePath: '/parts', header: 'true', partition: '4' };
  const { root, counted } = await runStop(csvSave, { inputs: { '': { columns: [['n', 'int']], rows } }, properties });
  const names = (await readdir(join(root, 'parts'))).filter((name) => name.startsWith('part-')).sort();
  expect(names.map((name) => name.slice(0, 10))).toEqual(['part-00000', 'part-00001', 'part-00002', 'part-00003']);
  const texts = await Promise.all(names.map((name) => readFile(join(root, 'parts', name), 'utf8')));
  expect(texts).toEqual(['n\n0\n1\n2\n', 'n\n3\n4\n5\n', 'n\n6\n7\n8\n', 'n\n9\n']);
  expect(counted).toContainEqual(expect.objectContaining({ stop: 'stop', side: 'in', rows: 10 }));
});
