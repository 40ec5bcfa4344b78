import { discover, type PluginPackage, type Refusal } from './discovery.js';
import { createGeneration, type Generation, type MountedPlugin } from './generation.js';
import { inspect } from './inspector.js';

/** Where the kernel writes what its operator should read; pino's loggers fit. */
export interface KernelLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface KernelOptions {
  /** Folders that are plugin packages, or hold some one or two levels deep. A folder that is not there holds none. */
  readonly folders: readonly string[];
  /** A folder for manifests by digest; made when it is not there. */
  readonly cache: string;
  readonly log: KernelLog;
  /** How long reading one package's contributions may take, in milliseconds; default 10,000. */
  readonly inspectMs?: number;
  /** How much memory reading contributions may take, in bytes; default 512 MiB. */
  readonly inspectMemoryBytes?: number;
}

/** Finds plugin packages, reads what they contribute, and mounts it. No plugin code runs in this process. */
export interface Kernel {
  /** The generation for new runs; the empty one before {@link Kernel.start}. */
  readonly generation: Generation;
  /** What the last look at the folders refused. */
  readonly refusals: readonly Refusal[];
  /** Discovers and mounts. Bad packages are refused one by one; the others are mounted. */
  start(): Promise<void>;
  /** Looks at the folders again; a change makes a new generation. Looks that are asked for at once follow each other. */
  refresh(): Promise<Generation>;
  /** Calls the listener at each new generation; gives a function that ends this. */
  onGeneration(listener: (generation: Generation) => void): () => void;
  /** Ends what still goes on and forgets the listeners. */
  close(): Promise<void>;
}

/** Makes a kernel; nothing happens before its start. */
export function createKernel(options: KernelOptions): Kernel {
  return new FolderKernel(options);
}

class FolderKernel implements Kernel {
  readonly #options: KernelOptions;
  readonly #listeners = new Set<(generation: Generation) => void>();
  #generation = createGeneration([]).generation;
  #refusals: readonly Refusal[] = [];
  #work: Promise<unknown> = Promise.resolve();

  constructor(options: KernelOptions) {
    this.#options = options;
  }

  get generation(): Generation {
    return this.#generation;
  }

  get refusals(): readonly Refusal[] {
    return this.#refusals;
  }

  async start(): Promise<void> {
    await this.refresh();
  }

  refresh(): Promise<Generation> {
    const look = this.#work.then(() => this.#look());
    this.#work = look.catch(() => undefined); // its caller has the error; the next look begins all the same
    return look;
  }

  onGeneration(listener: (generation: Generation) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#listeners.clear();
    await this.#work;
  }

  /** Discover, inspect, mount, announce. */
  async #look(): Promise<Generation> {
    const { folders, cache, log, inspectMs = 10_000, inspectMemoryBytes = 2 ** 29 } = this.#options;
    const began = performance.now();
    const found = await discover(folders);
    const inspections = await inspect(found.packages, { cache, timeoutMs: inspectMs, memoryBytes: inspectMemoryBytes });
    const candidates: MountedPlugin[] = [];
    const refusals: Refusal[] = [...found.refusals];
    inspections.forEach((inspection, index) => {
      const plugin = found.packages[index] as PluginPackage;
      if ('manifest' in inspection) candidates.push({ plugin, manifest: inspection.manifest });
      else refusals.push({ folder: plugin.folder, error: inspection.error });
    });
    const made = createGeneration(candidates);
    this.#refusals = [...refusals, ...made.refusals];
    for (const { error } of this.#refusals) log.warn({ reason: error.reason }, error.message);
    if (made.generation.id === this.#generation.id) return this.#generation;

    this.#generation = made.generation;
    const { id, plugins, stops } = made.generation;
    const ms = Math.round(performance.now() - began);
    log.info({ generation: id, plugins: plugins.length, stops: stops.length, ms }, 'mounted a generation of plugins');
    for (const listener of this.#listeners) listener(made.generation);
    return made.generation;
  }
}
