import type { CalendarRules } from './calendar.js';
import { isOff } from './calendar.js';
import type { Rules } from './policies.js';

/** What made a tick. */
export type TickSourceWord = 'TIME' | 'MANUAL' | 'DEPENDENCY' | 'FILE' | 'EVENT' | 'BACKFILL';

/** Why a tick did not run, or waits. */
export type DecisionReason =
  'PAUSED' | 'OUTSIDE_BOUNDS' | 'CALENDAR' | 'TOO_LATE' | 'MISFIRE' | 'OVERLAP' | 'QUEUE_FULL' | 'RATE_LIMIT' | 'POOL';

/** A tick that is to be decided. */
export interface TickToDecide {
  readonly source: TickSourceWord;
  readonly dueMs: number;
  /** When it was to start: the due time with its jitter. */
  readonly startMs: number;
  /** Whether it was found in time once and waits since. */
  readonly isWaiting: boolean;
}

/** All that a decision looks at besides the rules; whoever asks gathers it. */
export interface Facts {
  readonly nowMs: number;
  readonly isPaused: boolean;
  /** Why it is paused; empty when nobody said. */
  readonly pauseReason: string;
  /** Whether a later due time of the schedule has passed as well. */
  readonly isSuperseded: boolean;
  /** The calendars that the rules name. */
  readonly calendars: readonly CalendarRules[];
  /** Runs of the schedule that are under way or about to start. */
  readonly activeRuns: number;
  /** Ticks of the schedule that wait and come before this one. */
  readonly waitingBefore: number;
  /** Starts within the time of the rate limit. */
  readonly recentStarts: number;
  /** The pool; undefined when the rules name none, or one that is gone. */
  readonly pool: PoolFacts | undefined;
}

export interface PoolFacts {
  readonly slots: number;
  readonly taken: number;
  /** Ticks and runs that wait for it and go first. */
  readonly waitingBefore: number;
}

export type RuleName = 'state' | 'bounds' | 'calendar' | 'lateness' | 'misfire' | 'overlap' | 'rate' | 'pool';

/** What one rule said. `word` and `values` are what it says in words. */
export interface RuleResult {
  readonly rule: RuleName;
  readonly verdict: 'pass' | 'wait' | 'stop' | 'not-asked';
  readonly word: string;
  readonly values?: Readonly<Record<string, string | number>>;
}

export interface Decision {
  readonly action: 'fire' | 'wait' | 'skip' | 'miss';
  readonly reason: DecisionReason | '';
  /** Every rule in order, those too that were not asked any more. */
  readonly rules: readonly RuleResult[];
  /** Whether runs that are under way are to be cancelled first. */
  readonly cancelsPrevious: boolean;
}

type Answer = Omit<RuleResult, 'rule'> & { readonly stop?: readonly ['skip' | 'miss', DecisionReason] };
type Rule = (tick: TickToDecide, rules: Rules, facts: Facts) => Answer;

const pass = (word: string, values: RuleResult['values'] = {}): Answer => ({ verdict: 'pass', word, values });
const notAsked = (word: string): Answer => ({ verdict: 'not-asked', word });
const skip = (reason: DecisionReason, word: string, values: RuleResult['values'] = {}): Answer => {
  return { verdict: 'stop', word, values, stop: ['skip', reason] };
};
const miss = (reason: DecisionReason, word: string, values: RuleResult['values'] = {}): Answer => {
  return { verdict: 'stop', word, values, stop: ['miss', reason] };
};

/** Whether a rule concerns what made the tick: nobody who asks for a run is refused for the time of day. */
const CONCERNS: Readonly<Record<RuleName, readonly TickSourceWord[]>> = {
  state: ['TIME', 'DEPENDENCY', 'FILE', 'EVENT'],
  bounds: ['TIME', 'DEPENDENCY', 'FILE', 'EVENT'],
  calendar: ['TIME', 'DEPENDENCY', 'FILE', 'EVENT'],
  lateness: ['TIME', 'MANUAL', 'DEPENDENCY', 'FILE', 'EVENT'],
  misfire: ['TIME'],
  overlap: ['TIME', 'MANUAL', 'DEPENDENCY', 'FILE', 'EVENT'],
  rate: ['TIME', 'MANUAL', 'DEPENDENCY', 'FILE', 'EVENT'],
  pool: ['TIME', 'MANUAL', 'DEPENDENCY', 'FILE', 'EVENT', 'BACKFILL'],
};

