import { isSluiceError, type Config, type Logger } from '@sluice/chassis';
import { flowError, type CheckedFlow } from '@sluice/flow';
import type { Generation } from '@sluice/kernel';
import type { Generations } from '../plugins/generations.js';
import { needsOf } from '../plugins/run-needs.js';
import { blamePlugins } from '../plugins/blame.js';
import type { RunLogs } from '../logs/run-log.js';
import type { LogEntry, LogWord, Plan, Progress, RunWork, Update, WireError } from '../runner/protocol.js';
import { toWireError } from '../runner/wire-error.js';
import { piflowDebugFolder, rejectsFolder, rowsFolder } from '../runs/run-folder.js';
import type { ClaimedRun, StopRecord } from '../runs/run-record.js';
import type { FlowPreparation, ReadyFlow } from '../runs/flow-preparation.js';
import type { RunFeed } from '../runs/run-feed.js';
import type { RunStore } from '../runs/run.store.js';
import { makePlan } from './plan.js';
import type { RunnerPool } from './runner-pool.js';
import type { RunnerProcess } from './runner-process.js';
import { StopTable } from './stop-table.js';

/** How long changes of stops may wait to be written together. */
const WRITE_DELAY_MS = 1;

/** The first pause before another attempt; it doubles with each. */
const RETRY_PAUSE_MS = 1_000;
const LONGEST_RETRY_PAUSE_MS = 60_000;

/** Reasons for which the same run may succeed at another time. */
const WORTH_ANOTHER_ATTEMPT = new Set([
  'RUNNER_DIED',
  'RUNNER_LOST',
  'STOP_FAILED',
  'SERVICE_UNAVAILABLE',
  'HOST_FAILED',
  'CONNECTION_FAILED',
]);

/** What attempts share. */
export interface AttemptTools {
  readonly store: RunStore;
  readonly feed: RunFeed;
  readonly logs: RunLogs;
  readonly pool: RunnerPool;
  readonly config: Config;
  readonly log: Logger;
  /** The folder in which runs keep rows. */
  readonly storeFolder: string;
  readonly generations: Generations;
  readonly preparation: FlowPreparation;
}

/** One attempt of a run on this node: takes a runner, gives it the plan, and writes down what becomes of it. */
export class Attempt {
  private readonly stops: StopTable;
  private runner: RunnerProcess | undefined;
  private writing: Promise<void> = Promise.resolve();
  private writeTimer: NodeJS.Timeout | undefined;
  private ending: WireError | undefined;
  /** Hides the secrets of the run. */
  private redact: ReadyFlow['redact'] = (value) => value;
  private readonly log: Logger;

  constructor(
    /** The run as it was stored last. */
    public run: ClaimedRun,
    private readonly tools: AttemptTools,
  ) {
    this.log = tools.log.child({ run: run.id, attempt: run.attempt });
    this.stops = new StopTable(run.stops.map(fresh));
  }

  /** When the runner was last heard of. */
  get heartbeatMs(): number {
    return this.runner?.heardMs ?? Date.now();
  }

  get progress(): number {
    return this.runner?.progress?.share ?? this.run.progress;
  }

  /**
   * Works until the attempt has ended and what became of it is written. Never rejects.
   *
   * @param left called when the attempt needs no runner any more, so that another run may begin
   */
  async work(left: () => void): Promise<void> {
    try {
      this.tools.feed.publish({ run: this.run, transitions: [] });
      const error = await this.attempt().finally(left);
      await this.finish(error);
    } catch (error) {
      await this.lose(error);
    }
  }

  /** Tells those who watch how far the run is. */
  private tellProgress(progress: Progress): void {
    this.tools.feed.publish({ run: { ...this.run, progress: progress.share }, transitions: [], progress });
  }

  /** Ends the attempt for a reason: the user's wish, a time limit, a lost lease. */
  end(error: WireError): void {
    if (this.ending !== undefined) return;
    this.ending = error;
    this.runner?.cancel(this.tools.config.execution.cancelGraceMs);
  }

  private async attempt(): Promise<WireError | undefined> {
    const { pool } = this.tools;
    const { run } = this;
    let ready: ReadyFlow;
    let checked: CheckedFlow;
    let bundles: Generation['bundles'];
    try {
      const generation = await this.tools.generations.at(run.generationNumber);
      // Prepared again: the plugins of this node's folders may be others than those of the one that took it, and the
      // run gets the variables and datasources of its beginning.
      const { flow, variables } = run.request;
      ready = await this.tools.preparation.prepare(flow, generation, variables, run.engine);
      this.redact = ready.redact;
      checked = ready.checked;
      bundles = generation.bundles;
      const engine = generation.engine(run.engine);
      if (engine === undefined) throw flowError(run.flowName, []);
      const wish = pool.defaultWish({ name: run.engine, entry: engine.plugin.entry });
      this.runner = await pool.take({
        ...wish,
        ...needsOf(ready, generation),
        memoryBytes: run.request.memoryBytes > 0 ? run.request.memoryBytes : wish.memoryBytes,
        threads: run.request.threads > 0 ? run.request.threads : wish.threads,
      });
    } catch (error) {
      return toWireError(error, 'INTERNAL');
    }
    if (this.ending !== undefined) {
      pool.give(this.runner);
      return this.ending;
    }
    const timeoutMs = run.request.timeoutMs > 0 ? run.request.timeoutMs : this.tools.config.execution.runTimeoutMs;
    const timer = timeoutMs > 0 ? setTimeout(() => this.end(timeoutError(timeoutMs)), timeoutMs) : undefined;
    const { outcome, update } = await this.runner.do(
      this.workFor(makePlan(run, ready, run.request.exactAccounting, bundles)),
      {
        updated: (each) => this.apply(each),
        progressed: (progress) => this.tellProgress(progress),
        committing: () => this.tools.store.checkFence(run),
      },
    );
    clearTimeout(timer);
    pool.give(this.runner);
    this.apply(update);
    if (outcome.ok) return undefined;
    const failed = this.ending ?? this.redact(outcome.error);
    const { error, crashed } = blamePlugins(failed, checked, this.stops.records);
    for (const digest of crashed) await this.tools.generations.crashed(digest, run.id, run.attempt, error.message);
    return error;
  }

