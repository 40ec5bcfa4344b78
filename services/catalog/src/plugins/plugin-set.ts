import type { Logger } from '@sluice/chassis';
import {
  NO_CAPABILITIES,
  type Generation,
  type Kernel,
  type MissingPlugin,
  type MountedBundle,
  type MountedPlugin,
  type MountedSet,
} from '@sluice/kernel';
import { chooseBundles } from '@sluice/packages';
import { inject, injectable, type InjectionToken } from 'tsyringe';
import { KERNEL } from '../stops/stops.service.js';
import type { GenerationRecord, Member, PluginRecord } from './plugin-record.js';
import { LOG } from './tokens.js';
import { PLUGIN_STORE, type PluginReader, type PluginStore } from './plugins.store.js';

export const PLUGIN_SET: InjectionToken<PluginSet> = Symbol('PluginSet');

/** How often the database is asked for a newer generation, should nobody tell. */
const LOOK_MS = 500;

/** The generation of this process, kept up with the database. */
@injectable()
export class PluginSet {
  readonly #store: PluginStore;
  readonly #kernel: Kernel;
  readonly #log: Logger;
  readonly #listeners = new Set<() => void>();
  #number = 0;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(@inject(PLUGIN_STORE) store: PluginStore, @inject(KERNEL) kernel: Kernel, @inject(LOG) log: Logger) {
    this.#store = store;
    this.#kernel = kernel;
    this.#log = log;
  }

  /** The number of the present generation, as far as this process knows. */
  get number(): number {
    return this.#number;
  }

  /** Mounts the present generation, and every later one as it comes. */
  async start(): Promise<void> {
    await this.refresh();
    this.#timer = setInterval(() => {
      this.refresh().catch((err: unknown) => this.#log.warn({ err }, 'the present generation is not known for now'));
    }, LOOK_MS);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /**
   * Looks for a newer generation; one that is asked for while another look goes on comes after that.
   *
   * @param again whether to look at the same generation again: other packages may be missing in it now
   */
  async refresh(again = false): Promise<void> {
    await this.#looking?.catch(() => undefined);
    this.#looking ??= this.#look(again).finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** What a generation comes to, with the packages as they are now: quarantined ones cannot be used in any. */
  async setOf(
    { number, members }: Pick<GenerationRecord, 'number' | 'members'>,
    reader: PluginReader,
  ): Promise<MountedSet> {
    return makeSet(number, members, await reader.plugins());
  }

  /** The generation that a set makes, with the plugins of folders. */
  compose(set: MountedSet): ReturnType<Kernel['compose']> {
    return this.#kernel.compose(set);
  }

  get generation(): Generation {
    return this.#kernel.generation;
  }

  async #look(again: boolean): Promise<void> {
    const { reader } = this.#store;
    const newest = await reader.newest();
    if (newest < this.#number || (newest === this.#number && !again)) return;
    const record = await reader.generation(newest);
    if (record === undefined) return;
    this.#kernel.mount(await this.setOf(record, reader));
    this.#number = newest;
    for (const listener of this.#listeners) listener();
  }
}

/** The plugins of a generation, and those that are kept and not in it. */
export function makeSet(number: number, members: readonly Member[], kept: readonly PluginRecord[]): MountedSet {
  const plugins: MountedPlugin[] = [];
  const missing: MissingPlugin[] = [];
  const byDigest = new Map(kept.map((record) => [record.digest, record]));
  const bundles = members.flatMap(({ digest, declaredOnly = false }): MountedBundle[] => {
    const record = byDigest.get(digest);
    if (record === undefined || isPlugin(record) || record.quarantineReason !== '') return [];
    const { name, version, kind } = record;
    return [{ name, version, digest, kind, path: '', declaredOnly }];
  });
  for (const { digest, isDefault, wins } of members) {
    const record = byDigest.get(digest);
    if (record === undefined || !isPlugin(record)) continue;
    const { lacking } = chooseBundles(record.facts.bundles ?? {}, bundles);
    if (record.quarantineReason === '' && lacking.length === 0)
      plugins.push({ plugin: toPackage(record), manifest: record.manifest, isDefault, wins });
    else missing.push(missingOf(record, isDefault, lacking));
  }
  const mounted = new Set(members.map(({ digest }) => digest));
  for (const record of kept)
    if (!mounted.has(record.digest) && isPlugin(record)) missing.push(missingOf(record, false, []));
  return { number, plugins, missing, bundles };
}

export function isPlugin({ kind }: PluginRecord): boolean {
  return kind === 'stops' || kind === 'engines';
}

function missingOf(record: PluginRecord, isDefault: boolean, lacking: readonly string[]): MissingPlugin {
  const { name, version, manifest, quarantineReason, removing } = record;
  const quarantined = quarantineReason !== '';
  const why = quarantined
    ? `it is quarantined: ${quarantineReason}; mend it and upload a new version, or lift the quarantine`
    : removing
      ? 'it is being removed; upload it again'
      : lacking.length > 0
        ? `it needs the bundle ${lacking.join(', ')}, of which no version that fits is mounted; mount one`
        : 'it is not mounted; mount it again';
  const stops = manifest.stops.flatMap((stop) => [stop.name, ...stop.aliases]);
  return { name, version, stops, why, quarantined, isDefault: isDefault && (quarantined || lacking.length > 0) };
}

/** A package that the catalog knows and need not have unpacked. */
function toPackage({ name, version, digest, kind, facts }: PluginRecord): MountedPlugin['plugin'] {
  return {
    name,
    version,
    digest,
    folder: '',
    entry: facts.entry,
    kind: kind === 'engines' ? 'engines' : 'stops',
    sdk: facts.sdk,
    uploaded: true,
    capabilities: facts.capabilities ?? NO_CAPABILITIES,
    bundles: facts.bundles ?? {},
  };
}
