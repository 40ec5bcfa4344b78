import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config, Logger } from '@sluice/chassis';
import { childProcessHost, NO_CAPABILITIES, type Generation, type Sandbox, type PluginHost } from '@sluice/kernel';
import { grantedEnvironment, packageSandbox, singleHosts, withReal } from '@sluice/packages/node';
import { findPython, pythonHost } from '@sluice/python';
import { inject, injectable } from 'tsyringe';
import { CONFIG, LOG, SCRATCH_FOLDER, STORE_FOLDER } from '../tokens.js';
import type { EngineEntry } from '../runner/protocol.js';
import type { Confinement } from '../plugins/run-needs.js';
import { makeControlGroup, type ControlGroup } from './control-group.js';
import { RunnerProcess, startError } from './runner-process.js';

/** What a piece of work wants of its runner. */
export interface RunnerWish {
  readonly engine: EngineEntry;
  readonly memoryBytes: number;
  readonly threads: number;
  /** What uploaded code may do in it; absent for a run of none. */
  readonly confinement?: Confinement | undefined;
  /** The files of extensions that the engine loads; default none. */
  readonly extensions?: readonly string[];
}

const RUNNER_ENTRY = fileURLToPath(new URL('../runner/main.js', import.meta.url));
/** The folder of this package. */
const OWN_CODE = fileURLToPath(new URL('../..', import.meta.url));

/** Memory of a runner besides what its engine may use: Node, the plugins' code, and what goes through JavaScript. */
const RUNNER_OWN_BYTES = 1.5 * 2 ** 30;
/** The part of it for the JavaScript heap: with a larger limit garbage would pile up while rows pass through. */
const RUNNER_HEAP_BYTES = 2 ** 30;

/** Memory of a process of Python besides that of the run: Python, pyarrow and libraries. */
const PYTHON_OWN_BYTES = 0.5 * 2 ** 30;

/** How many processes and threads a confined runner, or its Python, may have. */
const MOST_TASKS = 512;

/** An idle runner beyond the warm ones ends after this time. */
const IDLE_MS = 30_000;

/** How many idle runners hold uploaded code at most, for each run that may go on at a time: pins and upgrades need several. */
const HOLDING = 2;

interface Idle {
  readonly runner: RunnerProcess;
  readonly sinceMs: number;
}

/** A process that has started, with the group that limits it where the system has them. */
interface Limited {
  readonly host: PluginHost;
  readonly group: ControlGroup | undefined;
}

/** Uploaded code that asks for nothing. */
const UNGRANTED: Confinement = { packages: [], capabilities: NO_CAPABILITIES };

/** The runner processes of a node. Some wait with the engine open, so that a run starts in milliseconds. */
@injectable()
export class RunnerPool {
  private readonly idle: Idle[] = [];
  private readonly busy = new Set<RunnerProcess>();
  /** Every process that was started and has not ended. */
  private readonly hosts = new Set<PluginHost>();
  /** How many are being started, by what they are opened with. */
  private readonly starting = new Map<string, number>();
  private count = 0;
  private closed = false;
  private warm: readonly RunnerWish[] = [];
  private generation: Generation | undefined;
  private readonly trimmer: NodeJS.Timeout;

  constructor(
    @inject(CONFIG) private readonly config: Config,
    @inject(LOG) private readonly log: Logger,
    @inject(SCRATCH_FOLDER) private readonly scratch: string,
    @inject(STORE_FOLDER) private readonly store: string,
  ) {
    this.trimmer = setInterval(() => this.trim(), IDLE_MS / 3);
    this.trimmer.unref();
  }

  /**
   * Keeps runners of the generation's default engine ready, and as many that are confined when there are uploaded
   * plugins. Those of an older engine end.
   */
  keepWarm(generation: Generation): void {
    this.generation = generation;
    const engine = generation.engine('duckdb');
    if (engine === undefined) return;
    const every = generation.bundles.filter(({ declaredOnly }) => !declaredOnly);
    const extensions = every.flatMap(({ kind, path }) => (kind === 'duckdb-extension' ? [path] : [])).sort();
    const wish = { ...this.defaultWish({ name: engine.manifest.name, entry: engine.plugin.entry }), extensions };
    const hasUploaded = generation.plugins.some(({ plugin }) => plugin.uploaded);
    this.warm = hasUploaded ? [wish, { ...wish, confinement: UNGRANTED }] : [wish];
    const keys = new Set(this.warm.map(keyOf));
    // Those that hold uploaded code stay until they were idle for long: a rollback or a pinned run wants them again.
    this.drop(this.idle.filter(({ runner }) => runner.holds.length === 0 && !keys.has(runner.key)));
    this.refillSoon();
  }

