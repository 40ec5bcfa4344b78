import { SluiceError } from '@sluice/chassis';
import type { JobRequest, RunEnd } from '../ticks/tick-record.js';

/** A run as a job type knows it. */
export interface JobRun {
  readonly runId: string;
  readonly state: 'ACTIVE' | RunEnd;
  readonly endedMs: number | undefined;
}

/** Something that schedules can run. Groups of flows and others register beside `flow`. */
export interface JobType {
  readonly name: string;
  /**
   * Starts a run, or gives the one that was started with this key before. An error that is UNAVAILABLE,
   * DEADLINE_EXCEEDED or the like is tried again; any other is the tick's outcome.
   */
  start(request: JobRequest, key: string): Promise<JobRun>;
  /** Looks a run up; undefined when there is none any more. */
  find(runId: string): Promise<JobRun | undefined>;
  /** Asks a run to end. */
  cancel(runId: string, reason: string): Promise<void>;
  /** Says what is wrong with a target; throws what a start would. */
  check(request: Pick<JobRequest, 'reference' | 'version'>): Promise<{ readonly version: number }>;
}

/** The job types by name. */
export class JobTypes {
  private readonly types = new Map<string, JobType>();

  add(type: JobType): this {
    this.types.set(type.name, type);
    return this;
  }

  /** The job type of a name; the empty name is `flow`. */
  get(name: string): JobType {
    const type = this.types.get(name === '' ? 'flow' : name);
    if (type !== undefined) return type;
    const names = [...this.types.keys()].join(', ');
    throw new SluiceError('SCHEDULE_INVALID', `there is no job type '${name}'; there are ${names}`);
  }
}
