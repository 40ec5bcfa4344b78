import { inject, injectable } from 'tsyringe';
import type { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { CalendarStore } from '../calendars/calendar.store.js';
import type { Clock } from '../engine/clock.js';
import { decide, type Decision, type Facts } from '../policies/decide.js';
import { zoneOf } from '../ticks/variables.js';
import { CLOCK } from '../tokens.js';
import { isTimed, nextDue, startOf } from '../triggers/trigger.js';
import { readDefinition, type Definition } from './definition.js';
import { Definitions } from './definitions.js';
import type { ScheduleRecord } from './schedule-record.js';

/** What would become of one due time. */
export interface Foreseen {
  readonly dueMs: number;
  readonly startMs: number;
  readonly decision: Decision;
}

export interface Forecast {
  readonly ticks: readonly Foreseen[];
  readonly end: 'more' | 'no-times' | 'over';
  /** The schedule's own time zone; empty when it has none. */
  readonly zone: string;
}

/** Says what schedules will do, by the same decisions that will make them do it. */
@injectable()
export class Preview {
  constructor(
    @inject(CalendarStore) private readonly calendars: CalendarStore,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The next due times of a schedule that is kept, or of one that is not. */
  async of(subject: ScheduleRecord | ScheduleSpec, afterMs: number | undefined, count: number): Promise<Forecast> {
    const isKept = 'createdMs' in subject;
    const nowMs = this.clock.now();
    const spec = isKept ? subject.spec : subject;
    const createdMs = isKept ? subject.createdMs : nowMs;
    const definition = readDefinition(spec, { zone: this.definitions.zone, createdMs });
    const { trigger, rules } = definition;
    const zone = zoneOf(definition, '');
    if (!isTimed(trigger)) return { ticks: [], end: 'no-times', zone };
    const id = isKept ? subject.id : '';
    const state = {
      isPaused: isKept && subject.state === 'PAUSED',
      pauseReason: isKept ? subject.stateReason : '',
    };
    const ticks: Foreseen[] = [];
    const start = trigger.kind === 'once' && afterMs === undefined ? trigger.atMs - 1 : (afterMs ?? nowMs);
    for (let due = nextDue(trigger, rules, start); due !== undefined; due = nextDue(trigger, rules, due)) {
      if (ticks.length === count) return { ticks, end: 'more', zone };
      ticks.push(await this.foresee(id, definition, due, state));
    }
    return { ticks, end: 'over', zone };
  }

  /** What would become of one due time if nothing else were under way when it starts. */
  async foresee(
    id: string,
    { rules }: Definition,
    dueMs: number,
    state: Pick<Facts, 'isPaused' | 'pauseReason'>,
  ): Promise<Foreseen> {
    const startMs = startOf(id, dueMs, rules.jitterMs);
    const calendars = [...(await this.calendars.rules(rules.calendars)).values()];
    const tick = { source: 'TIME', dueMs, startMs, isWaiting: false } as const;
    const facts = { ...state, nowMs: startMs, calendars, isSuperseded: false };
    const quiet = { activeRuns: 0, waitingBefore: 0, recentStarts: 0, pool: undefined };
    return { dueMs, startMs, decision: decide(tick, rules, { ...facts, ...quiet }) };
  }
}
