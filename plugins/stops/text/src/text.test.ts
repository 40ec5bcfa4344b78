import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { textRead } from './text-read.js';
import { textWrite } from './text-write.js';

test('lines become rows, blank ones too, or a file one row', async () => {
  const files = { 'a.txt': 'one, "two\n\n三\n' };
  const lines = await runStop(textRead, { files, properties: { path: '/a.txt' } });
  expect(lines.outputs['']).toEqual({ columns: [['value', 'string']], rows: [['one, "two'], [''], ['三']] });
  const whole = await runStop(textRead, { files, properties: { path: '/a.txt', wholetext: true } });
  expect(whole.outputs['']?.rows).toEqual([['one, "two\n\n三\n']]);
});

test('text is read and written in GBK, and appended to what is there', async () => {
  const gbk = Buffer.from([0xb1, 0xb1, 0xbe, 0xa9, 0x0a]);
  const read = await runStop(textRead, { files: { 'a.txt': gbk }, properties: { path: '/a.txt', encoding: 'GBK' } });
  expect(read.outputs['']?.rows).toEqual([['北京']]);
  const table = { columns: [['line', 'string']], rows: [['北京'], ['a "b", c']] } as const;
  const properties = { path: '/b.txt', single: true, encoding: 'GBK' };
  const { root } = await runStop(textWrite, { inputs: { '': table }, properties });
  expect(await readFile(join(root, 'b.txt'))).toEqual(Buffer.concat([gbk, Buffer.from('a "b", c\n')]));
});

test('a missing file, another column and unknown properties are refused', async () => {
  await expect(runStop(textRead, { properties: { path: '/no.txt' } })).rejects.toMatchObject({
    reason: 'FILE_NOT_FOUND',
  });
  const table = { columns: [['a', 'int']], rows: [] } as const;
  await expect(runStop(textWrite, { inputs: { '': table }, properties: { path: '/o' } })).rejects.toMatchObject({
    reason: 'SCHEMA_MISMATCH',
  });
  await expect(runStop(textRead, { properties: { path: '/a', wholeText: true } })).rejects.toThrow("mean 'wholetext'");
});
