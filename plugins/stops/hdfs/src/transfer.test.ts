import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Table } from '@sluice/plugin-sdk';
import { openStopRuns, type StopRuns } from '@sluice/plugin-sdk/testing';
import { fileDownHdfs } from './file-down-hdfs.js';
import { getHdfs } from './get-hdfs.js';
import { putHdfs } from './put-hdfs.js';
import { saveToHdfs } from './save-to-hdfs.js';

const hdfsUrl = 'hdfs://127.0.0.1:8020';
let runs: StopRuns;
let server: Server;
let base: string;

beforeEach(async () => {
  runs = await openStopRuns();
  server = createServer((request, response) => {
    if (request.url === '/slow') return void response.write('a');
    if (request.url === '/away') return void response.writeHead(302, { location: '/file' }).end();
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '10' });
      response.write('abc');
      return void setTimeout(() => response.destroy(), 20);
    }
    if (request.url !== '/file') return void response.writeHead(404).end('no');
    response.end(Buffer.alloc(100_000, 7));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await runs.close();
});

const download = (url_str: string, more: Record<string, unknown> = {}) =>
  runs.run(fileDownHdfs, { hdfsUrl, hdfsPath: '/in/x.bin', url_str, ...more });

test('a file is downloaded through a redirect, in place of an older one', async () => {
  await mkdir(join(runs.root, 'in'));
  await writeFile(join(runs.root, 'in/x.bin'), 'old');
  const table = await download(`${base}/away`);
  expect(table).toEqual({ columns: [['savePath', 'string']], rows: [[`${hdfsUrl}/in/x.bin`]] });
  expect(await readFile(join(runs.root, 'in/x.bin'))).toEqual(Buffer.alloc(100_000, 7));
  expect(await readdir(join(runs.root, 'in'))).toEqual(['x.bin']);
});

test('what cannot be downloaded ends the run and leaves nothing', async () => {
  const cases: [string, Record<string, unknown>, string][] = [
    [`${base}/none`, {}, 'DATA_INVALID'],
    [`${base}/cut`, {}, 'SERVICE_UNAVAILABLE'],
    [`${base}/slow`, { timeoutSeconds: 1 }, 'DEADLINE_EXCEEDED'],
    [`${base}/file`, { maxBytes: 1000 }, 'DATA_INVALID'],
    ['http://127.0.0.1:1/x', {}, 'SERVICE_UNAVAILABLE'],
    ['file:///etc/passwd', {}, 'PROPERTY_INVALID'],
    ['data:,x', {}, 'PROPERTY_INVALID'],
  ];
  for (const [url, more, reason] of cases) {
    await expect(download(url, more), url).rejects.toMatchObject({ reason });
    expect(await readdir(join(runs.root, 'in')).catch(() => [])).toEqual([]);
  }
  await expect(download(`${base}/file`, { hdfsPath: '/../../x' })).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
});

const table: Table = {
  columns: [
    ['name', 'string'],
    ['n', 'int'],
  ],
  rows: [
    ['a "b", 汉', 1],
    [null, 2],
  ],
};

test('rows are put into a folder and got back', async () => {
  for (const types of ['csv', 'json', 'parquet']) {
    await runs.run(putHdfs, { hdfsUrl, hdfsPath: `/out/${types}/`, types, partition: '3' }, table);
    const back = await runs.run(getHdfs, { hdfsUrl, hdfsPath: `/out/${types}`, types });
    if (types === 'parquet') expect(back).toEqual(table);
    if (types === 'csv') {
      expect(back?.columns.map(([name]) => name)).toEqual(['_c0', '_c1']);
      expect(back?.rows.map((row) => row.map(String))).toEqual([
        ['a "b", 汉', '1'],
        ['null', '2'],
      ]);
    }
    if (types === 'json') {
      const at = (name: string): number => back?.columns.findIndex(([each]) => each === name) ?? -1;
      expect(back?.rows.map((row) => [row[at('name')], row[at('n')]])).toEqual([
        ['a "b", 汉', 1n],
        [null, 2n],
      ]);
    }
    await expect(runs.run(putHdfs, { hdfsUrl, hdfsPath: `/out/${types}`, types }, table)).rejects.toMatchObject({
      reason: 'FILE_EXISTS',
    });
  }
});

test('one file is written under its name, and its neighbours stay', async () => {
  await mkdir(join(runs.root, 'out'));
  await writeFile(join(runs.root, 'out/other'), 'stays');
  const write = (more: Record<string, unknown>, rows: Table = table) =>
    runs.run(saveToHdfs, { hdfsUrl, hdfsDirPath: '/out/', fileName: 't.csv', ...more }, rows);
  expect(await write({ delimiter: ';' })).toEqual({ columns: [['path', 'string']], rows: [[`${hdfsUrl}/out/t.csv`]] });
  expect(await readFile(join(runs.root, 'out/t.csv'), 'utf8')).toMatch(/^name;n\n.*汉.*;1\n(?:"")?;2\n$/);
  await write({ header: 'false' });
  expect(await readFile(join(runs.root, 'out/t.csv'), 'utf8')).not.toContain('name');
  await write({ types: 'text', fileName: 't.txt' }, { columns: [['v', 'string']], rows: [['a'], ['b']] });
  expect(await readFile(join(runs.root, 'out/t.txt'), 'utf8')).toBe('a\nb\n');
  expect((await readdir(join(runs.root, 'out'))).sort()).toEqual(['other', 't.csv', 't.txt']);
  await expect(write({ fileName: '../t' })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
  await expect(write({ types: 'text' })).rejects.toMatchObject({ reason: 'SCHEMA_MISMATCH' });
});

test('text is read by lines, and ORC is refused', async () => {
  await writeFile(join(runs.root, 'a.txt'), 'one\n二\n');
  expect(await runs.run(getHdfs, { hdfsUrl, hdfsPath: '/a.txt', types: 'txt' })).toEqual({
    columns: [['value', 'string']],
    rows: [['one'], ['二']],
  });
  await expect(runs.run(getHdfs, { hdfsUrl, hdfsPath: '/a.orc', types: 'orc' })).rejects.toMatchObject({
    reason: 'FILE_FORMAT',
  });
});