  private workFor(plan: Plan): RunWork {
    const { storeFolder, config } = this.tools;
    const debug =
      this.run.mode === 'DEBUG'
        ? { rows: rowsFolder(storeFolder, this.run.id), piflow: piflowDebugFolder(config, this.run.id) }
        : undefined;
    return { type: 'run', plan, debug, rejects: rejectsFolder(storeFolder, this.run.id) };
  }

  private apply(given: Update): void {
    const update = { ...given, changes: this.redact(given.changes), log: this.redact(given.log) };
    this.stops.apply(update);
    this.write(update.log);
    if (update.changes.length === 0 || this.writeTimer !== undefined) return;
    this.writeTimer = setTimeout(() => this.record(), WRITE_DELAY_MS);
  }

  /** Writes the changes of stops, after those that were written before. */
  private record(): void {
    this.writeTimer = undefined;
    const transitions = this.stops.takeTransitions();
    if (transitions.length === 0) return;
    const stops = this.stops.records;
    this.writing = this.writing
      .then(async () => {
        this.run = await this.tools.store.record(this.run, stops, transitions);
        this.tools.feed.publish({ run: this.run, transitions });
      })
      .catch((error: unknown) => {
        this.log.warn({ err: error }, 'changes of stops could not be written');
        if (isSluiceError(error) && error.reason === 'RUN_FENCED') this.end(toWireError(error));
      });
  }

  private async finish(error: WireError | undefined): Promise<void> {
    clearTimeout(this.writeTimer);
    await this.writing;
    const { run, tools } = this;
    if (error?.reason === 'RUN_FENCED')
      return this.log.warn('the run went to another node; this attempt changes nothing');
    const atMs = Date.now();
    this.stops.abandon(atMs);
    const retry = error !== undefined && run.attempt < run.maxAttempts && WORTH_ANOTHER_ATTEMPT.has(error.reason);
    const state =
      error === undefined
        ? 'SUCCEEDED'
        : error.reason === 'RUN_CANCELLED'
          ? 'CANCELLED'
          : retry
            ? 'RETRYING'
            : 'FAILED';
    this.write(summaryLines(this.stops.records, state, error, run, atMs));
    await tools.logs.finish(run.id);
    const pause = Math.min(RETRY_PAUSE_MS * 2 ** (run.attempt - 1), LONGEST_RETRY_PAUSE_MS);
    const transitions = this.stops.takeTransitions();
    const ended = await tools.store.finish(run, {
      state,
      error,
      stops: this.stops.records,
      transitions,
      atMs,
      ...(retry ? { retryAtMs: atMs + pause } : {}),
    });
    tools.feed.publish({ run: ended, transitions });
  }

  /** The end could not be written: the database is away, or the run is another node's. The sweep will end it. */
  private async lose(error: unknown): Promise<void> {
    this.log.error({ err: error }, 'the end of a run could not be written; it is ended when its lease is over');
    await this.tools.logs.finish(this.run.id);
  }

  private write(entries: readonly LogEntry[]): void {
    this.tools.logs.append(this.run.id, entries);
  }
}

function fresh(stop: StopRecord): StopRecord {
  return { name: stop.name, type: stop.type, state: 'WAITING', inputs: [], outputs: [], rejected: 0 };
}

function timeoutError(timeoutMs: number): WireError {
  const message = `the run took longer than its limit of ${timeoutMs / 1000} s; give it a longer timeout or less data`;
  return { reason: 'RUN_TIMEOUT', message, details: {}, problems: [] };
}

/** What the log says at the end of an attempt: what passed each stop, and how it ended. */
function summaryLines(
  stops: readonly StopRecord[],
  state: string,
  error: WireError | undefined,
  run: ClaimedRun,
  at: number,
): LogEntry[] {
  const line = (level: LogWord, stop: string, message: string): LogEntry => ({ at, level, stop, message });
  const lines = stops.map((stop) => {
    const rows = [
      ...stop.inputs.map((each) => portText('in', each)),
      ...stop.outputs.map((each) => portText('out', each)),
    ];
    const rejected = stop.rejected > 0 ? [`${stop.rejected} rows refused`] : [];
    const parts = [stop.state, ...rows, ...rejected, ...(stop.error === undefined ? [] : [stop.error.message])];
    return line(stop.error === undefined ? 'INFO' : 'ERROR', stop.name, parts.join(', '));
  });
  const took = `${((at - (run.startedMs ?? at)) / 1000).toFixed(3)} s`;
  const end = error === undefined ? `run ${state} after ${took}` : `run ${state} after ${took}: ${error.message}`;
  return [...lines, line(error === undefined ? 'INFO' : 'ERROR', '', end)];
}

function portText(side: string, port: { port: string; rows: number }): string {
  return `${side}${port.port === '' ? '' : ` ${port.port}`} ${port.rows} rows`;
}
