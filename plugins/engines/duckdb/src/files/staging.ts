import { createHash, randomUUID } from 'node:crypto';
import { link, lstat, mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { SluiceError, type SaveMode } from '@sluice/plugin-sdk';

/** A staging place of a process that this machine cannot ask about is swept after so many milliseconds. */
const FOREIGN_AGE = 24 * 3_600_000;
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const NAME = /^\.sluice-(staging|replaced)-([0-9a-f]{8})-(\d+)-[0-9a-f-]{36}~(.*)$/;

/** What a commit made visible. */
export interface Committed {
  readonly bytes: number;
  readonly files: readonly string[];
}

/**
 * A place beside a target where output is written before anybody sees it. Its name begins with a dot, so readers pass
 * it by, and says which process made it, so that what a killed one left is found and removed.
 */
export class Staging {
  private constructor(
    private readonly target: string,
    private readonly shown: string,
    private readonly mode: SaveMode,
    private readonly isSingle: boolean,
    /** The folder to write part files into, or the one file to write. */
    readonly path: string,
  ) {}

  /**
   * Makes a staging place for a target; undefined where the mode is `ignore` and something is there already.
   *
   * @param shown the target as the flow writes it
   * @throws FILE_EXISTS in mode `error`
   */
  static async open(target: string, shown: string, mode: SaveMode, isSingle: boolean): Promise<Staging | undefined> {
    const parent = dirname(target);
    await mkdir(parent, { recursive: true });
    await sweep(parent);
    const there = await kindOf(target);
    if (there !== undefined && mode === 'error') throw existsError(shown);
    if (there !== undefined && mode === 'ignore') return undefined;
    if (there === 'folder' && isSingle) {
      throw new SluiceError('FILE_EXISTS', `'${shown}' is a folder; remove it, or write without the option single`);
    }
    if (there === 'file' && !isSingle && mode === 'append') {
      throw new SluiceError('FILE_EXISTS', `'${shown}' is a file; rows are appended to folders, or with option single`);
    }
    return new Staging(target, shown, mode, isSingle, stagingName(target, 'staging'));
  }

  /** Empties the place, for a query that starts again. */
  async fresh(): Promise<void> {
    await this.discard();
    if (!this.isSingle) await mkdir(this.path);
  }

  /** Does something to every file written. */
  async eachFile(change: (path: string) => Promise<void>): Promise<void> {
    const files = this.isSingle ? [this.path] : (await partFiles(this.path)).map((part) => part.path);
    for (const file of files) await change(file);
  }

  /** Moves what was written to the target, all at once where the file system can. */
  async commit(): Promise<Committed> {
    try {
      return this.isSingle ? await this.commitFile() : await this.commitFolder();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' || (error as NodeJS.ErrnoException).code === 'ENOTEMPTY') {
        throw existsError(this.shown);
      }
      throw error;
    }
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await rm(this.path, { recursive: true, force: true });
  }

  private async commitFile(): Promise<Committed> {
    const { size } = await stat(this.path);
    if (this.mode === 'overwrite' || this.mode === 'append') await rename(this.path, this.target);
    else {
      // A link fails where the name is taken, which a rename does not.
      await link(this.path, this.target);
      await rm(this.path);
    }
    return { bytes: size, files: [this.target] };
  }

  private async commitFolder(): Promise<Committed> {
    await writeFile(join(this.path, '_SUCCESS'), '');
    const parts = await partFiles(this.path);
    const files = parts.map((part) => join(this.target, relative(this.path, part.path)));
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    const there = await kindOf(this.target);
    if (there === undefined) await rename(this.path, this.target);
    else if (this.mode === 'append') await this.moveInto(parts.map((part) => part.path));
    else if (this.mode === 'overwrite') {
      const replaced = stagingName(this.target, 'replaced');
      await rename(this.target, replaced);
      await rename(this.path, this.target);
      await rm(replaced, { recursive: true, force: true });
    } else throw existsError(this.shown);
    return { bytes, files };
  }

  private async moveInto(parts: readonly string[]): Promise<void> {
    for (const part of parts) {
      const to = join(this.target, relative(this.path, part));
      await mkdir(dirname(to), { recursive: true });
      await rename(part, to);
    }
    await writeFile(join(this.target, '_SUCCESS'), '');
    await this.discard();
  }
}

function existsError(shown: string): SluiceError {
  const message = `'${shown}' exists already; write with save mode overwrite, append or ignore, or somewhere else`;
  return new SluiceError('FILE_EXISTS', message, { details: { path: shown } });
}

function stagingName(target: string, kind: 'staging' | 'replaced'): string {
  return join(dirname(target), `.sluice-${kind}-${HOST}-${process.pid}-${randomUUID()}~${basename(target)}`);
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  const status = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (status === undefined) return undefined;
  return status.isDirectory() ? 'folder' : 'file';
}

async function partFiles(folder: string): Promise<{ path: string; bytes: number }[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/^[_.]/.test(entry.name));
  const found = await Promise.all(
    files.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      return { path, bytes: (await stat(path)).size };
    }),
  );
  return found.sort((a, b) => (a.path < b.path ? -1 : 1));
}

/**
 * Removes staging places in a folder whose process is gone, and puts back what a process had moved aside when it died
 * between the two renames of an overwrite.
 */
export async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    const match = NAME.exec(name);
    if (match === null || (await isAlive(join(folder, name), match[2] ?? '', Number(match[3])))) continue;
    const path = join(folder, name);
    const target = join(folder, match[4] ?? '');
    if (match[1] === 'replaced' && (await kindOf(target)) === undefined) await rename(path, target);
    else await rm(path, { recursive: true, force: true });
  }
}

async function isAlive(path: string, host: string, pid: number): Promise<boolean> {
  if (host !== HOST) {
    const status = await lstat(path).catch(() => undefined);
    return status !== undefined && Date.now() - status.mtimeMs < FOREIGN_AGE;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
