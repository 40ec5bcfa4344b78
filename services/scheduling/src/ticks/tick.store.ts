import { inject, injectable } from 'tsyringe';
import { SluiceError, updateRows, type Database, type Knex, type Outbox } from '@sluice/chassis';
import { tickDecided } from '../schedules/schedule.events.js';
import { DATABASE, OUTBOX } from '../tokens.js';
import { toTickRecord, type TickRecord, type TickRow, type TickState } from './tick-record.js';
import type { JobRun } from '../jobs/job-type.js';

/** Which ticks a list has. */
export interface TickFilter {
  /** Empty for those of all schedules. */
  readonly scheduleId: string;
  readonly states: readonly TickState[];
  readonly dueFromMs: number | undefined;
  readonly dueBeforeMs: number | undefined;
  /** Whether only ticks are listed that were to run. */
  readonly contexts?: boolean;
}

/** Reads ticks, and writes what became of their starts. */
@injectable()
export class TickStore {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(OUTBOX) private readonly outbox: Outbox,
  ) {}

  async get(id: string): Promise<TickRecord> {
    const tick = await this.find(id);
    if (tick !== undefined) return tick;
    throw new SluiceError('TICK_NOT_FOUND', `there is no tick '${id}'; 'sluice schedule ticks' lists those there are`);
  }

  async find(id: string): Promise<TickRecord | undefined> {
    const row = await this.database.knex<TickRow>('scheduling_ticks').where({ id }).first();
    return row === undefined ? undefined : toTickRecord(row as TickRow);
  }

  /** Ticks by identifier, within a transaction of the caller's; those that are not there are left out. */
  async within(trx: Knex.Transaction, ids: readonly string[]): Promise<Map<string, TickRecord>> {
    if (ids.length === 0) return new Map();
    const rows = (await trx('scheduling_ticks').whereIn('id', ids as string[])) as TickRow[];
    return new Map(rows.map((row) => [row.id, toTickRecord(row)]));
  }

  /** The tick of a schedule at or nearest before a time. */
  async lastUntil(scheduleId: string, dueMs: number): Promise<TickRecord | undefined> {
    const row = await this.database
      .knex<TickRow>('scheduling_ticks')
      .where('schedule_id', scheduleId)
      .where('due_ms', '<=', dueMs)
      .orderBy('due_ms', 'desc')
      .first();
    return row === undefined ? undefined : toTickRecord(row as TickRow);
  }

  /** Ticks, the last due first, after a position. */
  async list(
    filter: TickFilter,
    after: { readonly dueMs: number; readonly id: string } | undefined,
    limit: number,
  ): Promise<TickRecord[]> {
    const query = this.database.knex<TickRow>('scheduling_ticks').limit(limit);
    if (filter.scheduleId !== '') void query.where('schedule_id', filter.scheduleId);
    if (filter.states.length > 0) void query.whereIn('state', [...filter.states]);
    if (filter.contexts === true) void query.whereIn('state', ['WAITING', 'STARTING', 'FIRED', 'FAILED']);
    if (filter.dueFromMs !== undefined) void query.where('due_ms', '>=', filter.dueFromMs);
    if (filter.dueBeforeMs !== undefined) void query.where('due_ms', '<', filter.dueBeforeMs);
    if (after !== undefined) {
      void query.whereRaw('due_ms <= ? and (due_ms < ? or id < ?)', [after.dueMs, after.dueMs, after.id]);
    }
    void query.orderBy([
      { column: 'due_ms', order: 'desc' },
      { column: 'id', order: 'desc' },
    ]);
    return ((await query) as TickRow[]).map(toTickRecord);
  }

  /** Ticks of some shards whose start is under way, but for those that someone knows to be. */
  async starting(shards: readonly number[], isKnown: (id: string) => boolean, limit: number): Promise<TickRecord[]> {
    const ids = (await this.database
      .knex<TickRow>('scheduling_ticks')
      .where({ live: 1, state: 'STARTING' })
      .whereIn('shard', shards as number[])
      .orderBy('start_ms')
      .pluck('id')) as string[];
    const unknown = ids.filter((id) => !isKnown(id)).slice(0, limit);
    if (unknown.length === 0) return [];
    const rows = await this.database
      .knex<TickRow>('scheduling_ticks')
      .where({ state: 'STARTING' })
      .whereIn('id', unknown)
      .orderBy('start_ms');
    return (rows as TickRow[]).map(toTickRecord);
  }

  /** Ticks of some shards whose runs are under way and were looked up before no time given. */
  async active(
    shards: readonly number[],
    firedBeforeMs: number,
    afterId: string,
    limit: number,
  ): Promise<TickRecord[]> {
    const rows = await this.database
      .knex<TickRow>('scheduling_ticks')
      .where({ live: 1, state: 'FIRED', run_state: 'ACTIVE' })
      .whereIn('shard', shards as number[])
      .where('fired_ms', '<', firedBeforeMs)
      .where('id', '>', afterId)
      .orderBy('id')
      .limit(limit);
    return (rows as TickRow[]).map(toTickRecord);
  }

  /** The ticks of one schedule whose runs are under way. */
  async activeOf(scheduleId: string): Promise<TickRecord[]> {
    const rows = await this.database
      .knex<TickRow>('scheduling_ticks')
      .where({ schedule_id: scheduleId, live: 1, run_state: 'ACTIVE' });
    return (rows as TickRow[]).map(toTickRecord);
  }

  async findByRun(runId: string): Promise<TickRecord | undefined> {
    const row = await this.database.knex<TickRow>('scheduling_ticks').where({ run_id: runId }).first();
    return row === undefined ? undefined : toTickRecord(row as TickRow);
  }

  /** Notes the runs that were started. A tick that another scheduler has noted already stays as it is. */
  async fired(
    starts: readonly { readonly tick: TickRecord; readonly run: JobRun }[],
    node: string,
    nowMs: number,
  ): Promise<void> {
    await this.database.transaction(async (trx) => {
      const query = trx('scheduling_ticks')
        .where('state', 'STARTING')
        .whereIn(
          'id',
          starts.map(({ tick }) => tick.id),
        );
      if (this.database.dialect === 'mysql') void query.forUpdate();
      const open = new Set((await query.pluck('id')) as string[]);
      const noted = starts.filter(({ tick }) => open.has(tick.id));
      const change = { state: 'FIRED', run_state: 'ACTIVE', fired_ms: nowMs, node };
      const rows = noted.map(({ tick, run }) => ({ id: tick.id, run_id: run.runId, ...change }));
      await updateRows(trx, 'scheduling_ticks', 'id', rows);
      const schedules = [...new Set(noted.map(({ tick }) => tick.scheduleId))];
      await trx('scheduling_schedules').whereIn('id', schedules).whereNot('warning', '').update({ warning: '' });
      await this.outbox.add(
        trx,
        noted.map(({ tick, run }) => tickDecided({ ...tick, state: 'FIRED', runId: run.runId, runState: 'ACTIVE' })),
      );
    });
  }

  /** Forgets ticks that have ended and were due before a time; gives how many. */
  async purge(dueBeforeMs: number, limit: number): Promise<number> {
    return this.database.transaction(async (trx) => {
      const rows = (await trx('scheduling_ticks')
        .where('due_ms', '<', dueBeforeMs)
        .whereNull('live')
        .limit(limit)
        .select('id')) as { id: string }[];
      const ids = rows.map(({ id }) => id);
      if (ids.length > 0) await trx('scheduling_ticks').whereIn('id', ids).delete();
      await trx('scheduling_arrivals').where('at_ms', '<', dueBeforeMs).delete();
      await trx('scheduling_heard_runs').where('at_ms', '<', dueBeforeMs).delete();
      return ids.length;
    });
  }
}
