import { inject, injectable } from 'tsyringe';
import { SluiceError, isDuplicateKey, type Database, type Knex } from '@sluice/chassis';
import { BackfillSpec } from '@sluice/proto/scheduling/v1/backfill_service';
import { timeOf } from '../schedules/schedule-record.js';
import { DATABASE } from '../tokens.js';
import type { PlannedItem } from './plan.js';

export type BackfillStateWord = 'RUNNING' | 'PAUSED' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
export type ItemStateWord = 'PENDING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'SKIPPED';

/** A backfill as it is stored. */
export interface BackfillRecord {
  readonly id: string;
  readonly state: BackfillStateWord;
  readonly spec: BackfillSpec;
  readonly createdMs: number;
  readonly endedMs: number | undefined;
}

export interface ItemRecord {
  readonly sequence: number;
  readonly scheduleId: string;
  readonly scheduleName: string;
  readonly logicalMs: number;
  readonly depth: number;
  readonly state: ItemStateWord;
  readonly reason: string;
  readonly runId: string;
  readonly after: readonly number[];
}

interface BackfillRow {
  readonly id: string;
  readonly state: BackfillStateWord;
  readonly spec: string;
  readonly created_ms: number | string;
  readonly ended_ms: number | string | null;
}

const COLUMNS = ['id', 'state', 'spec', 'created_ms', 'ended_ms'] as const;
const ROWS_AN_INSERT = 250;
/** Why an item is not run whose time has a good run. */
export const EXISTS = 'a good run exists already';

/** All SQL of backfills. */
@injectable()
export class BackfillStore {
  constructor(@inject(DATABASE) private readonly database: Database) {}

  /** Stores a backfill with its items, or gives the one that was stored with its key before. */
  async insert(
    id: string,
    spec: BackfillSpec,
    items: readonly PlannedItem[],
    given: { readonly shard: number; readonly nowMs: number; readonly key: string; readonly digest: string },
  ): Promise<BackfillRecord> {
    const key = given.key === '' ? null : given.key;
    try {
      await this.database.transaction(async (trx) => {
        await trx('scheduling_backfills').insert({
          id,
          schedule_id: spec.scheduleId,
          shard: given.shard,
          state: 'RUNNING',
          live: 1,
          created_ms: given.nowMs,
          idempotency_key: key,
          request_digest: given.digest,
          spec: JSON.stringify(BackfillSpec.toJSON(spec)),
        });
        const rows = items.map((item, sequence) => ({
          backfill_id: id,
          sequence,
          schedule_id: item.scheduleId,
          schedule_name: item.scheduleName,
          logical_ms: item.logicalMs,
          depth: item.depth,
          state: item.existingRun === undefined ? 'PENDING' : 'SKIPPED',
          reason: item.existingRun === undefined ? '' : EXISTS,
          run_id: item.existingRun ?? '',
          after: JSON.stringify(item.after),
        }));
        for (let first = 0; first < rows.length; first += ROWS_AN_INSERT) {
          await trx('scheduling_backfill_items').insert(rows.slice(first, first + ROWS_AN_INSERT));
        }
      });
    } catch (error) {
      if (key === null || !isDuplicateKey(error)) throw error;
      const row = (await this.database
        .knex('scheduling_backfills')
        .where('idempotency_key', key)
        .first('id', 'request_digest')) as { id: string; request_digest: string } | undefined;
      if (row?.request_digest === given.digest) return this.get(row.id);
      const message = `the idempotency key '${key}' was used for another backfill; use a new key for a new one`;
      throw new SluiceError('IDEMPOTENCY_KEY_REUSED', message, { details: { backfill: row?.id ?? '' } });
    }
    return this.get(id);
  }

  async get(id: string): Promise<BackfillRecord> {
    const row = (await this.database
      .knex('scheduling_backfills')
      .where({ id })
      .first(...COLUMNS)) as BackfillRow | undefined;
    if (row !== undefined) return toRecord(row);
    throw new SluiceError('BACKFILL_NOT_FOUND', `there is no backfill '${id}'; 'sluice backfill list' lists them`);
  }

  async list(
    scheduleId: string,
    after: { readonly createdMs: number; readonly id: string } | undefined,
    limit: number,
  ): Promise<BackfillRecord[]> {
    const query = this.database.knex('scheduling_backfills').limit(limit);
    if (scheduleId !== '') void query.where('schedule_id', scheduleId);
    if (after !== undefined) {
      void query.whereRaw('created_ms <= ? and (created_ms < ? or id < ?)', [
        after.createdMs,
        after.createdMs,
        after.id,
      ]);
    }
    void query.orderBy([
      { column: 'created_ms', order: 'desc' },
      { column: 'id', order: 'desc' },
    ]);
    return ((await query.select(...COLUMNS)) as BackfillRow[]).map(toRecord);
  }

