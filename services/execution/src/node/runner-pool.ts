import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config, Logger } from '@sluice/chassis';
import { childProcessHost, type Generation } from '@sluice/kernel';
import { inject, injectable } from 'tsyringe';
import { CONFIG, LOG, SCRATCH_FOLDER, STORE_FOLDER } from '../tokens.js';
import type { EngineEntry } from '../runner/protocol.js';
import { RunnerProcess, startError } from './runner-process.js';

/** What a piece of work wants of its runner. */
export interface RunnerWish {
  readonly engine: EngineEntry;
  readonly memoryBytes: number;
  readonly threads: number;
}

const RUNNER_ENTRY = fileURLToPath(new URL('../runner/main.js', import.meta.url));

/** Memory of a runner besides what its engine may use: Node, the plugins' code, and what goes through JavaScript. */
const RUNNER_OWN_BYTES = 1.5 * 2 ** 30;

/** An idle runner beyond the warm ones ends after this time. */
const IDLE_MS = 30_000;

/** The runner processes of a node. Some wait with the engine open, so that a run starts in milliseconds. */
@injectable()
export class RunnerPool {
  private readonly idle: { runner: RunnerProcess; sinceMs: number }[] = [];
  private readonly busy = new Set<RunnerProcess>();
  private starting = 0;
  private count = 0;
  private closed = false;
  private warm: RunnerWish | undefined;
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

  /** Keeps runners of the generation's default engine ready; those of an older generation end. */
  keepWarm(generation: Generation): void {
    const engine = generation.engine('duckdb');
    if (engine === undefined) return;
    this.warm = this.defaultWish({ name: engine.manifest.name, entry: engine.plugin.entry });
    for (const { runner } of this.idle.splice(0)) void runner.kill();
    this.refillSoon();
  }

  defaultWish(engine: EngineEntry): RunnerWish {
    const { memoryBytes, threads } = this.config.execution;
    return { engine, memoryBytes, threads };
  }

  /** A runner for one piece of work: a waiting one, or a new one. Give it back with {@link give}. */
  async take(wish: RunnerWish): Promise<RunnerProcess> {
    const key = keyOf(wish);
    let found: RunnerProcess | undefined;
    while (found === undefined) {
      // The one that worked last: its code is compiled and its memory is warm.
      const index = this.idle.findLastIndex((each) => each.runner.key === key);
      if (index < 0) break;
      const [entry] = this.idle.splice(index, 1);
      if (entry?.runner.usable === true) found = entry.runner;
    }
    found ??= await this.start(wish);
    this.busy.add(found);
    this.refillSoon();
    return found;
  }

  /** Gives a runner back. It waits for more work if nothing of the last is left in it, else it ends. */
  give(runner: RunnerProcess): void {
    this.busy.delete(runner);
    if (this.closed || !runner.usable) void runner.kill();
    else this.idle.push({ runner, sinceMs: Date.now() });
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.trimmer);
    const all = [...this.idle.splice(0).map((each) => each.runner), ...this.busy];
    await Promise.all(all.map((runner) => runner.kill()));
  }

  private refillSoon(): void {
    this.refill().catch((error: unknown) => this.log.warn({ err: error }, 'no warm runner could be started'));
  }

  /** Starts runners until enough wait; a node never keeps more processes than it may have runs. */
  private async refill(): Promise<void> {
    const { warm } = this;
    const { warmRunners, maxRuns } = this.config.execution;
    const most = Math.max(warmRunners, maxRuns);
    const missing = Math.min(
      warmRunners - this.idle.length - this.starting,
      most - this.idle.length - this.starting - this.busy.size,
    );
    if (warm === undefined || this.closed || missing <= 0) return;
    this.starting += missing;
    const started = Array.from({ length: missing }, async () => {
      try {
        this.give(await this.start(warm));
      } finally {
        this.starting--;
      }
    });
    await Promise.all(started);
  }

  private async start(wish: RunnerWish): Promise<RunnerProcess> {
    const { config, log, scratch, store } = this;
    const name = `runner-${++this.count}`;
    const memoryBytes = wish.memoryBytes + RUNNER_OWN_BYTES;
    const host = childProcessHost({
      name,
      entry: RUNNER_ENTRY,
      memoryBytes,
      startMs: config.execution.startTimeoutMs,
      onOutput: (stream, text) => log.debug({ runner: name, stream, text }, 'a runner wrote'),
    });
    const own = join(scratch, name);
    void host.exited.then(() => rm(own, { recursive: true, force: true }).catch(() => undefined)); // the node's end clears it too
    try {
      return await RunnerProcess.open(host, keyOf(wish), {
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
        },
      });
    } catch (error) {
      throw startError(error);
    }
  }

  private trim(): void {
    const { warmRunners } = this.config.execution;
    const old = Date.now() - IDLE_MS;
    while (this.idle.length > warmRunners && (this.idle[0]?.sinceMs ?? Infinity) < old) {
      void this.idle.shift()?.runner.kill();
    }
  }
}

function keyOf(wish: RunnerWish): string {
  return JSON.stringify([wish.engine, wish.memoryBytes, wish.threads]);
}
