import { inject, injectable } from 'tsyringe';
import { createHash, randomInt } from 'node:crypto';
import { SluiceError, isDuplicateKey, isSluiceError, type Config, type Problem } from '@sluice/chassis';
import type { Generation } from '@sluice/kernel';
import { Generations } from '../plugins/generations.js';
import { needsOf } from '../plugins/run-needs.js';
import { RunMode, type RunOptions } from '@sluice/proto/execution/v1/run';
import { ExecutionNode } from '../node/execution-node.js';
import { CONFIG, FLOWS } from '../tokens.js';
import type { RunNode, RunPlace } from '../node/run-node.js';
import { FlowPreparation, type ReadyFlow } from './flow-preparation.js';
import { findFlow, type Flows, type FlowSource, type FoundFlow } from './flow-source.js';
import { PoolLine, type PoolNeed } from './pool-line.js';
import { RunFeed, type RunNews } from './run-feed.js';
import { TERMINAL_STATES, type RunRecord, type RunSummary, type Transition } from './run-record.js';
import type { NewRun } from './run-row.js';
import type { RunFilter, RunPosition } from './run-filter.js';
import { RunStore } from './run.store.js';

/** What a caller wants to be run. */
export interface StartWish {
  readonly source: FlowSource;
  readonly variables: Readonly<Record<string, string>>;
  readonly options: RunOptions | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly idempotencyKey: string;
  /** The bytes of the request, from which the same request is known again. */
  readonly fingerprint: Uint8Array;
}

/** How often someone who watches a run of another node looks for news. */
const LOOK_MS = 500;

const MOST_ATTEMPTS = 100;
const DEFAULT_ENGINE = 'duckdb';

/** The rules of runs: what is accepted, how they are found, how they end. */
@injectable()
export class Runs {
  private count = randomInt(10_000);

  constructor(
    @inject(RunStore) private readonly store: RunStore,
    @inject(RunFeed) private readonly feed: RunFeed,
    @inject(ExecutionNode) private readonly node: RunNode,
    @inject(CONFIG) private readonly config: Config,
    @inject(Generations) private readonly generations: Generations,
    @inject(FLOWS) private readonly flows: Flows,
    @inject(FlowPreparation) private readonly preparation: FlowPreparation,
    @inject(PoolLine) private readonly line: PoolLine,
  ) {}

  async start(wish: StartWish): Promise<RunRecord> {
    const { node, store } = this;
    const found = await findFlow(wish.source, this.flows);
    const engine = engineOf(wish.options);
    const { ready, generation } = await this.check(found, wish.variables, engine);
    const need = poolNeed(wish.options);
    await this.line.check(need);
    // A node with room takes the run at once; else it waits for any node, or first for its pool.
    const place = need.pool === '' ? node.reserve() : undefined;
    try {
      for (;;) {
        const run = this.newRun(wish, found, ready, generation, place, need);
        try {
          const stored = await store.insert(run, birth(run));
          if (stored.created && place !== undefined) node.begin(run);
          else if (place !== undefined) node.release();
          if (stored.run.state === 'PENDING') {
            await this.line.join(stored.run);
            return await store.get(stored.run.id);
          }
          if (stored.created && place === undefined) node.wake();
          return stored.run;
        } catch (error) {
          // Two nodes may have chosen one identifier in the same millisecond.
          if (!isDuplicateKey(error)) throw error;
        }
      }
    } catch (error) {
      if (place !== undefined) node.release();
      throw error;
    }
  }

  /** The flow checked against the present generation; against a newer one if only that may have what it needs. */
  private async check(
    { flow }: FoundFlow,
    variables: Readonly<Record<string, string>>,
    engine: string,
  ): Promise<{ readonly ready: ReadyFlow; readonly generation: Generation }> {
    const { generations, preparation } = this;
    await generations.known();
    const generation = generations.present;
    try {
      return { ready: await preparation.prepare(flow, generation, variables, engine), generation };
    } catch (error) {
      // The node may not have heard yet of a plugin that was mounted a moment ago.
      if (!isSluiceError(error) || !error.problems.some(isOfPlugins) || !(await generations.refresh())) throw error;
      const newer = generations.present;
      return { ready: await preparation.prepare(flow, newer, variables, engine), generation: newer };
    }
  }

