import { inject, injectable } from 'tsyringe';
import type { Database } from '@sluice/chassis';
import { DATABASE } from '../tokens.js';

/** A schedule and when it starts next; undefined when it does not, any more. */
export interface HeldTime {
  readonly id: string;
  readonly shard: number;
  readonly startMs: number | undefined;
}

/** So few that what becomes due while a page is read is not late for it. */
const PAGE = 2_000;

interface CursorRow {
  readonly schedule_id: string;
  readonly shard: number | string;
  readonly start_ms: number | string | null;
}

/** Reads when schedules start next. */
@injectable()
export class WindowStore {
  constructor(@inject(DATABASE) private readonly database: Database) {}

  /** The schedules of some shards that start before a time, if they fit into a page. */
  async few(shards: readonly number[], beforeMs: number): Promise<HeldTime[] | undefined> {
    const rows = (await this.database
      .knex('scheduling_cursors')
      .whereIn('shard', shards as number[])
      .where('start_ms', '<', beforeMs)
      .limit(PAGE)
      .select('schedule_id', 'shard', 'start_ms')) as CursorRow[];
    return rows.length < PAGE ? rows.map(toTime) : undefined;
  }

  /** The schedules of a shard that start before a time, in pages. */
  async *starting(shard: number, beforeMs: number): AsyncGenerator<HeldTime[]> {
    let after = { startMs: Number.MIN_SAFE_INTEGER, id: '' };
    for (;;) {
      const rows = (await this.database
        .knex('scheduling_cursors')
        .where({ shard })
        .where('start_ms', '<', beforeMs)
        .where('start_ms', '>=', after.startMs)
        .whereRaw('(start_ms > ? or schedule_id > ?)', [after.startMs, after.id])
        .orderBy(['start_ms', 'schedule_id'])
        .limit(PAGE)
        .select('schedule_id', 'shard', 'start_ms')) as CursorRow[];
      const times = rows.map(toTime);
      yield times;
      const last = times.at(-1);
      if (times.length < PAGE || last?.startMs === undefined) break;
      after = { startMs: last.startMs, id: last.id };
    }
  }

  /** Schedules that people changed at or after a time. */
  async changed(sinceMs: number): Promise<HeldTime[]> {
    const rows = (await this.database
      .knex('scheduling_cursors')
      .where('changed_ms', '>=', sinceMs)
      .select('schedule_id', 'shard', 'start_ms')) as CursorRow[];
    return rows.map(toTime);
  }

  /** When some schedules start; those that are gone are left out. */
  async of(ids: readonly string[]): Promise<HeldTime[]> {
    const rows = (await this.database
      .knex('scheduling_cursors')
      .whereIn('schedule_id', ids as string[])
      .select('schedule_id', 'shard', 'start_ms')) as CursorRow[];
    return rows.map(toTime);
  }
}

function toTime(row: CursorRow): HeldTime {
  const startMs = row.start_ms === null ? undefined : Number(row.start_ms);
  return { id: row.schedule_id, shard: Number(row.shard), startMs };
}
