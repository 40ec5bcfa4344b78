import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { csvRead } from './csv-read.js';
import { csvWrite } from './csv-write.js';

function read(content: string | Uint8Array, properties: Record<string, unknown> = {}, name = 'in.csv') {
  return runStop(csvRead, { files: { [name]: content }, properties: { path: `/${name}`, ...properties } });
}

test('columns have the types of the schema', async () => {
  const { outputs } = await read("1;'a;b';12.30;2024-02-29;31/12/1999\n2;NA;-1;;\n", {
    schema: 'id INT, name STRING, price DECIMAL(10,2), day DATE, `old day` STRING',
    delimiter: ';',
    quote: "'",
    nullValue: 'NA',
  });
  expect(outputs['']?.columns.map(([, type]) => type)).toEqual(['int', 'string', 'decimal(10,2)', 'date', 'string']);
  expect(outputs['']?.rows).toEqual([
    [1, 'a;b', '12.30', 19782, '31/12/1999'],
    [2, null, '-1.00', null, null],
  ]);
});

test('rows that do not fit are kept with NULL, refused and told, or end the run', async () => {
  const bad = ['1,x\n', { schema: 'a INT, b INT' }] as const;
  expect((await read(...bad)).outputs['']?.rows).toEqual([[1, null]]);
  const dropped = await read('1,x\n2,3\n', { ...bad[1], mode: 'DROPMALFORMED' });
  expect(dropped.outputs['']?.rows).toEqual([[2, 3]]);
  expect(dropped.rejected).toBe(1);
  await expect(read(bad[0], { ...bad[1], mode: 'FAILFAST' })).rejects.toMatchObject({ reason: 'DATA_INVALID' });
});

test('a cell in quotes may hold line ends, unless every line is a row', async () => {
  const text = 'a,"b\nc"\nd,e\n';
  expect((await read(text)).outputs['']?.rows).toEqual([['a', 'b\nc'], ['d', 'e']]); // prettier-ignore
  expect((await read(text, { multiLine: 'false' })).outputs['']?.rows).toHaveLength(3);
});

test('GBK, gzip, comments and white space are read', async () => {
  const gbk = Buffer.from([0xb1, 0xb1, 0xbe, 0xa9, 0x2c, 0x31, 0x0a]);
  expect((await read(gbk, { encoding: 'GBK' })).outputs['']?.rows).toEqual([['北京', '1']]);
  expect((await read(gzipSync('#no\n a ,1\n'), { comment: '#' }, 'in.csv.gz')).outputs['']?.rows).toEqual([
    [' a ', '1'],
  ]);
  const trimmed = await read(' a ,1\n', { ignoreLeadingWhiteSpace: true, ignoreTrailingWhiteSpace: true });
  expect(trimmed.outputs['']?.rows).toEqual([['a', '1']]);
});

test('folders such as year=2024 give a column', async () => {
  const files = { 'in/year=2023/a.csv': 'x\n', 'in/year=2024/b.csv': 'y\n' };
  const { outputs } = await runStop(csvRead, { files, properties: { path: '/in' } });
  expect(outputs['']?.rows).toEqual([
    ['x', 2023],
    ['y', 2024],
  ]);
});

test('unknown properties and types are refused by name', async () => {
  await expect(read('a\n', { haeder: 'true' })).rejects.toThrow("did you mean 'header'?");
  await expect(read('a\n', { schema: 'a NUMBERISH' })).rejects.toMatchObject({
    reason: expect.stringMatching(/^SQL|PROP/),
  });
  await expect(read(Buffer.from([0x61, 0xff, 0x0a]))).rejects.toMatchObject({ reason: 'ENCODING_INVALID' });
});

const PEOPLE = {
  columns: [
    ['year', 'int'],
    ['name', 'string'],
  ],
  rows: [
    [2023, '张伟'],
    [2024, 'a "b"'],
    [2024, null],
  ],
} as const;

test('one file is written in the encoding, quotes and compression asked for', async () => {
  const inputs = { '': PEOPLE };
  const gbk = await runStop(csvWrite, {
    inputs,
    properties: { path: '/o.csv', single: true, encoding: 'GBK', nullValue: '-' },
  });
  expect(new TextDecoder('gbk').decode(await readFile(join(gbk.root, 'o.csv')))).toBe(
    '2023,张伟\n2024,"a \\"b\\""\n2024,-\n',
  );
  const properties = {
    path: '/o.csv.gz',
    single: true,
    header: true,
    quoteAll: true,
    escape: '"',
    compression: 'gzip',
  };
  const gzip = await runStop(csvWrite, { inputs, properties });
  expect(gunzipSync(await readFile(join(gzip.root, 'o.csv.gz'))).toString()).toBe(
    '"year","name"\n"2023","张伟"\n"2024","a ""b"""\n"2024",\n',
  );
});

test('what is written in partitions is read back', async () => {
  const written = await runStop(csvWrite, {
    inputs: { '': PEOPLE },
    properties: { path: '/o', partitionBy: 'year', nullValue: '?' },
  });
  const folder = join(written.root, 'o');
  const files: Record<string, Buffer> = {};
  for (const name of await readdir(folder, { recursive: true })) {
    if (name.endsWith('.csv')) files[`o/${name}`] = await readFile(join(folder, name));
  }
  const { outputs } = await runStop(csvRead, {
    files,
    properties: { path: '/o', schema: 'name STRING', nullValue: '?' },
  });
  expect([...(outputs['']?.rows ?? [])].sort()).toEqual([
    [null, 2024],
    ['a "b"', 2024],
    ['张伟', 2023],
  ]);
});

test('a place that is taken is refused unless the save mode says otherwise', async () => {
  const files = { 'o/part.csv': 'x' };
  const run = (saveMode?: string) =>
    runStop(csvWrite, { inputs: { '': PEOPLE }, files, properties: { path: '/o', ...(saveMode && { saveMode }) } });
  await expect(run()).rejects.toMatchObject({ reason: 'FILE_EXISTS' });
  await expect(run('overwrite')).resolves.toMatchObject({ outputs: {} });
});
