import { inject, injectable } from 'tsyringe';
import type { Database, Knex, OutgoingEvent, Outbox } from '@sluice/chassis';
import { factsOfEnd, noteCauses, type EndMeaning, type NamedSchedule } from '../notifications/causes.js';
import { Definitions } from '../schedules/definitions.js';
import { SCHEDULE_COLUMNS, timeOf, type ScheduleRow } from '../schedules/schedule-record.js';
import { scheduleChanged, tickDecided, tickEnded } from '../schedules/schedule.events.js';
import { DATABASE, OUTBOX } from '../tokens.js';
import { Arrivals, type Arrival } from './arrivals.js';
import { Decider } from './decider.js';
import { toTickRecord, type RunEnd, type TickRecord, type TickRow } from './tick-record.js';

/** How a tick's work ended: by its run, or because no run could be started. */
export type TickEnd =
  | { readonly kind: 'run'; readonly state: RunEnd; readonly endedMs: number }
  | { readonly kind: 'start'; readonly reason: string; readonly message: string; readonly isTargetGone: boolean };

/** Writes the ends of runs with all that follows from them, each in one transaction. */
@injectable()
export class RunEnds {
  constructor(
    @inject(DATABASE) private readonly database: Database,
    @inject(OUTBOX) private readonly outbox: Outbox,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(Decider) private readonly decider: Decider,
    @inject(Arrivals) private readonly arrivals: Arrivals,
  ) {}

  /** Ends a tick's work, once. Gives the ticks of other schedules that start because of it. */
  async end(tickId: string, end: TickEnd, nowMs: number): Promise<readonly TickRecord[]> {
    const { starting } = await this.database.transaction(async (trx) => {
      const tick = await this.endTick(trx, tickId, end, nowMs);
      if (tick === undefined) return { starting: [] };
      const state: RunEnd = end.kind === 'run' ? end.state : 'FAILED';
      const events: OutgoingEvent[] = end.kind === 'start' ? [tickDecided(tick)] : [];
      const isOwn = tick.source !== 'BACKFILL';
      const meant = isOwn ? await this.count(trx, tick, state, end, nowMs, events) : undefined;
      if (end.kind === 'run') events.push(tickEnded(tick, meant?.failures ?? 0));
      await this.outbox.add(trx, events);
      if (meant !== undefined) await noteCauses(trx, [factsOfEnd(tick, meant.schedule, meant)]);
      // A backfill orders what depends on it by itself.
      if (!isOwn) return { starting: [] };
      const { scheduleId, logicalMs } = tick;
      const arrival = { source: `s:${scheduleId}`, cause: tick.id, logicalMs, end: state, endedMs: nowMs };
      return this.decider.createWithin(trx, await this.arrivals.note(trx, arrival, nowMs), nowMs);
    });
    return starting;
  }

  /** Ends a tick that waits, as skipped. */
  async drop(tickId: string, reason: string, message: string, nowMs: number): Promise<void> {
    await this.database.transaction(async (trx) => {
      const change = { state: 'SKIPPED', reason, message: message.slice(0, 500), decided_ms: nowMs, live: null };
      const changed = await trx('scheduling_ticks').where({ id: tickId, state: 'WAITING' }).update(change);
      if (changed === 0) return;
      const row = (await trx<TickRow>('scheduling_ticks').where({ id: tickId }).first()) as TickRow;
      await this.outbox.add(trx, tickDecided(toTickRecord(row)));
    });
  }

  /** Tells dependencies of the end of a flow's run, whatever started it; a second time it counts for nothing. */
  async flowEnded(
    arrival: Omit<Arrival, 'source'> & { readonly flowId: string },
    nowMs: number,
  ): Promise<readonly TickRecord[]> {
    const { flowId, ...rest } = arrival;
    const source = `f:${flowId}`;
    const { knex } = this.database;
    // Most runs are waited for by nobody.
    if ((await knex('scheduling_dependencies').where({ source }).first('source')) === undefined) return [];
    const { starting } = await this.database.transaction(async (trx) => {
      const heard = await trx('scheduling_heard_runs').where({ run_id: arrival.cause }).first('run_id');
      if (heard !== undefined) return { starting: [] };
      await trx('scheduling_heard_runs').insert({ run_id: arrival.cause, at_ms: nowMs });
      return this.decider.createWithin(trx, await this.arrivals.note(trx, { source, ...rest }, nowMs), nowMs);
    });
    return starting;
  }

  private async endTick(
    trx: Knex.Transaction,
    id: string,
    end: TickEnd,
    nowMs: number,
  ): Promise<TickRecord | undefined> {
    const change =
      end.kind === 'run'
        ? { run_state: end.state, ended_ms: end.endedMs, live: null }
        : { state: 'FAILED', reason: end.reason, message: end.message.slice(0, 500), decided_ms: nowMs, live: null };
    const from = end.kind === 'run' ? { run_state: 'ACTIVE' } : { state: 'STARTING' };
    const changed = await trx('scheduling_ticks')
      .where({ id, ...from })
      .update(change);
    if (changed === 0) return undefined;
    return toTickRecord((await trx<TickRow>('scheduling_ticks').where({ id }).first()) as TickRow);
  }

  /** Counts failures in a row, and pauses or flags the schedule where that follows. */
  private async count(
    trx: Knex.Transaction,
    tick: TickRecord,
    state: RunEnd,
    end: TickEnd,
    nowMs: number,
    events: OutgoingEvent[],
  ): Promise<(EndMeaning & { readonly schedule: NamedSchedule }) | undefined> {
    const query = trx('scheduling_cursors as c')
      .join('scheduling_schedules as s', 's.id', 'c.schedule_id')
      .where('c.schedule_id', tick.scheduleId);
    if (this.database.dialect === 'mysql') void query.forUpdate();
    const row = (await query.first(...SCHEDULE_COLUMNS)) as ScheduleRow | undefined;
    if (row === undefined) return undefined;
    const before = Number(row.failures);
    const failures = state === 'FAILED' ? before + 1 : state === 'SUCCEEDED' ? 0 : before;
    const lastSuccess = Math.max(timeOf(row.last_success_ms) ?? -Infinity, tick.logicalMs);
    const success = state === 'SUCCEEDED' ? { last_success_ms: lastSuccess } : {};
    if (failures !== before || state === 'SUCCEEDED') {
      await trx('scheduling_cursors')
        .where({ schedule_id: row.id })
        .update({ failures, ...success });
    }
    if (end.kind === 'start' && end.isTargetGone) {
      await trx('scheduling_schedules')
        .where({ id: row.id })
        .update({ warning: end.message.slice(0, 500) });
    }
    const { rules, spec } = this.definitions.of(row);
    const limit = rules.pauseAfterFailures;
    const isPaused = limit > 0 && failures >= limit && state === 'FAILED' && row.state === 'ACTIVE';
    if (isPaused) {
      const reason = `${failures} run(s) failed in a row`;
      const version = Number(row.version) + 1;
      await trx('scheduling_schedules')
        .where({ id: row.id })
        .update({ state: 'PAUSED', state_reason: reason, version, updated_ms: nowMs });
      await trx('scheduling_changes').insert({
        schedule_id: row.id,
        version,
        at_ms: nowMs,
        kind: 'paused',
        reason,
        spec: row.spec,
      });
      events.push(scheduleChanged(row.id, version, 'paused', reason, spec));
    }
    return { failures, failuresBefore: before, isPaused, schedule: spec };
  }
}
