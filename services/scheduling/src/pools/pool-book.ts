import type { Database, Knex } from '@sluice/chassis';
import type { PoolFacts } from '../policies/decide.js';

/** What needs slots of a pool: a tick or a run that no schedule started. */
export interface SlotWish {
  readonly id: string;
  readonly pool: string;
  readonly slots: number;
  readonly priority: number;
  /** Since when it wants them; of the same priority the earliest goes first. */
  readonly sinceMs: number;
}

interface PoolPage {
  readonly slots: number;
  taken: number;
  waiting: Pick<SlotWish, 'id' | 'priority' | 'sinceMs'>[];
}

/**
 * What is taken of some pools and what waits for them, read once and kept up with what is decided. It belongs to one
 * transaction, until whose end the pools are locked.
 */
export class PoolBook {
  private constructor(private readonly pages: ReadonlyMap<string, PoolPage>) {}

  /** Locks pools, so that two schedulers do not both give the last slot away; then reads them. */
  static async read(trx: Knex, database: Database, names: readonly string[]): Promise<PoolBook> {
    if (names.length === 0) return new PoolBook(new Map());
    const query = trx('scheduling_pools')
      .whereIn('name', names as string[])
      .orderBy('name');
    if (database.dialect === 'mysql') void query.forUpdate();
    const pages = new Map<string, PoolPage>();
    for (const { name, slots } of (await query.select('name', 'slots')) as { name: string; slots: number }[]) {
      pages.set(name, { slots: Number(slots), taken: 0, waiting: [] });
    }
    const found = [...pages.keys()];
    const ticks = (await trx('scheduling_ticks')
      .whereIn('pool', found)
      .where('live', 1)
      .select('id', 'pool', 'state', 'reason', 'slots', 'priority', 'start_ms')) as TickSlots[];
    const runs = (await trx('scheduling_pool_runs').whereIn('pool', found)) as PoolRunRow[];
    for (const row of ticks) {
      const page = pages.get(row.pool) as PoolPage;
      if (row.state !== 'WAITING') page.taken += Number(row.slots);
      else if (row.reason === 'POOL') page.waiting.push(waitingOf(row.id, row.priority, row.start_ms));
    }
    for (const row of runs) {
      const page = pages.get(row.pool) as PoolPage;
      if (row.granted_ms !== null) page.taken += Number(row.slots);
      else page.waiting.push(waitingOf(row.run_id, row.priority, row.since_ms));
    }
    return new PoolBook(pages);
  }

  /** The pool as it is for a wish; undefined when there is none. */
  facts({ id, pool, priority, sinceMs }: SlotWish): PoolFacts | undefined {
    const page = this.pages.get(pool);
    if (page === undefined) return undefined;
    const isBefore = (other: PoolPage['waiting'][number]): boolean =>
      other.id !== id && (other.priority > priority || (other.priority === priority && other.sinceMs < sinceMs));
    return { slots: page.slots, taken: page.taken, waitingBefore: page.waiting.filter(isBefore).length };
  }

  /** Notes that it waits. */
  waits({ id, pool, priority, sinceMs }: SlotWish): void {
    const page = this.pages.get(pool);
    if (page?.waiting.every((other) => other.id !== id) === true) page.waiting.push({ id, priority, sinceMs });
  }

  /** Notes that it waits no longer, and whether it has its slots. */
  leaves({ id, pool, slots }: SlotWish, hasSlots: boolean): void {
    const page = this.pages.get(pool);
    if (page === undefined) return;
    page.waiting = page.waiting.filter((other) => other.id !== id);
    if (hasSlots) page.taken += slots;
  }
}

interface TickSlots {
  readonly id: string;
  readonly pool: string;
  readonly state: string;
  readonly reason: string;
  readonly slots: number | string;
  readonly priority: number | string;
  readonly start_ms: number | string;
}

/** A row of the runs in pools. */
export interface PoolRunRow {
  readonly run_id: string;
  readonly pool: string;
  readonly slots: number | string;
  readonly priority: number | string;
  readonly since_ms: number | string;
  readonly granted_ms: number | string | null;
}

function waitingOf(id: string, priority: number | string, sinceMs: number | string): PoolPage['waiting'][number] {
  return { id, priority: Number(priority), sinceMs: Number(sinceMs) };
}
