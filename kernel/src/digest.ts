import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { FoundPackage, PluginPackage } from './discovery.js';

/** What was found out about a folder when its files looked as `fingerprint` says. */
interface Known {
  readonly fingerprint: string;
  readonly digest: string;
}

/** Files in the entry's folder that do not change what a plugin does. */
const IGNORED = /\.(d\.ts|map|tsbuildinfo)$|\.test\.[cm]?[jt]s$/;

/**
 * Gives packages their digests. Contents are read only where size or times of a file differ from the last time; what
 * is known is kept in a file.
 */
export async function digestPackages(packages: readonly FoundPackage[], cacheFile: string): Promise<PluginPackage[]> {
  const known = await readKnown(cacheFile);
  let changed = false;
  const digested = await Promise.all(
    packages.map(async (each): Promise<PluginPackage> => {
      const files = await filesOf(each);
      const fingerprint = hash(files.map((file) => `${file.path}\0${file.state}\n`));
      const before = known[each.folder];
      if (before?.fingerprint === fingerprint) return { ...each, digest: before.digest };
      const contents = await Promise.all(
        files.map(async (file) => `${file.path}\0${hash([await readFile(join(each.folder, file.path))])}\n`),
      );
      const digest = hash(contents);
      known[each.folder] = { fingerprint, digest };
      changed = true;
      return { ...each, digest };
    }),
  );
  if (changed) await writeWhole(cacheFile, JSON.stringify(known));
  return digested;
}

/** Writes a file so that a reader sees the old contents or the new, never a part. */
export async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const staging = `${file}.${randomUUID()}`;
  await writeFile(staging, text);
  await rename(staging, file);
}

/** The package.json and everything in the entry's folder: the parts of a package that its author builds. */
async function filesOf(found: FoundPackage): Promise<{ path: string; state: string }[]> {
  const folder = dirname(found.entry);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && !IGNORED.test(entry.name))
    .map((entry) => relative(found.folder, join(entry.parentPath, entry.name)))
    .filter((path) => path !== 'package.json' && !path.split('/').includes('node_modules'));
  return Promise.all(
    ['package.json', ...paths.sort()].map(async (path) => {
      const { size, mtimeMs, ctimeMs, ino } = await stat(join(found.folder, path));
      return { path, state: `${size} ${mtimeMs} ${ctimeMs} ${ino}` };
    }),
  );
}

async function readKnown(file: string): Promise<Record<string, Known>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, Known>;
  } catch {
    return {}; // the first start, or a damaged file: everything is read anew
  }
}

function hash(parts: readonly (string | Uint8Array)[]): string {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
}
