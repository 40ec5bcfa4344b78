import { inject, injectable } from 'tsyringe';
import { insertRows, updateRows, type Database, type Knex, type Outbox } from '@sluice/chassis';
import { askPool } from '../policies/decide.js';
import { ruleText } from '../policies/words.js';
import { DATABASE, OUTBOX } from '../tokens.js';
import { PoolBook, type PoolRunRow, type SlotWish } from './pool-book.js';
import { slotsGranted } from './pool.events.js';

/**
 * Runs that no schedule started and that need slots of a pool. They stand in one line with the ticks that wait for it,
 * and keep their slots until they have ended.
 */
@injectable()
export class PoolRuns {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(OUTBOX) private readonly outbox: Outbox,
  ) {}

  /**
   * Takes slots for runs, or puts them in line. One that has its slots keeps them, however often it asks.
   *
   * @returns for each run what it waits for; an empty text when it has its slots
   */
  async take(wishes: readonly SlotWish[], nowMs: number): Promise<Map<string, string>> {
    const pools = [...new Set(wishes.map(({ pool }) => pool))].sort();
    return this.database.transaction(async (trx) => {
      const book = await PoolBook.read(trx, this.database, pools);
      const rows = await rowsOf(trx, wishes);
      const unknown = wishes.filter(({ id }) => !rows.has(id));
      await insertRows(trx, 'scheduling_pool_runs', unknown.map(toRow));
      for (const wish of unknown) book.waits(wish);
      const waiting = wishes.filter(({ id }) => (rows.get(id)?.granted_ms ?? null) === null);
      const granted = await this.grantTo(trx, book, waiting, nowMs);
      return new Map(
        wishes.map((wish) => {
          if (!waiting.includes(wish) || granted.includes(wish)) return [wish.id, ''];
          return [wish.id, ruleText(askPool(wish.pool, wish.slots, book.facts(wish)), 'en')];
        }),
      );
    });
  }

  /** Gives slots that have become free to runs that wait; gives whether it gave any. */
  async grant(nowMs: number): Promise<boolean> {
    const waiting = (): Knex.QueryBuilder => this.database.knex('scheduling_pool_runs').whereNull('granted_ms');
    // Mostly nothing waits.
    const pools = (await waiting().distinct('pool').orderBy('pool').pluck('pool')) as string[];
    if (pools.length === 0) return false;
    return this.database.transaction(async (trx) => {
      const book = await PoolBook.read(trx, this.database, pools);
      // Read behind the lock: another scheduler may have granted them meanwhile.
      const rows = (await trx('scheduling_pool_runs').whereIn('pool', pools).whereNull('granted_ms')) as PoolRunRow[];
      return (await this.grantTo(trx, book, rows.map(toWish), nowMs)).length > 0;
    });
  }

  /** A run has ended, or is gone: its slots are free. Gives whether it had any, or waited. */
  async release(runId: string): Promise<boolean> {
    const { knex } = this.database;
    // Most runs are in no pool.
    if ((await knex('scheduling_pool_runs').where({ run_id: runId }).first('run_id')) === undefined) return false;
    return (await knex('scheduling_pool_runs').where({ run_id: runId }).delete()) > 0;
  }

  /** Runs in pools that were created before a time, by identifier, after one of them. */
  async list(createdBeforeMs: number, afterId: string, limit: number): Promise<string[]> {
    const rows = this.database
      .knex('scheduling_pool_runs')
      .where('since_ms', '<', createdBeforeMs)
      .where('run_id', '>', afterId);
    return (await rows.orderBy('run_id').limit(limit).pluck('run_id')) as string[];
  }

  private async grantTo(
    trx: Knex.Transaction,
    book: PoolBook,
    wishes: readonly SlotWish[],
    nowMs: number,
  ): Promise<readonly SlotWish[]> {
    const inLine = [...wishes].sort((a, b) => b.priority - a.priority || a.sinceMs - b.sinceMs);
    const granted: SlotWish[] = [];
    const held = new Set<string>();
    for (const wish of inLine) {
      // Behind one that waits for a pool everything waits for it.
      if (held.has(wish.pool)) continue;
      if (askPool(wish.pool, wish.slots, book.facts(wish)).verdict === 'wait') held.add(wish.pool);
      else {
        book.leaves(wish, true);
        granted.push(wish);
      }
    }
    await updateRows(
      trx,
      'scheduling_pool_runs',
      'run_id',
      granted.map(({ id }) => ({ run_id: id, granted_ms: nowMs })),
    );
    await this.outbox.add(trx, granted.map(slotsGranted));
    return granted;
  }
}

async function rowsOf(trx: Knex.Transaction, wishes: readonly SlotWish[]): Promise<Map<string, PoolRunRow>> {
  const ids = wishes.map(({ id }) => id);
  const rows = (await trx('scheduling_pool_runs').whereIn('run_id', ids)) as PoolRunRow[];
  return new Map(rows.map((row) => [row.run_id, row]));
}

function toRow({ id, pool, slots, priority, sinceMs }: SlotWish): Omit<PoolRunRow, 'granted_ms'> {
  return { run_id: id, pool, slots, priority, since_ms: sinceMs };
}

function toWish(row: PoolRunRow): SlotWish {
  const { run_id: id, pool } = row;
  return { id, pool, slots: Number(row.slots), priority: Number(row.priority), sinceMs: Number(row.since_ms) };
}
