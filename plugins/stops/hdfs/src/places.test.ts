import { access, mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStopRuns, type StopRuns } from '@sluice/plugin-sdk/testing';
import { deleteHdfs } from './delete-hdfs.js';
import { listHdfs } from './list-hdfs.js';
import { selectFilesByName } from './select-files-by-name.js';

const hdfsUrl = 'hdfs://127.0.0.1:8020';
let runs: StopRuns;
beforeEach(async () => {
  runs = await openStopRuns();
  for (const path of [
    'work/a.csv',
    'work/deep/b.csv',
    'work/deep/c.TXT',
    'work/_SUCCESS',
    'work/.sluice-partial-1/x',
    'keep.csv',
  ]) {
    await mkdir(join(runs.root, path, '..'), { recursive: true });
    await writeFile(join(runs.root, path), 'x');
  }
});
afterEach(() => runs.close());

const first = (table: Awaited<ReturnType<StopRuns['run']>>): unknown[] => (table?.rows ?? []).map(([path]) => path);

test('all files of a folder are listed, with the address before them', async () => {
  const table = await runs.run(listHdfs, { hdfsUrl, hdfsPath: '/work/' });
  expect(table?.columns).toEqual([['path', 'string']]);
  const names = ['_SUCCESS', 'a.csv', 'deep/b.csv', 'deep/c.TXT'];
  expect(first(table)).toEqual(names.map((name) => `${hdfsUrl}/work/${name}`));
  expect(first(await runs.run(listHdfs, { hdfsUrl, hdfsPath: 'work/a.csv' }))).toEqual([`${hdfsUrl}/work/a.csv`]);
  await expect(runs.run(listHdfs, { hdfsUrl, hdfsPath: '/none' })).rejects.toMatchObject({ reason: 'FILE_NOT_FOUND' });
  await expect(runs.run(listHdfs, { hdfsUrl, hdfsPath: '/../../etc' })).rejects.toMatchObject({
    reason: 'FILE_FORBIDDEN',
  });
});

test('links out of the folders are passed over and told', async () => {
  await symlink('/etc', join(runs.root, 'work/etc'));
  await symlink('/etc/passwd', join(runs.root, 'work/p'));
  await symlink(join(runs.root, 'keep.csv'), join(runs.root, 'work/k'));
  const paths = first(await runs.run(listHdfs, { hdfsUrl, hdfsPath: '/work' }));
  expect(paths).toContain(`${hdfsUrl}/work/k`);
  expect(paths.filter((path) => /etc|work\/p/.test(String(path)))).toEqual([]);
  expect(runs.log).toHaveLength(2);
});

test('files are selected by Java expressions for whole names', async () => {
  const select = async (selectionConditions: string): Promise<unknown[]> =>
    first(await runs.run(selectFilesByName, { HDFSUrl: hdfsUrl, HDFSPath: '/work/', selectionConditions }));
  expect(await select('.*.csv')).toEqual([`${hdfsUrl}/work/a.csv`, `${hdfsUrl}/work/deep/b.csv`]);
  expect(await select('[a-b]\\.csv, a.*')).toEqual([`${hdfsUrl}/work/a.csv`, `${hdfsUrl}/work/deep/b.csv`]);
  expect(await select('(?i)c\\.txt,\\Qb.csv\\E')).toEqual([`${hdfsUrl}/work/deep/b.csv`, `${hdfsUrl}/work/deep/c.TXT`]);
  expect(await select('\\_.{1,9}')).toEqual([`${hdfsUrl}/work/_SUCCESS`]);
  expect(await select('[a,b]\\.csv')).toHaveLength(2);
  await expect(select('*.csv')).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
  await expect(select('[a-z&&[b]]')).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
});

test('files and folders are deleted, links and not what they lead to', async () => {
  await symlink(join(runs.root, 'keep.csv'), join(runs.root, 'link'));
  expect(
    await runs.run(deleteHdfs, { isCustomize: 'true', hdfsUrl, hdfsPath: '/work/deep/, link,/none' }),
  ).toBeUndefined();
  expect((await readdir(runs.root)).sort()).toEqual(['keep.csv', 'work']);
  expect(await readdir(join(runs.root, 'work'))).not.toContain('deep');
  expect(runs.log.join('\n')).toContain(`'${hdfsUrl}/none' is not there`);
});

test('what rows name is deleted', async () => {
  const rows = [[`${hdfsUrl}/work/a.csv`], [null], ['/keep.csv']];
  await runs.run(deleteHdfs, { isCustomize: false, hdfsUrl, hdfsPath: 'x' }, { columns: [['p', 'string']], rows });
  expect(await readdir(runs.root)).toEqual(['work']);
  const numbers = { columns: [['n', 'int']] as const, rows: [[1]] };
  await expect(runs.run(deleteHdfs, { isCustomize: false, hdfsUrl, hdfsPath: 'x' }, numbers)).rejects.toMatchObject({
    reason: 'SCHEMA_MISMATCH',
  });
});

test('nothing is deleted where one path is forbidden', async () => {
  for (const wrong of ['/', '/../..', '/work/..', '.', '/work/../../x']) {
    const run = runs.run(deleteHdfs, { isCustomize: true, hdfsUrl, hdfsPath: `/keep.csv,${wrong}` });
    await expect(run, wrong).rejects.toMatchObject({ reason: 'FILE_FORBIDDEN' });
    await access(join(runs.root, 'keep.csv'));
  }
});
