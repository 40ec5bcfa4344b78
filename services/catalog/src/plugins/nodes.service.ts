import type { Config, Logger } from '@sluice/chassis';
import { SluiceError } from '@sluice/chassis';
import type { PackageStore } from '@sluice/packages';
import type * as wire from '@sluice/proto/catalog/v1/plugin_node_service';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { PACKAGE_BYTES, type PackageBytes } from './packages.store.js';
import type { NodeRecord, PluginRecord, RunUse } from './plugin-record.js';
import { makeSet, PLUGIN_SET, type PluginSet } from './plugin-set.js';
import { PLUGIN_STORE, type PluginStore } from './plugins.store.js';
import { toGeneration, toDescription } from './plugin.wire.js';
import { CONFIG, LOG, PACKAGES } from './tokens.js';

export const NODES: InjectionToken<Nodes> = Symbol('Nodes');

/** A node that was not heard of for so long is not waited for. */
const LIVE_MS = 10_000;
/** A node that was not heard of for so long is shown no more, and its runs need nothing any more. */
const KNOWN_MS = 60_000;
/** How many generations are kept to go back to. */
const KEPT_GENERATIONS = 200;
const DAY_MS = 24 * 3_600_000;
/** What has come of an upload that nobody goes on with is kept for so long. */
const ABANDONED_MS = DAY_MS;
/** Files of packages that are not kept stay for so long: an upload may be looked at. */
const FILES_MS = 600_000;

/** What the catalog knows of execution nodes, and what it does for them. */
@injectable()
export class Nodes {
  readonly #store: PluginStore;
  readonly #set: PluginSet;
  readonly #bytes: PackageBytes;
  readonly #packages: PackageStore;
  readonly #config: Config;
  readonly #log: Logger;
  #clearedMs = 0;

  constructor(
    @inject(PLUGIN_STORE) store: PluginStore,
    @inject(PLUGIN_SET) set: PluginSet,
    @inject(PACKAGE_BYTES) bytes: PackageBytes,
    @inject(PACKAGES) packages: PackageStore,
    @inject(CONFIG) config: Config,
    @inject(LOG) log: Logger,
  ) {
    this.#store = store;
    this.#set = set;
    this.#bytes = bytes;
    this.#packages = packages;
    this.#config = config;
    this.#log = log;
  }

  async report(request: wire.ReportNodeRequest): Promise<number> {
    const { name, generation, oldestGeneration, fault, uses, leaving } = request;
    if (name === '' || name.length > 200)
      throw new SluiceError('REQUEST_INVALID', 'a node has a name of 1 to 200 letters');
    if (leaving) await this.#leave(name);
    else {
      const [present, oldest] = [Number(generation), Number(oldestGeneration)];
      await this.#store.report({ name, generation: present, oldest, seenMs: Date.now(), fault, uses });
    }
    return this.#set.number;
  }

