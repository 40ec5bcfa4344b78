import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { csvParser } from './csv-parser.js';

function read(content: string | Uint8Array, properties: Record<string, unknown> = {}) {
  const files = { 'in.csv': content };
  return runStop(csvParser, { files, properties: { csvPath: '/in.csv', delimiter: ',', ...properties } });
}

test('without a header every column is a string with a name of the schema', async () => {
  const { outputs } = await read('1,张伟\n2,"a, b"\n,\n', { header: 'false', schema: 'id, 名字' });
  expect(outputs['']).toEqual({
    columns: [
      ['id', 'string'],
      ['名字', 'string'],
    ],
    rows: [
      ['1', '张伟'],
      ['2', 'a, b'],
      [null, null],
    ],
  });
});

test('with a header names come from the file and types are inferred, whatever the schema says', async () => {
  const { outputs } = await read('id\tname\tbig\tprice\n1\tann\t3000000000\t1.5\n2\t\t4\t2\n', {
    header: 'true',
    delimiter: '\\t',
    schema: 'x,y',
  });
  expect(outputs['']).toEqual({
    columns: [
      ['id', 'int'],
      ['name', 'string'],
      ['big', 'bigint'],
      ['price', 'double'],
    ],
    rows: [
      [1, 'ann', 3000000000n, 1.5],
      [2, null, 4n, 2],
    ],
  });
});

test('without header and schema the columns are _c0, _c1 ...', async () => {
  const { outputs } = await read('1|2\n', { delimiter: '|' });
  expect(outputs['']?.columns.map(([name]) => name)).toEqual(['_c0', '_c1']);
});

test('a folder of part files and a pattern are read whole', async () => {
  const files = { 'in/part-0.csv': '1\n', 'in/part-1.csv': '2\n', 'in/_SUCCESS': '' };
  for (const csvPath of ['hdfs://127.0.0.1:9000/in', '/in/part-*.csv']) {
    const { outputs } = await runStop(csvParser, { files, properties: { csvPath, delimiter: ',', schema: 'a' } });
    expect(outputs['']?.rows).toEqual([['1'], ['2']]);
  }
});

test('an odd number of cells leaves no row out: missing ones are NULL', async () => {
  const { outputs } = await read('1,2,3\n4\n5,6,7,8\n', { schema: 'a,b,c' });
  expect(outputs['']?.rows).toEqual([
    ['1', '2', '3'],
    ['4', null, null],
    ['5', '6', '7'],
  ]);
});

test('a header alone gives columns and no rows', async () => {
  const { outputs } = await read('a,b\n', { header: 'true' });
  expect(outputs['']).toEqual({
    columns: [
      ['a', 'string'],
      ['b', 'string'],
    ],
    rows: [],
  });
});

test('a missing file, a file outside and an empty file each say so', async () => {
  await expect(read('x', { csvPath: '/no.csv', schema: 'a' })).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
  await expect(read('x', { csvPath: '/../../etc/passwd', schema: 'a' })).rejects.toMatchObject({
    reason: 'FILE_FORBIDDEN',
  });
  await expect(read('')).rejects.toMatchObject({ reason: 'FILE_FORMAT' });
  await expect(runStop(csvParser, { properties: { csvPath: '/a' } })).rejects.toThrow(/'delimiter' has no value/);
});