const RULES: readonly (readonly [RuleName, Rule])[] = [
  [
    'state',
    (_tick, _rules, { isPaused, pauseReason }) =>
      isPaused ? skip('PAUSED', 'state.paused', { reason: pauseReason }) : pass('state.active'),
  ],
  [
    'bounds',
    ({ dueMs }, { startMs, endMs }) => {
      if (startMs === undefined && endMs === undefined) return notAsked('bounds.none');
      if (startMs !== undefined && dueMs < startMs) return skip('OUTSIDE_BOUNDS', 'bounds.before', { time: startMs });
      if (endMs !== undefined && dueMs >= endMs) return skip('OUTSIDE_BOUNDS', 'bounds.after', { time: endMs });
      return pass('bounds.within');
    },
  ],
  [
    'calendar',
    ({ dueMs, isWaiting }, _rules, { calendars }) => {
      if (calendars.length === 0) return notAsked('calendar.none');
      if (isWaiting) return pass('calendar.before');
      const off = calendars.find((calendar) => isOff(calendar, dueMs));
      return off === undefined ? pass('calendar.on') : skip('CALENDAR', 'calendar.off', { name: off.name });
    },
  ],
  [
    'lateness',
    ({ startMs }, { maxLatenessMs }, { nowMs }) => {
      if (maxLatenessMs === undefined) return notAsked('lateness.none');
      const values = { lateMs: Math.max(0, nowMs - startMs), limitMs: maxLatenessMs };
      return nowMs - startMs > maxLatenessMs ? miss('TOO_LATE', 'lateness.over', values) : pass('lateness.ok', values);
    },
  ],
  ['misfire', misfire],
  ['overlap', overlap],
  [
    'rate',
    (_tick, { rate }, { recentStarts }) => {
      if (rate === undefined) return notAsked('rate.none');
      const values = { starts: recentStarts, count: rate.count, perMs: rate.perMs };
      return recentStarts >= rate.count ? skip('RATE_LIMIT', 'rate.over', values) : pass('rate.ok', values);
    },
  ],
  ['pool', (_tick, { pool, poolSlots }, facts) => askPool(pool, poolSlots, facts.pool)],
];

/**
 * Decides what becomes of a tick: the one place where all rules are, for the engine, previews, explanations and
 * simulations. It looks at nothing but its arguments.
 */
export function decide(tick: TickToDecide, rules: Rules, facts: Facts): Decision {
  const results: RuleResult[] = [];
  let ended: readonly ['skip' | 'miss' | 'wait', DecisionReason] | undefined;
  for (const [rule, ask] of RULES) {
    if (ended !== undefined) results.push({ rule, verdict: 'not-asked', word: 'decided' });
    else if (!CONCERNS[rule].includes(tick.source)) results.push({ rule, verdict: 'not-asked', word: 'other-source' });
    else {
      const { stop, ...result } = ask(tick, rules, facts);
      results.push({ rule, ...result });
      if (stop !== undefined) ended = stop;
      else if (result.verdict === 'wait') ended = ['wait', rule === 'pool' ? 'POOL' : 'OVERLAP'];
    }
  }
  const cancelsPrevious = ended === undefined && rules.overlap === 'cancel-previous' && facts.activeRuns > 0;
  return { action: ended?.[0] ?? 'fire', reason: ended?.[1] ?? '', rules: results, cancelsPrevious };
}

/** Whether a pool has slots for something. What waits for them asks again. */
export function askPool(name: string, wanted: number, pool: PoolFacts | undefined): Omit<RuleResult, 'rule'> {
  if (name === '') return notAsked('pool.none');
  // A pool that is gone holds nobody back: who deletes one is refused while anything needs it.
  if (pool === undefined) return pass('pool.gone', { name });
  const values = { name, slots: pool.slots, taken: pool.taken, wanted, before: pool.waitingBefore };
  if (pool.waitingBefore > 0) return { verdict: 'wait', word: 'pool.behind', values };
  if (pool.taken + wanted > pool.slots) return { verdict: 'wait', word: 'pool.full', values };
  return pass('pool.free', values);
}

function misfire({ startMs, isWaiting }: TickToDecide, rules: Rules, { nowMs, isSuperseded }: Facts): Answer {
  const lateMs = Math.max(0, nowMs - startMs);
  const values = { lateMs, afterMs: rules.misfireAfterMs, withinMs: rules.misfireWithinMs };
  if (isWaiting) return pass('misfire.before');
  if (lateMs <= rules.misfireAfterMs) return pass('misfire.in-time', values);
  if (rules.misfire === 'skip') return miss('MISFIRE', 'misfire.skip', values);
  if (rules.misfire === 'all') return pass('misfire.all', values);
  if (rules.misfire === 'once') {
    return isSuperseded ? miss('MISFIRE', 'misfire.not-last', values) : pass('misfire.last', values);
  }
  const isLate = lateMs > rules.misfireWithinMs;
  return isLate ? miss('MISFIRE', 'misfire.not-within', values) : pass('misfire.within', values);
}

function overlap(_tick: TickToDecide, rules: Rules, { activeRuns, waitingBefore }: Facts): Answer {
  const values = { active: activeRuns, waiting: waitingBefore, limit: rules.queueLimit };
  if (rules.overlap === 'allow') return notAsked('overlap.allow');
  if (activeRuns === 0 && (waitingBefore === 0 || rules.overlap !== 'queue')) return pass('overlap.free', values);
  if (rules.overlap === 'skip') return skip('OVERLAP', 'overlap.skip', values);
  if (rules.overlap === 'cancel-previous') return pass('overlap.cancel', values);
  // `waitingBefore` are those ahead of it in the queue, so a tick that has its place keeps it.
  return waitingBefore >= rules.queueLimit
    ? skip('QUEUE_FULL', 'overlap.full', values)
    : { verdict: 'wait', word: 'overlap.wait', values };
}
