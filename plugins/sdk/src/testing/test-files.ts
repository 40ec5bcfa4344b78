import { lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { SluiceError } from '../errors.js';
import type { Files } from '../engine.js';

const PATTERN = /[*?[{]/;

/**
 * Files under one root folder, as a platform maps them: `hdfs://host:9000/x` and `/x` are the root's `x`, so is `x`, and
 * absolute paths inside the root are themselves. What leads out of the root is FILE_FORBIDDEN.
 */
export function testFiles(root: string): Files {
  const isInside = (path: string): boolean => path === root || path.startsWith(root + sep);
  const inside = (path: string, location: string): string => {
    if (isInside(path)) return path;
    throw new SluiceError('FILE_FORBIDDEN', `'${location}' lies outside the folders that the run may use`);
  };
  const toPath = (location: string): string => {
    const plain = location.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/]*/i, '');
    return inside(normalize(isAbsolute(plain) && isInside(plain) ? plain : join(root, plain)), location);
  };
  const resolve: Files['resolve'] = async (location, access) => {
    const path = toPath(location);
    if (access === 'read' && PATTERN.test(path)) return path;
    return inside(await realExisting(path), location);
  };
  return {
    roots: [root],
    resolve,
    locate: (path) => (isInside(path) ? `/${path.slice(root.length + 1)}` : path),
    async list(location) {
      const path = await resolve(location, 'read');
      const places = PATTERN.test(path) ? await match(root, path.slice(root.length + 1).split(sep)) : [path];
      const found = (await Promise.all(places.map(filesAt))).flat();
      const real = await Promise.all(found.map(async (file) => inside(await realpath(file), location)));
      if (real.length > 0) return real.sort();
      throw new SluiceError('FILE_NOT_FOUND', `there is no file '${location}'`, { details: { path: location } });
    },
  };
}

/** The same files, and besides those of a run's scratch folder by their absolute paths, as a platform's engine has them. */
export function withScratch(files: Files, scratch: string): Files {
  const own = testFiles(scratch);
  const at = (location: string): Files => (location === scratch || location.startsWith(scratch + sep) ? own : files);
  return {
    ...files,
    resolve: (location, access) => at(location).resolve(location, access),
    list: (location) => at(location).list(location),
  };
}

async function filesAt(place: string): Promise<string[]> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) return [];
  if (!found.isDirectory()) return [place];
  const names = (await readdir(place)).filter((name) => !/^[_.]/.test(name));
  return (await Promise.all(names.map((name) => filesAt(join(place, name))))).flat();
}

/** The places below a folder whose names match, one after another, patterns with `*`, `?`, `[abc]` and `{a,b}`. */
async function match(folder: string, patterns: readonly string[]): Promise<string[]> {
  const [pattern, ...rest] = patterns;
  if (pattern === undefined) return [folder];
  const source = pattern
    .replace(/[.+^$()|\\]/g, '\\$&')
    .replace(/\{([^}]*)\}/g, (_, choices: string) => `(?:${choices.split(',').join('|')})`)
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
    .replaceAll('(.:', '(?:');
  const wanted = new RegExp(`^${source}$`, 's');
  const names = (await readdir(folder).catch(() => [] as string[])).filter((name) => !/^[_.]/.test(name));
  const matching = names.filter((name) => wanted.test(name));
  return (await Promise.all(matching.map((name) => match(join(folder, name), rest)))).flat();
}

/** A path with the symbolic links of its existing part resolved. */
async function realExisting(path: string): Promise<string> {
  const exists = await lstat(path).then(
    () => true,
    () => false,
  );
  if (exists || path === dirname(path)) return realpath(path).catch(() => path);
  return join(await realExisting(dirname(path)), basename(path));
}
