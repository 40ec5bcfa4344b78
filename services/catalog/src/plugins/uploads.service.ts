import type { Config } from '@sluice/chassis';
import { isDiskFull, isDuplicateKey, isSluiceError, SluiceError } from '@sluice/chassis';
import type { PackageStore } from '@sluice/packages';
import type { UploadPluginRequest, UploadStart } from '@sluice/proto/catalog/v1/plugin_service';
import { basename } from 'node:path';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { PACKAGE_INSPECTOR, type ArchiveClaims, type PackageInspector } from './package-inspector.js';
import { BLOCK_BYTES, PACKAGE_BYTES, type PackageBytes, type Received } from './packages.store.js';
import type { Doer, PluginRecord } from './plugin-record.js';
import { PLUGIN_STORE, type PluginStore } from './plugins.store.js';
import { PLUGIN_SET, type PluginSet } from './plugin-set.js';
import { kindOf } from './plugin.wire.js';
import { verifyProvenance } from './provenance.js';
import { judgeProofs } from './signature.js';
import { CONFIG, PACKAGES } from './tokens.js';

export const UPLOADS: InjectionToken<Uploads> = Symbol('Uploads');

/** What an upload says of an archive. */
type UploadClaims = Omit<ArchiveClaims, 'digest'> & {
  readonly signature: Uint8Array;
  /** A sigstore bundle as JSON; empty for none. */
  readonly provenance: string;
};

/** Takes archives: keeps their bytes, verifies and inspects them, and keeps what they are. */
@injectable()
export class Uploads {
  readonly #bytes: PackageBytes;
  readonly #store: PluginStore;
  readonly #packages: PackageStore;
  readonly #inspector: PackageInspector;
  readonly #set: PluginSet;
  readonly #config: Config;

  constructor(
    @inject(PACKAGE_BYTES) bytes: PackageBytes,
    @inject(PLUGIN_STORE) store: PluginStore,
    @inject(PACKAGES) packages: PackageStore,
    @inject(PACKAGE_INSPECTOR) inspector: PackageInspector,
    @inject(PLUGIN_SET) set: PluginSet,
    @inject(CONFIG) config: Config,
  ) {
    this.#bytes = bytes;
    this.#store = store;
    this.#packages = packages;
    this.#inspector = inspector;
    this.#set = set;
    this.#config = config;
  }

  /** How much of an archive has come. */
  async received(digest: string): Promise<Received> {
    checkDigest(digest);
    const known = await this.#store.reader.pluginByDigest(digest);
    const { bytes } = await this.#bytes.received(digest);
    return { bytes, complete: known !== undefined };
  }

