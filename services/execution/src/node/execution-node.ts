import { rm } from 'node:fs/promises';
import { inject, injectable } from 'tsyringe';
import { isSluiceError, type Config, type Logger } from '@sluice/chassis';
import { Generations } from '../plugins/generations.js';
import { RunLogs } from '../logs/run-log.js';
import { RunFeed } from '../runs/run-feed.js';
import { piflowDebugFolder } from '../runs/run-folder.js';
import type { ClaimedRun } from '../runs/run-record.js';
import { PoolLine } from '../runs/pool-line.js';
import { RunStore } from '../runs/run.store.js';
import type { RunNode, RunPlace } from './run-node.js';
import { CONFIG, LOG, NODE_NAME, STORE_FOLDER } from '../tokens.js';
import { RunnerPool } from './runner-pool.js';
import type { WireError } from '../runner/protocol.js';
import { StopTable } from './stop-table.js';
import { FlowPreparation } from '../runs/flow-preparation.js';
import { Attempt, type AttemptTools } from './attempt.js';

const DAY_MS = 86_400_000;
const PURGE_INTERVAL_MS = 3_600_000;
const PURGE_BATCH = 500;

const CANCELLED: WireError = { reason: 'RUN_CANCELLED', message: 'the run was cancelled', details: {}, problems: [] };

/** One execution node: claims queued runs while it has room, keeps its leases, and ends what other nodes left behind. */
@injectable()
export class ExecutionNode implements RunNode {
  private readonly attempts = new Map<string, Attempt>();
  private readonly working = new Set<Promise<void>>();
  /** Attempts that have or wait for a runner; the others only write down how they ended. */
  private occupied = 0;
  private readonly timers: NodeJS.Timeout[] = [];
  private reserved = 0;
  private claiming = false;
  private wanted = false;
  private closed = false;

  private readonly tools: AttemptTools;

  constructor(
    @inject(RunStore) store: RunStore,
    @inject(RunFeed) feed: RunFeed,
    @inject(RunLogs) logs: RunLogs,
    @inject(RunnerPool) pool: RunnerPool,
    @inject(CONFIG) config: Config,
    @inject(LOG) log: Logger,
    @inject(STORE_FOLDER) storeFolder: string,
    @inject(Generations) private readonly generations: Generations,
    @inject(NODE_NAME) readonly name: string,
    @inject(FlowPreparation) preparation: FlowPreparation,
    @inject(PoolLine) private readonly line: PoolLine,
  ) {
    this.tools = { store, feed, logs, pool, config, log, storeFolder, generations, preparation };
  }

  start(): void {
    const { leaseMs, sweepMs } = this.tools.config.execution;
    this.every(Math.max(20, Math.floor(Math.min(leaseMs / 4, 1_000))), () => this.renew());
    this.every(sweepMs, () => this.sweep());
    this.every(sweepMs, () => this.line.look());
    this.every(PURGE_INTERVAL_MS, () => this.purge());
    this.wake();
  }

  /** Keeps a place for a run that is about to be stored; nothing when there is no room or others may wait. */
  reserve(): RunPlace | undefined {
    if (this.closed || this.wanted || this.claiming || this.room <= 0) return undefined;
    this.reserved++;
    return { node: this.name, leaseUntilMs: Date.now() + this.tools.config.execution.leaseMs };
  }

  /** Begins a run in the place that was kept for it. */
  begin(run: ClaimedRun): void {
    this.reserved--;
    this.work(new Attempt(run, this.tools));
  }

  /** Gives a place back. */
  release(): void {
    this.reserved--;
    this.wake();
  }

  /** A run may wait. */
  wake(): void {
    this.wanted = true;
    if (!this.claiming) void this.claim();
  }

  /** Ends a run that this node works on, if it does. */
  cancel(runId: string, reason: string): void {
    const message = reason === '' ? CANCELLED.message : `${CANCELLED.message}: ${reason}`;
    this.attempts.get(runId)?.end({ ...CANCELLED, message });
  }

