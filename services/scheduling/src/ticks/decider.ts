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
import { decide, type Decision, type TickSourceWord } from '../policies/decide.js';
import { decidingText } from '../policies/words.js';
import type { Definition } from '../schedules/definition.js';
import { Definitions } from '../schedules/definitions.js';
import { timeOf, type ShortRow } from '../schedules/schedule-record.js';
import { scheduleChanged, tickDecided } from '../schedules/schedule.events.js';
import { DATABASE, LOG, NODE, OUTBOX } from '../tokens.js';
import { nextDue, previousDue, startOf } from '../triggers/trigger.js';
import { FactBook } from './fact-book.js';
import { ScheduleLocks, type LockedSchedule as Entry } from './schedule-locks.js';
import { tickId, timeKey, toTickRecord, toTickRow, type TickRecord, type TickRow } from './tick-record.js';
import { jobRequest, tickVariables, zoneOf } from './variables.js';

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

/** How many due times of one schedule are decided in one transaction; the rest follows in the next. */
const TIMES_AT_ONCE = 100;
const WAITING_AT_ONCE = 500;

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
    @inject(NODE) private readonly node: string,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Decides what of some schedules is due. One that cannot be decided is set aside and keeps none of the others. */
  async decideDue(ids: readonly string[], nowMs: number): Promise<Decided> {
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
    for (const id of ids) alone.push(await this.decideDue([id], nowMs));
    return {
      ticks: alone.flatMap(({ ticks }) => ticks),
      starting: alone.flatMap(({ starting }) => starting),
      next: alone.flatMap(({ next }) => next),
      broken: alone.flatMap(({ broken = [] }) => broken),
    };
  }

  private decideTogether(ids: readonly string[], nowMs: number): Promise<Decided> {
    return this.database.transaction(async (trx) => {
      const locked = await this.locks.lock(trx, ids);
      const entries = locked.entries.filter(({ row }) => (timeOf(row.start_ms) ?? Infinity) <= nowMs);
      const book = await this.book(trx, entries, nowMs);
      const ticks: TickRecord[] = [];
      const cursors: {
        schedule_id: string;
        due_ms: number | null;
        start_ms: number | null;
        last_due_ms: number | null;
      }[] = [];
      const ended: Entry[] = [];
      for (const entry of entries) {
        const { trigger, rules } = entry.definition;
        const { id } = entry.row;
        let due = timeOf(entry.row.due_ms);
        let last = timeOf(entry.row.last_due_ms);
        for (let times = 0; due !== undefined && times < TIMES_AT_ONCE; times += 1) {
          const startMs = startOf(id, due, rules.jitterMs);
          if (startMs > nowMs) break;
          const next = nextDue(trigger, rules, due);
          const isSuperseded = next !== undefined && startOf(id, next, rules.jitterMs) <= nowMs;
          const fromMs = last ?? previousDue(trigger, rules, due) ?? due;
          const tick = { key: timeKey(due), source: 'TIME', dueMs: due, startMs, logicalMs: due, fromMs } as const;
          ticks.push(this.judge(entry, { ...tick, isSuperseded, given: {} }, book, nowMs));
          last = due;
          due = next;
        }
        if (last === undefined && due === undefined) continue;
        const startMs = due === undefined ? null : startOf(id, due, rules.jitterMs);
        cursors.push({ schedule_id: id, due_ms: due ?? null, start_ms: startMs, last_due_ms: last ?? null });
        if (due === undefined && entry.row.state === 'ACTIVE') ended.push(entry);
      }
      const fresh = ids.length === 1 ? await withoutKnown(trx, ticks) : ticks;
      await insertRows(trx, 'scheduling_ticks', fresh.map(toTickRow));
      await updateRows(trx, 'scheduling_cursors', 'schedule_id', cursors);
      const events = fresh.filter(hasOutcome).map(tickDecided);
      for (const { row, definition } of ended) events.push(await endSchedule(trx, row, definition, nowMs));
      await this.outbox.add(trx, events);
      const specs = new Map(entries.map(({ row, definition }) => [row.id, definition.spec]));
      await noteMissed(trx, fresh, (id) => specs.get(id));
      // Those that another scheduler or a change has moved are due at another time now.
      const next = cursors.flatMap(({ schedule_id: id, start_ms: startMs }) =>
        startMs === null ? [] : [{ id, startMs }],
      );
      return { ticks: fresh, starting: fresh.filter(isStarting), next, broken: locked.unreadable };
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
    if (first === undefined) return { ticks: [], starting: [], next: [] };
    return this.database.transaction(async (trx) => {
      const found = (await trx<TickRow>('scheduling_ticks')
        .where({ live: 1, state: 'WAITING' })
        .whereIn('shard', shards as number[])
        .orderBy([{ column: 'priority', order: 'desc' }, { column: 'start_ms' }, { column: 'id' }])
        .limit(WAITING_AT_ONCE)
        .select('id', 'schedule_id')) as { id: string; schedule_id: string }[];
      if (found.length === 0) return { ticks: [], starting: [], next: [] };
      const entries = new Map(
        (await this.locks.lock(trx, [...new Set(found.map((each) => each.schedule_id))])).entries.map((entry) => [
          entry.row.id,
          entry,
        ]),
      );
      // Read again behind the locks: another scheduler may have decided them meanwhile.
      const rows = (await trx<TickRow>('scheduling_ticks')
        .whereIn(
          'id',
          found.map((each) => each.id),
        )
        .where('state', 'WAITING')
        .orderBy([{ column: 'priority', order: 'desc' }, { column: 'start_ms' }, { column: 'id' }])) as TickRow[];
      const book = await this.book(trx, [...entries.values()], nowMs);
      const ahead = new Map<string, number>();
      const changed: TickRecord[] = [];
      for (const row of rows) {
        const tick = toTickRecord(row);
        const entry = entries.get(tick.scheduleId);
        const decided = entry === undefined ? dropped(tick, nowMs) : this.judgeAgain(entry, tick, book, ahead, nowMs);
        if (decided.state !== 'WAITING' || decided.message !== tick.message) changed.push(decided);
      }
      for (const tick of changed) {
        const { id, state, reason, message, decided_ms, rules, live, request } = toTickRow(tick);
        await trx('scheduling_ticks')
          .where({ id, state: 'WAITING' })
          .update({ state, reason, message, decided_ms, rules, live, request, node: this.node });
      }
      await this.outbox.add(trx, changed.filter(hasOutcome).map(tickDecided));
      await noteMissed(trx, changed, (id) => entries.get(id)?.definition.spec);
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
    if (wishes.length === 0) return { ticks: [], starting: [], next: [] };
    const entries = new Map(
      (await this.locks.lock(trx, [...new Set(wishes.map(({ scheduleId }) => scheduleId))])).entries.map((entry) => [
        entry.row.id,
        entry,
      ]),
    );
    const ids = wishes.map(({ scheduleId, key }) => tickId(scheduleId, key));
    const known = ((await trx<TickRow>('scheduling_ticks').whereIn('id', ids)) as TickRow[]).map(toTickRecord);
    const done = new Set(known.map(({ id }) => id));
    const book = await this.book(trx, [...entries.values()], nowMs);
    const made: TickRecord[] = [];
    for (const { scheduleId, key, source, logicalMs, variables } of wishes) {
      const entry = entries.get(scheduleId);
      const id = tickId(scheduleId, key);
      if (entry === undefined || done.has(id)) continue;
      done.add(id);
      const fromMs = timeOf(entry.row.last_success_ms) ?? logicalMs;
      const tick = { key, source, dueMs: nowMs, startMs: nowMs, logicalMs, fromMs, isSuperseded: false };
      made.push(this.judge(entry, { ...tick, given: variables }, book, nowMs));
    }
    await insertRows(trx, 'scheduling_ticks', made.map(toTickRow));
    await this.outbox.add(trx, made.filter(hasOutcome).map(tickDecided));
    await noteMissed(trx, made, (id) => entries.get(id)?.definition.spec);
    return { ticks: [...known, ...made], starting: made.filter(isStarting), next: [] };
  }

  private judge(
    entry: Entry,
    tick: {
      readonly key: string;
      readonly source: TickSourceWord;
      readonly dueMs: number;
      readonly startMs: number;
      readonly logicalMs: number;
      readonly fromMs: number;
      readonly isSuperseded: boolean;
      readonly given: Readonly<Record<string, string>>;
    },
    book: FactBook,
    nowMs: number,
  ): TickRecord {
    const { row, definition } = entry;
    const { rules } = definition;
    const id = tickId(row.id, tick.key);
    const place = { id, startMs: tick.startMs, isWaiting: false, source: tick.source };
    const state = { isPaused: row.state === 'PAUSED', pauseReason: row.state_reason, isSuperseded: tick.isSuperseded };
    const facts = book.facts({ id: row.id, rules }, { ...place, ahead: 0 }, state);
    const decision = decide({ ...tick, isWaiting: false }, rules, facts);
    book.note({ id: row.id, rules }, place, decision);
    const zone = zoneOf(definition, this.definitions.zone);
    const lastSuccessMs = timeOf(row.last_success_ms);
    const variables = tickVariables(definition, zone, { ...tick, scheduleId: row.id, lastSuccessMs });
    const record: TickRecord = {
      id,
      scheduleId: row.id,
      key: tick.key,
      source: tick.source,
      shard: Number(row.shard),
      dueMs: tick.dueMs,
      startMs: tick.startMs,
      logicalMs: tick.logicalMs,
      state: 'WAITING',
      reason: '',
      message: '',
      runId: undefined,
      runState: undefined,
      pool: rules.pool,
      slots: rules.poolSlots,
      priority: rules.priority,
      scheduleVersion: Number(row.version),
      node: this.node,
      decidedMs: undefined,
      firedMs: undefined,
      endedMs: undefined,
      retries: 0,
      variables,
      rules: [],
      request: undefined,
    };
    return applied(record, decision, definition, nowMs);
  }

  private judgeAgain(
    { row, definition }: Entry,
    tick: TickRecord,
    book: FactBook,
    ahead: Map<string, number>,
    nowMs: number,
  ): TickRecord {
    const schedule = { id: row.id, rules: definition.rules };
    const place = { id: tick.id, startMs: tick.startMs, isWaiting: true, source: tick.source };
    const state = { isPaused: row.state === 'PAUSED', pauseReason: row.state_reason, isSuperseded: false };
    const before = ahead.get(row.id) ?? 0;
    const facts = book.facts(schedule, { ...place, ahead: before }, state);
    const decision = decide({ ...tick, isWaiting: true }, definition.rules, facts);
    book.note(schedule, place, decision);
    if (decision.action === 'wait') ahead.set(row.id, before + 1);
    return applied(tick, decision, definition, nowMs);
  }

  private book(trx: Knex.Transaction, entries: readonly Entry[], nowMs: number): Promise<FactBook> {
    const schedules = entries.map(({ row, definition }) => ({ id: row.id, rules: definition.rules }));
    return FactBook.read(trx, this.database, schedules, nowMs);
  }
}

function isStarting({ state }: TickRecord): boolean {
  return state === 'STARTING';
}

function hasOutcome({ state }: TickRecord): boolean {
  return state !== 'WAITING' && state !== 'STARTING';
}

const STATES = { fire: 'STARTING', wait: 'WAITING', skip: 'SKIPPED', miss: 'MISSED' } as const;

function applied(tick: TickRecord, decision: Decision, definition: Definition, nowMs: number): TickRecord {
  const { action, reason, rules, cancelsPrevious } = decision;
  return {
    ...tick,
    state: STATES[action],
    reason,
    message: decidingText(rules, 'en'),
    rules,
    decidedMs: action === 'wait' ? undefined : nowMs,
    request: action === 'fire' ? jobRequest(definition, tick, cancelsPrevious) : undefined,
  };
}

/** A tick that waited for a schedule that is gone. */
function dropped(tick: TickRecord, nowMs: number): TickRecord {
  const message = 'the schedule was deleted while the tick waited';
  return { ...tick, state: 'SKIPPED', reason: 'DELETED', message, decidedMs: nowMs };
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

/** Ticks without those that were stored before: a clock that was set back makes times due again. */
async function withoutKnown(trx: Knex.Transaction, ticks: readonly TickRecord[]): Promise<TickRecord[]> {
  const ids = ticks.map(({ id }) => id);
  const known = new Set((await trx('scheduling_ticks').whereIn('id', ids).pluck('id')) as string[]);
  return ticks.filter(({ id }) => !known.has(id));
}
