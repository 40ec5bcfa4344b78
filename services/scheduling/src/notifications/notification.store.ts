import { inject, injectable } from 'tsyringe';
import { SluiceError, type Database, type Knex } from '@sluice/chassis';
import { DATABASE } from '../tokens.js';
import type { TickFacts } from './facts.js';
import { toRecord, toRow, type NotificationRecord, type NotificationRow } from './notification-record.js';

/** Which notifications a list has. */
export interface NotificationFilter {
  readonly targetId: string;
  readonly scheduleId: string;
  readonly state: NotificationRecord['state'] | undefined;
}

/** Something that happened and is not yet dealt out. */
export interface Cause {
  readonly id: number;
  readonly facts: TickFacts;
}

interface LiveRow {
  readonly id: string;
  readonly schedule_id: string;
  readonly tick_key: string;
  readonly due_ms: number | string;
  readonly start_ms: number | string;
  readonly fired_ms: number | string | null;
  readonly run_id: string | null;
  readonly name: string;
  readonly project: string;
}

/** All SQL of notifications. */
@injectable()
export class NotificationStore {
  constructor(@inject(DATABASE) private readonly database: Database) {}

  /** What happened first and is not yet dealt out. */
  async causes(limit: number): Promise<Cause[]> {
    const rows = (await this.database
      .knex('scheduling_notification_causes')
      .orderBy('id')
      .limit(limit)
      .select('id', 'facts')) as { id: number | string; facts: string }[];
    return rows.map(({ id, facts }) => ({ id: Number(id), facts: JSON.parse(facts) as TickFacts }));
  }

  /** Puts notifications in the place of what caused them; a second time, or in a second process, nothing. */
  async deal(causeId: number, notifications: readonly NotificationRecord[]): Promise<void> {
    await this.database.transaction(async (trx) => {
      const gone = await trx('scheduling_notification_causes').where({ id: causeId }).delete();
      if (gone > 0) await insert(trx, notifications);
    });
  }

  /** Adds notifications that their targets have not heard of. */
  async add(notifications: readonly NotificationRecord[]): Promise<void> {
    if (notifications.length > 0) await insert(this.database.knex, notifications);
  }

  /** Ticks under way that have waited since before one time, or run since before another; by id, from after one on. */
  async live(
    waitingSinceMs: number,
    runningSinceMs: number,
    after: string,
    limit: number,
  ): Promise<[string, TickFacts][]> {
    const rows = (await this.database
      .knex('scheduling_ticks as t')
      .join('scheduling_schedules as s', 's.id', 't.schedule_id')
      .where('t.live', 1)
      .where('t.id', '>', after)
      .whereNot('t.source', 'BACKFILL')
      .whereRaw('((t.fired_ms is null and t.start_ms <= ?) or t.fired_ms <= ?)', [waitingSinceMs, runningSinceMs])
      .orderBy('t.id')
      .limit(limit)
      .select(
        't.id',
        't.schedule_id',
        't.tick_key',
        't.due_ms',
        't.start_ms',
        't.fired_ms',
        't.run_id',
        's.name',
        's.project',
      )) as LiveRow[];
    return rows.map((row) => [row.id, factsOfLive(row)]);
  }

  /** Notifications that are to be sent by now, those that waited longest first. */
  async due(nowMs: number, limit: number): Promise<NotificationRecord[]> {
    const rows = (await this.database
      .knex('scheduling_notifications')
      .where('state', 'PENDING')
      .where('next_ms', '<=', nowMs)
      .orderBy('next_ms')
      .limit(limit)) as NotificationRow[];
    return rows.map(toRecord);
  }

  /** Takes one for an attempt, unless another process did. It comes again at `nextMs` should this process die. */
  async claim({ id, attempts }: NotificationRecord, nextMs: number): Promise<boolean> {
    const changed = await this.database
      .knex('scheduling_notifications')
      .where({ id, attempts, state: 'PENDING' })
      .update({ attempts: attempts + 1, next_ms: nextMs });
    return changed > 0;
  }

