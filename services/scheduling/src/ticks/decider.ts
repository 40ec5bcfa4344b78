import { inject, injectable } from 'tsyringe';
import {
  insertRows,
  isSluiceError,
  updateRows,
  type Database,
  type Knex,
  type Logger,
  type OutgoingEvent,
  type Outbox,
} from '@sluice/chassis';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { noteMissed } from '../notifications/causes.js';
import type { TickSourceWord } from '../policies/decide.js';
import type { Definition } from '../schedules/definition.js';
import { Definitions } from '../schedules/definitions.js';
import { timeOf, type ShortRow } from '../schedules/schedule-record.js';
import { scheduleChanged, tickDecided } from '../schedules/schedule.events.js';
import { DATABASE, LOG, NODE, OUTBOX } from '../tokens.js';
import { candidateOf, dueTimeOf, type ReadSchedule } from './candidate.js';
import { FactBook } from './fact-book.js';
import { Judge } from './judge.js';
import { PlannedTicks, type PlannedOutcome } from './planned-ticks.js';
import { ScheduleLocks } from './schedule-locks.js';
import { tickId, toTickRecord, toTickRow, type TickRecord, type TickRow } from './tick-record.js';

/** A tick that something other than time makes. */
export interface NewTick {
  readonly scheduleId: string;
  readonly key: string;
  readonly source: Exclude<TickSourceWord, 'TIME'>;
  readonly logicalMs: number;
  readonly variables: Readonly<Record<string, string>>;
}

/** What became of the ticks of one look. */
export interface Decided {
  /** Ticks that are to start now. */
  readonly starting: readonly TickRecord[];
  /** All ticks that were decided, those that start too. */
  readonly ticks: readonly TickRecord[];
  /** When the schedules that were looked at start next. */
  readonly next: readonly { readonly id: string; readonly startMs: number }[];
  /** Schedules that are due and cannot be decided; the log says why. */
  readonly broken?: readonly string[];
}

/** Where a schedule is after its due times were decided. */
type CursorRow = { readonly schedule_id: string } & Record<'due_ms' | 'start_ms' | 'last_due_ms', number | null>;

/** How many due times of one schedule are decided in one transaction; the rest follows in the next. */
const TIMES_AT_ONCE = 100;
const WAITING_AT_ONCE = 500;

const NOTHING: Decided = { ticks: [], starting: [], next: [] };

/**
 * Decides ticks in the database: reads the facts, asks `decide`, and writes each tick with its outcome, the schedule's
 * next due time and the events in one transaction. The schedule's row is locked meanwhile and the due time compared, so
 * that of two schedulers one decides and the other finds it done.
 */
@injectable()
export class Decider {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(OUTBOX) private readonly outbox: Outbox,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(ScheduleLocks) private readonly locks: ScheduleLocks,
    @inject(PlannedTicks) private readonly planned: PlannedTicks,
    @inject(NODE) private readonly node: string,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Decides what of some schedules is due. One that cannot be decided is set aside and keeps none of the others. */
  async decideDue(ids: readonly string[], nowMs: number): Promise<Decided> {
    const { ticks, next } = await this.decidePlanned(ids, nowMs);
    const done = new Set(next.map(({ id }) => id));
    const left = ids.filter((id) => !done.has(id));
    const others = left.length === 0 ? NOTHING : await this.decideOthers(left, nowMs);
    return {
      ticks: [...ticks, ...others.ticks],
      starting: [...ticks, ...others.starting],
      next: [...next, ...others.next],
      broken: others.broken ?? [],
    };
  }

  private async decidePlanned(ids: readonly string[], nowMs: number): Promise<PlannedOutcome> {
    try {
      return await this.planned.decide(ids, nowMs);
    } catch (err) {
      if (isSluiceError(err) && err.reason === 'DATABASE_UNAVAILABLE') throw err;
      this.log.warn({ err, schedules: ids.length }, 'due times cannot be decided as planned; they are looked at anew');
      return NOTHING;
    }
  }

  private async decideOthers(ids: readonly string[], nowMs: number): Promise<Decided> {
    try {
      return await this.decideTogether(ids, nowMs);
    } catch (error) {
      if (isSluiceError(error) && error.reason === 'DATABASE_UNAVAILABLE') throw error;
      if (ids.length === 1) {
        this.log.error({ err: error, schedule: ids[0] }, 'a schedule cannot be decided; it is tried again later');
        return { ticks: [], starting: [], next: [], broken: ids };
      }
    }
    const alone: Decided[] = [];
    for (const id of ids) alone.push(await this.decideOthers([id], nowMs));
    return {
      ticks: alone.flatMap(({ ticks }) => ticks),
      starting: alone.flatMap(({ starting }) => starting),
      next: alone.flatMap(({ next }) => next),
      broken: alone.flatMap(({ broken = [] }) => broken),
    };
  }

