import { setTimeout as delay } from 'node:timers/promises';
import { isSluiceError, SluiceError, toSluiceError, type Logger } from '@sluice/chassis';
import type { Generation, Kernel } from '@sluice/kernel';
import type { PackageStore } from '@sluice/packages';
import { CatalogGenerations } from '@sluice/packages/node';
import { inject, injectable } from 'tsyringe';
import { KERNEL, LOG, NODE_NAME, PACKAGES, PLUGIN_NODES, type PluginNodes } from '../tokens.js';
import { RunStore } from '../runs/run.store.js';

const REPORT_MS = 2_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;
/** How long a call that needs the present generation waits for the catalog after a start. */
const FIRST_SYNC_MS = 15_000;
/** How many earlier generations are kept at hand for runs that are pinned to them. */
const KEPT_GENERATIONS = 16;
/** Unpacked packages that nobody has asked for in this time are removed from the disk; they can be fetched again. */
const KEPT_PACKAGES_MS = 3_600_000;
const CLEAR_MS = 600_000;

/**
 * The generations that this node has. It follows the catalog's: told by a stream that the catalog keeps open, and by
 * the answers to its own reports should the stream be silent.
 */
@injectable()
export class Generations {
  private readonly loader: CatalogGenerations;
  private readonly earlier = new Map<number, Promise<Generation>>();
  private readonly closing = new AbortController();
  private syncing: Promise<void> | undefined;
  private synced: Promise<void>;
  private isSynced: () => void = () => undefined;
  private fault = '';
  private following: Promise<unknown> | undefined;
  private listeners: (() => void)[] = [];
  private clearedMs = 0;

  constructor(
    @inject(KERNEL) private readonly kernel: Kernel,
    @inject(PACKAGES) private readonly packages: PackageStore,
    @inject(PLUGIN_NODES) private readonly catalog: PluginNodes,
    @inject(RunStore) private readonly runs: Pick<RunStore, 'packageUses'>,
    @inject(NODE_NAME) private readonly node: string,
    @inject(LOG) private readonly log: Pick<Logger, 'debug' | 'warn'>,
  ) {
    this.loader = new CatalogGenerations(packages, catalog);
    this.synced = new Promise((resolve) => (this.isSynced = resolve));
  }

  /** The generation for new runs. */
  get present(): Generation {
    return this.kernel.generation;
  }

  /** Begins to follow the catalog. It does not wait for it: a node starts also when the catalog is away. */
  start(): void {
    this.following = Promise.all([this.follow(), this.reportOften()]);
  }

  /** Ends following, and tells the catalog so. */
  async close(): Promise<void> {
    this.closing.abort();
    const last = { name: this.node, generation: 0n, oldestGeneration: 0n, fault: '', uses: [], leaving: true };
    await Promise.race([this.catalog.reportNode(last).catch(() => undefined), delay(500, undefined, { ref: false })]);
    await this.following;
  }

  /** Calls the listener after each new generation. */
  onChange(listener: () => void): void {
    this.listeners.push(listener);
  }

  /** Resolves when the catalog's generation is known for the first time; SERVICE_UNAVAILABLE when it does not answer. */
  async known(): Promise<void> {
    const timer = new AbortController();
    const late = delay(FIRST_SYNC_MS, 'late' as const, { signal: timer.signal }).catch(() => 'closed' as const);
    const first = await Promise.race([this.synced, late]);
    timer.abort();
    if (first !== 'late') return;
    const why = this.fault === '' ? '' : `: ${this.fault}`;
    throw new SluiceError('SERVICE_UNAVAILABLE', `this node does not know yet which plugins are mounted${why}`);
  }

  /** Asks the catalog for the present generation now; says whether it is another one than before. */
  async refresh(): Promise<boolean> {
    const before = this.present;
    await this.sync().catch((err: unknown) => this.log.warn({ err }, 'the present generation of plugins is not known'));
    return this.present !== before;
  }

  /** A generation with all its packages here: the present one, or an earlier one for a run that is pinned to it. */
  async at(number: number): Promise<Generation> {
    if (number === this.present.number) return this.present;
    const kept = this.earlier.get(number);
    if (kept !== undefined) return kept;
    const loading = this.loader.load(number).then((set) => this.kernel.compose(set).generation);
    this.keep(number, loading);
    loading.catch(() => this.earlier.delete(number));
    return loading;
  }

