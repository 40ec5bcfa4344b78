import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { ftp, sftp } from './datasource.js';
import { downloadFromFtp } from './download.js';
import { openSession } from './open-session.js';
import { filesAt, type Target } from './session.js';
import { uploadToFtp } from './upload.js';

const OPTIONS = { timeoutMs: 5000, signal: new AbortController().signal };
const URL_OF_SERVER = process.env['SLUICE_TEST_FTP_URL'] ?? '';

const URL_OF_SSH = process.env['SLUICE_TEST_SFTP_URL'] ?? '';
const KEY = process.env['SLUICE_TEST_SFTP_KEY'] ?? '';
const SERVERS = [
  ['FTP', URL_OF_SERVER],
  ['SFTP', URL_OF_SSH],
] as const;

function targetAt(given: string): Target & { readonly folder: string } {
  const url = new URL(given === '' ? 'ftp://none' : given);
  return {
    protocol: url.protocol === 'sftp:' ? 'sftp' : 'ftp',
    host: url.hostname,
    port: Number(url.port),
    user: url.username,
    password: url.password,
    tls: 'off',
    privateKey: '',
    passphrase: '',
    hostKey: '',
    folder: url.pathname.replace(/\/$/, ''),
  };
}

describe.each(SERVERS)('a real server of %s', (name, given) => {
  const isThere = given !== '';
  const target = targetAt(given);
  const access = {
    ftpUrl: name === 'SFTP' ? `sftp://${target.host}/` : target.host,
    ftpPort: target.port,
    ftpUsername: target.user,
    ftpPassword: target.password,
  };
  const base = `${target.folder}/t${randomBytes(5).toString('hex')}`;
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
    if (!isThere) return;
    await upload(`${base}/中文`, 'in/a b.csv');
    await upload(base, 'in/b.bin');
  });
  afterAll(async () => {
    if (!isThere) return;
    const session = await openSession(target, OPTIONS);
    for (const { path } of await filesAt(session, base)) await session.discard(path);
    session.close();
  });

  test.skipIf(!isThere)('files come back from a folder and its folders byte by byte', async () => {
    const { outputs, root } = await download(base);
    expect(outputs['']).toEqual({
      columns: [['savePath', 'string']],
      rows: [['/out/b.bin'], ['/out/中文/a b.csv']],
    });
    expect(await readFile(join(root, 'out/中文/a b.csv'), 'utf8')).toBe(files['in/a b.csv']);
    expect(Buffer.compare(await readFile(join(root, 'out/b.bin')), files['in/b.bin'])).toBe(0);
  });

  test.skipIf(!isThere)('one file goes into the folder, and names can be chosen', async () => {
    expect((await download(`${base}/b.bin`)).outputs['']?.rows).toEqual([['/out/b.bin']]);
    expect((await download(base, { filterByName: '.*\\.csv' })).outputs['']?.rows).toEqual([['/out/中文/a b.csv']]);
  });

  test.skipIf(!isThere)('a file that is there already stays, and the log names it', async () => {
    const { outputs, log } = await upload(base, 'in/b.bin');
    expect(outputs['']?.rows).toEqual([]);
    expect(log[0]).toBe(`'${base}/b.bin' is there already and stays as it is`);
  });

  test.skipIf(!isThere)('what is not there, or matches nothing, ends the run and leaves no part', async () => {
    await expect(download(`${base}/none.csv`)).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
    await expect(download(base, { filterByName: 'x' })).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
    await expect(download(base, { filterByName: '(' })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
    await expect(upload(base, 'in/none')).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
    await expect(download(base, { hdfsPath: '../../out' })).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
  });

  test.skipIf(!isThere).each([
    ['name', { host: 'no-such-host.invalid' }, 'CONNECTION_FAILED'],
    ['connect', { port: 1 }, 'CONNECTION_FAILED'],
    ['tls', name === 'FTP' ? { tls: 'verify' as const } : { hostKey: 'SHA256:AAAA' }, 'CONNECTION_FAILED'],
    ['authentication', { password: 'hunter2' }, 'ACCESS_REFUSED'],
  ])('a wrong %s is told as that step, without the password', { timeout: 30_000 }, async (step, wrong, reason) => {
    const error: unknown = await openSession({ ...target, ...wrong }, OPTIONS).catch((each: unknown) => each);
    expect(error).toMatchObject({ reason, details: { step } });
    expect(JSON.stringify([(error as Error).message, (error as Error).stack])).not.toContain('hunter2');
  });

  test.skipIf(!isThere)('a server that accepts and never answers is given up after the time', async () => {
    const mute = createServer(() => undefined);
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const wrong = { ...target, port: (mute.address() as AddressInfo).port };
    await expect(openSession(wrong, { ...OPTIONS, timeoutMs: 300 })).rejects.toMatchObject({
      reason: 'CONNECTION_FAILED',
      details: { step: 'connect' },
    });
    mute.close();
  });

  test.skipIf(!isThere)('a datasource says what it is and what its folders hold', async () => {
    const connection = await (name === 'FTP' ? ftp.connect(target, OPTIONS) : sftp.connect(target, OPTIONS));
    const version = expect.stringContaining(name === 'FTP' ? 'UNIX' : 'OpenSSH');
    expect(await connection.about()).toEqual({ product: name, version });
    expect(await connection.browse(base.slice(1).split('/'), 10)).toEqual([
      { name: 'b.bin', kind: 'file', type: '', hasChildren: false },
      { name: '中文', kind: 'folder', type: '', hasChildren: true },
    ]);
    await expect(connection.browse(['no-such-folder'], 10)).rejects.toMatchObject({ reason: 'QUERY_FAILED' });
    await connection.close();
  });
});

