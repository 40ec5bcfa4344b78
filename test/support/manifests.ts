import { randomUUID } from 'node:crypto';
import { copyFile, cp, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Names the folder in which the tests of one call of vitest keep manifests. */
const FOLDER = 'SLUICE_TEST_MANIFESTS';

/** Makes the folder before the first test and removes it after the last: vitest's `globalSetup`. */
export default async function manifestsOfAllTests(): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-manifests-'));
  process.env[FOLDER] = folder;
  return () => rm(folder, { recursive: true, force: true });
}

/** Puts the manifests that earlier tests have read into a new home: reading those of all packages takes seconds of work. */
export async function lendManifests(home: string): Promise<void> {
  const kept = process.env[FOLDER];
  if (kept !== undefined) await cp(kept, manifestsOf(home), { recursive: true });
}

/** Keeps the manifests of a home for later tests. They are named by digest: what is there already is the same. */
export async function keepManifests(home: string): Promise<void> {
  const kept = process.env[FOLDER];
  if (kept === undefined) return;
  const known = new Set(await readdir(kept, { recursive: true }));
  const files = await readdir(manifestsOf(home), { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.json') && !known.has(name))) {
    const staging = join(kept, `${randomUUID()}.new`);
    await mkdir(dirname(join(kept, file)), { recursive: true });
    await copyFile(join(manifestsOf(home), file), staging);
    await rename(staging, join(kept, file));
  }
}

function manifestsOf(home: string): string {
  return join(home, 'cache/plugins/manifests');
}