  async sent(id: string, nowMs: number): Promise<void> {
    await this.change(id, { state: 'SENT', sent_ms: nowMs, next_ms: null, last_error: '' });
  }

  /** Writes down what went wrong; `isLast` gives it up. */
  async failed(id: string, error: string, isLast: boolean): Promise<void> {
    const last_error = error.slice(0, 500);
    await this.change(id, isLast ? { state: 'DEAD', next_ms: null, last_error } : { last_error });
  }

  /** Lets one that was given up be tried anew. */
  async retry(id: string, nowMs: number): Promise<NotificationRecord> {
    const { knex } = this.database;
    const changed = await knex('scheduling_notifications')
      .where({ id, state: 'DEAD' })
      .update({ state: 'PENDING', attempts: 0, next_ms: nowMs });
    const record = await this.get(id);
    if (changed > 0) return record;
    const message = `the notification '${id}' is ${record.state}; only one that was given up (DEAD) is sent again`;
    throw new SluiceError('NOTIFICATION_REFUSED', message, { details: { state: record.state } });
  }

  async get(id: string): Promise<NotificationRecord> {
    const row = (await this.database.knex('scheduling_notifications').where({ id }).first()) as
      NotificationRow | undefined;
    if (row !== undefined) return toRecord(row);
    throw new SluiceError('NOTIFICATION_NOT_FOUND', `there is no notification '${id}'`, {
      details: { notification: id },
    });
  }

  /** A page of notifications, the newest first, from after a place on. */
  async list(
    { targetId, scheduleId, state }: NotificationFilter,
    after: { readonly createdMs: number; readonly id: string } | undefined,
    limit: number,
  ): Promise<NotificationRecord[]> {
    const query = this.database.knex('scheduling_notifications').limit(limit);
    void query.orderBy('created_ms', 'desc').orderBy('id', 'desc');
    if (targetId !== '') void query.where('target_id', targetId);
    if (scheduleId !== '') void query.where('schedule_id', scheduleId);
    if (state !== undefined) void query.where('state', state);
    if (after !== undefined) {
      void query.whereRaw('(created_ms < ? or (created_ms = ? and id < ?))', [
        after.createdMs,
        after.createdMs,
        after.id,
      ]);
    }
    return ((await query) as NotificationRow[]).map(toRecord);
  }

  /** Removes what was made before a time and is not to be sent any more. Gives how many. */
  async purge(beforeMs: number, limit: number): Promise<number> {
    const { knex } = this.database;
    const rows = (await knex('scheduling_notifications')
      .where('created_ms', '<', beforeMs)
      .whereNot('state', 'PENDING')
      .limit(limit)
      .select('id')) as { id: string }[];
    if (rows.length === 0) return 0;
    return knex('scheduling_notifications')
      .whereIn(
        'id',
        rows.map(({ id }) => id),
      )
      .delete();
  }

  private async change(id: string, change: Readonly<Record<string, unknown>>): Promise<void> {
    await this.database.knex('scheduling_notifications').where({ id, state: 'PENDING' }).update(change);
  }
}

const ROWS_AN_INSERT = 50;

async function insert(knex: Knex | Knex.Transaction, notifications: readonly NotificationRecord[]): Promise<void> {
  for (let first = 0; first < notifications.length; first += ROWS_AN_INSERT) {
    const rows = notifications.slice(first, first + ROWS_AN_INSERT).map(toRow);
    await knex('scheduling_notifications')
      .insert(rows)
      .onConflict(['target_id', 'event', 'schedule_id', 'tick_key'])
      .ignore();
  }
}

function factsOfLive(row: LiveRow): TickFacts {
  return {
    scheduleId: row.schedule_id,
    scheduleName: row.name,
    project: row.project,
    tickKey: row.tick_key,
    dueMs: Number(row.due_ms),
    startMs: Number(row.start_ms),
    isMissed: false,
    firedMs: row.fired_ms === null ? undefined : Number(row.fired_ms),
    endedMs: undefined,
    runId: row.run_id ?? '',
    end: '',
    error: '',
    failures: 0,
    failuresBefore: 0,
    isPaused: false,
  };
}