  /** Tells the catalog that the code of a package ended a runner. */
  async crashed(digest: string, runId: string, attempt: number, reason: string): Promise<void> {
    try {
      await this.catalog.reportPluginCrash({ digest, runId, attempt, reason });
    } catch (err) {
      this.log.warn({ err, digest, run: runId }, 'the catalog did not hear of a crash of a plugin');
    }
  }

  private keep(number: number, generation: Promise<Generation>): void {
    this.earlier.set(number, generation);
    const oldest = this.earlier.keys().next().value;
    if (this.earlier.size > KEPT_GENERATIONS && oldest !== undefined) this.earlier.delete(oldest);
  }

  private async follow(): Promise<void> {
    const { signal } = this.closing;
    for (let pause = FIRST_PAUSE_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        for await (const { number } of this.catalog.watchGeneration({}, { signal })) {
          if (!(await this.catchUp(Number(number)))) break;
          pause = FIRST_PAUSE_MS;
        }
      } catch (err) {
        if (!signal.aborted) this.log.debug({ err }, 'the catalog tells nothing of generations for now');
      }
      await delay(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Whether this node has a generation now. */
  private async catchUp(number: number): Promise<boolean> {
    try {
      while (this.present.number < number || this.fault !== '' || !this.hasSynced) await this.sync();
      return true;
    } catch (err) {
      this.log.warn({ err, generation: number }, 'a generation of plugins cannot be had yet; it is tried again');
      return false;
    }
  }

  private hasSynced = false;

  /** Gets and mounts the present generation. Those who ask at once share the next look. */
  private async sync(): Promise<void> {
    await this.syncing?.catch(() => undefined);
    this.syncing ??= this.syncNow().finally(() => (this.syncing = undefined));
    await this.syncing;
  }

  private async syncNow(): Promise<void> {
    const before = this.present;
    const isFirst = !this.hasSynced;
    try {
      // Told before it asks: else a mount in between would not wait for this node.
      if (isFirst) await this.report();
      const set = await this.loader.load();
      this.kernel.mount(set);
      this.fault = '';
    } catch (error) {
      this.fault = toSluiceError(error).message;
      await this.report().catch(() => undefined); // the catalog may be what is away
      throw error;
    }
    this.hasSynced = true;
    this.isSynced();
    if (this.present.number === before.number && !isFirst) return;
    if (this.present.number !== before.number) this.keep(before.number, Promise.resolve(before));
    for (const listener of this.listeners) listener();
    await this.report();
  }

  private async reportOften(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      await delay(REPORT_MS, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        const newest = await this.report();
        if (newest > this.present.number) await this.catchUp(newest);
        await this.clearOften();
      } catch (err) {
        if (!isSluiceError(err) || err.code !== 'UNAVAILABLE') this.log.warn({ err }, 'the node could not report');
      }
    }
  }

  private async report(): Promise<number> {
    const { uses, oldest } = await this.runs.packageUses();
    const { number } = this.present;
    const request = {
      name: this.node,
      generation: BigInt(number),
      oldestGeneration: BigInt(oldest),
      fault: this.fault,
      uses,
      leaving: false,
    };
    return Number((await this.catalog.reportNode(request)).generation);
  }

  private async clearOften(): Promise<void> {
    const now = Date.now();
    if (now - this.clearedMs < CLEAR_MS) return;
    this.clearedMs = now;
    // A run that goes on may load more of its code, and one that is pinned to an earlier generation may begin.
    const kept = await Promise.all([this.present, ...this.earlier.values()]);
    const mounted = kept.flatMap(({ plugins, bundles }) => [...plugins.map(({ plugin }) => plugin), ...bundles]);
    const { uses } = await this.runs.packageUses();
    const needed = new Set([...mounted.map(({ digest }) => digest), ...uses.flatMap(({ digests }) => digests)]);
    await this.packages.clear(new Date(now - KEPT_PACKAGES_MS), needed);
  }
}
