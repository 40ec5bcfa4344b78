import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink, utimes } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SluiceError } from '@sluice/plugin-sdk';
import { unpack } from './archive.js';

/** Where the bytes of a package come from when they are not here. */
export type PackageSource = () => AsyncIterable<Uint8Array>;

/**
 * Unpacked packages by the digest of their archive, in a folder that processes may share. A package is there wholly or
 * not at all, whenever a process ends; what was half unpacked then is cleared by the next.
 */
export class PackageStore {
  readonly #folder: string;
  readonly #loading = new Map<string, Promise<string>>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes the folder, puts the SDK where packages find it, and clears what ended processes left half unpacked. */
  async open(): Promise<void> {
    const sdk = dirname(dirname(createRequire(import.meta.url).resolve('@sluice/plugin-sdk')));
    const modules = join(this.#folder, 'node_modules', '@sluice');
    await mkdir(modules, { recursive: true });
    const link = join(modules, 'plugin-sdk');
    const isThere = await stat(link).then(
      () => true,
      () => false,
    );
    if (!isThere) {
      await rm(link, { force: true });
      await symlink(sdk, link, 'junction').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error; // another process was first
      });
    }
    for (const name of await readdir(this.#folder)) {
      const pid = Number(/^staging-(\d+)-/.exec(name)?.[1] ?? 0);
      if (pid > 0 && !isAlive(pid)) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  /** Where a package is, or would be. */
  folderOf(digest: string): string {
    return join(this.#folder, digest);
  }

  /**
   * The folder of a package, fetched and unpacked when it is not here.
   *
   * @throws PLUGIN_ARCHIVE_INVALID when the bytes are not those of the digest or break a rule; DISK_FULL
   */
  async ensure(digest: string, source: PackageSource): Promise<string> {
    const folder = this.folderOf(digest);
    if (await isFolder(folder)) {
      const now = new Date();
      await utimes(folder, now, now).catch(() => undefined); // for the clearing of old ones; it matters to nobody else
      return folder;
    }
    const loading = this.#loading.get(digest) ?? this.#load(digest, source);
    this.#loading.set(digest, loading);
    return loading.finally(() => this.#loading.delete(digest));
  }

  /** Removes packages that nobody has asked for since a time, except some. */
  async clear(before: Date, needed: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!/^[0-9a-f]{64}$/.test(name) || needed.has(name)) continue;
      const { mtime } = await stat(join(this.#folder, name));
      // Moved first: whoever asks in between finds it wholly or not at all.
      if (mtime < before) await this.remove(name);
    }
  }

  async remove(digest: string): Promise<void> {
    const gone = this.#staging();
    await rename(this.folderOf(digest), gone).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(gone, { recursive: true, force: true });
  }

  #staging(): string {
    return join(this.#folder, `staging-${process.pid}-${randomUUID()}`);
  }

  async #load(digest: string, source: PackageSource): Promise<string> {
    const staging = this.#staging();
    try {
      const files = join(staging, 'files');
      await mkdir(files, { recursive: true });
      const archive = join(staging, 'archive');
      const sum = createHash('sha256');
      const counted = async function* (): AsyncGenerator<Uint8Array> {
        for await (const chunk of source()) {
          sum.update(chunk);
          yield chunk;
        }
      };
      await pipeline(counted, createWriteStream(archive));
      const found = sum.digest('hex');
      if (found !== digest) {
        const message = `the archive's SHA-256 is ${found}, not ${digest}: it was changed on its way; upload it again`;
        throw new SluiceError('PLUGIN_ARCHIVE_INVALID', message, { details: { rule: 'digest', digest, found } });
      }
      const unpacked = await unpack(archive, files);
      await rename(unpacked, this.folderOf(digest)).catch(async (error: NodeJS.ErrnoException) => {
        // Another process was first.
        if (!(await isFolder(this.folderOf(digest)))) throw error;
      });
      return this.folderOf(digest);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOSPC' && code !== 'EDQUOT') throw error;
      throw new SluiceError('DISK_FULL', `there is no room for the package in ${this.#folder}; make some`, {
        cause: error,
      });
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
