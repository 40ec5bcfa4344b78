import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Staging, sweep } from './staging.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-staging-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The id of a process that is gone. */
async function deadProcess(): Promise<number> {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await once(child, 'exit');
  return child.pid ?? 0;
}

async function stage(content: string, mode: 'append' | 'overwrite' | 'error'): Promise<Staging> {
  const staging = await Staging.open(join(folder, 'out'), 'out', mode, false);
  if (staging === undefined) throw new Error('nothing was staged');
  await staging.fresh();
  await writeFile(join(staging.path, `part-${content}.csv`), content);
  return staging;
}

describe('a staging place', () => {
  test('shows nothing until it is committed, and all then', async () => {
    const staging = await stage('a', 'error');
    expect((await readdir(folder)).every((name) => name.startsWith('.'))).toBe(true);
    const { bytes, files } = await staging.commit();
    expect(bytes).toBe(1);
    expect(files).toEqual([join(folder, 'out', 'part-a.csv')]);
    expect(await readdir(folder)).toEqual(['out']);
    expect((await readdir(join(folder, 'out'))).sort()).toEqual(['_SUCCESS', 'part-a.csv']);
  });

  test('gives way to another writer that was first, in mode error', async () => {
    const [first, second] = [await stage('a', 'error'), await stage('b', 'error')];
    await first.commit();
    await expect(second.commit()).rejects.toMatchObject({ reason: 'FILE_EXISTS' });
    await second.discard();
    expect(await readdir(folder)).toEqual(['out']);
    expect(await readFile(join(folder, 'out', 'part-a.csv'), 'utf8')).toBe('a');
  });

  test('of a process that is gone is removed, that of a living one is not', async () => {
    const living = await stage('a', 'overwrite');
    const name = (await readdir(folder))[0] ?? '';
    await mkdir(join(folder, name.replace(`-${process.pid}-`, `-${await deadProcess()}-`)));
    await sweep(folder);
    expect(await readdir(folder)).toEqual([name]);
    await living.commit();
  });

  test('puts back what a process had moved aside when it died in the middle of an overwrite', async () => {
    await (await stage('old', 'error')).commit();
    const staging = await stage('new', 'overwrite');
    const name = staging.path.slice(folder.length + 1);
    const gone = await deadProcess();
    const { rename } = await import('node:fs/promises');
    await rename(
      join(folder, 'out'),
      join(folder, name.replace('staging', 'replaced').replace(`-${process.pid}-`, `-${gone}-`)),
    );
    await rename(staging.path, join(folder, name.replace(`-${process.pid}-`, `-${gone}-`)));
    await sweep(folder);
    expect(await readdir(folder)).toEqual(['out']);
    expect(await readFile(join(folder, 'out', 'part-old.csv'), 'utf8')).toBe('old');
  });
});
