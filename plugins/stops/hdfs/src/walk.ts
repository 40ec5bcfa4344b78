import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSluiceError, SluiceError, type Files, type StopLog } from '@sluice/plugin-sdk';

/** Places where output is on its way. */
const UNFINISHED = /^\.sluice-/;

/**
 * The files below a folder, at any depth, sorted, as paths relative to it; one empty path where the location is a file.
 * Links out of the run's folders and links to folders are passed over, and the log says so.
 *
 * @throws FILE_NOT_FOUND, FILE_FORBIDDEN, FILE_UNREADABLE
 */
export async function walk(location: string, files: Files, log: StopLog): Promise<string[]> {
  const root = await files.resolve(location, 'read');
  const found = await stat(root).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new SluiceError('FILE_NOT_FOUND', `there is no '${location}'; check the path`, {
        details: { path: location },
      });
    }
    throw unreadable(location, error);
  });
  return found.isDirectory() ? walkFolder(root, '', files, log) : [''];
}

async function walkFolder(root: string, folder: string, files: Files, log: StopLog): Promise<string[]> {
  const path = join(root, folder);
  const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
    throw unreadable(files.locate(path), error);
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (UNFINISHED.test(entry.name)) continue;
    const relative = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) found.push(...(await walkFolder(root, relative, files, log)));
    else if (entry.isFile()) found.push(relative);
    else if (entry.isSymbolicLink() && (await isLinkToFile(join(root, relative), files, log))) found.push(relative);
  }
  return found;
}

async function isLinkToFile(path: string, files: Files, log: StopLog): Promise<boolean> {
  const location = files.locate(path);
  try {
    const target = await stat(await files.resolve(location, 'read'));
    if (target.isFile()) return true;
    log.warn(`'${location}' is a link to a folder; it is passed over`);
  } catch (error) {
    const why = isSluiceError(error) ? 'leads out of the folders that the run may use' : 'leads nowhere';
    log.warn(`'${location}' is a link that ${why}; it is passed over`);
  }
  return false;
}

function unreadable(location: string, error: unknown): SluiceError {
  return new SluiceError('FILE_UNREADABLE', `'${location}' cannot be read: ${(error as Error).message}`, {
    cause: error,
  });
}