  /** Takes an upload. Whatever ends it, it is kept wholly or not at all, and may go on later. */
  async upload(
    parts: AsyncIterable<UploadPluginRequest>,
    peer: string,
  ): Promise<{ readonly record: PluginRecord; readonly known: boolean }> {
    const iterator = parts[Symbol.asyncIterator]();
    const first: IteratorResult<UploadPluginRequest, unknown> = await iterator.next();
    const start = first.done === true ? undefined : first.value.part;
    if (start?.$case !== 'start') throw new SluiceError('REQUEST_INVALID', 'an upload begins with its start');
    const { digest, fileName, actor } = start.value;
    checkDigest(digest);
    const doer: Doer = { actor: actor.slice(0, 200), peer };
    const known = await this.#known(digest, doer);
    if (known !== undefined) return { record: known, known: true };
    const size = await this.#receive(start.value, iterator).catch((error: unknown) => {
      throw isDiskFull(error) ? noRoom(error) : error;
    });
    const { signature, provenance, mustBePlugin } = start.value;
    const claims = {
      fileName: basename(fileName).slice(0, 200),
      signature,
      provenance,
      mustBePlugin,
      kind: kindOf(start.value.kind),
    };
    return this.take(digest, size, claims, doer);
  }

  /** Verifies, inspects and keeps an archive whose bytes have come. What is refused is forgotten, and kept on record. */
  async take(
    digest: string,
    size: number,
    { signature, provenance, ...claims }: UploadClaims,
    doer: Doer,
  ): Promise<{ readonly record: PluginRecord; readonly known: boolean }> {
    try {
      const { sha512 } = await this.#bytes.complete(digest, Date.now());
      const { signatures: policy, publishers, trustedRoot } = this.#config.plugins;
      const built =
        provenance === '' || policy === 'off' ? undefined : await verifyProvenance(provenance, sha512, trustedRoot);
      const keys = await this.#store.reader.keys();
      const verdict = judgeProofs({ digest, signature, provenance: built }, { policy, keys, publishers });
      const { facts, ...found } = await this.#inspector.inspect({ digest, ...claims });
      const record: PluginRecord = {
        ...found,
        digest,
        fileName: claims.fileName,
        size,
        uploadedBy: doer.actor,
        createdMs: Date.now(),
        granted: false,
        removing: false,
        quarantineReason: '',
        quarantinedMs: undefined,
        facts: { ...facts, signature: verdict },
      };
      return await this.#keep(record, doer);
    } catch (error) {
      if (isSluiceError(error) && error.code !== 'UNAVAILABLE' && error.reason !== 'DISK_FULL') {
        await this.#refused(digest, claims.fileName, error, doer);
      }
      throw isDiskFull(error) ? noRoom(error) : error;
    }
  }

  /** A package that is kept already; when it waits to be removed, it stays. */
  async #known(digest: string, doer: Doer): Promise<PluginRecord | undefined> {
    const found = await this.#store.reader.pluginByDigest(digest);
    if (found?.removing !== true) return found;
    return this.#store.change(async (change) => {
      const now = await change.pluginByDigest(digest);
      if (now?.removing !== true) return now;
      await change.update(now, { removing: false });
      await change.record({
        ...doer,
        timeMs: Date.now(),
        action: 'upload',
        plugin: now.name,
        version: now.version,
        generation: this.#set.number,
        detail: 'uploaded again before it was removed: it stays',
      });
      return { ...now, removing: false };
    });
  }

  async #receive(
    { digest, offset }: UploadStart,
    iterator: AsyncIterator<UploadPluginRequest, unknown>,
  ): Promise<number> {
    const { bytes } = await this.#bytes.received(digest);
    if (Number(offset) > bytes || Number(offset) % BLOCK_BYTES !== 0) {
      const message = `the upload begins at byte ${offset}, but ${bytes} bytes have come; begin at what GetPluginUpload says, or at 0`;
      throw new SluiceError('REQUEST_INVALID', message, { details: { received: String(bytes) } });
    }
    let at = Number(offset);
    let waiting: Buffer[] = [];
    let length = 0;
    const { maxBytes } = this.#config.plugins;
    const flush = async (): Promise<void> => {
      const data = Buffer.concat(waiting, length);
      for (let from = 0; from < data.length; from += BLOCK_BYTES) {
        const block = data.subarray(from, from + BLOCK_BYTES);
        await this.#bytes.append(digest, at, block, Date.now());
        at += block.length;
      }
      waiting = [];
      length = 0;
    };
    for (;;) {
      const { value, done } = await iterator.next();
      if (done === true) {
        const message = `the upload was cut off; ${at} bytes are kept, go on from there`;
        throw new SluiceError('REQUEST_INVALID', message, { details: { received: String(at) } });
      }
      const { part } = value;
      if (part?.$case === 'end') break;
      if (part?.$case !== 'chunk')
        throw new SluiceError('REQUEST_INVALID', 'an upload has one start, then chunks, then its end');
      waiting.push(Buffer.from(part.value));
      length += part.value.length;
      if (at + length > maxBytes) {
        await this.#bytes.forget(digest);
        const message = `the archive is larger than ${maxBytes} bytes; leave out what it does not need, or raise plugins.maxBytes`;
        throw new SluiceError('REQUEST_TOO_LARGE', message, { details: { limitBytes: String(maxBytes) } });
      }
      if (length >= BLOCK_BYTES) {
        const whole = Math.floor(length / BLOCK_BYTES) * BLOCK_BYTES;
        const all = Buffer.concat(waiting, length);
        const rest = all.subarray(whole);
        waiting = [all.subarray(0, whole)];
        length = whole;
        await flush();
        waiting = [rest];
        length = rest.length;
      }
    }
    if (length > 0 || at === 0) await flush();
    return at;
  }

  async #keep(record: PluginRecord, doer: Doer): Promise<{ readonly record: PluginRecord; readonly known: boolean }> {
    const { name, version, digest } = record;
    try {
      await this.#store.change(async (change) => {
        const other = await change.plugin(name, version);
        if (other !== undefined && other.digest !== digest) throw otherBytes(other);
        await change.insert(record);
        const generation = await change.newest();
        const detail = `${record.fileName}, ${record.size} bytes, sha256 ${digest}`;
        await change.record({
          ...doer,
          timeMs: Date.now(),
          action: 'upload',
          plugin: name,
          version,
          generation,
          detail,
        });
      });
    } catch (error) {
      // Another upload of the same archive was first.
      const known = isDuplicateKey(error) ? await this.#store.reader.pluginByDigest(digest) : undefined;
      if (known === undefined) throw error;
      return { record: known, known: true };
    }
    return { record, known: false };
  }

  async #refused(digest: string, fileName: string, error: SluiceError, doer: Doer): Promise<void> {
    await this.#bytes.forget(digest);
    await this.#packages.remove(digest);
    const about = {
      timeMs: Date.now(),
      plugin: error.details['plugin'] ?? '',
      version: '',
      generation: this.#set.number,
    };
    const detail = `${fileName}: ${error.reason}: ${error.message}`;
    await this.#store.change((change) => change.record({ ...doer, ...about, action: 'refuse', detail }));
  }
}

function checkDigest(digest: string): void {
  if (/^[0-9a-f]{64}$/.test(digest)) return;
  throw new SluiceError('REQUEST_INVALID', `'${digest.slice(0, 100)}' is no SHA-256 in lower-case hexadecimal`);
}

function noRoom(cause: unknown): SluiceError {
  return new SluiceError('DISK_FULL', 'there is no room for the package in the database; make some and upload again', {
    cause,
  });
}

function otherBytes({ name, version, digest }: PluginRecord): SluiceError {
  const message = `'${name}' ${version} is kept already with other bytes (sha256 ${digest}); a version never changes: raise it`;
  return new SluiceError('PLUGIN_CONFLICT', message, { details: { plugin: name, version, digest } });
}
