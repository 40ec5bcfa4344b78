import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { isSluiceError, SluiceError, type Files, type StopLog } from '@sluice/plugin-sdk';
import { lastName } from './locations.js';
import type { Sink } from './sink.js';
import { stagingName } from './staging.js';
import { unpackTar } from './unpack-tar.js';
import { unpackZip } from './unpack-zip.js';

export interface UnpackOptions {
  /** Asked before the unpacked files take their places. */
  beforeCommit(): Promise<void>;
  readonly files: Files;
  readonly log: StopLog;
  readonly signal: AbortSignal;
  /** The most bytes that all files of the archive may have. */
  readonly maxBytes: number;
}

/**
 * Unpacks an archive into a folder; gives the files, relative to the folder. They are unpacked into a place of their own
 * and moved when all are there.
 *
 * @throws FILE_NOT_FOUND, FILE_FORMAT, FILE_FORBIDDEN, DATA_INVALID where it is too large, DISK_FULL
 */
export async function unpack(archive: string, folder: string, options: UnpackOptions): Promise<string[]> {
  const { files, signal } = options;
  const path = await files.resolve(archive, 'read');
  const kind = await kindOf(path, archive);
  const target = await files.resolve(folder, 'write');
  await mkdir(target, { recursive: true });
  const staging = join(target, stagingName());
  const sink = new FileSink(archive, staging, options);
  try {
    await mkdir(staging);
    if (kind === 'zip') await unpackZip(path, sink, signal);
    else if (kind === 'tar') await unpackTar(createReadStream(path), sink, signal);
    else if (/\.(?:tar\.gz|tgz)$/i.test(archive)) {
      await unpackTar(gunzipped(path), sink, signal);
    } else await sink.file(lastName(archive).replace(/\.gz$/i, '') || 'file', gunzipped(path));
    await options.beforeCommit();
    return await publish(sink, staging, target, files);
  } catch (error) {
    signal.throwIfAborted();
    if (isSluiceError(error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC')
      throw new SluiceError('DISK_FULL', `the disk is full while unpacking '${archive}'`, { cause: error });
    throw new SluiceError('FILE_FORMAT', `'${archive}' cannot be unpacked: ${message}`, { cause: error });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

function gunzipped(path: string): Readable {
  const unpacked = createGunzip();
  // What fails while reading the file must fail where its content is read.
  pipeline(createReadStream(path), unpacked).catch((error: unknown) => unpacked.destroy(error as Error));
  return unpacked;
}

async function kindOf(path: string, shown: string): Promise<'zip' | 'gzip' | 'tar'> {
  const head = Buffer.alloc(512);
  try {
    const file = await open(path);
    try {
      await file.read(head, 0, head.length, 0);
    } finally {
      await file.close();
    }
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const message = missing
      ? `there is no '${shown}'; check the path`
      : `'${shown}' cannot be read: ${(error as Error).message}`;
    throw new SluiceError(missing ? 'FILE_NOT_FOUND' : 'FILE_UNREADABLE', message, { cause: error });
  }
  if (head.readUInt16BE(0) === 0x1f8b) return 'gzip';
  if (['PK\u0003\u0004', 'PK\u0005\u0006'].includes(head.toString('latin1', 0, 4))) return 'zip';
  if (head.toString('latin1', 257, 262) === 'ustar') return 'tar';
  const known = 'zip, gz, tar and tar.gz are known';
  throw new SluiceError('FILE_FORMAT', `'${shown}' is no archive of a known type; ${known}`);
}

/** Moves the files to their places, each inside the folders that the run may use, links on the way resolved. */
async function publish(sink: FileSink, staging: string, target: string, files: Files): Promise<string[]> {
  for (const name of sink.folders) {
    await files.resolve(files.locate(join(target, name)), 'write');
    await mkdir(join(target, name), { recursive: true });
  }
  const names = [...sink.names].sort();
  for (const name of names) {
    const place = join(target, name);
    await files.resolve(files.locate(dirname(place)), 'write');
    await mkdir(dirname(place), { recursive: true });
    await rename(join(staging, name), place);
  }
  return names;
}

class FileSink implements Sink {
  readonly names = new Set<string>();
  readonly folders = new Set<string>();
  private bytes = 0;

  constructor(
    private readonly archive: string,
    private readonly staging: string,
    private readonly options: UnpackOptions,
  ) {}

  async file(name: string, content: Readable, check?: Transform): Promise<void> {
    const path = this.inside(name);
    await mkdir(dirname(path), { recursive: true });
    const counter = new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        this.bytes += chunk.length;
        done(this.bytes > this.options.maxBytes ? this.tooLarge() : null, chunk);
      },
    });
    const stages = [content, counter, ...(check === undefined ? [] : [check]), createWriteStream(path)];
    await pipeline(stages, { signal: this.options.signal });
    this.names.add(relative(this.staging, path).split(sep).join('/'));
  }

  async folder(name: string): Promise<void> {
    const path = this.inside(name);
    await mkdir(path, { recursive: true });
    if (path !== this.staging) this.folders.add(relative(this.staging, path));
  }

  skip(name: string, why: string): void {
    this.options.log.warn(`'${this.archive}': '${name}' is ${why}; it is left out`);
  }

  private inside(name: string): string {
    const path = resolve(this.staging, name);
    const isInside = path === this.staging || path.startsWith(this.staging + sep);
    const isOdd = /^(?:\/|[a-z]:)|\\|\0|(?:^|\/)\.\.(?:\/|$)/i.test(name);
    if (isInside && !isOdd) return path;
    throw new SluiceError(
      'FILE_FORBIDDEN',
      `'${this.archive}' has a file '${name}' that leads out of the folder; nothing was unpacked`,
    );
  }

  private tooLarge(): SluiceError {
    return new SluiceError(
      'DATA_INVALID',
      `'${this.archive}' gives more than ${this.options.maxBytes} bytes; raise maxBytes`,
    );
  }
}
