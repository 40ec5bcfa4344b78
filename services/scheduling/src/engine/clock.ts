import { gracefulShutdown, scheduleJob, type Job } from 'node-schedule';

/** What tells the time and rings at a time; simulations have one of their own. */
export interface Clock {
  /** The wall clock, in epoch milliseconds. It may jump. */
  now(): number;
  /** A clock that never jumps, in milliseconds since some moment. */
  monotonic(): number;
  /** Rings once at a time, at once when that has passed. The function it gives takes the ring back. */
  at(ms: number, ring: () => void): () => void;
}

/** The clock of the machine; `node-schedule` rings. */
export class MachineClock implements Clock {
  now(): number {
    return Date.now();
  }

  monotonic(): number {
    return performance.now();
  }

  at(ms: number, ring: () => void): () => void {
    const job: Job | null = ms > Date.now() ? scheduleJob(new Date(ms), ring) : null;
    if (job !== null) return () => void job.cancel();
    // node-schedule makes nothing of times that have passed.
    const immediate = setImmediate(ring);
    return () => clearImmediate(immediate);
  }

  /** Takes every ring back, so that nothing keeps the process. */
  async close(): Promise<void> {
    await gracefulShutdown();
  }
}
