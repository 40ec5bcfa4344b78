import { inject, injectable } from 'tsyringe';
import { insertRows, type Database, type Knex, type Row } from '@sluice/chassis';
import { Definitions } from '../schedules/definitions.js';
import { timeOf } from '../schedules/schedule-record.js';
import { DATABASE, NODE } from '../tokens.js';
import { dueTimeOf, type ReadSchedule } from './candidate.js';
import { FactBook } from './fact-book.js';
import { Judge } from './judge.js';
import { ScheduleLocks } from './schedule-locks.js';
import { toTickRow, type TickRecord } from './tick-record.js';

/** How many are kept; one takes about 2 kB. */
const KEPT = 20_000;

/** A tick that will start if nothing changes until it is due, and when its schedule starts next. */
interface Planned {
  readonly tick: TickRecord;
  /** Until when it is found in time: later other rules would be asked. */
  readonly latestMs: number;
  readonly nextStartMs: number;
}

/** What became of due times that were planned. */
export interface PlannedOutcome {
  readonly ticks: readonly TickRecord[];
  readonly next: readonly { readonly id: string; readonly startMs: number }[];
}

/**
 * Plans ticks whose decision depends on their schedule alone, and writes them out before they are due: at their time
 * nothing is left but to compare and set, for many at once. What cannot be planned, or has changed since, is decided as
 * everything else is.
 */