describe.skipIf(URL_OF_SSH === '' || KEY === '')('a login with a key', () => {
  const target = { ...targetAt(URL_OF_SSH), password: '' };

  test('opens the key by its passphrase, and tells the key of the server', async () => {
    const privateKey = await readFile(KEY, 'utf8');
    const { stdout } = await promisify(execFile)('ssh-keygen', ['-lf', join(dirname(KEY), 'host-key.pub')]);
    const hostKey = stdout.split(' ')[1] ?? '';
    const session = await openSession({ ...target, privateKey, passphrase: 'sluice', hostKey }, OPTIONS);
    expect(await session.folderAt('.')).toBe(target.folder);
    session.close();
    for (const wrong of [{ privateKey }, { privateKey, passphrase: 'hunter2' }, { privateKey: 'no key' }]) {
      await expect(openSession({ ...target, ...wrong }, OPTIONS)).rejects.toMatchObject({
        reason: 'ACCESS_REFUSED',
        details: { step: 'authentication' },
      });
    }
  });

  test('a folder that may not be written is told as permission', async () => {
    const { host, port, user } = target;
    const properties = {
      ftpUrl: `sftp://${host}`,
      ftpPort: port,
      ftpUsername: user,
      ftpPassword: targetAt(URL_OF_SSH).password,
    };
    const upload = runStop(uploadToFtp, {
      files: { 'a.txt': 'x' },
      properties: { ...properties, ftpPath: '/etc/sluice', hdfsFilePath: 'a.txt' },
    });
    await expect(upload).rejects.toMatchObject({ reason: 'ACCESS_REFUSED', details: { step: 'permission' } });
  });

  test('a server that closes the connection in the middle ends the command', async () => {
    const { port } = target;
    const through = createServer((socket) => {
      const inner = connect(port, '127.0.0.1');
      inner.on('error', () => undefined);
      socket.on('error', () => undefined);
      socket.pipe(inner).pipe(socket);
      setTimeout(() => [socket, inner].forEach((each) => each.destroy()), 1500);
    });
    await new Promise<void>((resolve) => through.listen(0, '127.0.0.1', resolve));
    const session = await openSession(
      { ...targetAt(URL_OF_SSH), port: (through.address() as AddressInfo).port },
      OPTIONS,
    );
    await new Promise((resolve) => setTimeout(resolve, 1700));
    await expect(session.folderAt('/')).rejects.toMatchObject({ reason: 'CONNECTION_FAILED' });
    through.close();
  });
});
