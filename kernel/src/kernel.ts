import { discover, type PluginPackage, type Refusal } from './discovery.js';
import { createGeneration, EMPTY_SET, type Generation, type MountedPlugin, type MountedSet } from './generation.js';
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
  /** The generation of the folders' plugins with a set of uploaded ones, and what was refused; it is not mounted. */
  compose(set: MountedSet): ReturnType<typeof createGeneration>;
  /** Mounts a set of uploaded plugins for new runs, in the place of the set before. An older one changes nothing. */
  mount(set: MountedSet): Generation;
  /** Calls the listener at each new generation; gives a function that ends this. */
  onGeneration(listener: (generation: Generation) => void): () => void;
  /** Ends what still goes on and forgets the listeners. */
  close(): Promise<void>;
}

/** Makes a kernel; nothing happens before its start. */
export function createKernel(options: KernelOptions): Kernel {
  const { folders, cache, log, inspectMs = 10_000, inspectMemoryBytes = 2 ** 29 } = options;
  const listeners = new Set<(generation: Generation) => void>();
  let generation = createGeneration([]).generation;
  let refusals: readonly Refusal[] = [];
  let bundled: readonly MountedPlugin[] = [];
  let uploaded = EMPTY_SET;
  let work: Promise<unknown> = Promise.resolve();

  /** Discover, inspect, mount, announce. */
  const look = async (): Promise<Generation> => {
    const began = performance.now();
    const found = await discover(folders);
    const inspections = await inspect(found.packages, { cache, timeoutMs: inspectMs, memoryBytes: inspectMemoryBytes });
    const candidates: MountedPlugin[] = [];
    const uninspected: Refusal[] = [];
    inspections.forEach((inspection, index) => {
      const plugin = found.packages[index] as PluginPackage;
      if ('manifest' in inspection) candidates.push({ plugin, manifest: inspection.manifest });
      else uninspected.push({ folder: plugin.folder, error: inspection.error });
    });
    bundled = candidates;
    const made = compose(uploaded);
    refusals = [...found.refusals, ...uninspected, ...made.refusals];
    for (const { error } of refusals) log.warn({ reason: error.reason }, error.message);
    return made.generation.id === generation.id ? generation : announce(made.generation, began);
  };
  const compose = (set: MountedSet): ReturnType<typeof createGeneration> =>
    createGeneration([...bundled, ...set.plugins], set);
  const announce = (made: Generation, began: number): Generation => {
    generation = made;
    const { id, number, plugins, stops } = generation;
    const ms = Math.round(performance.now() - began);
    const about = { generation: id, number, plugins: plugins.length, stops: stops.length, ms };
    log.info(about, 'mounted a generation of plugins');
    for (const listener of listeners) listener(generation);
    return generation;
  };
  const mount = (set: MountedSet): Generation => {
    if (set.number < uploaded.number) return generation;
    const began = performance.now();
    const isNew = set.number > uploaded.number;
    uploaded = set;
    const made = compose(set);
    if (!isNew) return (generation = made.generation); // the same plugins; more may be known of missing ones
    for (const { error } of made.refusals) log.warn({ reason: error.reason }, error.message);
    return announce(made.generation, began);
  };
  const refresh = (): Promise<Generation> => {
    const looking = work.then(look);
    work = looking.catch(() => undefined); // its caller has the error; the next look begins all the same
    return looking;
  };

  return {
    get generation() {
      return generation;
    },
    get refusals() {
      return refusals;
    },
    refresh,
    compose,
    mount,
    start: async () => void (await refresh()),
    onGeneration(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      listeners.clear();
      await work;
    },
  };
}