  /** Asks a run to end; one that waits is ended at once, one that has ended stays as it is. */
  async cancel(id: string, reason: string): Promise<RunRecord> {
    const { store, node, feed } = this;
    for (;;) {
      const run = await store.get(id);
      if (TERMINAL_STATES.includes(run.state)) return run;
      await store.requestCancel(id, Date.now());
      if (run.state === 'RUNNING') {
        node.cancel(id, reason);
        return store.get(id);
      }
      try {
        const message = `the run was cancelled before it began${reason === '' ? '' : `: ${reason}`}`;
        const atMs = Date.now();
        const transitions = run.stops.map(({ name, state }) => ({ stop: name, from: state, to: 'SKIPPED', atMs }));
        const ended = await store.finish(run, {
          state: 'CANCELLED',
          error: { reason: 'RUN_CANCELLED', message, details: {}, problems: [] },
          stops: run.stops.map((stop) => ({ ...stop, state: 'SKIPPED' })),
          transitions,
          atMs,
        });
        feed.publish({ run: ended, transitions });
        return ended;
      } catch (error) {
        // A node claimed it in between: look again.
        if ((error as Partial<SluiceError>).reason !== 'RUN_FENCED') throw error;
      }
    }
  }

  get(id: string): Promise<RunRecord> {
    return this.store.get(id);
  }

  list(filter: RunFilter, after: RunPosition | undefined, limit: number): Promise<RunSummary[]> {
    return this.store.list(filter, after, limit, Date.now() - this.staleMs);
  }

  /** Whether a run is shown as STALLED: it runs, but nobody has heard of its runner for a while. */
  isStalled(run: RunSummary): boolean {
    return run.state === 'RUNNING' && (run.heartbeatMs ?? 0) < Date.now() - this.staleMs;
  }

  /**
   * The run as it is, and again each time that it changes, until it has ended.
   *
   * @param afterSequence also what happened after this transition; 0 for what happens from now on
   */
  async *watch(id: string, afterSequence: number, signal: AbortSignal): AsyncGenerator<RunNews> {
    const { store, feed } = this;
    let news: RunNews[] = [];
    let wake = (): void => undefined;
    const stop = feed.listen(id, (each) => {
      news.push(each);
      wake();
    });
    const abort = (): void => wake();
    signal.addEventListener('abort', abort, { once: true });
    try {
      let run = await store.get(id);
      yield { run, transitions: afterSequence > 0 ? await store.transitions(id, afterSequence) : [] };
      while (!TERMINAL_STATES.includes(run.state) && !signal.aborted) {
        if (news.length === 0) await new Promise<void>((resolve) => (wake = sleep(LOOK_MS, resolve)));
        const heard = news;
        news = [];
        // Another node may run it: then nobody tells, and the store is asked.
        for (const each of heard.length > 0 ? heard : await this.look(run)) {
          if (each.run.sequence < run.sequence) continue;
          const isWaiting = each.run.waitingFor !== run.waitingFor;
          const isNews = isWaiting || each.progress !== undefined || each.run.progress !== run.progress;
          if (each.run.sequence === run.sequence && !isNews) continue;
          run = each.run;
          yield each;
        }
      }
    } finally {
      signal.removeEventListener('abort', abort);
      stop();
    }
  }

  private async look(known: RunRecord): Promise<RunNews[]> {
    const run = await this.store.get(known.id);
    if (run.sequence === known.sequence) return [{ run, transitions: [] }];
    return [{ run, transitions: await this.store.transitions(known.id, known.sequence) }];
  }

  private get staleMs(): number {
    return Math.max(this.config.execution.leaseMs, this.config.execution.heartbeatMs * 3);
  }

