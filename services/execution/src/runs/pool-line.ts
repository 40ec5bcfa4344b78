import { inject, injectable } from 'tsyringe';
import { SluiceError, type Logger } from '@sluice/chassis';
import { LOG, POOLS, type Pools } from '../tokens.js';
import type { RunSummary } from './run-record.js';
import { RunStore } from './run.store.js';

/** What a run needs of a pool. */
export interface PoolNeed {
  readonly pool: string;
  readonly poolSlots: number;
  readonly priority: number;
}

const ASKED_AT_ONCE = 100;

/**
 * The line of runs that wait for slots of a pool. The slots are scheduling's: a pending run asks until it has them,
 * which may be done by any node and any number of times, and is then queued.
 */
@injectable()
export class PoolLine {
  private askedLast = '';

  constructor(
    @inject(RunStore) private readonly store: RunStore,
    @inject(POOLS) private readonly pools: Pools,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Refuses what no pool can give: POOL_NOT_FOUND, or REQUEST_INVALID for more slots than there are. */
  async check({ pool: name, poolSlots }: PoolNeed): Promise<void> {
    if (name === '') return;
    const { pool } = await this.pools.getPool({ name });
    const slots = pool?.slots ?? 0;
    // One with no slots is closed for a while.
    if (slots === 0 || poolSlots <= slots) return;
    throw new SluiceError('REQUEST_INVALID', `pool_slots is ${poolSlots}, and the pool '${name}' has ${slots}`, {
      details: { pool: name },
    });
  }

  /** Asks for a run that was just stored. Should nobody answer, the next look asks again. */
  async join(run: RunSummary): Promise<void> {
    await this.ask([run]).catch((err: unknown) =>
      this.log.warn({ err, run: run.id }, 'no slots could be asked for; the next sweep does it'),
    );
  }

  /** Scheduling said that a run has its slots. */
  granted(runId: string): Promise<void> {
    return this.store.admit(runId, Date.now());
  }

  /** Asks for runs that wait, a page each time. */
  async look(): Promise<void> {
    const runs = await this.store.pending(this.askedLast, ASKED_AT_ONCE);
    this.askedLast = runs.length < ASKED_AT_ONCE ? '' : (runs.at(-1)?.id ?? '');
    if (runs.length > 0) await this.ask(runs);
  }

  private async ask(runs: readonly RunSummary[]): Promise<void> {
    const wishes = runs.map(({ id, pool, poolSlots, priority, createdMs }) => {
      return { runId: id, pool, slots: poolSlots, priority, createTime: new Date(createdMs) };
    });
    const { answers } = await this.pools.takeSlots({ wishes }, { idempotent: true });
    const known = new Map(runs.map((run) => [run.id, run.waitingFor]));
    for (const { runId, granted, reason } of answers) {
      if (granted) await this.store.admit(runId, Date.now());
      else if (known.get(runId) !== reason) await this.store.waitsFor(runId, reason);
    }
  }
}
