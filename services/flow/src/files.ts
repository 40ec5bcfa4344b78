import { readdir, realpath, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SluiceError, type Files } from '@sluice/plugin-sdk';

export interface FilesOptions {
  /** Folders that may be read and written, absolute. */
  readonly roots: readonly string[];
  /** Folders by the root that they stand for: `hdfs://*` for any host, `hdfs://host:9000` for one. */
  readonly mounts: Readonly<Record<string, string>>;
}

/** Maps locations to local paths and keeps runs inside their roots. The engine is locked to the same roots. */
export async function createFiles(options: FilesOptions): Promise<Files> {
  const roots = await Promise.all([...options.roots, ...Object.values(options.mounts)].map(realPathOfExisting));
  const mounts = Object.entries(options.mounts).map(([root, folder]) => ({ root: root.toLowerCase(), folder }));
  // A root with a host goes before one for any host.
  mounts.sort((a, b) => Number(a.root.endsWith('*')) - Number(b.root.endsWith('*')));
  const inside = (real: string, location: string): string => {
    if (roots.some((root) => isInside(root, real))) return real;
    throw new SluiceError(
      'FILE_FORBIDDEN',
      `'${location}' lies outside the folders that runs may use (${roots.join(', ')}); ` +
        'move the file there or add its folder to the setting files.roots',
      { details: { path: location } },
    );
  };
  return {
    roots,
    async resolve(location, access) {
      const { fixed, pattern } = splitPattern(toPath(location, mounts), access);
      return join(inside(await realPathOfExisting(fixed), location), ...pattern);
    },
    async list(location) {
      const { fixed, pattern } = splitPattern(toPath(location, mounts), 'read');
      const base = inside(await realPathOfExisting(fixed), location);
      const places = pattern.length === 0 ? [base] : await match(base, pattern);
      const files = (await Promise.all(places.map((place) => filesAt(place, location)))).flat();
      const real = await Promise.all(files.map(async (file) => inside(await realPathOfExisting(file), location)));
      if (real.length > 0) return real.sort();
      const what = pattern.length > 0 ? 'no file matches' : (await exists(base)) ? 'no file is in' : 'there is no file';
      throw new SluiceError('FILE_NOT_FOUND', `${what} '${location}' (${join(base, ...pattern)})`, {
        details: { path: location },
      });
    },
    locate(path) {
      for (const { root, folder } of mounts) {
        if (isInside(folder, path)) return `${root.replace(/\*$/, '')}/${relative(folder, path).split(sep).join('/')}`;
      }
      return path;
    },
  };
}

interface Mount {
  readonly root: string;
  readonly folder: string;
}

function toPath(location: string, mounts: readonly Mount[]): string {
  const text = location.trim();
  if (text === '') throw new SluiceError('FILE_NOT_FOUND', 'a location is empty; give the path of a file or folder');
  if (text.includes('\0')) throw new SluiceError('FILE_FORBIDDEN', 'a location has a NUL character');
  // Hadoop writes `hdfs://host:port/a`, `hdfs:///a` and `hdfs:/a`.
  const [, scheme = '', authority = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(\/\/[^/]*)?(\/.*)$/is.exec(text) ?? [];
  const root = `${scheme}:${authority === '' ? '//' : authority}`.toLowerCase();
  const mount = mounts.find((each) => each.root === root || each.root === `${scheme.toLowerCase()}://*`);
  if (scheme !== '' && mount !== undefined) return join(mount.folder, normalize(rest));
  if (/^file:/i.test(text)) return fileUrlPath(text);
  if (scheme !== '') {
    throw new SluiceError(
      'FILE_FORBIDDEN',
      `no folder stands for '${scheme}:' locations such as '${text}'; map it with the setting files.mounts`,
      { details: { path: text } },
    );
  }
  const expanded = text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : text;
  return isAbsolute(expanded) ? normalize(expanded) : resolve(expanded);
}

function fileUrlPath(text: string): string {
  // Hadoop also writes `file:/a/b`; a pattern's characters must survive, so only full URLs are decoded.
  if (/^file:\/\/\//i.test(text) && !/[*?[\]%#]/.test(text)) return fileURLToPath(text);
  return normalize(text.replace(/^file:(\/\/[^/]*)?/i, ''));
}

/** Splits `/a/b*\/c` into the part without pattern characters and the names behind it. A write has no pattern. */
function splitPattern(path: string, access: 'read' | 'write'): { fixed: string; pattern: readonly string[] } {
  if (access === 'write') return { fixed: path, pattern: [] };
  const parts = path.split(sep);
  const first = parts.findIndex((part) => /[*?[{]/.test(part));
  if (first < 0) return { fixed: path, pattern: [] };
  return { fixed: parts.slice(0, first).join(sep) || sep, pattern: parts.slice(first) };
}

/** The places below a folder that match names with `*`, `?`, `[abc]` and `{a,b}`, as Hadoop's patterns do. */
async function match(folder: string, pattern: readonly string[]): Promise<string[]> {
  const [name, ...rest] = pattern;
  if (name === undefined) return [folder];
  const wanted = nameMatcher(name);
  const names = await readdir(folder).catch(() => [] as string[]);
  const matching = names.filter((each) => wanted.test(each) && (!isHidden(each) || isHidden(name)));
  return (await Promise.all(matching.map((each) => match(join(folder, each), rest)))).flat();
}

function nameMatcher(pattern: string): RegExp {
  const source = pattern.replace(/[.+^$()|\\]|\*|\?|\{[^}]*\}/g, (found) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    if (!found.startsWith('{')) return `\\${found}`;
    const choices = found.slice(1, -1).split(',');
    return `(?:${choices.map((choice) => choice.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})`;
  });
  return new RegExp(`^${source}$`, 's');
}

/** The files at a place: itself, or those of a folder; Spark's rule for names that begin with `_` or `.`. */
async function filesAt(place: string, location: string): Promise<string[]> {
  const found = await stat(place).catch(() => undefined);
  if (found === undefined) return [];
  if (found.isFile()) return [place];
  if (!found.isDirectory()) {
    // Reading a pipe would wait for ever, and a device might have no end.
    const message = `'${location}' cannot be read: '${basename(place)}' is neither a file nor a folder; name regular files`;
    throw new SluiceError('FILE_UNREADABLE', message, { details: { path: location } });
  }
  const names = (await readdir(place)).filter((name) => !isHidden(name));
  return (await Promise.all(names.map((name) => filesAt(join(place, name), location)))).flat();
}

function isHidden(name: string): boolean {
  return name.startsWith('_') || name.startsWith('.');
}

async function exists(place: string): Promise<boolean> {
  return (await stat(place).catch(() => undefined)) !== undefined;
}

/** The real path of the longest part of a path that exists, with the rest behind it. */
async function realPathOfExisting(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT' && code !== 'ENOTDIR') {
      throw new SluiceError('FILE_UNREADABLE', `'${path}' cannot be reached: ${(error as Error).message}`, {
        cause: error,
      });
    }
    const parent = dirname(path);
    return parent === path ? path : join(await realPathOfExisting(parent), basename(path));
  }
}

function isInside(root: string, path: string): boolean {
  const rest = relative(root, path);
  return rest === '' || (!rest.startsWith(`..${sep}`) && rest !== '..' && !isAbsolute(rest));
}