  private decideTogether(ids: readonly string[], nowMs: number): Promise<Decided> {
    return this.database.transaction(async (trx) => {
      const { schedules, unreadable } = await this.locks.lock(trx, ids);
      for (const { id, error } of unreadable) {
        this.log.error({ err: error, schedule: id }, 'a schedule cannot be read and is left alone');
      }
      const due = schedules.filter(({ row }) => (timeOf(row.start_ms) ?? Infinity) <= nowMs);
      const judge = await this.judge(trx, due, nowMs);
      const ticks: TickRecord[] = [];
      const cursors: CursorRow[] = [];
      const ended: ReadSchedule[] = [];
      for (const schedule of due) {
        const { row } = schedule;
        let dueMs = timeOf(row.due_ms);
        let lastDueMs = timeOf(row.last_due_ms);
        let startMs = timeOf(row.start_ms);
        for (let times = 0; times < TIMES_AT_ONCE; times += 1) {
          if (dueMs === undefined || startMs === undefined || startMs > nowMs) break;
          const { candidate, next } = dueTimeOf(schedule, dueMs, lastDueMs, this.definitions.zone);
          ticks.push(judge.judge(schedule, candidate, next !== undefined && next.startMs <= nowMs));
          lastDueMs = dueMs;
          dueMs = next?.dueMs;
          startMs = next?.startMs;
        }
        cursors.push({
          schedule_id: row.id,
          due_ms: dueMs ?? null,
          start_ms: startMs ?? null,
          last_due_ms: lastDueMs ?? null,
        });
        if (dueMs === undefined && row.state === 'ACTIVE') ended.push(schedule);
      }
      const known = ids.length === 1 ? await knownTicks(trx, ticks) : new Set();
      const fresh = ticks.filter(({ id }) => !known.has(id));
      await insertRows(trx, 'scheduling_ticks', fresh.map(toTickRow));
      await updateRows(trx, 'scheduling_cursors', 'schedule_id', cursors);
      const events = fresh.filter(hasOutcome).map(tickDecided);
      for (const { row, definition } of ended) events.push(await endSchedule(trx, row, definition, nowMs));
      await this.outbox.add(trx, events);
      const specs = new Map(due.map(({ row, definition }) => [row.id, definition.spec]));
      await noteMissed(trx, fresh, (id) => specs.get(id));
      // Those that another scheduler or a change has moved are due at another time now.
      const next = cursors.flatMap(({ schedule_id: id, start_ms: startMs }) =>
        startMs === null ? [] : [{ id, startMs }],
      );
      return { ticks: fresh, starting: fresh.filter(isStarting), next, broken: unreadable.map(({ id }) => id) };
    });
  }

  /** Looks again at ticks of some shards that wait. */
  async decideWaiting(shards: readonly number[], nowMs: number): Promise<Decided> {
    // Mostly nothing waits.
    const first: unknown = await this.database
      .knex('scheduling_ticks')
      .where({ live: 1, state: 'WAITING' })
      .whereIn('shard', shards as number[])
      .first('id');
    if (first === undefined) return NOTHING;
    return this.database.transaction(async (trx) => {
      const found = (await trx<TickRow>('scheduling_ticks')
        .where({ live: 1, state: 'WAITING' })
        .whereIn('shard', shards as number[])
        .orderBy([{ column: 'priority', order: 'desc' }, { column: 'start_ms' }, { column: 'id' }])
        .limit(WAITING_AT_ONCE)
        .select('id', 'schedule_id')) as { id: string; schedule_id: string }[];
      if (found.length === 0) return NOTHING;
      const schedules = await this.lock(
        trx,
        found.map((each) => each.schedule_id),
      );
      // Read again behind the locks: another scheduler may have decided them meanwhile.
      const rows = (await trx<TickRow>('scheduling_ticks')
        .whereIn(
          'id',
          found.map((each) => each.id),
        )
        .where('state', 'WAITING')
        .orderBy([{ column: 'priority', order: 'desc' }, { column: 'start_ms' }, { column: 'id' }])) as TickRow[];
      const judge = await this.judge(trx, [...schedules.values()], nowMs);
      const changed: TickRecord[] = [];
      for (const row of rows) {
        const tick = toTickRecord(row);
        const schedule = schedules.get(tick.scheduleId);
        const decided = schedule === undefined ? judge.dropped(tick) : judge.judgeAgain(schedule, tick);
        if (decided.state !== 'WAITING' || decided.message !== tick.message) changed.push(decided);
      }
      for (const tick of changed) {
        const { id, state, reason, message, decided_ms, rules, live, request } = toTickRow(tick);
        await trx('scheduling_ticks')
          .where({ id, state: 'WAITING' })
          .update({ state, reason, message, decided_ms, rules, live, request, node: this.node });
      }
      await this.outbox.add(trx, changed.filter(hasOutcome).map(tickDecided));
      await noteMissed(trx, changed, (id) => schedules.get(id)?.definition.spec);
      return {
        ticks: changed.filter((tick) => tick.state !== 'WAITING'),
        starting: changed.filter(isStarting),
        next: [],
      };
    });
  }

