import type { Knex } from '@sluice/chassis';
import type { TickFacts } from './facts.js';

/** What a cause is made of: a tick as it is stored, its schedule, and what its end meant. */
export interface CausingTick {
  readonly scheduleId: string;
  readonly key: string;
  readonly dueMs: number;
  readonly startMs: number;
  readonly state: string;
  readonly message: string;
  readonly runId: string | undefined;
  readonly runState: string | undefined;
  readonly firedMs: number | undefined;
  readonly endedMs: number | undefined;
}

/** A schedule by name and project. */
export interface NamedSchedule {
  readonly name: string;
  readonly project: string;
}

/** What the end of a tick meant for its schedule. */
export interface EndMeaning {
  readonly failures: number;
  readonly failuresBefore: number;
  readonly isPaused: boolean;
}

/** A tick that has ended, or was missed, as targets hear of it. */
export function factsOfEnd(tick: CausingTick, { name, project }: NamedSchedule, meaning: EndMeaning): TickFacts {
  const isMissed = tick.state === 'MISSED';
  return {
    ...meaning,
    scheduleId: tick.scheduleId,
    scheduleName: name,
    project,
    tickKey: tick.key,
    dueMs: tick.dueMs,
    startMs: tick.startMs,
    isMissed,
    firedMs: tick.firedMs,
    endedMs: tick.endedMs,
    runId: tick.runId ?? '',
    end: tick.state === 'FAILED' ? 'FAILED' : (tick.runState ?? ''),
    error: tick.state === 'FAILED' || isMissed ? tick.message : '',
  };
}

/**
 * Notes, in the transaction that makes it so, what targets may hear of; the notifier deals it out. Where there is no
 * target nothing is written.
 */
export async function noteCauses(trx: Knex.Transaction, causes: readonly TickFacts[]): Promise<void> {
  if (causes.length === 0) return;
  if ((await trx('scheduling_notification_targets').first('id')) === undefined) return;
  for (let first = 0; first < causes.length; first += ROWS_AN_INSERT) {
    const rows = causes.slice(first, first + ROWS_AN_INSERT).map((facts) => ({ facts: JSON.stringify(facts) }));
    await trx('scheduling_notification_causes').insert(rows);
  }
}

/** SQLite takes so many values in one statement, and a row here has one. */
const ROWS_AN_INSERT = 500;

/** Notes ticks that were given up as too late: of each schedule the last one, as many may be missed at once. */
export function noteMissed(
  trx: Knex.Transaction,
  ticks: readonly (CausingTick & { readonly source: string })[],
  scheduleOf: (id: string) => NamedSchedule | undefined,
): Promise<void> {
  const last = new Map<string, TickFacts>();
  for (const tick of ticks) {
    const schedule = tick.state === 'MISSED' && tick.source !== 'BACKFILL' ? scheduleOf(tick.scheduleId) : undefined;
    const meaning = { failures: 0, failuresBefore: 0, isPaused: false };
    if (schedule !== undefined) last.set(tick.scheduleId, factsOfEnd(tick, schedule, meaning));
  }
  return noteCauses(trx, [...last.values()]);
}
