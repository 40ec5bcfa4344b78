import type { Database, Knex } from '@sluice/chassis';
import type { CalendarRules } from '../policies/calendar.js';
import type { Decision, Facts, TickSourceWord } from '../policies/decide.js';
import type { Rules } from '../policies/policies.js';
import { readCalendars } from '../calendars/calendar-rows.js';
import { PoolBook, type SlotWish } from '../pools/pool-book.js';

/** What the book has to know of a schedule before it can answer. */
export interface BookedSchedule {
  readonly id: string;
  readonly rules: Rules;
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
  private calendars = new Map<string, CalendarRules>();

  private constructor(
    private readonly nowMs: number,
    private readonly pools: PoolBook,
  ) {}

  /** Reads what the rules of some schedules ask for, and nothing else. */
  static async read(
    trx: Knex,
    database: Database,
    schedules: readonly BookedSchedule[],
    nowMs: number,
  ): Promise<FactBook> {
    const pools = [...new Set(schedules.map(({ rules }) => rules.pool).filter((name) => name !== ''))].sort();
    const book = new FactBook(nowMs, await PoolBook.read(trx, database, pools));
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
    return {
      nowMs: this.nowMs,
      ...state,
      calendars: rules.calendars.flatMap((name) => this.calendars.get(name) ?? []),
      activeRuns: page.active,
      waitingBefore: tick.isWaiting ? tick.ahead : page.waiting,
      recentStarts: page.starts,
      pool: rules.pool === '' ? undefined : this.pools.facts(wishOf(schedule, tick)),
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
    const page = this.page(schedule.id);
    if (decision.action === 'wait') {
      if (!tick.isWaiting) page.waiting += 1;
      if (decision.reason === 'POOL') this.pools.waits(wishOf(schedule, tick));
      return;
    }
    if (tick.isWaiting) page.waiting -= 1;
    if (schedule.rules.pool !== '') this.pools.leaves(wishOf(schedule, tick), decision.action === 'fire');
    if (decision.action !== 'fire') return;
    if (tick.source !== 'BACKFILL') page.active += 1;
    page.starts += 1;
  }

  private page(id: string): SchedulePage {
    let page = this.pages.get(id);
    if (page === undefined) this.pages.set(id, (page = { active: 0, waiting: 0, starts: 0 }));
    return page;
  }
}

function wishOf(
  { rules }: BookedSchedule,
  { id, startMs }: { readonly id: string; readonly startMs: number },
): SlotWish {
  return { id, pool: rules.pool, slots: rules.poolSlots, priority: rules.priority, sinceMs: startMs };
}

const DAY_MS = 86_400_000;