  defaultWish(engine: EngineEntry): RunnerWish {
    const { memoryBytes, threads } = this.config.execution;
    return { engine, memoryBytes, threads };
  }

  /** A runner for one piece of work: a waiting one, or a new one. Give it back with {@link give}. */
  async take(wish: RunnerWish): Promise<RunnerProcess> {
    const packages = wish.confinement?.packages ?? [];
    // One that holds the very same uploaded code, else one that holds none: what code leaves behind stays with it.
    let found = this.takeIdle(wish, packages) ?? (packages.length > 0 ? this.takeIdle(wish, []) : undefined);
    found ??= await this.start(wish);
    found.holds = packages;
    this.busy.add(found);
    this.refillSoon();
    return found;
  }

  private takeIdle(wish: RunnerWish, holds: readonly string[]): RunnerProcess | undefined {
    const key = keyOf(wish);
    const wanted = holds.join();
    for (;;) {
      // The one that worked last: its code is compiled and its memory is warm.
      const index = this.idle.findLastIndex(({ runner }) => runner.key === key && runner.holds.join() === wanted);
      if (index < 0) return undefined;
      const [entry] = this.idle.splice(index, 1);
      if (entry?.runner.usable === true) return entry.runner;
    }
  }

  /** Gives a runner back. It waits for more work if nothing of the last is left in it, else it ends. */
  give(runner: RunnerProcess): void {
    this.busy.delete(runner);
    if (this.closed || !runner.usable) void runner.kill();
    else {
      this.idle.push({ runner, sinceMs: Date.now() });
      // Each set of uploaded packages has runners of its own; the oldest go, so that many sets do not fill the machine.
      const holding = this.idle.filter((each) => each.runner.holds.length > 0);
      this.drop(holding.slice(0, Math.max(0, holding.length - HOLDING * this.config.execution.maxRuns)));
    }
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.trimmer);
    this.idle.length = 0;
    // Also those that are still starting: they would write into folders that go with this process.
    await Promise.all([...this.hosts].map((host) => host.kill(0)));
  }

  private refillSoon(): void {
    this.refill().catch((error: unknown) => {
      if (!this.closed) this.log.warn({ err: error }, 'no warm runner could be started');
    });
  }

  /** Starts runners until enough wait; a node never keeps more processes than it may have runs. */
  private async refill(): Promise<void> {
    const { warmRunners, maxRuns } = this.config.execution;
    const most = Math.max(warmRunners, maxRuns);
    await Promise.all(this.warm.map((wish) => this.refillOne(wish, warmRunners, most)));
  }

  private async refillOne(wish: RunnerWish, wanted: number, most: number): Promise<void> {
    const key = keyOf(wish);
    const isFresh = (runner: RunnerProcess): boolean => runner.key === key && runner.holds.length === 0;
    const starting = this.starting.get(key) ?? 0;
    const ready = this.idle.filter(({ runner }) => isFresh(runner)).length + starting;
    const busy = [...this.busy].filter((runner) => runner.key === key).length;
    const missing = Math.min(wanted - ready, most - ready - busy);
    if (this.closed || missing <= 0) return;
    this.starting.set(key, starting + missing);
    const started = Array.from({ length: missing }, async () => {
      try {
        this.give(await this.start(wish));
      } finally {
        this.starting.set(key, (this.starting.get(key) ?? 1) - 1);
      }
    });
    await Promise.all(started);
  }

  private drop(entries: readonly Idle[]): void {
    for (const entry of entries) {
      this.idle.splice(this.idle.indexOf(entry), 1);
      void entry.runner.kill();
    }
  }

  private async start(wish: RunnerWish): Promise<RunnerProcess> {
    const { config, log, scratch, store } = this;
    const name = `runner-${++this.count}`;
    const memoryBytes = wish.memoryBytes + RUNNER_OWN_BYTES;
    const own = join(scratch, name);
    const host = childProcessHost({
      name,
      entry: RUNNER_ENTRY,
      memoryBytes,
      heapBytes: RUNNER_HEAP_BYTES,
      startMs: config.execution.startTimeoutMs,
      env: wish.confinement === undefined ? {} : grantedEnvironment(wish.confinement.capabilities),
      sandbox: this.sandboxOf(wish, own),
      onOutput: (stream, text) => log.debug({ runner: name, stream, text }, 'a runner wrote'),
    });
    this.hold(host);
    void host.exited.then(() => rm(own, { recursive: true, force: true }).catch(() => undefined)); // the node's end clears it too
    try {
      const limited = wish.confinement === undefined ? await started(host) : await this.limited(host, memoryBytes);
      return await RunnerProcess.open(
        limited.host,
        keyOf(wish),
        {
          type: 'open',
          engine: wish.engine,
          options: {
            roots: config.files.roots,
            mounts: config.files.mounts,
            warehouse: join(config.home, 'warehouse'),
            store,
            scratch: own,
            memoryBytes: wish.memoryBytes,
            threads: wish.threads,
            zone: config.time.zone === '' ? Intl.DateTimeFormat().resolvedOptions().timeZone : config.time.zone,
            heartbeatMs: config.execution.heartbeatMs,
            nativeCode: wish.confinement?.capabilities.native ?? true,
            extensions: wish.extensions ?? [],
            hosts: wish.confinement && singleHosts(wish.confinement.capabilities),
          },
        },
        (path) => this.startPython(wish, own, path),
        limited.group,
      );
    } catch (error) {
      throw startError(error);
    }
  }

  private sandboxOf({ confinement, extensions = [] }: RunnerWish, own: string): Sandbox | undefined {
    if (confinement === undefined || this.generation === undefined) return undefined;
    const packages = join(this.config.home, 'cache', 'packages');
    const folders = { code: OWN_CODE, data: this.dataFolders(own), packages };
    const sandbox = packageSandbox(confinement.capabilities, this.generation, folders);
    return { ...sandbox, read: [...sandbox.read, ...extensions] };
  }

  /** The folders that runs may write, and what they lead to. */
  private dataFolders(own: string): string[] {
    const { files, home } = this.config;
    return withReal([...files.roots, ...Object.values(files.mounts), join(home, 'warehouse'), this.store, own]);
  }

  /** A process of Python for the stops of a runner, with the same rights. */
  private async startPython(wish: RunnerWish, own: string, path: readonly string[]): Promise<PluginHost> {
    const { config, log } = this;
    const python = await findPython(config.python.command);
    const capabilities = wish.confinement?.capabilities ?? NO_CAPABILITIES;
    const { network, read, write, processes } = capabilities;
    const name = `python-${++this.count}`;
    // Wheels of bundles were granted their native code when they were mounted.
    const native = capabilities.native || path.length > 2;
    const host = pythonHost({
      name,
      python,
      path,
      rights: {
        ...{ read, processes, native, hosts: network, network: network.length > 0 },
        write: [...this.dataFolders(own), ...write],
      },
      memoryBytes: wish.memoryBytes + PYTHON_OWN_BYTES,
      startMs: config.execution.startTimeoutMs,
      env: { ...grantedEnvironment(capabilities), TMPDIR: own },
      cwd: own,
      onOutput: (stream, text) => log.debug({ runner: name, stream, text }, 'a runner wrote'),
    });
    this.hold(host);
    return (await this.limited(host, wish.memoryBytes + PYTHON_OWN_BYTES)).host;
  }

  private hold(host: PluginHost): void {
    this.hosts.add(host);
    void host.exited.then(() => this.hosts.delete(host));
  }

  /** The host with limits for it and all that it starts, where the system has them; started. */
  private async limited(host: PluginHost, memoryBytes: number): Promise<Limited> {
    const group = makeControlGroup({ memoryBytes, tasks: MOST_TASKS });
    if (group === undefined) return started(host);
    const exited = host.exited.then((exit) => {
      const outOfMemory = exit.outOfMemory || group.hits.memory > 0;
      group.end();
      return { ...exit, outOfMemory };
    });
    try {
      await host.start();
      const { pid } = host.diagnose();
      // No code of a plugin has been loaded yet.
      if (pid !== undefined) group.add(pid);
    } catch (error) {
      await host.kill(0);
      throw error;
    }
    return { host: { ...host, exited }, group };
  }

  private trim(): void {
    const { warmRunners } = this.config.execution;
    const old = Date.now() - IDLE_MS;
    const spare = this.idle.length - warmRunners * this.warm.length;
    this.drop(this.idle.filter(({ sinceMs }) => sinceMs < old).slice(0, Math.max(0, spare)));
  }
}

function keyOf(wish: RunnerWish): string {
  const { engine, memoryBytes, threads, confinement, extensions = [] } = wish;
  return JSON.stringify([engine, memoryBytes, threads, confinement?.capabilities, extensions]);
}

async function started(host: PluginHost): Promise<Limited> {
  await host.start();
  return { host, group: undefined };
}
