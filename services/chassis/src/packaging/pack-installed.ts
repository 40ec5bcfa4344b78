import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packFiles } from './pack-files.js';

/** A package of this installation as npm would install it. */
export interface InstalledArchive {
  readonly name: string;
  readonly version: string;
  readonly content: Buffer;
}

/** What an author needs of a built package: its code and its types. */
const WANTED = /(?<!\.test)\.(?:js|d\.ts)$/;

/** The archive of a package that is installed here and built into `dist`, such as `@sluice/plugin-sdk`. */
export async function packInstalled(name: string): Promise<InstalledArchive> {
  const dist = dirname(fileURLToPath(import.meta.resolve(name)));
  const folder = dirname(dist);
  const built = await readdir(dist, { recursive: true });
  const paths = ['package.json', ...built.filter((path) => WANTED.test(path)).map((path) => join('dist', path))];
  const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { name, version, content: await packFiles(folder, paths) };
}
