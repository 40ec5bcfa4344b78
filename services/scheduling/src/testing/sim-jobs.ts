import { SluiceError } from '@sluice/chassis';
import type { JobRun, JobType } from '../jobs/job-type.js';
import type { JobRequest, RunEnd } from '../ticks/tick-record.js';
import type { Chance, World } from './world.js';

/** A run in a world. Times are the world's. */
export interface SimRun {
  readonly runId: string;
  readonly key: string;
  readonly scheduleId: string;
  readonly startedMs: number;
  endsMs: number;
  state: 'ACTIVE' | RunEnd;
  /** How often its start was asked for. */
  asked: number;
}

/** Runs that only take time. Like execution it starts one run for each key, however often it is asked. */
export class SimJobs implements JobType {
  readonly name = 'flow';
  readonly runs = new Map<string, SimRun>();
  private readonly byId = new Map<string, SimRun>();

  /** @param onEnd told of each end */
  constructor(
    private readonly world: World,
    private readonly chance: Chance,
    private readonly faults: { readonly lostReplies: number; readonly refusals: number },
    private readonly onEnd: (run: JobRun) => void,
  ) {}

  async start(request: JobRequest, key: string): Promise<JobRun> {
    if (this.chance.next() < this.faults.refusals) throw new SluiceError('SERVICE_UNAVAILABLE', 'execution is away');
    let run = this.runs.get(key);
    if (run === undefined) {
      const { now } = this.world;
      const scheduleId = request.labels['sluice.schedule'] ?? '';
      const lasts = this.chance.between(1, 20) * this.chance.between(1, 60) * 1000;
      const runId = `run_${this.runs.size}`;
      run = { runId, key, scheduleId, startedMs: now, endsMs: now + lasts, state: 'ACTIVE', asked: 0 };
      this.runs.set(key, run);
      this.byId.set(runId, run);
      const started = run;
      this.world.at(run.endsMs, () => this.end(started, this.chance.next() < 0.1 ? 'FAILED' : 'SUCCEEDED'));
    }
    run.asked += 1;
    // The run is there, but nobody who asked for it learns of it.
    if (this.chance.next() < this.faults.lostReplies) throw new SluiceError('DEADLINE_EXCEEDED', 'the reply was lost');
    return toJobRun(run);
  }

  async find(runId: string): Promise<JobRun | undefined> {
    const run = this.byId.get(runId);
    return run === undefined ? undefined : toJobRun(run);
  }

  async cancel(runId: string): Promise<void> {
    const run = this.byId.get(runId);
    if (run !== undefined) this.end(run, 'CANCELLED');
  }

  async check(): Promise<{ readonly version: number }> {
    return { version: 1 };
  }

  private end(run: SimRun, state: RunEnd): void {
    if (run.state !== 'ACTIVE') return;
    run.state = state;
    run.endsMs = this.world.now;
    this.onEnd(toJobRun(run));
  }
}

function toJobRun({ runId, state, endsMs }: SimRun): JobRun {
  return { runId, state, endedMs: state === 'ACTIVE' ? undefined : endsMs };
}