  private newRun(
    wish: StartWish,
    found: FoundFlow,
    ready: ReadyFlow,
    generation: Generation,
    place: RunPlace | undefined,
    need: PoolNeed,
  ): NewRun {
    const { options } = wish;
    const { checked } = ready;
    const nowMs = Date.now();
    const debug = options?.mode === RunMode.RUN_MODE_DEBUG || (isUnset(options?.mode) && checked.debug);
    const maxAttempts = options?.maxAttempts === undefined || options.maxAttempts === 0 ? 1 : options.maxAttempts;
    if (maxAttempts < 0 || maxAttempts > MOST_ATTEMPTS) {
      throw new SluiceError(
        'REQUEST_INVALID',
        `max_attempts is ${maxAttempts}; give a number from 1 to ${MOST_ATTEMPTS}`,
      );
    }
    return {
      id: `application_${nowMs}_${String(this.count++ % 100_000).padStart(4, '0')}`,
      flowId: found.id,
      flowVersion: found.version,
      flowName: found.flow.name,
      state: need.pool !== '' ? 'PENDING' : place === undefined ? 'QUEUED' : 'RUNNING',
      attempt: place === undefined ? 0 : 1,
      maxAttempts,
      epoch: place === undefined ? 0 : 1,
      sequence: need.pool !== '' ? 1 : place === undefined ? 2 : 3,
      mode: debug ? 'DEBUG' : 'RUN',
      engine: checked.engine,
      generation: generation.id,
      generationNumber: generation.number,
      packages: needsOf(ready, generation).packages,
      node: place?.node ?? '',
      leaseUntilMs: place?.leaseUntilMs,
      progress: 0,
      createdMs: nowMs,
      startedMs: place === undefined ? undefined : nowMs,
      endedMs: undefined,
      heartbeatMs: place === undefined ? undefined : nowMs,
      cancelRequestedMs: undefined,
      labels: wish.labels,
      checkpoints: checked.checkpoints,
      error: undefined,
      ...need,
      waitingFor: '',
      stops: checked.stops.map((stop) => ({
        name: stop.name,
        type: stop.type.manifest.name,
        state: 'WAITING',
        inputs: [],
        outputs: [],
        rejected: 0,
      })),
      request: {
        flow: found.flow,
        variables: wish.variables,
        timeoutMs: durationMs(options?.timeout),
        memoryBytes: Number(options?.memoryBytes ?? 0),
        threads: options?.threads ?? 0,
        exactAccounting: options?.exactAccounting ?? false,
      },
      idempotencyKey: wish.idempotencyKey === '' ? undefined : wish.idempotencyKey,
      requestDigest: createHash('sha256').update(wish.fingerprint).digest('hex'),
    };
  }
}

/** The transitions of a run until it is stored. */
function birth(run: NewRun): Transition[] {
  const states = ['', 'PENDING', 'QUEUED', 'RUNNING'];
  return states
    .slice(1, states.indexOf(run.state) + 1)
    .map((to, index) => ({ stop: '', from: states[index] ?? '', to, atMs: run.createdMs }));
}

/** Whether a problem may be gone with another generation of plugins. */
function isOfPlugins({ reason }: Problem): boolean {
  return reason === 'STOP_TYPE_UNKNOWN' || reason.startsWith('PLUGIN_');
}

/** Waits; the function that it gives ends the wait. */
function sleep(ms: number, done: () => void): () => void {
  const timer = setTimeout(done, ms);
  return () => {
    clearTimeout(timer);
    done();
  };
}

function engineOf(options: RunOptions | undefined): string {
  return options === undefined || options.engine === '' ? DEFAULT_ENGINE : options.engine;
}

function poolNeed(options: RunOptions | undefined): PoolNeed {
  const { pool = '', poolSlots = 0, priority = 0 } = options ?? {};
  const wrong = (what: string): SluiceError => new SluiceError('REQUEST_INVALID', what);
  if (pool === '' && poolSlots !== 0) throw wrong(`pool_slots is ${poolSlots}, and no pool is named`);
  if (poolSlots < 0) throw wrong(`pool_slots is ${poolSlots}; give a number from 1`);
  return { pool, poolSlots: pool === '' ? 0 : Math.max(1, poolSlots), priority };
}

function isUnset(mode: RunMode | undefined): boolean {
  return mode === undefined || mode === RunMode.RUN_MODE_UNSPECIFIED;
}

function durationMs(duration: { readonly seconds: bigint; readonly nanos: number } | undefined): number {
  return duration === undefined ? 0 : Number(duration.seconds) * 1000 + Math.round(duration.nanos / 1e6);
}
