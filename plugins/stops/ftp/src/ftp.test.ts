import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { ftp } from './datasource.js';
import { downloadFromFtp } from './download.js';
import { openSession, type Target } from './session.js';
import { uploadToFtp } from './upload.js';

const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_FTP_URL'] ?? '';

describe.skipIf(URL_OF_SERVER === '')('a real FTP server', () => {
  const url = new URL(URL_OF_SERVER === '' ? 'ftp://none' : URL_OF_SERVER);
  const target: Target = {
    host: url.hostname,
    port: Number(url.port),
    user: url.username,
    password: url.password,
    tls: 'off',
  };
  const access = { ftpUrl: target.host, ftpPort: target.port, ftpUsername: target.user, ftpPassword: target.password };
  const base = `/t${randomBytes(5).toString('hex')}`;
  const files = {
    'in/a b.csv': 'id,名字\n1,张伟\n',
    'in/b.bin': new Uint8Array(3_000_000).map((_, i) => i * 7),
    'in/deep/c.txt': '',
  };

  const upload = (ftpPath: string, hdfsFilePath: string) =>
    runStop(uploadToFtp, { files, properties: { ...access, ftpPath, hdfsUrl: 'hdfs://any:9000', hdfsFilePath } });
  const download = (ftpPath: string, more: object = {}) =>
    runStop(downloadFromFtp, {
      properties: { ...access, ftpPath, hdfsUrl: 'hdfs://any:9000/', hdfsPath: '/out/', ...more },
    });

  beforeAll(async () => {
    await upload(`${base}/中文`, 'in/a b.csv');
    await upload(base, 'in/b.bin');
  });
  afterAll(async () => {
    const client = await openSession(target, OPTIONS);
    await client.removeDir(base);
    client.close();
  });

  test('files come back from a folder and its folders byte by byte', async () => {
    const { outputs, root } = await download(base);
    expect(outputs['']).toEqual({
      columns: [['savePath', 'string']],
      rows: [['/out/b.bin'], ['/out/中文/a b.csv']],
    });
    expect(await readFile(join(root, 'out/中文/a b.csv'), 'utf8')).toBe(files['in/a b.csv']);
    expect(Buffer.compare(await readFile(join(root, 'out/b.bin')), files['in/b.bin'])).toBe(0);
  });

  test('one file goes into the folder, and names can be chosen', async () => {
    expect((await download(`${base}/b.bin`)).outputs['']?.rows).toEqual([['/out/b.bin']]);
    expect((await download(base, { filterByName: '.*\\.csv' })).outputs['']?.rows).toEqual([['/out/中文/a b.csv']]);
  });

  test('a file that is there already stays, and the log names it', async () => {
    const { outputs, log } = await upload(base, 'in/b.bin');
    expect(outputs['']?.rows).toEqual([]);
    expect(log[0]).toBe(`'${base}/b.bin' is there already and stays as it is`);
  });

  test('what is not there, or matches nothing, ends the run and leaves no part', async () => {
    await expect(download(`${base}/none.csv`)).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
    await expect(download(base, { filterByName: 'x' })).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
    await expect(download(base, { filterByName: '(' })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
    await expect(upload(base, 'in/none')).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
    await expect(download(base, { hdfsPath: '../../out' })).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
  });

  test.each([
    ['name', { host: 'no-such-host.invalid' }, 'CONNECTION_FAILED'],
    ['connect', { port: 1 }, 'CONNECTION_FAILED'],
    ['tls', { tls: 'verify' as const }, 'CONNECTION_FAILED'],
    ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
  ])('a wrong %s is told as that step, without the password', { timeout: 30_000 }, async (step, wrong, reason) => {
    const error: unknown = await openSession({ ...target, ...wrong }, OPTIONS).catch((each: unknown) => each);
    expect(error).toMatchObject({ reason, details: { step } });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
  });

  test('a server that accepts and never answers is given up after the time', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const wrong = { ...target, port: (mute.address() as AddressInfo).port };
    await expect(openSession(wrong, { ...OPTIONS, timeoutMs: 300 })).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
    mute.close();
  });

  test('a datasource says what it is and what its folders hold', async () => {
    const connection = await ftp.connect(target, OPTIONS);
    expect(await connection.about()).toEqual({ product: 'FTP', version: expect.stringContaining('UNIX') });
    expect(await connection.browse([base.slice(1)], 10)).toEqual([
      { name: 'b.bin', kind: 'file', type: '', hasChildren: false },
      { name: '中文', kind: 'folder', type: '', hasChildren: true },
    ]);
    await expect(connection.browse(['none'], 10)).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    await connection.close();
  });
});
