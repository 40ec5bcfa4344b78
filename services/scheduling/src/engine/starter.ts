import { inject, injectable } from 'tsyringe';
import { isSluiceError, toSluiceError, type Logger, type SluiceError } from '@sluice/chassis';
import type { JobRun, JobTypes } from '../jobs/job-type.js';
import { RunEnds } from '../ticks/run-ends.js';
import { TickStore } from '../ticks/tick.store.js';
import { idempotencyKey, type TickRecord } from '../ticks/tick-record.js';
import { CLOCK, JOBS, LOG, NODE } from '../tokens.js';
import type { Clock } from './clock.js';
import { SchedulingMetrics } from './metrics.js';

/** How many starts one scheduler has under way at a time. */
const AT_ONCE = 32;
/** How many starts that failed for a reason within Sluice are tried again. */
const MOST_TRIES = 5;
/** How long ends of runs are remembered whose tick does not know its run yet. */
const REMEMBERED = 10_000;

/** Codes that say nothing of the request: the start is tried again, with the same key, until it is answered. */
const AGAIN: readonly string[] = ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'CANCELLED', 'ABORTED'];
/** Codes of faults that may pass: a few tries. */
const PERHAPS: readonly string[] = ['INTERNAL', 'UNKNOWN', 'RESOURCE_EXHAUSTED', 'DATA_LOSS'];

/**
 * Starts the runs of ticks that were decided to start, and notes them. Each start carries the tick as its key, so that
 * it may be made again after a crash or by another scheduler and is still one run.
 */
@injectable()
export class Starter {
  private readonly queue: TickRecord[] = [];
  private readonly under = new Set<string>();
  private readonly tries = new Map<string, number>();
  /** Ends that came before their tick knew its run. */
  private readonly early = new Map<string, JobRun>();
  private started: { readonly tick: TickRecord; readonly run: JobRun }[] = [];
  private noting: Promise<void> | undefined;
  private working = 0;
  private closed = false;
  private idle = (): void => undefined;

  constructor(
    @inject(JOBS) private readonly jobs: JobTypes,
    @inject(TickStore) private readonly store: TickStore,
    @inject(RunEnds) private readonly ends: RunEnds,
    @inject(SchedulingMetrics) private readonly metrics: SchedulingMetrics,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(NODE) private readonly node: string,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Whether a tick's start is under way here. */
  has(tickId: string): boolean {
    return this.under.has(tickId);
  }

  /** Takes ticks whose state is STARTING. Those that are under way already are not taken twice. */
  push(ticks: readonly TickRecord[]): void {
    for (const tick of ticks) {
      if (this.closed || this.under.has(tick.id)) continue;
      this.under.add(tick.id);
      this.queue.push(tick);
    }
    while (this.working < AT_ONCE && this.queue.length > 0) {
      this.working += 1;
      void this.work().finally(() => {
        this.working -= 1;
        if (this.working === 0) this.idle();
      });
    }
  }

  /** Ends what a run's end means; gives what starts because of it, which it starts too. */
  async runEnded(runId: string, run: JobRun): Promise<boolean> {
    if (run.state === 'ACTIVE') return false;
    const tick = await this.store.findByRun(runId);
    if (tick === undefined) {
      // Its start may not be noted yet; when it is, the end is looked for here. Most runs are of no tick.
      if (this.under.size === 0) this.early.clear();
      else this.early.set(runId, run);
      if (this.early.size > REMEMBERED) this.early.delete(this.early.keys().next().value as string);
      return false;
    }
    await this.end(tick, run);
    return true;
  }

  /** Waits for what is under way, and takes nothing more. */
  async close(): Promise<void> {
    this.closed = true;
    this.queue.length = 0;
    if (this.working > 0) await new Promise<void>((resolve) => (this.idle = resolve));
    await this.noting;
  }

  private async work(): Promise<void> {
    for (let tick = this.queue.shift(); tick !== undefined; tick = this.queue.shift()) {
      try {
        const run = await this.start(tick);
        this.tries.delete(tick.id);
        this.started.push({ tick, run });
        this.noting ??= this.note();
      } catch (thrown) {
        await this.failed(tick, toSluiceError(thrown));
      }
    }
  }

  private async start(tick: TickRecord): Promise<JobRun> {
    const { request } = tick;
    if (request === undefined) throw toSluiceError(new Error(`the tick '${tick.id}' has no request to start`));
    const job = this.jobs.get(request.type);
    if (request.cancelsPrevious) {
      for (const other of await this.store.activeOf(tick.scheduleId)) {
        if (other.runId !== undefined)
          await job.cancel(other.runId, `the next tick ${tick.key} of its schedule is due`);
      }
    }
    const variables = { ...request.variables, ...tick.variables };
    return job.start({ ...request, variables }, idempotencyKey(tick));
  }

  private async failed(tick: TickRecord, error: SluiceError): Promise<void> {
    const tries = (this.tries.get(tick.id) ?? 0) + 1;
    if (AGAIN.includes(error.code) || (PERHAPS.includes(error.code) && tries < MOST_TRIES)) {
      this.tries.set(tick.id, tries);
      this.under.delete(tick.id);
      this.log.warn({ err: error, tick: tick.id, tries }, 'a run could not be started; the next sweep tries again');
      return;
    }
    this.tries.delete(tick.id);
    const isTargetGone = error.reason === 'FLOW_NOT_FOUND';
    const reason = isTargetGone ? 'TARGET_GONE' : error.reason;
    try {
      const end = { kind: 'start', reason, message: error.message, isTargetGone } as const;
      const starting = await this.ends.end(tick.id, end, this.clock.now());
      this.metrics.decided({ ...tick, state: 'FAILED', reason });
      this.push(starting);
    } catch (err) {
      this.log.warn({ err, tick: tick.id }, 'a failed start could not be noted; the next sweep tries again');
    } finally {
      this.under.delete(tick.id);
    }
  }

  /** Notes starts together: while one transaction is under way, those that come are gathered for the next. */
  private async note(): Promise<void> {
    // Those that end in this turn of the loop go together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.started.length > 0) {
      const starts = this.started;
      this.started = [];
      try {
        await this.store.fired(starts, this.node, this.clock.now());
        for (const { tick, run } of starts) {
          this.metrics.decided({ ...tick, state: 'FIRED' });
          const end = this.early.get(run.runId) ?? run;
          this.early.delete(run.runId);
          if (end.state !== 'ACTIVE') await this.end({ ...tick, runId: run.runId }, end);
        }
      } catch (error) {
        // They stay STARTING; the sweep starts them again, and gets the same runs.
        this.log.warn({ err: error, ticks: starts.length }, 'started runs could not be noted; the next sweep does it');
      } finally {
        for (const { tick } of starts) this.under.delete(tick.id);
      }
    }
    this.noting = undefined;
  }

  private async end(tick: TickRecord, run: JobRun): Promise<void> {
    if (run.state === 'ACTIVE') return;
    try {
      const end = { kind: 'run', state: run.state, endedMs: run.endedMs ?? this.clock.now() } as const;
      this.push(await this.ends.end(tick.id, end, this.clock.now()));
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      this.log.warn({ err: error, tick: tick.id }, 'the end of a run could not be noted; the next sweep does it');
    }
  }
}
