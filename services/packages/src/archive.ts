import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isSluiceError, SluiceError } from '@sluice/plugin-sdk';
import tar from 'tar-stream';
import yauzl from 'yauzl';

/** What an archive may hold at most. */
export interface ArchiveLimits {
  /** Bytes of all files together. */
  readonly bytes: number;
  readonly entries: number;
  /** How many times larger than the archive its files may be, beyond the first 16 MiB. */
  readonly ratio: number;
  /** Folders within folders. */
  readonly depth: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = { bytes: 2 ** 30, entries: 20_000, ratio: 100, depth: 32 };

const SMALL_BYTES = 16 * 2 ** 20;
const NAME_LENGTH = 255;
/** What no name in a package may hold: letters that some system takes for something else. */
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\x00-\x1f\x7f\\:*?"<>|]/;

/** What is wrong with an archive, by the rule that it breaks. */
function refuse(rule: string, what: string): SluiceError {
  return new SluiceError('PLUGIN_ARCHIVE_INVALID', `the archive ${what}; pack it anew, with npm pack or zip`, {
    details: { rule },
  });
}

/** Counts and judges entries before anything of them is written. */
class Gate {
  #entries = 0;
  #bytes = 0;
  readonly #names = new Map<string, string>();

  constructor(
    readonly archiveBytes: number,
    readonly limits: ArchiveLimits,
  ) {}

  /** The entry's path below the folder; throws when it may not be there. */
  name(given: string, isFolder: boolean): string {
    if (++this.#entries > this.limits.entries) throw refuse('entries', `has more than ${this.limits.entries} entries`);
    const shown = JSON.stringify(given.slice(0, 200));
    if (/^([a-z]:|[/\\])/i.test(given)) throw refuse('absolute', `has the absolute name ${shown}`);
    const parts = given
      .split('/')
      .filter((part, index, all) => part !== '.' && !(part === '' && index === all.length - 1));
    if (parts.includes('..')) throw refuse('traversal', `has the name ${shown}, which leads out of it`);
    if (FORBIDDEN.test(given))
      throw refuse('name', `has the name ${shown} with a character that not every system bears`);
    if (parts.some((part) => part === '' || part.length > NAME_LENGTH || /[. ]$/.test(part))) {
      throw refuse('name', `has the name ${shown}, which not every system bears`);
    }
    if (parts.length > this.limits.depth)
      throw refuse('depth', `has ${shown}, more than ${this.limits.depth} folders deep`);
    const name = parts.join('/');
    const folded = name.normalize('NFC').toLowerCase();
    const before = this.#names.get(folded);
    if (before !== undefined && !(isFolder && before === name)) {
      throw refuse('duplicate', `has ${shown} twice${before === name ? '' : `: it has '${before}' too`}`);
    }
    this.#names.set(folded, name);
    return name;
  }

  /** Passes a file's bytes, and counts them as they really come. */
  async *count(source: Readable): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      this.#bytes += chunk.length;
      const { bytes, ratio } = this.limits;
      if (this.#bytes > bytes) throw refuse('size', `unpacks to more than ${bytes} bytes`);
      if (this.#bytes > SMALL_BYTES && this.#bytes > this.archiveBytes * ratio) {
        throw refuse('ratio', `unpacks to more than ${ratio} times its size`);
      }
      yield chunk;
    }
  }
}

/**
 * Unpacks an npm archive (.tgz) or a zip into a folder that is there and empty, and gives the folder of the package in
 * it. Only plain files and folders are taken, and no file is executable.
 *
 * @throws PLUGIN_ARCHIVE_INVALID with the rule that it breaks in the detail `rule`.
 */
export async function unpack(file: string, folder: string, limits: ArchiveLimits = ARCHIVE_LIMITS): Promise<string> {
  const { size } = await stat(file);
  const gate = new Gate(size, limits);
  const kind = await archiveKind(file);
  await translated(async () => {
    if (kind === 'gzip') await unpackTar(file, folder, gate);
    else if (kind === 'zip') await unpackZip(file, folder, gate);
    else throw refuse('format', 'is neither a gzipped tar nor a zip');
  });
  // npm puts everything into one folder; a zip may do so or not.
  const [only, ...others] = await readdir(folder, { withFileTypes: true });
  if (only === undefined) throw refuse('empty', 'is empty');
  return others.length === 0 && only.isDirectory() ? join(folder, only.name) : folder;
}

/** Says what the libraries meet in our words. */
async function translated(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (isSluiceError(error) || isDiskFault(error)) throw error;
    const { message } = error as Error;
    // The zip library looks at names before anybody else does.
    if (/^invalid relative path/.test(message))
      throw refuse('traversal', `has a name that leads out of it: ${message}`);
    if (/^absolute path/.test(message)) throw refuse('absolute', `has an absolute name: ${message}`);
    if (/^invalid characters in fileName/.test(message)) throw refuse('name', `has a bad name: ${message}`);
    throw refuse('damaged', `is cut off or damaged: ${message}`);
  }
}

/** Where a file of a wheel goes: those of `.data/purelib` and `.data/platlib` are modules too, scripts are left out. */
function placeInWheel(name: string): string | undefined {
  const [, kind = '', rest = ''] = /^[^/]+\.data\/([^/]+)\/(.*)$/.exec(name) ?? [];
  if (kind === '') return name;
  return kind === 'purelib' || kind === 'platlib' ? rest : undefined;
}

