import { constants } from 'node:fs';
import { access, lstat, readdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, sep } from 'node:path';
import { SluiceError, nearest, type Files } from '@sluice/plugin-sdk';

/** A file to be read. */
export interface FoundFile {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly bytes: number;
  /** Values that its folders' names give to columns, as in `year=2024/month=05`. */
  readonly partitions: Readonly<Record<string, string | null>>;
}

const PATTERN = /[*?[{]/;

/**
 * The files at a location: a file, a folder with part files in it at any depth, a pattern with `*`, `?`, `[a-c]` and
 * `{a,b}`, or several of these. Inside folders and for patterns, names that begin with `_` or `.` are skipped. Sorted
 * by path within each location.
 *
 * @throws FILE_NOT_FOUND where a location leads to no file, FILE_FORBIDDEN outside the roots, FILE_UNREADABLE
 */
export async function findFiles(files: Files, location: string | readonly string[]): Promise<FoundFile[]> {
  const locations = typeof location === 'string' ? [location] : location;
  if (locations.length === 0) throw new SluiceError('FILE_NOT_FOUND', 'no file is named; give a path');
  const found: FoundFile[] = [];
  for (const each of locations) found.push(...(await findAt(files, each)));
  return found;
}

async function findAt(files: Files, location: string): Promise<FoundFile[]> {
  const path = await files.resolve(location, 'read');
  const roots = await Promise.all(files.roots.map((root) => realpath(root).catch(() => root)));
  const starts = (await exists(path)) || !PATTERN.test(path) ? [path] : await expand(path);
  if (starts.length === 0) {
    throw new SluiceError('FILE_NOT_FOUND', `no file matches '${location}'`, { details: { path: location } });
  }
  const found: FoundFile[] = [];
  for (const start of starts) await collect(start, location, roots, found);
  if (found.length === 0) {
    const message = `the folder '${location}' holds no data files; names that begin with '_' or '.' are skipped`;
    throw new SluiceError('FILE_NOT_FOUND', message, { details: { path: location } });
  }
  return found;
}

async function collect(start: string, location: string, roots: readonly string[], found: FoundFile[]): Promise<void> {
  const stack: { path: string; partitions: Record<string, string | null> }[] = [{ path: start, partitions: {} }];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { path, partitions } = next;
    const status = await stat(path).catch(async (error: unknown) => {
      throw await missing(path, location, error);
    });
    const real = await realpath(path);
    if (!roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep))) {
      const message = `'${location}' leads to '${real}', which is outside the folders that runs may read`;
      throw new SluiceError('FILE_FORBIDDEN', message, { details: { path: location } });
    }
    await access(real, constants.R_OK).catch((error: unknown) => {
      const message = `'${location}' cannot be read: no permission for '${real}'`;
      throw new SluiceError('FILE_UNREADABLE', message, { cause: error, details: { path: location } });
    });
    if (!status.isDirectory()) {
      if (!status.isFile()) {
        throw new SluiceError('FILE_UNREADABLE', `'${location}' is neither a file nor a folder`, {
          details: { path: location },
        });
      }
      found.push({ path: real, bytes: status.size, partitions });
      continue;
    }
    const names = (await readdir(real)).filter((name) => !/^[_.]/.test(name)).sort();
    // Pushed backwards, so that they are taken in order.
    for (const name of names.reverse()) {
      stack.push({ path: join(real, name), partitions: { ...partitions, ...partitionOf(name) } });
    }
  }
}

/** What a folder's name such as `year=2024` says. */
function partitionOf(name: string): Record<string, string | null> {
  const match = /^([^=]+)=([^=]*)$/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined || /\.\w+$/.test(name)) return {};
  const value = match[2] === '__HIVE_DEFAULT_PARTITION__' ? null : unescape(match[2]);
  return { [unescape(match[1])]: value };
}

function unescape(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

async function missing(path: string, location: string, error: unknown): Promise<SluiceError> {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT' && code !== 'ENOTDIR') {
    const message = `'${location}' cannot be read: ${(error as Error).message}`;
    return new SluiceError('FILE_UNREADABLE', message, { cause: error, details: { path: location } });
  }
  const beside = await readdir(dirname(path)).catch(() => []);
  const similar = nearest(basename(path), beside).map((name) => `'${name}'`);
  const hint = similar.length > 0 ? `; beside it there is ${similar.join(', ')}` : '';
  return new SluiceError('FILE_NOT_FOUND', `there is no file '${location}'${hint}`, {
    cause: error,
    details: { path: location },
  });
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** The paths that match a pattern, segment by segment. */
async function expand(pattern: string): Promise<string[]> {
  let paths = ['/'];
  for (const segment of splitSegments(pattern)) {
    if (!PATTERN.test(segment)) {
      paths = paths.map((path) => join(path, segment));
      continue;
    }
    const wanted = segmentExpression(segment);
    const next: string[] = [];
    for (const path of paths) {
      const names = await readdir(path).catch(() => []);
      for (const name of names.sort()) if (!/^[_.]/.test(name) && wanted.test(name)) next.push(join(path, name));
    }
    paths = next;
  }
  const present = await Promise.all(paths.map(exists));
  return paths.filter((_, index) => present[index]);
}

/** The parts between slashes; a slash inside braces parts nothing. */
function splitSegments(pattern: string): string[] {
  return pattern.split(/\/(?![^{]*\})/).filter((segment) => segment !== '');
}

function segmentExpression(segment: string): RegExp {
  let source = '';
  let depth = 0;
  for (let i = 0; i < segment.length; i++) {
    const c = segment[i] as string;
    const close = c === '[' ? segment.indexOf(']', i + 2) : -1;
    if (c === '*') source += '[^/]*';
    else if (c === '?') source += '[^/]';
    else if (c === '[' && close > 0) {
      const inside = segment.slice(i + 1, close).replace(/^[!^]/, '^').replaceAll('\\', '\\\\');
      source += `[${inside}]`;
      i = close;
    } else if (c === '{') {
      depth++;
      source += '(?:';
    } else if (c === '}' && depth > 0) {
      depth--;
      source += ')';
    } else if (c === ',' && depth > 0) source += '|';
    else source += c.replace(/[.+^${}()|\\[\]/]/g, '\\$&');
  }
  return new RegExp(`^${source}${')'.repeat(depth)}$`, 'u');
}
