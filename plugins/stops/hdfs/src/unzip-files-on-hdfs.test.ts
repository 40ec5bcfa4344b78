import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack, type Header } from 'tar-stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStopRuns, type StopRuns } from '@sluice/plugin-sdk/testing';
import { makeZip } from './testing/make-zip.js';
import { unzipFilesOnHdfs } from './unzip-files-on-hdfs.js';

const URL = 'hdfs://127.0.0.1:8020';
let runs: StopRuns;
beforeEach(async () => (runs = await openStopRuns()));
afterEach(() => runs.close());

async function tar(entries: readonly (Partial<Header> & { name: string; content?: string })[]): Promise<Buffer> {
  const archive = pack();
  for (const { content, ...header } of entries) archive.entry(header, content ?? '');
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Puts an archive into the folder and unpacks it; gives the paths told. */
async function unzip(name: string, content: Uint8Array, more: Record<string, unknown> = {}): Promise<unknown[]> {
  await writeFile(join(runs.root, name), content);
  const table = await runs.run(unzipFilesOnHdfs, {
    isCustomize: 'true',
    hdfsUrl: URL,
    filePath: `/${name}`,
    savePath: '/out/',
    ...more,
  });
  expect(table?.columns).toEqual([['savePath', 'string']]);
  return (table?.rows ?? []).map(([path]) => path);
}

const read = (path: string): Promise<string> => readFile(join(runs.root, path), 'utf8');

test('a zip is unpacked with its folders, and names in GBK are read', async () => {
  const gbk = Uint8Array.from([0xb1, 0xb1, 0xbe, 0xa9, 0x2e, 0x74, 0x78, 0x74]);
  const zip = makeZip([
    { name: 'a/b.txt', content: 'hello'.repeat(10_000) },
    { name: gbk, content: '1' },
    { name: 'empty/' },
  ]);
  expect(await unzip('x.zip', zip)).toEqual([`${URL}/out/a/b.txt`, `${URL}/out/北京.txt`]);
  expect(await read('out/a/b.txt')).toBe('hello'.repeat(10_000));
  expect(await read('out/北京.txt')).toBe('1');
  expect((await readdir(join(runs.root, 'out'))).sort()).toEqual(['a', 'empty', '北京.txt']);
});

test('tar, tar.gz and gz are unpacked; links are left out and told', async () => {
  const content = await tar([
    { name: 'd/', type: 'directory' },
    { name: 'd/汉字.csv', content: 'a,b\n' },
    { name: 'd/link', type: 'symlink', linkname: '/etc/passwd' },
    { name: 'hard', type: 'link', linkname: 'd/汉字.csv' },
    { name: `${'long/'.repeat(40)}f`, content: 'x' },
  ]);
  const expected = [`${URL}/out/d/汉字.csv`, `${URL}/out/${'long/'.repeat(40)}f`];
  expect(await unzip('x.tar', content)).toEqual(expected);
  expect(await unzip('x.tgz', gzipSync(content))).toEqual(expected);
  expect(runs.log.filter((line) => line.includes('is a link; it is left out'))).toHaveLength(4);
  expect(await unzip('plain.txt.gz', gzipSync('text'))).toEqual([`${URL}/out/plain.txt`]);
  expect(await read('out/plain.txt')).toBe('text');
});

test('archives may come in as rows, and files then lie beside them', async () => {
  await mkdir(join(runs.root, 'deep'));
  await writeFile(join(runs.root, 'deep/a.gz'), gzipSync('1'));
  const table = await runs.run(
    unzipFilesOnHdfs,
    { hdfsUrl: URL },
    { columns: [['path', 'string']], rows: [[`${URL}/deep/a.gz`], [null]] },
  );
  expect(table?.rows).toEqual([[`${URL}/deep/a`]]);
  expect(await read('deep/a')).toBe('1');
});

test('names that lead out of the folder end the run, and nothing is there', async () => {
  for (const name of ['../evil', '/etc/evil', 'a/../../evil', 'C:/evil', 'a\\..\\evil']) {
    const zip = makeZip([
      { name: 'good', content: '1' },
      { name, content: '2' },
    ]);
    await expect(unzip('x.zip', zip)).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
  }
  await expect(unzip('x.tar', await tar([{ name: '../evil', content: 'x' }]))).rejects.toMatchObject({
    reason: 'FILE_FORBIDDEN',
  });
  expect(await readdir(join(runs.root, 'out'))).toEqual([]);
  expect(await readdir(runs.root)).not.toContain('evil');
});

test('a link in the folder leads no file out of it', async () => {
  await mkdir(join(runs.root, 'out'));
  await symlink('/tmp', join(runs.root, 'out/sub'));
  await expect(unzip('x.zip', makeZip([{ name: 'sub/evil-sluice', content: '1' }]))).rejects.toMatchObject({
    reason: 'FILE_FORBIDDEN',
  });
  expect(await readdir('/tmp')).not.toContain('evil-sluice');
});

test('damaged, encrypted and too large archives end the run and leave nothing', async () => {
  const good = gzipSync('x'.repeat(100_000));
  const cases: [string, Uint8Array, Record<string, unknown>, string][] = [
    ['cut.gz', good.subarray(0, good.length / 2), {}, 'FILE_FORMAT'],
    ['cut.tar', (await tar([{ name: 'a', content: 'x'.repeat(5000) }])).subarray(0, 3000), {}, 'FILE_FORMAT'],
    ['sum.zip', makeZip([{ name: 'a', content: '1', crc: 7 }]), {}, 'FILE_FORMAT'],
    ['key.zip', makeZip([{ name: 'a', content: '1', flags: 0x801 }]), {}, 'FILE_FORMAT'],
    ['big.gz', good, { maxBytes: 1000 }, 'DATA_INVALID'],
    ['x.bz2', Buffer.from('BZh91AY&SY'), {}, 'FILE_FORMAT'],
  ];
  for (const [name, content, more, reason] of cases) {
    await expect(unzip(name, content, more), name).rejects.toMatchObject({ reason });
    expect(await readdir(join(runs.root, 'out')).catch(() => [])).toEqual([]);
  }
  const missing = runs.run(unzipFilesOnHdfs, { isCustomize: true, hdfsUrl: URL, filePath: '/no.zip' });
  await expect(missing).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
  await expect(runs.run(unzipFilesOnHdfs, { isCustomize: true, hdfsUrl: URL })).rejects.toMatchObject({
    reason: 'PROPERTY_MISSING',
  });
});
