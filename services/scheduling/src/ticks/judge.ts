import { decide, type Decision } from '../policies/decide.js';
import { decidingText } from '../policies/words.js';
import type { Candidate, ReadSchedule } from './candidate.js';
import type { FactBook } from './fact-book.js';
import { tickId, type JobRequest, type TickRecord } from './tick-record.js';
import { jobRequest } from './variables.js';

/** Asks the rules about ticks, one after another, with the facts of one transaction. */
export class Judge {
  private readonly waitingAhead = new Map<string, number>();

  constructor(
    private readonly book: FactBook,
    private readonly node: string,
    private readonly nowMs: number,
  ) {}

  /** What becomes of a tick that is new. */
  judge({ row, definition }: ReadSchedule, candidate: Candidate, isSuperseded: boolean): TickRecord {
    const { key, source, dueMs, startMs, logicalMs, variables, request } = candidate;
    const { rules } = definition;
    const schedule = { id: row.id, rules };
    const id = tickId(row.id, key);
    const place = { id, startMs, isWaiting: false, ahead: 0, source };
    const state = { isPaused: row.state === 'PAUSED', pauseReason: row.state_reason, isSuperseded };
    const facts = this.book.facts(schedule, place, state);
    const decision = decide({ source, dueMs, startMs, isWaiting: false }, rules, facts);
    this.book.note(schedule, place, decision);
    return {
      id,
      scheduleId: row.id,
      key,
      source,
      shard: Number(row.shard),
      dueMs,
      startMs,
      logicalMs,
      ...this.outcome(decision, () => request),
      runId: undefined,
      runState: undefined,
      pool: rules.pool,
      slots: rules.poolSlots,
      priority: rules.priority,
      scheduleVersion: Number(row.version),
      node: this.node,
      firedMs: undefined,
      endedMs: undefined,
      retries: 0,
      variables,
    };
  }

  /** What becomes of a tick that has waited; those of a schedule are asked for in their order. */
  judgeAgain({ row, definition }: ReadSchedule, tick: TickRecord): TickRecord {
    const schedule = { id: row.id, rules: definition.rules };
    const place = { id: tick.id, startMs: tick.startMs, isWaiting: true, source: tick.source };
    const state = { isPaused: row.state === 'PAUSED', pauseReason: row.state_reason, isSuperseded: false };
    const ahead = this.waitingAhead.get(row.id) ?? 0;
    const facts = this.book.facts(schedule, { ...place, ahead }, state);
    const decision = decide({ ...tick, isWaiting: true }, definition.rules, facts);
    this.book.note(schedule, place, decision);
    if (decision.action === 'wait') this.waitingAhead.set(row.id, ahead + 1);
    return { ...tick, ...this.outcome(decision, () => jobRequest(definition, tick)) };
  }

  /** What becomes of a tick that waited for a schedule that is gone. */
  dropped(tick: TickRecord): TickRecord {
    const message = 'the schedule was deleted while the tick waited';
    return { ...tick, state: 'SKIPPED', reason: 'DELETED', message, decidedMs: this.nowMs };
  }

  private outcome(decision: Decision, requestOf: () => JobRequest): TickOutcome {
    const { action, reason, rules, cancelsPrevious } = decision;
    const request = action === 'fire' ? requestOf() : undefined;
    return {
      state: STATES[action],
      reason,
      message: decidingText(rules, 'en'),
      rules,
      decidedMs: action === 'wait' ? undefined : this.nowMs,
      request: request === undefined || !cancelsPrevious ? request : { ...request, cancelsPrevious },
    };
  }
}

type TickOutcome = Pick<TickRecord, 'state' | 'reason' | 'message' | 'rules' | 'decidedMs' | 'request'>;

const STATES = { fire: 'STARTING', wait: 'WAITING', skip: 'SKIPPED', miss: 'MISSED' } as const;