  /** Makes ticks and decides them; one whose key exists already is given back as it is. */
  create(wishes: readonly NewTick[], nowMs: number): Promise<Decided> {
    return this.database.transaction((trx) => this.createWithin(trx, wishes, nowMs));
  }

  /** The same within a transaction of the caller's. */
  async createWithin(trx: Knex.Transaction, wishes: readonly NewTick[], nowMs: number): Promise<Decided> {
    if (wishes.length === 0) return NOTHING;
    const schedules = await this.lock(
      trx,
      wishes.map(({ scheduleId }) => scheduleId),
    );
    const ids = wishes.map(({ scheduleId, key }) => tickId(scheduleId, key));
    const known = ((await trx<TickRow>('scheduling_ticks').whereIn('id', ids)) as TickRow[]).map(toTickRecord);
    const done = new Set(known.map(({ id }) => id));
    const judge = await this.judge(trx, [...schedules.values()], nowMs);
    const made: TickRecord[] = [];
    for (const { scheduleId, key, source, logicalMs, variables } of wishes) {
      const schedule = schedules.get(scheduleId);
      const id = tickId(scheduleId, key);
      if (schedule === undefined || done.has(id)) continue;
      done.add(id);
      const fromMs = timeOf(schedule.row.last_success_ms) ?? logicalMs;
      const tick = { key, source, dueMs: nowMs, startMs: nowMs, logicalMs, fromMs, given: variables };
      made.push(judge.judge(schedule, candidateOf(schedule, tick, this.definitions.zone), false));
    }
    await insertRows(trx, 'scheduling_ticks', made.map(toTickRow));
    await this.outbox.add(trx, made.filter(hasOutcome).map(tickDecided));
    await noteMissed(trx, made, (id) => schedules.get(id)?.definition.spec);
    return { ticks: [...known, ...made], starting: made.filter(isStarting), next: [] };
  }

  private async lock(trx: Knex.Transaction, ids: readonly string[]): Promise<ReadonlyMap<string, ReadSchedule>> {
    const { schedules } = await this.locks.lock(trx, [...new Set(ids)]);
    return new Map(schedules.map((schedule) => [schedule.row.id, schedule]));
  }

  private async judge(trx: Knex.Transaction, schedules: readonly ReadSchedule[], nowMs: number): Promise<Judge> {
    const booked = schedules.map(({ row, definition }) => ({ id: row.id, rules: definition.rules }));
    return new Judge(await FactBook.read(trx, this.database, booked, nowMs), this.node, nowMs);
  }
}

function isStarting({ state }: TickRecord): boolean {
  return state === 'STARTING';
}

function hasOutcome({ state }: TickRecord): boolean {
  return state !== 'WAITING' && state !== 'STARTING';
}

async function endSchedule(
  trx: Knex.Transaction,
  row: ShortRow,
  { spec }: Definition,
  nowMs: number,
): Promise<OutgoingEvent> {
  const version = Number(row.version) + 1;
  const reason = 'it has no due time left';
  await trx('scheduling_schedules')
    .where({ id: row.id })
    .update({ state: 'ENDED', state_reason: reason, version, updated_ms: nowMs });
  await trx('scheduling_changes').insert({
    schedule_id: row.id,
    version,
    at_ms: nowMs,
    kind: 'ended',
    reason,
    spec: JSON.stringify(ScheduleSpec.toJSON(spec)),
  });
  return scheduleChanged(row.id, version, 'ended', reason, spec);
}

/** Those of some ticks that were stored before: a clock that was set back makes times due again. */
async function knownTicks(trx: Knex.Transaction, ticks: readonly TickRecord[]): Promise<ReadonlySet<unknown>> {
  const ids = ticks.map(({ id }) => id);
  return new Set(await trx('scheduling_ticks').whereIn('id', ids).pluck('id'));
}
