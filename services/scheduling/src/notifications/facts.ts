/** The kinds of things that targets hear of. */
export const NOTICE_EVENTS = ['FAILURE', 'RECOVERY', 'LATE', 'LONG_RUN'] as const;
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** What is known of a tick that targets may hear of. Times are in epoch milliseconds. */
export interface TickFacts {
  readonly scheduleId: string;
  readonly scheduleName: string;
  readonly project: string;
  readonly tickKey: string;
  readonly dueMs: number;
  /** When it was to start: the due time with its jitter. */
  readonly startMs: number;
  /** Whether it was given up as too late. */
  readonly isMissed: boolean;
  readonly firedMs: number | undefined;
  readonly endedMs: number | undefined;
  /** Empty for none. */
  readonly runId: string;
  /** SUCCEEDED, FAILED or CANCELLED; empty for what has not ended or was not started. */
  readonly end: string;
  /** What went wrong, in words; empty when nothing did or it is not known. */
  readonly error: string;
  /** How many runs failed in a row, with this one. */
  readonly failures: number;
  /** How many had failed in a row before it. */
  readonly failuresBefore: number;
  /** Whether the schedule was paused because of them. */
  readonly isPaused: boolean;
}

/** Which schedules a target hears of, and from when on something is late or long. */
export interface Interest {
  readonly scheduleId: string | undefined;
  readonly project: string | undefined;
  readonly events: readonly NoticeEvent[];
  readonly lateMs: number;
  readonly longMs: number;
}

/** What a target with this interest hears of a tick as it is at `nowMs`. */
export function noticesOf(facts: TickFacts, interest: Interest, nowMs: number): NoticeEvent[] {
  if (interest.scheduleId !== undefined && interest.scheduleId !== facts.scheduleId) return [];
  if (interest.project !== undefined && interest.project !== facts.project) return [];
  const late = facts.isMissed || (facts.firedMs ?? facts.endedMs ?? nowMs) - facts.startMs >= interest.lateMs;
  const happened: Readonly<Record<NoticeEvent, boolean>> = {
    FAILURE: facts.end === 'FAILED',
    RECOVERY: facts.end === 'SUCCEEDED' && facts.failuresBefore > 0,
    LATE: late,
    LONG_RUN: facts.firedMs !== undefined && (facts.endedMs ?? nowMs) - facts.firedMs >= interest.longMs,
  };
  return NOTICE_EVENTS.filter((event) => happened[event] && interest.events.includes(event));
}
