import { realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { SluiceError, type Config } from '@sluice/chassis';

/** A location that flows and schedules may use: how it is written, and where it is on this machine. */
export interface Place {
  readonly location: string;
  readonly path: string;
}

/**
 * Finds the folder of a location such as `hdfs://host/in`, `file:///data/in` or a path, by the same settings as runs.
 *
 * @throws FILE_FORBIDDEN when it lies outside the folders that runs may use, or nothing stands for its root
 */
export async function locate(location: string, files: Config['files']): Promise<Place> {
  const path = toPath(location, files.mounts);
  const real = await realPathOfExisting(path);
  const roots = await Promise.all([...files.roots, ...Object.values(files.mounts)].map(realPathOfExisting));
  if (roots.some((root) => isInside(root, real))) return { location, path };
  throw new SluiceError(
    'FILE_FORBIDDEN',
    `'${location}' lies outside the folders that runs may use; add its folder to the setting files.roots`,
    { details: { path: location } },
  );
}

/** How a file in a folder is written: as the folder is. */
export function locationOf({ location }: Place, name: string): string {
  return `${location.replace(/\/+$/, '')}/${name}`;
}

function toPath(location: string, mounts: Readonly<Record<string, string>>): string {
  const [, scheme = '', authority = '//', rest = ''] =
    /^([a-z][a-z0-9+.-]*):(\/\/[^/]*)?(\/.*)$/is.exec(location) ?? [];
  if (scheme !== '') {
    const known = Object.fromEntries(Object.entries(mounts).map(([root, folder]) => [root.toLowerCase(), folder]));
    const folder = known[`${scheme}:${authority}`.toLowerCase()] ?? known[`${scheme.toLowerCase()}://*`];
    if (folder !== undefined) return join(folder, normalize(rest));
    if (scheme.toLowerCase() === 'file') return normalize(rest);
    throw new SluiceError(
      'FILE_FORBIDDEN',
      `no folder stands for '${scheme}:' locations such as '${location}'; map it with the setting files.mounts`,
    );
  }
  const expanded = location === '~' || location.startsWith('~/') ? join(homedir(), location.slice(1)) : location;
  return isAbsolute(expanded) ? normalize(expanded) : resolve(expanded);
}

/** The path with its links followed, as far as it exists. */
async function realPathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || dirname(path) === path) throw error;
    return join(await realPathOfExisting(dirname(path)), path.slice(dirname(path).length));
  }
}

function isInside(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}
