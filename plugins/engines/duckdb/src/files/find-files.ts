import { constants } from 'node:fs';
import { access, readdir, stat } from 'node:fs/promises';
import { basename, dirname, sep } from 'node:path';
import { SluiceError, isSluiceError, nearest, type Files } from '@sluice/plugin-sdk';

/** A file to be read. */
export interface FoundFile {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  readonly bytes: number;
  /** Values that folders below the location give to columns by their names, as in `year=2024/month=05`. */
  readonly partitions: Readonly<Record<string, string | null>>;
}

/**
 * The files at a location or at several, in order: a file, a folder with part files in it at any depth, or a pattern.
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
  const place = await files.resolve(location, 'read');
  const paths = await files.list(location).catch(async (error: unknown) => {
    throw await withNeighbours(error, place, location);
  });
  const depth = fixedDepth(place);
  return Promise.all(
    paths.map(async (path): Promise<FoundFile> => {
      const status = await stat(path);
      await access(path, constants.R_OK).catch((error: unknown) => {
        throw unreadable(location, `no permission for '${path}'`, error);
      });
      if (!status.isFile()) throw unreadable(location, 'it is neither a file nor a folder', undefined);
      const folders = dirname(path).split(sep).slice(depth);
      return {
        path,
        bytes: status.size,
        partitions: Object.assign({}, ...folders.map(partitionOf)) as FoundFile['partitions'],
      };
    }),
  );
}

/** How many parts of a path come before the first with a pattern's characters. */
function fixedDepth(place: string): number {
  const parts = place.split(sep);
  const first = parts.findIndex((part) => /[*?[{]/.test(part));
  return first < 0 ? parts.length : first;
}

/** What a folder's name such as `year=2024` says. */
function partitionOf(name: string): Record<string, string | null> {
  const match = /^([^=]+)=([^=]*)$/.exec(name);
  if (match?.[1] === undefined || match[2] === undefined) return {};
  const value = match[2] === '__HIVE_DEFAULT_PARTITION__' ? null : unescape(match[2]);
  return { [unescape(match[1])]: value };
}

function unescape(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function unreadable(location: string, why: string, cause: unknown): SluiceError {
  return new SluiceError('FILE_UNREADABLE', `'${location}' cannot be read: ${why}`, {
    cause,
    details: { path: location },
  });
}

/** A "not found" with the names beside the place that look like the one that was meant. */
async function withNeighbours(error: unknown, place: string, location: string): Promise<unknown> {
  if (!isSluiceError(error) || error.reason !== 'FILE_NOT_FOUND') return error;
  const beside = await readdir(dirname(place)).catch(() => []);
  const similar = nearest(basename(place), beside).filter((name) => name !== basename(place));
  if (similar.length === 0) return error;
  const message = `${error.message}; beside it there is ${similar.map((name) => `'${name}'`).join(', ')}`;
  return new SluiceError('FILE_NOT_FOUND', message, { cause: error, details: { path: location } });
}
