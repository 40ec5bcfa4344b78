import type { Definition } from '../schedules/definition.js';
import { timeOf, type ShortRow } from '../schedules/schedule-record.js';
import type { TickSourceWord } from '../policies/decide.js';
import { nextDue, previousDue, startOf } from '../triggers/trigger.js';
import { timeKey, type JobRequest } from './tick-record.js';
import { jobRequest, tickVariables, zoneOf } from './variables.js';

/** A schedule as its row was read, with what it says. */
export interface ReadSchedule {
  readonly row: ShortRow;
  readonly definition: Definition;
}

/** A tick before its decision: all that follows from its schedule, and nothing that depends on when it is decided. */
export interface Candidate {
  readonly key: string;
  readonly source: TickSourceWord;
  readonly dueMs: number;
  /** The due time with its jitter. */
  readonly startMs: number;
  readonly logicalMs: number;
  readonly variables: Readonly<Record<string, string>>;
  /** What its job is started with, should it run. */
  readonly request: JobRequest;
}

/** A due time as a candidate, with the one that follows it; undefined where none does. */
export interface DueTime {
  readonly candidate: Candidate;
  readonly next: { readonly dueMs: number; readonly startMs: number } | undefined;
}

/** What a tick of a schedule has from it. `fromMs` is where the stretch of time begins whose data its run is for. */
export function candidateOf(
  { row, definition }: ReadSchedule,
  tick: Omit<Candidate, 'variables' | 'request'> & {
    readonly fromMs: number;
    readonly given: Readonly<Record<string, string>>;
  },
  platformZone: string,
): Candidate {
  const { key, source, dueMs, startMs, logicalMs } = tick;
  const context = { ...tick, scheduleId: row.id, lastSuccessMs: timeOf(row.last_success_ms) };
  const variables = tickVariables(definition, zoneOf(definition, platformZone), context);
  const request = jobRequest(definition, { scheduleId: row.id, key, variables });
  return { key, source, dueMs, startMs, logicalMs, variables, request };
}

/** A due time of a schedule, which came after another one; undefined where it is the first. */
export function dueTimeOf(
  schedule: ReadSchedule,
  dueMs: number,
  lastDueMs: number | undefined,
  platformZone: string,
): DueTime {
  const { row, definition } = schedule;
  const { trigger, rules } = definition;
  const startMs = startOf(row.id, dueMs, rules.jitterMs);
  const fromMs = lastDueMs ?? previousDue(trigger, rules, dueMs) ?? dueMs;
  const tick = { key: timeKey(dueMs), source: 'TIME', dueMs, startMs, logicalMs: dueMs, fromMs, given: {} } as const;
  const nextMs = nextDue(trigger, rules, dueMs);
  const next = nextMs === undefined ? undefined : { dueMs: nextMs, startMs: startOf(row.id, nextMs, rules.jitterMs) };
  return { candidate: candidateOf(schedule, tick, platformZone), next };
}
