import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isSluiceError, toSluiceError, type Logger } from '@sluice/chassis';
import { PluginKind } from '@sluice/proto/catalog/v1/plugin';
import { MountPluginRequest, type UploadPluginRequest } from '@sluice/proto/catalog/v1/plugin_service';
import type { Doer } from './plugin-record.js';
import type { Plugins } from './plugins.service.js';
import type { Uploads } from './uploads.service.js';

/** Between two looks at the folder. A file is taken when it was the same at two of them. */
const LOOK_MS = 1_000;
const CHUNK_BYTES = 2 ** 20;
const ARCHIVE = /^[^.].*\.(tgz|tar\.gz|zip|whl|jar|duckdb_extension)$/i;
const VERDICT = '.verdict.json';

/** What is written beside a file when it has been taken. */
interface Verdict {
  readonly verdict: 'mounted' | 'uploaded' | 'refused';
  /** The file as it was then; another one of its name is taken anew. */
  readonly size: number;
  readonly modified: number;
  readonly sha256: string;
  readonly time: string;
  /** The package, as `name@version`; absent when it was refused. */
  readonly plugin?: string;
  /** Why it was refused or not mounted, and the remedy. */
  readonly reason?: string;
  readonly message?: string;
}

/** A file as it was at a look. */
interface Seen {
  readonly size: number;
  readonly modified: number;
}

/** Uploads and mounts the archives that are put into a folder, and writes beside each what became of it. */
export class DropFolder {
  private readonly seen = new Map<string, Seen>();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;

  constructor(
    private readonly folder: string,
    private readonly uploads: Pick<Uploads, 'upload'>,
    private readonly plugins: Pick<Plugins, 'mount'>,
    private readonly log: Logger,
  ) {}

  start(): void {
    this.timer = setInterval(() => {
      this.looking ??= this.look()
        .catch((err: unknown) => this.log.warn({ err, folder: this.folder }, 'the drop folder cannot be read for now'))
        .finally(() => (this.looking = undefined));
    }, LOOK_MS).unref();
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.looking;
  }

  private async look(): Promise<void> {
    const names = await readdir(this.folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [] as string[];
      throw error;
    });
    for (const name of [...this.seen.keys()]) if (!names.includes(name)) this.seen.delete(name);
    for (const name of names.filter((each) => ARCHIVE.test(each)).sort()) {
      const file = join(this.folder, name);
      const found = await lookAt(file);
      if (found === undefined) continue;
      const before = this.seen.get(name);
      this.seen.set(name, found);
      if (before === undefined || !isSame(before, found) || found.size === 0) continue;
      if (isSame(await readVerdict(file), found)) continue;
      const verdict = await this.take(file, name, found);
      if (verdict !== undefined) await this.tell(file, verdict);
    }
  }

  /** Uploads and mounts one file; undefined when it has changed meanwhile, so that it is looked at again. */
  private async take(file: string, name: string, { size, modified }: Seen): Promise<Verdict | undefined> {
    const doer: Doer = { actor: 'drop folder', peer: file.slice(-200) };
    const sum = createHash('sha256');
    for await (const chunk of createReadStream(file)) sum.update(chunk as Buffer);
    const sha256 = sum.digest('hex');
    const about = { size, modified, sha256, time: new Date().toISOString() };
    let plugin = '';
    try {
      const { record } = await this.uploads.upload(partsOf(file, name, sha256, doer), doer.peer);
      plugin = `${record.name}@${record.version}`;
      const { version } = record;
      await this.plugins.mount(MountPluginRequest.fromPartial({ name: record.name, version, comment: name }), doer);
      return { verdict: 'mounted', ...about, plugin };
    } catch (error) {
      if (!isSame(await lookAt(file), { size, modified })) return undefined;
      // What is not the file's fault is tried again.
      if (!isSluiceError(error) || error.code === 'UNAVAILABLE' || error.reason === 'DISK_FULL') throw error;
      const { reason, message } = toSluiceError(error);
      const known = plugin === '' ? {} : { plugin };
      return { verdict: plugin === '' ? 'refused' : 'uploaded', ...about, ...known, reason, message };
    }
  }

  private async tell(file: string, verdict: Verdict): Promise<void> {
    this.log.info({ file, ...verdict }, 'a file of the drop folder was taken');
    // Whoever reads it meanwhile sees all of it or nothing.
    await writeFile(`${file}${VERDICT}.part`, `${JSON.stringify(verdict, undefined, 2)}\n`);
    await rename(`${file}${VERDICT}.part`, `${file}${VERDICT}`);
  }
}

async function* partsOf(
  file: string,
  fileName: string,
  digest: string,
  { actor }: Doer,
): AsyncGenerator<UploadPluginRequest> {
  const kind = PluginKind.PLUGIN_KIND_UNSPECIFIED;
  const start = {
    digest,
    fileName,
    offset: 0n,
    signature: Buffer.alloc(0),
    provenance: '',
    actor,
    mustBePlugin: false,
    kind,
  };
  yield { part: { $case: 'start', value: start } };
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    yield { part: { $case: 'chunk', value: chunk as Buffer } };
  }
  yield { part: { $case: 'end', value: {} } };
}

async function lookAt(file: string): Promise<Seen | undefined> {
  const found = await stat(file).catch(() => undefined); // it has just gone
  return found?.isFile() === true ? { size: found.size, modified: found.mtimeMs } : undefined;
}

async function readVerdict(file: string): Promise<Seen | undefined> {
  try {
    return JSON.parse(await readFile(`${file}${VERDICT}`, 'utf8')) as Verdict;
  } catch {
    return undefined; // none yet, or somebody has damaged it: the file is taken anew
  }
}

function isSame(a: Seen | undefined, b: Seen): boolean {
  return a?.size === b.size && a.modified === b.modified;
}