@injectable()
export class PlannedTicks {
  /** By schedule; undefined for one that was looked at and cannot be planned. */
  private readonly kept = new Map<string, Planned | undefined>();

  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(ScheduleLocks) private readonly locks: ScheduleLocks,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(NODE) private readonly node: string,
  ) {}

  /** Whether the next due time of a schedule was looked at; the schedule may have changed since. */
  isPrepared(id: string): boolean {
    return this.kept.has(id);
  }

  /** Plans the next ticks of schedules. What is wrong with one that cannot be read, its decision says. */
  async plan(ids: readonly string[]): Promise<void> {
    const { schedules } = await this.locks.read(ids);
    const rows: Row[] = [];
    for (const schedule of schedules) {
      const [planned, row] = (await this.planOf(schedule)) ?? [];
      this.kept.delete(schedule.row.id);
      this.kept.set(schedule.row.id, planned);
      if (row !== undefined) rows.push(row);
      if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value as string);
    }
    await this.database.transaction(async (trx) => {
      await trx(TABLE)
        .whereIn('schedule_id', ids as string[])
        .delete();
      await insertRows(trx, TABLE, rows);
    });
  }

  /** Decides those of some schedules that are due as planned, all at once; the others are not touched. */
  async decide(ids: readonly string[], nowMs: number): Promise<PlannedOutcome> {
    const due = new Map<string, Planned>();
    for (const id of ids) {
      const planned = this.kept.get(id);
      if (planned !== undefined && planned.tick.startMs <= nowMs && nowMs <= planned.latestMs) due.set(id, planned);
      this.kept.delete(id);
    }
    if (due.size === 0) return { ticks: [], next: [] };
    return this.database.transaction(async (trx) => {
      const unchanged = await this.lockUnchanged(trx, [...due.keys()]);
      await this.store(trx, unchanged, nowMs);
      const done = unchanged.map((id) => due.get(id) as Planned);
      return {
        ticks: done.map(({ tick }) => ({ ...tick, decidedMs: nowMs })),
        next: done.map(({ tick, nextStartMs }) => ({ id: tick.scheduleId, startMs: nextStartMs })),
      };
    });
  }

  /** Locks the schedules among some that are what their plan was made of. */
  private async lockUnchanged(trx: Knex.Transaction, ids: readonly string[]): Promise<string[]> {
    const query = trx('scheduling_cursors as c')
      .join('scheduling_schedules as s', 's.id', 'c.schedule_id')
      .join(`${TABLE} as p`, 'p.schedule_id', 'c.schedule_id')
      .whereIn('c.schedule_id', ids as string[])
      .whereRaw('s.version = p.schedule_version and c.due_ms = p.due_ms')
      .whereRaw('coalesce(c.last_due_ms, -1) = coalesce(p.last_due_ms, -1)')
      .whereRaw('coalesce(c.last_success_ms, -1) = coalesce(p.last_success_ms, -1)')
      // In one order, so that two schedulers do not wait for each other.
      .orderBy('c.schedule_id');
    if (this.database.dialect === 'mysql') void query.forUpdate();
    return (await query.pluck('c.schedule_id')) as string[];
  }

  private async store(trx: Knex.Transaction, ids: readonly string[], nowMs: number): Promise<void> {
    if (ids.length === 0) return;
    // How late it is stands in the rules, and is known only now.
    const late =
      this.database.dialect === 'sqlite' ? `'"lateMs":' || (? - start_ms)` : `concat('"lateMs":', ? - start_ms)`;
    const values: Readonly<Record<string, Knex.Raw>> = {
      ...Object.fromEntries(COPIED.map((name) => [name, trx.raw('??', [name])])),
      logical_ms: trx.raw('due_ms'),
      source: trx.raw("'TIME'"),
      state: trx.raw("'STARTING'"),
      reason: trx.raw("''"),
      message: trx.raw("''"),
      live: trx.raw('1'),
      pool: trx.raw("''"),
      node: trx.raw('?', [this.node]),
      decided_ms: trx.raw('?', [nowMs]),
      retries: trx.raw('0'),
      rules: trx.raw(`replace(rules, '"lateMs":0', ${late})`, [nowMs]),
    };
    const planned = trx(TABLE)
      .whereIn('schedule_id', ids as string[])
      .select(...Object.values(values));
    const columns = trx.raw(
      `?? (${Object.keys(values)
        .map(() => '??')
        .join(', ')})`,
      ['scheduling_ticks', ...Object.keys(values)],
    );
    await trx(columns).insert(planned);
    const nextOf = (name: string): Knex.Raw =>
      trx.raw(`(select ?? from ?? as p where p.schedule_id = scheduling_cursors.schedule_id)`, [name, TABLE]);
    await trx('scheduling_cursors')
      .whereIn('schedule_id', ids as string[])
      // MySQL sets one after the other: the due time has to be the last.
      .update({ last_due_ms: trx.raw('due_ms'), start_ms: nextOf('next_start_ms'), due_ms: nextOf('next_due_ms') });
  }

  private async planOf(schedule: ReadSchedule): Promise<readonly [Planned, Row] | undefined> {
    const { row, definition } = schedule;
    const { rules } = definition;
    const dueMs = timeOf(row.due_ms);
    const isAlone =
      rules.overlap === 'allow' && rules.pool === '' && rules.rate === undefined && rules.calendars.length === 0;
    if (dueMs === undefined || !isAlone) return undefined;
    const lastDueMs = timeOf(row.last_due_ms);
    const { candidate, next } = dueTimeOf(schedule, dueMs, lastDueMs, this.definitions.zone);
    // With its last time a schedule ends, which is more than a tick.
    if (next === undefined) return undefined;
    const { startMs } = candidate;
    const book = await FactBook.read(this.database.knex, this.database, [{ id: row.id, rules }], startMs);
    const tick = new Judge(book, this.node, startMs).judge(schedule, candidate, false);
    if (tick.state !== 'STARTING') return undefined;
    const written = toTickRow(tick);
    const planned = {
      ...Object.fromEntries([...COPIED, 'rules'].map((name) => [name, written[name]])),
      next_due_ms: next.dueMs,
      next_start_ms: next.startMs,
      last_due_ms: lastDueMs,
      last_success_ms: timeOf(row.last_success_ms),
    };
    const latestMs = startMs + Math.min(rules.misfireAfterMs, rules.maxLatenessMs ?? Infinity);
    return [{ tick, latestMs, nextStartMs: next.startMs }, planned];
  }
}

const TABLE = 'scheduling_planned_ticks';

/** The columns that a tick has from its plan as they are. */
const COPIED = [
  'id',
  'schedule_id',
  'tick_key',
  'shard',
  'due_ms',
  'start_ms',
  'slots',
  'priority',
  'schedule_version',
  'variables',
  'request',
] as const;
