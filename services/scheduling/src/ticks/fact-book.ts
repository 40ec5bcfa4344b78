import type { Database, Knex } from '@sluice/chassis';
import type { CalendarRules } from '../policies/calendar.js';
import type { Decision, Facts, TickSourceWord } from '../policies/decide.js';
import type { Rules } from '../policies/policies.js';
import { readCalendars } from '../calendars/calendar-rows.js';

/** What the book has to know of a schedule before it can answer. */
export interface BookedSchedule {
  readonly id: string;
  readonly rules: Rules;
}

interface PoolPage {
  readonly slots: number;
  taken: number;
  /** Ticks that wait for it, the first first. */
  readonly waiting: { readonly id: string; readonly priority: number; readonly startMs: number }[];
}

interface SchedulePage {
  active: number;
  waiting: number;
  starts: number;
}

/**
 * The facts of the database that decisions look at, read once for many ticks and kept up with what is decided. It
 * belongs to one transaction: pools are locked until that ends.
 */
export class FactBook {
  private readonly pages = new Map<string, SchedulePage>();
  private readonly pools = new Map<string, PoolPage>();
  private calendars = new Map<string, CalendarRules>();

  private constructor(private readonly nowMs: number) {}

  /**
   * Reads what the rules of some schedules ask for, and nothing else.
   *
   * @param plainRuns how many slots of a pool are taken by runs that no schedule started
   */
  static async read(
    trx: Knex.Transaction,
    database: Database,
    schedules: readonly BookedSchedule[],
    nowMs: number,
    plainRuns: (pool: string) => number,
  ): Promise<FactBook> {
    const book = new FactBook(nowMs);
    const names = [...new Set(schedules.flatMap(({ rules }) => rules.calendars))];
    if (names.length > 0) book.calendars = await readCalendars(trx, names);
    for (const { id } of schedules) book.pages.set(id, { active: 0, waiting: 0, starts: 0 });
    const overlapping = schedules.filter(({ rules }) => rules.overlap !== 'allow').map(({ id }) => id);
    if (overlapping.length > 0) {
      const rows = (await trx('scheduling_ticks')
        .whereIn('schedule_id', overlapping)
        .where('live', 1)
        .whereNot('source', 'BACKFILL')
        .groupBy('schedule_id', 'state')
        .select('schedule_id', 'state', trx.raw('count(*) as n'))) as {
        schedule_id: string;
        state: string;
        n: number;
      }[];
      for (const { schedule_id: id, state, n } of rows) {
        const page = book.page(id);
        if (state === 'WAITING') page.waiting += Number(n);
        else page.active += Number(n);
      }
    }
    for (const { id, rules } of schedules) {
      if (rules.rate === undefined) continue;
      const from = nowMs - rules.rate.perMs;
      const [row] = (await trx('scheduling_ticks')
        .where('schedule_id', id)
        // The index is by due time; nothing that starts now was due long before the time of the limit.
        .where('due_ms', '>', from - DAY_MS)
        .where('decided_ms', '>', from)
        .whereIn('state', ['STARTING', 'FIRED'])
        .select(trx.raw('count(*) as n'))) as { n: number }[];
      book.page(id).starts = Number(row?.n ?? 0);
    }
    const pools = [...new Set(schedules.map(({ rules }) => rules.pool).filter((name) => name !== ''))].sort();
    if (pools.length > 0) await book.readPools(trx, database, pools, plainRuns);
    return book;
  }

  /** The facts for one tick. Waiting ticks are asked for in their order. */
  facts(
    schedule: BookedSchedule,
    tick: { readonly id: string; readonly startMs: number; readonly isWaiting: boolean; readonly ahead: number },
    state: { readonly isPaused: boolean; readonly pauseReason: string; readonly isSuperseded: boolean },
  ): Facts {
    const { rules } = schedule;
    const page = this.page(schedule.id);
    const pool = this.pools.get(rules.pool);
    const before = (each: PoolPage['waiting'][number]): boolean =>
      each.id !== tick.id &&
      (each.priority > rules.priority || (each.priority === rules.priority && each.startMs < tick.startMs));
    return {
      nowMs: this.nowMs,
      ...state,
      calendars: rules.calendars.flatMap((name) => this.calendars.get(name) ?? []),
      activeRuns: page.active,
      waitingBefore: tick.isWaiting ? tick.ahead : page.waiting,
      recentStarts: page.starts,
      pool:
        pool === undefined
          ? undefined
          : { slots: pool.slots, taken: pool.taken, waitingBefore: pool.waiting.filter(before).length },
    };
  }

  /** Notes what was decided, for those that are asked for after it. */
  note(
    schedule: BookedSchedule,
    tick: {
      readonly id: string;
      readonly startMs: number;
      readonly isWaiting: boolean;
      readonly source: TickSourceWord;
    },
    decision: Decision,
  ): void {
    const { rules } = schedule;
    const page = this.page(schedule.id);
    const pool = this.pools.get(rules.pool);
    const place = pool?.waiting.findIndex(({ id }) => id === tick.id) ?? -1;
    if (decision.action === 'wait') {
      if (!tick.isWaiting) page.waiting += 1;
      if (decision.reason === 'POOL' && place < 0) {
        pool?.waiting.push({ id: tick.id, priority: rules.priority, startMs: tick.startMs });
      }
      return;
    }
    if (tick.isWaiting) page.waiting -= 1;
    if (place >= 0) pool?.waiting.splice(place, 1);
    if (decision.action !== 'fire') return;
    if (tick.source !== 'BACKFILL') page.active += 1;
    page.starts += 1;
    if (pool !== undefined) pool.taken += rules.poolSlots;
  }

  private page(id: string): SchedulePage {
    let page = this.pages.get(id);
    if (page === undefined) this.pages.set(id, (page = { active: 0, waiting: 0, starts: 0 }));
    return page;
  }

  private async readPools(
    trx: Knex.Transaction,
    database: Database,
    names: readonly string[],
    plainRuns: (pool: string) => number,
  ): Promise<void> {
    const query = trx('scheduling_pools').whereIn('name', names).orderBy('name');
    // Two schedulers that give away the last slot would both see it free.
    if (database.dialect === 'mysql') void query.forUpdate();
    for (const { name, slots } of (await query.select('name', 'slots')) as { name: string; slots: number }[]) {
      this.pools.set(name, { slots: Number(slots), taken: plainRuns(name), waiting: [] });
    }
    const rows = (await trx('scheduling_ticks')
      .whereIn('pool', names)
      .where('live', 1)
      .orderBy('start_ms')
      .select('id', 'pool', 'state', 'reason', 'slots', 'priority', 'start_ms')) as PoolTickRow[];
    for (const row of rows) {
      const pool = this.pools.get(row.pool);
      if (row.state !== 'WAITING') {
        if (pool !== undefined) pool.taken += Number(row.slots);
      } else if (row.reason === 'POOL') {
        pool?.waiting.push({ id: row.id, priority: Number(row.priority), startMs: Number(row.start_ms) });
      }
    }
  }
}

interface PoolTickRow {
  readonly id: string;
  readonly pool: string;
  readonly state: string;
  readonly reason: string;
  readonly slots: number | string;
  readonly priority: number | string;
  readonly start_ms: number | string;
}

const DAY_MS = 86_400_000;
