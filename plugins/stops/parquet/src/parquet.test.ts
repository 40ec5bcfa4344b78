import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { parquetRead } from './parquet-read.js';
import { parquetWrite } from './parquet-write.js';

const TABLE = {
  columns: [
    ['id', 'bigint'],
    ['名 "x".y', 'string'],
    ['price', 'decimal(20,2)'],
    ['tags', 'array<string>'],
    ['place', 'struct<city:string,zip:int>'],
    ['day', 'date'],
    ['raw', 'binary'],
    ['year', 'int'],
  ],
  rows: [
    [
      9007199254740993n,
      '张伟',
      '123456789012345678.90',
      ['a', null],
      { city: '北京', zip: 1 },
      19782,
      new Uint8Array([0, 255]),
      2023,
    ],
    [null, null, null, null, null, null, null, 2024],
  ],
} as const;

async function writtenFiles(properties: Record<string, unknown>): Promise<Record<string, Buffer>> {
  const { root } = await runStop(parquetWrite, { inputs: { '': TABLE }, properties: { path: '/o', ...properties } });
  const files: Record<string, Buffer> = {};
  for (const name of await readdir(join(root, 'o'), { recursive: true })) {
    if (name.endsWith('.parquet')) files[`o/${name}`] = await readFile(join(root, 'o', name));
  }
  return files;
}

test.each(['snappy', 'zstd', 'gzip', 'none'])(
  'what is written with %s is read back, every value of it',
  async (compression) => {
    const files = await writtenFiles({ compression });
    const { outputs } = await runStop(parquetRead, { files, properties: { path: '/o' } });
    expect(outputs['']).toEqual(TABLE);
  },
);

test('partitions become folders and a column again', async () => {
  const files = await writtenFiles({ partitionBy: ['year'] });
  expect(
    Object.keys(files)
      .map((name) => name.split('/')[1])
      .sort(),
  ).toEqual(['year=2023', 'year=2024']);
  const { outputs } = await runStop(parquetRead, { files, properties: { path: 'hdfs://any:9000/o' } });
  expect(outputs['']?.rows.map((row) => row.at(-1)).sort()).toEqual([2023, 2024]);
});

test('no parquet, no file, and no such column are each told', async () => {
  const broken = runStop(parquetRead, { files: { 'a.parquet': 'PAR1 no' }, properties: { path: '/a.parquet' } });
  await expect(broken).rejects.toMatchObject({ reason: expect.stringMatching(/^FILE_(FORMAT|UNREADABLE)$/) });
  await expect(runStop(parquetRead, { properties: { path: '/b' } })).rejects.toMatchObject({
    reason: 'FILE_NOT_FOUND',
  });
  await expect(writtenFiles({ partitionBy: 'yaer' })).rejects.toMatchObject({ reason: 'COLUMN_UNKNOWN' });
});