  /** Forgets a node that ends. The last one's runs wait for the next node, so that what they need is remembered. */
  async #leave(name: string): Promise<void> {
    const nodes = await this.#store.reader.nodes(0);
    const own = nodes.find((node) => node.name === name);
    if (own === undefined) return;
    const isLast = nodes.every((node) => node === own || node.seenMs < Date.now() - LIVE_MS);
    if (isLast && own.uses.length > 0) await this.#store.report({ ...own, seenMs: Date.now() - KNOWN_MS });
    else await this.#store.forgetNodes({ name });
  }

  /** The nodes that were heard of lately. */
  async known(): Promise<NodeRecord[]> {
    return this.#store.reader.nodes(Date.now() - KNOWN_MS);
  }

  /** The live nodes that do not have a generation yet. */
  async behind(generation: number): Promise<string[]> {
    const live = await this.#store.reader.nodes(Date.now() - LIVE_MS);
    return live.filter((node) => node.generation < generation).map(({ name }) => name);
  }

  /** The live runs that need a package, each once. */
  async runsOf(digest: string): Promise<RunUse[]> {
    const known = await this.known();
    // Each node tells of the runs of all. While none is there, what the last one told holds.
    const told =
      known.length > 0 ? known : (await this.#store.reader.nodes(0)).sort((a, b) => b.seenMs - a.seenMs).slice(0, 1);
    const uses = told.flatMap((node) => node.uses).filter((use) => use.digests.includes(digest));
    return [...new Map(uses.map((use) => [use.runId, use])).values()];
  }

  /** A generation with what a node does not know of it. */
  async generation({ number, knownDigests }: wire.GetNodeGenerationRequest): Promise<wire.GetNodeGenerationResponse> {
    const { reader } = this.#store;
    const wanted = number === undefined ? await reader.newest() : Number(number);
    const found = await reader.generation(wanted);
    if (found === undefined) {
      const message = `generation ${wanted} of plugins is not kept any more; start the run again`;
      throw new SluiceError('GENERATION_NOT_FOUND', message, { details: { generation: String(wanted) } });
    }
    const kept = await reader.plugins();
    const set = makeSet(found.number, found.members, kept);
    const usable = new Set([
      ...set.plugins.map(({ plugin }) => plugin.digest),
      ...set.bundles.map(({ digest }) => digest),
    ]);
    const told = new Set(knownDigests);
    return {
      generation: toGeneration({ ...found, members: found.members.filter(({ digest }) => usable.has(digest)) }),
      packages: kept.filter(({ digest }) => usable.has(digest) && !told.has(digest)).map(toDescription),
      missing: set.missing.map((each) => ({ ...each, stops: [...each.stops], isDefault: each.isDefault ?? false })),
    };
  }

  /** The bytes of a package. */
  async *fetch(digest: string): AsyncGenerator<wire.FetchPackageResponse> {
    if ((await this.#store.reader.pluginByDigest(digest)) === undefined) {
      throw new SluiceError('PLUGIN_NOT_FOUND', `no package with the SHA-256 ${digest} is kept`, {
        details: { digest },
      });
    }
    for await (const chunk of this.#bytes.read(digest)) yield { chunk };
  }

  /** The number of the present generation, and each later one. */
  async *watch(signal: AbortSignal): AsyncGenerator<wire.WatchGenerationResponse> {
    let wake = (): void => undefined;
    const unlisten = this.#set.onChange(() => wake());
    const abort = (): void => wake();
    signal.addEventListener('abort', abort, { once: true });
    try {
      for (let told = -1; !signal.aborted;) {
        const { number } = this.#set;
        if (number === told) {
          await new Promise<void>((resolve) => {
            wake = resolve;
            if (this.#set.number !== told || signal.aborted) resolve();
          });
          continue;
        }
        told = number;
        yield { number: BigInt(number) };
      }
    } finally {
      unlisten();
      signal.removeEventListener('abort', abort);
    }
  }

  /** Counts a crash; when there were too many lately, gives the package that is to be quarantined and why. */
  async crashed(
    request: wire.ReportPluginCrashRequest,
  ): Promise<{ readonly record: PluginRecord; readonly why: string } | undefined> {
    const { digest, runId, attempt, reason } = request;
    const record = await this.#store.reader.pluginByDigest(digest);
    if (record === undefined) return undefined;
    const { crashLimit, crashWindowMs } = this.#config.plugins;
    const now = Date.now();
    const count = await this.#store.crashed(digest, runId, attempt, now, now - crashWindowMs);
    if (crashLimit === 0 || count < crashLimit || record.quarantineReason !== '') return undefined;
    const why = `its code brought down ${count} runs in ${Math.round(crashWindowMs / 1000)} s, '${runId}' last: ${reason.slice(0, 1000)}`;
    return { record, why };
  }

  /** Removes what is to be removed and what nobody needs any more. */
  async sweep(): Promise<void> {
    const now = Date.now();
    await this.#store.forgetNodes({ before: now - KNOWN_MS });
    await this.#store.forgetCrashes({ before: now - this.#config.plugins.crashWindowMs });
    await this.#store.forgetGenerations(this.#set.number - KEPT_GENERATIONS);
    const { recordDays } = this.#config.plugins;
    if (recordDays > 0) await this.#store.forgetChanges(now - recordDays * DAY_MS);
    for (const record of await this.#store.reader.plugins()) if (record.removing) await this.clear(record);
    for (const digest of await this.#bytes.abandoned(now - ABANDONED_MS)) await this.#bytes.forget(digest);
    await this.#clearFiles(now);
  }

  /** Removes from the disk what an end between the removal of a package and that of its files has left. */
  async #clearFiles(now: number): Promise<void> {
    if (now - this.#clearedMs < FILES_MS) return;
    this.#clearedMs = now;
    const kept = new Set((await this.#store.reader.plugins()).map(({ digest }) => digest));
    await this.#packages.clear(new Date(now - FILES_MS), kept);
  }

  /** Deletes a package that is to be removed, unless a run needs it still; says whether it is gone. */
  async clear(record: PluginRecord): Promise<boolean> {
    const { digest } = record;
    // A node that is behind may still start runs with it.
    if ((await this.behind(this.#set.number)).length > 0 || (await this.runsOf(digest)).length > 0) return false;
    const isGone = await this.#store.change(async (change) => {
      const now = await change.plugin(record.name, record.version);
      if (now?.removing === true) await change.delete(now);
      return now === undefined || now.removing;
    });
    if (!isGone) return true; // it was uploaded again meanwhile, and stays
    await this.#packages.remove(digest);
    this.#log.info({ plugin: record.name, version: record.version }, 'a package was removed');
    return true;
  }
}
