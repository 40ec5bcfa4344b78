import { inject, injectable } from 'tsyringe';
import type { Config, Logger } from '@sluice/chassis';
import type { RunFinished } from '@sluice/proto/events/v1/execution';
import { RunState } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest } from '@sluice/proto/execution/v1/run_service';
import type { Runs } from '../jobs/flow-job.js';
import type { JobTypes } from '../jobs/job-type.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import { PoolRuns } from '../pools/pool-runs.js';
import { RunEnds } from '../ticks/run-ends.js';
import { TickStore } from '../ticks/tick.store.js';
import type { RunEnd } from '../ticks/tick-record.js';
import { CLOCK, CONFIG, JOBS, LOG } from '../tokens.js';
import type { Clock } from './clock.js';
import { Engine, type Chore } from './engine.js';
import { Starter } from './starter.js';

/** How long a run may be under way before it is asked whether it has ended without a word. */
const ASK_AFTER_MS = 3_000;
const ASK_AT_ONCE = 100;
const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const PURGED_AT_ONCE = 500;
const FLOW_RUNS_AT_ONCE = 200;
/** How far back ends of flows are looked for that no event told of. */
const LOOK_BACK_MS = 6 * HOUR_MS;
const ENDED = [RunState.RUN_STATE_SUCCEEDED, RunState.RUN_STATE_FAILED, RunState.RUN_STATE_CANCELLED];

/** Hears of the ends of runs, and asks for those that nobody told of. */
@injectable()
export class RunWatch {
  private asked = '';
  private askedInPools = '';

  constructor(
    @inject(Starter) private readonly starter: Starter,
    @inject(Engine) private readonly engine: Engine,
    @inject(TickStore) private readonly ticks: TickStore,
    @inject(RunEnds) private readonly ends: RunEnds,
    @inject(ScheduleStore) private readonly schedules: ScheduleStore,
    @inject(PoolRuns) private readonly pools: PoolRuns,
    @inject(JOBS) private readonly jobs: JobTypes,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** An event said that a run has ended. */
  async runFinished({ runId, flowId, state }: RunFinished, at: Date): Promise<void> {
    const end = state as RunEnd;
    await this.starter.runEnded(runId, { runId, state: end, endedMs: at.getTime() });
    if (flowId !== '') await this.flowEnded(flowId, runId, end, at.getTime());
    await this.pools.release(runId);
    this.engine.wakeWaiting();
    this.engine.nudge('backfills');
  }

  /** What is done from time to time, should events have been lost. */
  chores(runs: Runs): Chore[] {
    return [
      { name: 'ends of runs', everyMs: 2_000, work: (shards, now) => this.askForEnds(shards, now) },
      { name: 'ends of flows', everyMs: 10_000, work: (shards, now) => this.askForFlows(runs, shards, now) },
      { name: 'runs in pools', everyMs: 2_000, work: (shards, now) => this.askForPoolRuns(shards, now) },
      { name: 'old ticks', everyMs: HOUR_MS, work: (shards, now) => this.purge(shards, now) },
    ];
  }

  private async askForEnds(shards: readonly number[], nowMs: number): Promise<void> {
    const found = await this.ticks.active(shards, nowMs - ASK_AFTER_MS, this.asked, ASK_AT_ONCE);
    // A page each time; after the last page it begins anew.
    this.asked = found.length < ASK_AT_ONCE ? '' : (found.at(-1)?.id ?? '');
    for (const { id, runId, request } of found) {
      if (runId === undefined) continue;
      const run = await this.jobs.get(request?.type ?? '').find(runId);
      if (run === undefined) {
        // Its record is gone, so it has long ended; how, nobody can tell any more.
        this.log.warn({ tick: id, run: runId }, 'a run is gone; its tick counts as cancelled');
        this.starter.push(await this.ends.end(id, { kind: 'run', state: 'CANCELLED', endedMs: nowMs }, nowMs));
      } else if (await this.starter.runEnded(runId, run)) this.engine.wakeWaiting();
    }
  }

  private async askForFlows(runs: Runs, shards: readonly number[], nowMs: number): Promise<void> {
    // One scheduler is enough: the one that has the first shard.
    if (!shards.includes(0)) return;
    const sources = new Set((await this.schedules.dependencies()).map(({ source }) => source));
    for (const source of sources) {
      if (!source.startsWith('f:')) continue;
      const createdFrom = new Date(nowMs - LOOK_BACK_MS);
      const flowId = source.slice(2);
      const wish = { flowId, states: ENDED, createdFrom, pageSize: FLOW_RUNS_AT_ONCE };
      const { runs: found } = await runs.listRuns(ListRunsRequest.fromPartial(wish));
      for (const run of [...found].reverse()) {
        const end = run.state.replace('RUN_STATE_', '') as RunEnd;
        await this.flowEnded(flowId, run.id, end, run.endTime?.getTime() ?? nowMs);
      }
    }
  }

  private async flowEnded(flowId: string, runId: string, end: RunEnd, atMs: number): Promise<void> {
    // A run of a schedule stands for the time of its tick.
    const tick = await this.ticks.findByRun(runId);
    if (tick?.source === 'BACKFILL') return;
    const logicalMs = tick?.logicalMs ?? atMs;
    this.starter.push(
      await this.ends.flowEnded({ flowId, cause: runId, logicalMs, end, endedMs: atMs }, this.clock.now()),
    );
  }

  /** Frees the slots of runs in pools whose end nobody told of. */
  private async askForPoolRuns(shards: readonly number[], nowMs: number): Promise<void> {
    if (!shards.includes(0)) return;
    const found = await this.pools.list(nowMs - ASK_AFTER_MS, this.askedInPools, ASK_AT_ONCE);
    this.askedInPools = found.length < ASK_AT_ONCE ? '' : (found.at(-1) ?? '');
    for (const runId of found) {
      const run = await this.jobs.get('flow').find(runId);
      if (run?.state !== 'ACTIVE' && (await this.pools.release(runId))) this.engine.wakeWaiting();
    }
  }

  private async purge(shards: readonly number[], nowMs: number): Promise<void> {
    const { retentionDays } = this.config.scheduling;
    if (retentionDays === 0 || !shards.includes(0)) return;
    const before = nowMs - retentionDays * DAY_MS;
    for (let gone = PURGED_AT_ONCE; gone === PURGED_AT_ONCE;) gone = await this.ticks.purge(before, PURGED_AT_ONCE);
  }
}