/**
 * Unpacks a Python wheel into a folder, beside others that are there.
 *
 * @throws PLUGIN_ARCHIVE_INVALID with the rule that it breaks in the detail `rule`.
 */
export async function unpackWheel(file: string, folder: string, limits: ArchiveLimits = ARCHIVE_LIMITS): Promise<void> {
  const gate = new Gate((await stat(file)).size, limits);
  if ((await archiveKind(file)) !== 'zip') throw refuse('format', `'${basename(file)}' is no wheel, for it is no zip`);
  await translated(() => unpackZip(file, folder, gate, placeInWheel));
}

/** What a file is, by its first bytes. */
export async function archiveKind(file: string): Promise<'gzip' | 'zip' | undefined> {
  const handle = await open(file);
  try {
    const head = Buffer.alloc(4);
    await handle.read(head, 0, 4, 0);
    if (head[0] === 0x1f && head[1] === 0x8b) return 'gzip';
    return head.toString('latin1', 0, 2) === 'PK' ? 'zip' : undefined;
  } finally {
    await handle.close();
  }
}

/** A file in a zip. */
export interface ZipFile {
  readonly name: string;
  /** Its size in bytes as the zip says; reading ends with an error where that is a lie. */
  readonly size: number;
  read(): Promise<Buffer>;
}

/** Calls `take` with each file of a zip, such as a jar, in their order; nothing is written. */
export async function readZip(
  file: string,
  take: (entry: ZipFile) => Promise<void>,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<void> {
  let count = 0;
  try {
    await eachZipEntry(file, async (entry, zip) => {
      if (++count > limits.entries) throw refuse('entries', `has more than ${limits.entries} entries`);
      const read = async (): Promise<Buffer> => Buffer.concat(await (await zip.openReadStreamPromise(entry)).toArray());
      await take({ name: entry.fileName, size: entry.uncompressedSize, read });
    });
  } catch (error) {
    if (isSluiceError(error) || isDiskFault(error)) throw error;
    throw refuse('damaged', `is cut off or damaged: ${(error as Error).message}`);
  }
}

async function unpackTar(file: string, folder: string, gate: Gate): Promise<void> {
  const extract = tar.extract();
  const source = createReadStream(file);
  const unzipped = createGunzip();
  const fed = pipeline(source, unzipped, extract);
  fed.catch((error: unknown) => extract.destroy(error as Error)); // told by the loop below
  for await (const entry of extract) {
    const { name, type } = entry.header;
    if (type === 'directory') await mkdir(join(folder, gate.name(name, true)), { recursive: true });
    else if (type === 'file' || type === 'contiguous-file') {
      await write(entry as unknown as Readable, join(folder, gate.name(name, false)), gate);
    } else throw refuse(type === 'symlink' || type === 'link' ? 'link' : 'device', `holds a ${type}, '${name}'`);
    entry.resume();
  }
  await fed;
}

async function unpackZip(
  file: string,
  folder: string,
  gate: Gate,
  placeOf: (name: string) => string | undefined = (name) => name,
): Promise<void> {
  await eachZipEntry(file, async (entry, zip) => {
    const mode = (entry.externalFileAttributes >>> 16) & 0o170000;
    const isFolder = entry.fileName.endsWith('/');
    if (mode === 0o120000) throw refuse('link', `holds a symlink, '${entry.fileName}'`);
    if (mode !== 0 && mode !== 0o100000 && mode !== 0o040000)
      throw refuse('device', `holds a device, '${entry.fileName}'`);
    if (entry.isEncrypted()) throw refuse('format', `is encrypted ('${entry.fileName}')`);
    const name = gate.name(entry.fileName, isFolder);
    const place = placeOf(name);
    if (place === undefined) return;
    const path = join(folder, place);
    if (isFolder) await mkdir(path, { recursive: true });
    else await write(await zip.openReadStreamPromise(entry), path, gate);
  });
}

type Zip = yauzl.ZipFile & { openReadStreamPromise(entry: yauzl.Entry): Promise<Readable> };

async function eachZipEntry(file: string, take: (entry: yauzl.Entry, zip: Zip) => Promise<void>): Promise<void> {
  const zip = await new Promise<yauzl.ZipFile>((resolve, reject) => {
    // Names are judged here and not there, so that every format has the same rules and words.
    const options = { lazyEntries: true, autoClose: false, strictFileNames: false, decodeStrings: true };
    yauzl.open(file, options, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const openReadStreamPromise = (entry: yauzl.Entry): Promise<Readable> =>
    new Promise((resolve, reject) => {
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error);
        // An error before anybody reads would end the process; whoever reads then hears of it.
        stream.on('error', () => undefined);
        resolve(stream);
      });
    });
  const opened = Object.assign(zip, { openReadStreamPromise });
  try {
    await new Promise<void>((resolve, reject) => {
      zip.on('error', reject);
      zip.on('end', resolve);
      zip.on('entry', (entry: yauzl.Entry) => {
        take(entry, opened).then(() => zip.readEntry(), reject);
      });
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
}

async function write(source: Readable, path: string, gate: Gate): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await pipeline(source, (from: Readable) => gate.count(from), createWriteStream(path, { flags: 'wx', mode: 0o644 }));
}

function isDiskFault(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EIO', 'EROFS', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '');
}
