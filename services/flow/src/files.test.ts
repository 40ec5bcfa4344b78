import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Files } from '@sluice/plugin-sdk';
import { createFiles } from './files.js';

let top: string;
let files: Files;

beforeEach(async () => {
  top = await realpath(await mkdtemp(join(tmpdir(), 'sluice-files-')));
  for (const folder of ['data/a', 'data/b', 'hdfs/user', 'outside'])
    await mkdir(join(top, folder), { recursive: true });
  for (const file of [
    'data/a/1.csv',
    'data/a/2.csv',
    'data/a/_SUCCESS',
    'data/b/1.txt',
    'hdfs/user/x.csv',
    'outside/s',
  ]) {
    await writeFile(join(top, file), file);
  }
  files = await createFiles({
    roots: [join(top, 'data')],
    mounts: { 'hdfs://*': join(top, 'hdfs'), 'hdfs://nn2:9000': join(top, 'data') },
  });
});
afterEach(() => rm(top, { recursive: true }));

test.each([
  ['hdfs://any-host:9000/user/x.csv', 'hdfs/user/x.csv'],
  ['hdfs:///user/x.csv', 'hdfs/user/x.csv'],
  ['hdfs://nn2:9000/a/1.csv', 'data/a/1.csv'],
  ['hdfs:/user/x.csv', 'hdfs/user/x.csv'],
  ['HDFS://h/user/../user/x.csv', 'hdfs/user/x.csv'],
  ['hdfs://h/../../outside/s', 'hdfs/outside/s'],
])('%s stands for %s', async (location, expected) => {
  expect(await files.resolve(location, 'read')).toBe(join(top, expected));
});

test('file locations and plain paths stand for themselves', async () => {
  expect(await files.resolve(`file://${top}/data/a/1.csv`, 'read')).toBe(join(top, 'data/a/1.csv'));
  expect(await files.resolve(`file:${top}/data/a/1.csv`, 'read')).toBe(join(top, 'data/a/1.csv'));
  expect(await files.resolve(`${top}/data/new/x.csv`, 'write')).toBe(join(top, 'data/new/x.csv'));
});

test.each(['{top}/outside/s', '{top}/data/../outside/s', '{top}/data/link/s', '/etc/passwd', 's3://bucket/x', '~/x'])(
  '%s is outside and is refused by name',
  async (location) => {
    await symlink(join(top, 'outside'), join(top, 'data/link'));
    const place = location.replace('{top}', top);
    await expect(files.resolve(place, 'read')).rejects.toMatchObject({
      reason: 'FILE_FORBIDDEN',
      details: { path: place },
    });
  },
);

test('a folder and a pattern list their files, without hidden ones', async () => {
  expect(await files.list(join(top, 'data'))).toEqual(
    ['a/1.csv', 'a/2.csv', 'b/1.txt'].map((f) => join(top, 'data', f)),
  );
  expect(await files.list(join(top, 'data/*/{1,3}.c?v'))).toEqual([join(top, 'data/a/1.csv')]);
  expect(await files.list('hdfs://h/user/*.csv')).toEqual([join(top, 'hdfs/user/x.csv')]);
});

test('a link that a pattern or a folder meets does not lead out', async () => {
  await symlink(join(top, 'outside/s'), join(top, 'data/b/2.txt'));
  await expect(files.list(join(top, 'data/b'))).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
  await expect(files.list(join(top, 'data/b/*.txt'))).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
});

test('nothing there is said with the place', async () => {
  await expect(files.list(join(top, 'data/none.csv'))).rejects.toThrow(`there is no file '${top}/data/none.csv'`);
  await expect(files.list(join(top, 'data/*.zip'))).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
});

test('what is neither a file nor a folder is refused, for reading it might never end', async () => {
  execFileSync('mkfifo', [join(top, 'data/b/pipe')]);
  const message = expect.stringContaining("'pipe' is neither a file nor a folder") as string;
  for (const location of [join(top, 'data/b'), join(top, 'data/b/pi*'), 'hdfs://nn2:9000/b/pipe']) {
    await expect(files.list(location)).rejects.toMatchObject({ reason: 'FILE_UNREADABLE', message });
  }
});

test('a path is told as flows write it', () => {
  expect(files.locate(join(top, 'hdfs/user/x.csv'))).toBe('hdfs:///user/x.csv');
});