  /** Backfills of some shards that are under way. */
  async live(shards: readonly number[]): Promise<BackfillRecord[]> {
    const rows = await this.database
      .knex('scheduling_backfills')
      .where({ live: 1 })
      .whereIn('shard', shards as number[])
      .orderBy('created_ms')
      .select(...COLUMNS);
    return (rows as BackfillRow[]).map(toRecord);
  }

  async items(id: string, knex: Knex = this.database.knex): Promise<ItemRecord[]> {
    const rows = await knex('scheduling_backfill_items').where({ backfill_id: id }).orderBy('sequence');
    return (rows as ItemRow[]).map((row) => ({
      sequence: Number(row.sequence),
      scheduleId: row.schedule_id,
      scheduleName: row.schedule_name,
      logicalMs: Number(row.logical_ms),
      depth: Number(row.depth),
      state: row.state,
      reason: row.reason,
      runId: row.run_id,
      after: JSON.parse(row.after) as number[],
    }));
  }

  /** How many items there are in each state. */
  async counts(id: string): Promise<Readonly<Partial<Record<ItemStateWord, number>>>> {
    const { knex } = this.database;
    const rows = (await knex('scheduling_backfill_items')
      .where({ backfill_id: id })
      .groupBy('state')
      .select('state', knex.raw('count(*) as n'))) as { state: ItemStateWord; n: number | string }[];
    return Object.fromEntries(rows.map(({ state, n }) => [state, Number(n)]));
  }

  /**
   * Works on a backfill that is under way with its row locked, so that of two schedulers one goes on where the other has
   * come to. `work` is run again after a deadlock; nothing for a backfill that has ended.
   */
  locked<T>(id: string, work: (trx: Knex.Transaction, record: BackfillRecord) => Promise<T>): Promise<T | undefined> {
    return this.database.transaction(async (trx) => {
      const query = trx('scheduling_backfills').where({ id, live: 1 });
      if (this.database.dialect === 'mysql') void query.forUpdate();
      const row = (await query.first(...COLUMNS)) as BackfillRow | undefined;
      return row === undefined ? undefined : work(trx, toRecord(row));
    });
  }

  /** Moves an item of a locked backfill on. */
  async moveItem(
    trx: Knex.Transaction,
    id: string,
    sequence: number,
    to: { readonly state: ItemStateWord; readonly reason: string; readonly run_id?: string },
  ): Promise<void> {
    await trx('scheduling_backfill_items').where({ backfill_id: id, sequence }).update(to);
  }

  /** Moves a backfill on, if it is still in one of some states. */
  async move(id: string, from: readonly BackfillStateWord[], state: BackfillStateWord): Promise<void> {
    await this.database
      .knex('scheduling_backfills')
      .where({ id })
      .whereIn('state', [...from])
      .update({ state });
  }

  /** Closes a locked backfill: it is looked at no more. */
  async close(trx: Knex.Transaction, id: string, state: BackfillStateWord, nowMs: number): Promise<void> {
    await trx('scheduling_backfills').where({ id }).update({ state, live: null, ended_ms: nowMs });
  }

  /** The good runs of a schedule by the time that they stand for. */
  async goodRuns(scheduleId: string, fromMs: number, toMs: number): Promise<Map<number, string>> {
    const rows = (await this.database
      .knex('scheduling_ticks')
      .where({ schedule_id: scheduleId, run_state: 'SUCCEEDED' })
      .whereBetween('logical_ms', [fromMs, toMs])
      .select('logical_ms', 'run_id')) as { logical_ms: number | string; run_id: string }[];
    return new Map(rows.map((row) => [Number(row.logical_ms), row.run_id]));
  }
}

interface ItemRow {
  readonly sequence: number | string;
  readonly schedule_id: string;
  readonly schedule_name: string;
  readonly logical_ms: number | string;
  readonly depth: number | string;
  readonly state: ItemStateWord;
  readonly reason: string;
  readonly run_id: string;
  readonly after: string;
}

function toRecord(row: BackfillRow): BackfillRecord {
  return {
    id: row.id,
    state: row.state,
    spec: BackfillSpec.fromJSON(JSON.parse(row.spec)),
    createdMs: Number(row.created_ms),
    endedMs: timeOf(row.ended_ms),
  };
}
