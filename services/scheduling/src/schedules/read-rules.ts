import { MisfirePolicy, OverlapPolicy, type Policies } from '@sluice/proto/scheduling/v1/schedule';
import { DEFAULT_RULES, type Rules } from '../policies/policies.js';
import type { Trigger } from '../triggers/trigger.js';
import { durationMs, type Duration } from './duration.js';
import type { Problems } from './problems.js';

const MISFIRES: Readonly<Partial<Record<MisfirePolicy, Rules['misfire']>>> = {
  [MisfirePolicy.MISFIRE_POLICY_SKIP]: 'skip',
  [MisfirePolicy.MISFIRE_POLICY_ALL]: 'all',
  [MisfirePolicy.MISFIRE_POLICY_WITHIN]: 'within',
};

const OVERLAPS: Readonly<Partial<Record<OverlapPolicy, Rules['overlap']>>> = {
  [OverlapPolicy.OVERLAP_POLICY_SKIP]: 'skip',
  [OverlapPolicy.OVERLAP_POLICY_QUEUE]: 'queue',
  [OverlapPolicy.OVERLAP_POLICY_CANCEL_PREVIOUS]: 'cancel-previous',
};

/** Reads the rules of a schedule, and fills in what they leave out. */
export function readRules(policies: Policies | undefined, trigger: Trigger | undefined, problems: Problems): Rules {
  // Files that are taken one after another form a queue without end: none of them may get lost.
  const isSerial = trigger?.kind === 'file' && trigger.isSerial;
  const serial = isSerial ? ({ overlap: 'queue', queueLimit: Infinity } as const) : {};
  if (policies === undefined) return { ...DEFAULT_RULES, ...serial };
  const time = (field: string, duration: Duration | undefined): number | undefined => {
    const ms = durationMs(duration);
    if (ms !== undefined && ms < 0) problems.add(`policies.${field}`, 'it is less than 0');
    return ms;
  };
  const count = (field: string, value: number, least: number): number => {
    if (value < 0) problems.add(`policies.${field}`, 'it is less than 0');
    return Math.max(least, value);
  };
  const misfire = MISFIRES[policies.misfire] ?? DEFAULT_RULES.misfire;
  const misfireWithinMs = time('misfire_within', policies.misfireWithin);
  if (misfire === 'within' && misfireWithinMs === undefined) {
    problems.add('policies.misfire_within', 'MISFIRE_POLICY_WITHIN needs it');
  }
  const startMs = policies.startTime?.getTime();
  const endMs = policies.endTime?.getTime();
  if (startMs !== undefined && endMs !== undefined && endMs <= startMs) {
    problems.add('policies.end_time', 'it is not after start_time');
  }
  const rate = policies.rateLimit;
  const perMs = time('rate_limit.per', rate?.per) ?? 0;
  if (rate !== undefined && (rate.count < 1 || perMs < 1)) {
    problems.add('policies.rate_limit', 'give a count of at least 1 and a time');
  }
  return {
    misfire,
    misfireAfterMs: time('misfire_after', policies.misfireAfter) ?? DEFAULT_RULES.misfireAfterMs,
    misfireWithinMs: misfireWithinMs ?? 0,
    overlap: OVERLAPS[policies.overlap] ?? DEFAULT_RULES.overlap,
    queueLimit: count('queue_limit', policies.queueLimit, 1),
    startMs,
    endMs,
    jitterMs: time('jitter', policies.jitter) ?? 0,
    calendars: [...new Set(policies.calendars)],
    maxLatenessMs: time('max_lateness', policies.maxLateness),
    pauseAfterFailures: count('pause_after_failures', policies.pauseAfterFailures, 0),
    pool: policies.pool,
    poolSlots: count('pool_slots', policies.poolSlots, 1),
    priority: policies.priority,
    rate: rate === undefined ? undefined : { count: rate.count, perMs },
    ...serial,
  };
}