  /** Stops claiming, and ends the runs of this node: they are tried again or fail, as their attempts allow. */
  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) clearInterval(timer);
    const message = 'the execution node was stopped while the run was running; start the run again';
    for (const attempt of this.attempts.values())
      attempt.end({ reason: 'RUNNER_LOST', message, details: {}, problems: [] });
    await Promise.all(this.working);
  }

  private async claim(): Promise<void> {
    this.claiming = true;
    try {
      while (this.wanted && !this.closed) {
        this.wanted = false;
        const { room } = this;
        if (room <= 0) return;
        const now = Date.now();
        const { leaseMs } = this.tools.config.execution;
        const { number } = this.generations.present;
        const runs = await this.tools.store.claim(this.name, room, now, now + leaseMs, number);
        for (const run of runs) this.work(new Attempt(run, this.tools));
        if (runs.length === room) this.wanted = true;
      }
    } catch (error) {
      this.tools.log.warn({ err: error }, 'runs could not be claimed; the next sweep tries again');
    } finally {
      this.claiming = false;
    }
  }

  private get room(): number {
    return this.tools.config.execution.maxRuns - this.occupied - this.reserved;
  }

  private work(attempt: Attempt): void {
    this.attempts.set(attempt.run.id, attempt);
    this.occupied++;
    const left = (): void => {
      this.occupied--;
      this.wake();
    };
    const work = attempt.work(left).finally(() => {
      this.attempts.delete(attempt.run.id);
      this.working.delete(work);
    });
    this.working.add(work);
  }

  /** Tells the database that this node lives, and hears whom it should end. */
  private async renew(): Promise<void> {
    if (this.attempts.size === 0) return;
    const runs = [...this.attempts.values()].map(({ run, heartbeatMs, progress }) => ({
      id: run.id,
      heartbeatMs,
      progress,
    }));
    const { cancelled, lost } = await this.tools.store.renew(
      this.name,
      runs,
      Date.now() + this.tools.config.execution.leaseMs,
    );
    for (const id of cancelled) this.cancel(id, '');
    for (const id of lost) {
      const message = `run '${id}' is no longer this node's`;
      this.attempts.get(id)?.end({ reason: 'RUN_FENCED', message, details: {}, problems: [] });
    }
    this.endSilentRunners();
  }

  /** A runner that has not been heard of for several heartbeats is stuck: its code does not let go of its process. */
  private endSilentRunners(): void {
    const { heartbeatMs, leaseMs } = this.tools.config.execution;
    const limitMs = Math.max(heartbeatMs * 10, leaseMs * 3);
    for (const attempt of this.attempts.values()) {
      if (Date.now() - attempt.heartbeatMs < limitMs) continue;
      const message = `the runner gave no sign of life for ${limitMs / 1000} s; a stop's code does not let go of its process`;
      attempt.end({ reason: 'RUNNER_LOST', message, details: { silent: 'true' }, problems: [] });
    }
  }

  private async sweep(): Promise<void> {
    const { store, feed, config } = this.tools;
    const now = Date.now();
    for (const run of await store.expired(now)) {
      const message = `the execution node '${run.node}' that ran it has given no sign of life for ${config.execution.leaseMs / 1000} s`;
      const stops = new StopTable(run.stops);
      stops.abandon(now);
      const error: WireError = { reason: 'RUNNER_LOST', message, details: { node: run.node }, problems: [] };
      const cancelled = run.cancelRequestedMs !== undefined;
      const retry = !cancelled && run.attempt < run.maxAttempts;
      try {
        const transitions = stops.takeTransitions();
        const ended = await store.finish(run, {
          state: cancelled ? 'CANCELLED' : retry ? 'RETRYING' : 'FAILED',
          error: cancelled ? CANCELLED : error,
          stops: stops.records,
          transitions,
          atMs: now,
          ...(retry ? { retryAtMs: now } : {}),
        });
        this.tools.log.warn({ run: run.id, node: run.node }, 'a run was ended whose node is gone');
        feed.publish({ run: ended, transitions });
      } catch (failure) {
        // Another node's sweep was first.
        if (!isSluiceError(failure) || failure.reason !== 'RUN_FENCED') throw failure;
      }
    }
    await store.requeue(now);
    this.wake();
  }

  private async purge(): Promise<void> {
    const { retentionDays } = this.tools.config.execution;
    if (retentionDays === 0) return;
    const before = Date.now() - retentionDays * DAY_MS;
    for (let gone = PURGE_BATCH; gone === PURGE_BATCH && !this.closed;) {
      const runs = await this.tools.store.purge(before, PURGE_BATCH);
      for (const { id } of runs) {
        await this.tools.logs.remove(id);
        await rm(piflowDebugFolder(this.tools.config, id), { recursive: true, force: true });
      }
      gone = runs.length;
    }
  }

  private every(ms: number, work: () => Promise<void>): void {
    let running = false;
    const timer = setInterval(() => {
      if (running || this.closed) return;
      running = true;
      work()
        .catch((error: unknown) => this.tools.log.warn({ err: error }, 'a periodic task failed; it is tried again'))
        .finally(() => (running = false));
    }, ms);
    timer.unref();
    this.timers.push(timer);
  }
}
