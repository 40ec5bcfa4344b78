import type { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { readDefinition } from '../schedules/definition.js';
import { idempotencyKey, timeKey, type TickRecord } from '../ticks/tick-record.js';
import { nextDue } from '../triggers/trigger.js';
import type { SimJobs, SimRun } from './sim-jobs.js';

/** What came out of a simulation. */
export interface SimReport {
  readonly seed: number;
  /** Due times that there had to be. */
  readonly expected: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly runs: number;
  /** Starts that were asked for again after a death, a lost reply, or by another scheduler. */
  readonly repeatedStarts: number;
  readonly faults: Readonly<Record<string, number>>;
  /** When the trouble ended. */
  readonly troubled: number;
  /** What is wrong; empty when nothing is. */
  readonly wrong: readonly string[];
}

interface Evidence {
  readonly ticks: readonly TickRecord[];
  readonly specs: ReadonlyMap<string, ScheduleSpec>;
  readonly jobs: SimJobs;
  readonly fromMs: number;
  /** Ticks due before this must have come to their end. */
  readonly untilMs: number;
}

/** Compares what is stored with what had to be. */
export function check({
  ticks,
  specs,
  jobs,
  fromMs,
  untilMs,
}: Evidence): Omit<SimReport, 'seed' | 'faults' | 'troubled'> {
  const wrong: string[] = [];
  const outcomes: Record<string, number> = {};
  const bySchedule = new Map<string, TickRecord[]>();
  for (const tick of ticks) bySchedule.set(tick.scheduleId, [...(bySchedule.get(tick.scheduleId) ?? []), tick]);
  let expected = 0;
  for (const [id, spec] of specs) {
    const { trigger, rules } = readDefinition(spec, { zone: 'UTC', createdMs: fromMs });
    const found = new Map((bySchedule.get(id) ?? []).map((tick) => [tick.key, tick]));
    const from = trigger.kind === 'once' ? trigger.atMs - 1 : fromMs - 1;
    for (
      let due = nextDue(trigger, rules, from);
      due !== undefined && due < untilMs;
      due = nextDue(trigger, rules, due)
    ) {
      expected += 1;
      const tick = found.get(timeKey(due));
      if (tick === undefined) wrong.push(`${spec.name}: no tick at ${new Date(due).toISOString()}`);
      else if (tick.state === 'STARTING') wrong.push(`${tick.id} never left ${tick.state}`);
      else if (tick.state !== 'FIRED' && tick.state !== 'WAITING' && tick.reason === '')
        wrong.push(`${tick.id} says no reason`);
      found.delete(timeKey(due));
    }
    for (const tick of found.values())
      if (tick.dueMs < untilMs) wrong.push(`${tick.id} is due at no time of ${spec.name}`);
    if (rules.overlap === 'skip' || rules.overlap === 'queue') {
      const own = [...jobs.runs.values()].filter((run) => run.scheduleId === id);
      wrong.push(...overlaps(own).map((text) => `${spec.name} (${rules.overlap}): ${text}`));
    }
  }
  const keys = new Map(ticks.filter((tick) => tick.request !== undefined).map((tick) => [idempotencyKey(tick), tick]));
  for (const run of jobs.runs.values()) {
    const tick = keys.get(run.key);
    if (tick === undefined || (tick.state !== 'FIRED' && tick.state !== 'STARTING'))
      wrong.push(`${run.runId} belongs to no tick that fired`);
    else if (tick.state === 'FIRED' && tick.runId !== run.runId)
      wrong.push(`${tick.id} names ${tick.runId}, not ${run.runId}`);
  }
  for (const tick of ticks) {
    if (tick.state === 'FIRED' && jobs.runs.get(idempotencyKey(tick)) === undefined)
      wrong.push(`${tick.id} fired without a run`);
    const outcome = tick.reason === '' ? tick.state : `${tick.state} ${tick.reason}`;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  const repeatedStarts = [...jobs.runs.values()].reduce((sum, run) => sum + run.asked - 1, 0);
  return { expected, outcomes, runs: jobs.runs.size, repeatedStarts, wrong };
}

/** Runs of one schedule that were under way together. */
function overlaps(runs: readonly SimRun[]): string[] {
  const sorted = [...runs].sort((a, b) => a.startedMs - b.startedMs);
  return sorted.slice(1).flatMap((run, index) => {
    const before = sorted[index] as SimRun;
    return before.endsMs > run.startedMs ? [`${before.key} and ${run.key} were under way together`] : [];
  });
}
