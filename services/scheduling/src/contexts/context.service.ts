import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database } from '@sluice/chassis';
import type { Clock } from '../engine/clock.js';
import { Engine } from '../engine/engine.js';
import { Starter } from '../engine/starter.js';
import type { JobTypes } from '../jobs/job-type.js';
import { RunEnds } from '../ticks/run-ends.js';
import { TickStore } from '../ticks/tick.store.js';
import type { TickRecord } from '../ticks/tick-record.js';
import { CLOCK, DATABASE, JOBS } from '../tokens.js';

/** What people do with a firing once it is there: end it, or run again what failed. */
@injectable()
export class Contexts {
  constructor(
    @inject(TickStore) readonly ticks: TickStore,
    @inject(RunEnds) private readonly ends: RunEnds,
    @inject(Starter) private readonly starter: Starter,
    @inject(Engine) private readonly engine: Engine,
    @inject(JOBS) private readonly jobs: JobTypes,
    @inject(DATABASE) private readonly database: Database,
    @inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** Ends what is under way of a firing. */
  async cancel(id: string, reason: string): Promise<TickRecord> {
    const tick = await this.ticks.get(id);
    if (tick.state === 'WAITING') {
      const message = `someone ended it while it waited${reason === '' ? '' : `: ${reason}`}`;
      await this.ends.drop(id, 'CANCELLED', message, this.clock.now());
    } else if (tick.runId !== undefined && tick.runState === 'ACTIVE') {
      await this.jobs.get(tick.request?.type ?? '').cancel(tick.runId, reason);
    }
    this.engine.wakeWaiting();
    return this.ticks.get(id);
  }

  /**
   * Starts a further run of a firing whose last one failed or was cancelled.
   *
   * @throws REQUEST_INVALID when nothing of it failed
   */
  async retry(id: string): Promise<TickRecord> {
    const tick = await this.ticks.get(id);
    const hasFailed = tick.state === 'FAILED' || tick.runState === 'FAILED' || tick.runState === 'CANCELLED';
    if (!hasFailed || tick.request === undefined) {
      const what = tick.runState ?? tick.state;
      throw new SluiceError(
        'REQUEST_INVALID',
        `the context '${id}' is ${what}; only what failed or was cancelled is run again`,
      );
    }
    const { state, retries } = tick;
    const changed = await this.database
      .knex('scheduling_ticks')
      .where({ id, state, retries })
      .update({
        state: 'STARTING',
        run_state: null,
        live: 1,
        ended_ms: null,
        reason: '',
        message: '',
        retries: retries + 1,
      });
    const again = await this.ticks.get(id);
    // Someone else was first: then that one's run is it.
    if (changed > 0) this.starter.push([again]);
    return again;
  }
}
