import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, mkdir, readdir, rename, rm, stat, symlink, utimes } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { SluiceError } from '@sluice/plugin-sdk';
import { unpack, unpackWheel } from './archive.js';

const DIGEST_LENGTH = 64;
/** The folder of a package: its digest, and what tells which others are linked into it. */
const PACKAGE = /^[0-9a-f]{64}(-[0-9a-f]{16})?$/;

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
   * The folder of a package, fetched and unpacked when it is not here. A wheel lies in it as it is imported, and an
   * extension of an engine as the file that it is. Wheels within a package are unpacked into its folder `site`.
   *
   * @param fileName the name of the file that was uploaded, which tells what it is
   * @throws PLUGIN_ARCHIVE_INVALID when the bytes are not those of the digest or break a rule; DISK_FULL
   */
  async ensure(digest: string, source: PackageSource, fileName = ''): Promise<string> {
    const folder = this.folderOf(digest);
    if (await isFolder(folder)) {
      const now = new Date();
      await utimes(folder, now, now).catch(() => undefined); // for the clearing of old ones; it matters to nobody else
      return folder;
    }
    const loading = this.#loading.get(digest) ?? this.#load(digest, source, basename(fileName));
    this.#loading.set(digest, loading);
    return loading.finally(() => this.#loading.delete(digest));
  }

  /**
   * The folder of a package with others in its `node_modules`, so that its code can import them. The files are those
   * of the packages themselves, under a second name; what the package has in there of its own goes before.
   */
  async link(digest: string, others: readonly { readonly name: string; readonly digest: string }[]): Promise<string> {
    const parts = others.map((each) => `${each.name}\0${each.digest}`).sort();
    const sum = createHash('sha256').update(parts.join('\n')).digest('hex');
    const folder = `${this.folderOf(digest)}-${sum.slice(0, 16)}`;
    if (await isFolder(folder)) return folder;
    const staging = this.#staging();
    try {
      await linkTree(this.folderOf(digest), staging);
      for (const { name, digest: other } of others) {
        const place = join(staging, 'node_modules', name);
        if (!(await isFolder(place))) await linkTree(this.folderOf(other), place);
      }
      await this.#moveTo(staging, folder);
      return folder;
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /** Removes packages that nobody has asked for since a time, except some, by their digests. */
  async clear(before: Date, needed: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#folder)) {
      if (!PACKAGE.test(name) || needed.has(name.slice(0, DIGEST_LENGTH))) continue;
      const found = await stat(join(this.#folder, name)).catch(() => undefined); // another process was first
      if (found !== undefined && found.mtime < before) await this.#removeFolder(name);
    }
  }

  /** Removes a package, also where others are linked into it. */
  async remove(digest: string): Promise<void> {
    for (const name of await readdir(this.#folder)) if (name.startsWith(digest)) await this.#removeFolder(name);
  }

  async #removeFolder(name: string): Promise<void> {
    // Moved first: whoever asks in between finds it wholly or not at all.
    const gone = this.#staging();
    await rename(join(this.#folder, name), gone).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
    await rm(gone, { recursive: true, force: true });
  }

  #staging(): string {
    return join(this.#folder, `staging-${process.pid}-${randomUUID()}`);
  }

  async #moveTo(from: string, folder: string): Promise<void> {
    await rename(from, folder).catch(async (error: NodeJS.ErrnoException) => {
      // Another process was first.
      if (!(await isFolder(folder))) throw error;
    });
  }

  async #load(digest: string, source: PackageSource, fileName: string): Promise<string> {
    const staging = this.#staging();
    try {
      const files = join(staging, 'files');
      await mkdir(files, { recursive: true });
      const isFile = /\.duckdb_extension$/i.test(fileName);
      const archive = isFile ? join(files, fileName) : join(staging, 'archive');
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
      if (/\.whl$/i.test(fileName)) await unpackWheel(archive, files);
      const unpacked = isFile || /\.whl$/i.test(fileName) ? files : await unpack(archive, files);
      await unpackWheelsIn(unpacked);
      await this.#moveTo(unpacked, this.folderOf(digest));
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

/** The folder of a package's own wheels, as they are imported. */
export const SITE = 'site';

/** Unpacks the wheels in the folder `wheels` of a package. */
async function unpackWheelsIn(folder: string): Promise<void> {
  const place = join(folder, 'wheels');
  if (!(await isFolder(place))) return;
  const wheels = (await readdir(place)).filter((name) => /\.whl$/i.test(name)).sort();
  if (wheels.length === 0) return;
  const site = join(folder, SITE);
  await mkdir(site, { recursive: true });
  for (const name of wheels) {
    await unpackWheel(join(place, name), site);
    await rm(join(place, name));
  }
}

/** Gives each file of a folder a second name below another; what is there already stays. */
async function linkTree(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  for (const entry of await readdir(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) await linkTree(source, target);
    else await link(source, target);
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
