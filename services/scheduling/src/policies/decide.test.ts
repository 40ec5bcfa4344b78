import { describe, expect, test } from 'vitest';
import { decide, type Decision, type Facts, type TickToDecide } from './decide.js';
import { DEFAULT_RULES, type Rules } from './policies.js';
import { decidingText, ruleText } from './words.js';

const NOON = Date.UTC(2026, 10, 21, 12);
const TICK: TickToDecide = { source: 'TIME', dueMs: NOON, startMs: NOON, isWaiting: false };
const FACTS: Facts = {
  nowMs: NOON,
  isPaused: false,
  pauseReason: '',
  isSuperseded: false,
  calendars: [],
  activeRuns: 0,
  waitingBefore: 0,
  recentStarts: 0,
  pool: undefined,
};
const MINUTE = 60_000;

const ask = (rules: Partial<Rules>, facts: Partial<Facts> = {}, tick: Partial<TickToDecide> = {}): Decision =>
  decide({ ...TICK, ...tick }, { ...DEFAULT_RULES, ...rules }, { ...FACTS, ...facts });
const said = ({ action, reason }: Decision): string => (reason === '' ? action : `${action} ${reason}`);

describe('decisions', () => {
  test('a tick in time, with nothing against it, fires, and every rule is told', () => {
    const decision = ask({});
    expect(said(decision)).toBe('fire');
    expect(decision.rules.map(({ rule }) => rule)).toEqual([
      'state',
      'bounds',
      'calendar',
      'lateness',
      'misfire',
      'overlap',
      'rate',
      'pool',
    ]);
    for (const rule of decision.rules) {
      for (const language of ['en', 'zh'] as const) expect(ruleText(rule, language)).not.toBe(rule.word);
    }
  });

  /** Ten minutes late, with a run under way: what misfire says comes first, then overlap. */
  const PAIRS: readonly (readonly [Rules['misfire'], Rules['overlap'], isLast: string, isNotLast: string])[] = [
    ['skip', 'allow', 'miss MISFIRE', 'miss MISFIRE'],
    ['skip', 'skip', 'miss MISFIRE', 'miss MISFIRE'],
    ['skip', 'queue', 'miss MISFIRE', 'miss MISFIRE'],
    ['skip', 'cancel-previous', 'miss MISFIRE', 'miss MISFIRE'],
    ['once', 'allow', 'fire', 'miss MISFIRE'],
    ['once', 'skip', 'skip OVERLAP', 'miss MISFIRE'],
    ['once', 'queue', 'wait OVERLAP', 'miss MISFIRE'],
    ['once', 'cancel-previous', 'fire', 'miss MISFIRE'],
    ['all', 'allow', 'fire', 'fire'],
    ['all', 'skip', 'skip OVERLAP', 'skip OVERLAP'],
    ['all', 'queue', 'wait OVERLAP', 'wait OVERLAP'],
    ['all', 'cancel-previous', 'fire', 'fire'],
    ['within', 'allow', 'fire', 'fire'],
    ['within', 'skip', 'skip OVERLAP', 'skip OVERLAP'],
    ['within', 'queue', 'wait OVERLAP', 'wait OVERLAP'],
    ['within', 'cancel-previous', 'fire', 'fire'],
  ];
  test.each(PAIRS)('misfire %s with overlap %s', (misfire, overlap, isLast, isNotLast) => {
    const rules = { misfire, overlap, misfireWithinMs: 15 * MINUTE };
    const late = { nowMs: NOON + 10 * MINUTE, activeRuns: 1 };
    const last = ask(rules, late);
    expect(said(last)).toBe(isLast);
    expect(last.cancelsPrevious).toBe(overlap === 'cancel-previous' && isLast === 'fire');
    expect(said(ask(rules, { ...late, isSuperseded: true }))).toBe(isNotLast);
    // In time and alone each pair fires.
    expect(said(ask(rules))).toBe('fire');
    // Later than is allowed, only those run that do so whatever the lateness.
    const tooLate = said(ask(rules, { nowMs: NOON + 20 * MINUTE }));
    expect(tooLate).toBe(misfire === 'skip' || misfire === 'within' ? 'miss MISFIRE' : 'fire');
  });

  test('a queue takes as many as it may, and those in it keep their place', () => {
    const queue = { overlap: 'queue', queueLimit: 2 } as const;
    expect(said(ask(queue, { activeRuns: 1, waitingBefore: 1 }))).toBe('wait OVERLAP');
    expect(said(ask(queue, { activeRuns: 1, waitingBefore: 2 }))).toBe('skip QUEUE_FULL');
    expect(said(ask(queue, { activeRuns: 0, waitingBefore: 1 }))).toBe('wait OVERLAP');
    expect(said(ask(queue, { activeRuns: 1, waitingBefore: 1 }, { isWaiting: true }))).toBe('wait OVERLAP');
    expect(said(ask(queue, { nowMs: NOON + 60 * MINUTE, isSuperseded: true }, { isWaiting: true }))).toBe('fire');
  });

  test('a schedule that is paused skips its times, and says why', () => {
    const decision = ask({}, { isPaused: true, pauseReason: 'repairs' });
    expect(said(decision)).toBe('skip PAUSED');
    expect(decidingText(decision.rules, 'en')).toBe('the schedule is paused: repairs');
    expect(decidingText(decision.rules, 'zh')).toBe('调度已暂停: repairs');
    expect(decision.rules.slice(1).every(({ verdict }) => verdict === 'not-asked')).toBe(true);
    expect(said(ask({}, { isPaused: true }, { source: 'MANUAL' }))).toBe('fire');
  });

  test('no time runs before the start, or at and after the end', () => {
    expect(said(ask({ startMs: NOON + 1 }))).toBe('skip OUTSIDE_BOUNDS');
    expect(said(ask({ startMs: NOON, endMs: NOON + 1 }))).toBe('fire');
    expect(said(ask({ endMs: NOON }))).toBe('skip OUTSIDE_BOUNDS');
  });

  test('a calendar excludes days in its own zone, and a day that is on goes before its weekday', () => {
    const calendar = {
      name: 'work',
      zone: 'Asia/Shanghai',
      weekdaysOff: [6, 7],
      daysOff: new Set(['2026-10-01']),
      daysOn: new Set(['2026-10-10']),
    };
    const at = (text: string): string => {
      const dueMs = Date.parse(text);
      return said(ask({}, { calendars: [calendar], nowMs: dueMs }, { dueMs, startMs: dueMs }));
    };
    expect(at('2026-11-20T15:59:59Z')).toBe('fire'); // Friday there
    expect(at('2026-11-20T16:00:00Z')).toBe('skip CALENDAR'); // Saturday there
    expect(at('2026-10-01T04:00:00Z')).toBe('skip CALENDAR');
    expect(at('2026-10-10T04:00:00Z')).toBe('fire');
  });

  test('lateness, rates and pools hold ticks back', () => {
    expect(said(ask({ maxLatenessMs: MINUTE }, { nowMs: NOON + MINUTE }))).toBe('fire');
    expect(said(ask({ maxLatenessMs: MINUTE }, { nowMs: NOON + MINUTE + 1 }))).toBe('miss TOO_LATE');
    expect(said(ask({ rate: { count: 2, perMs: MINUTE } }, { recentStarts: 1 }))).toBe('fire');
    expect(said(ask({ rate: { count: 2, perMs: MINUTE } }, { recentStarts: 2 }))).toBe('skip RATE_LIMIT');
    const pool = { slots: 4, taken: 2, waitingBefore: 0 };
    expect(said(ask({ pool: 'p', poolSlots: 2 }, { pool }))).toBe('fire');
    expect(said(ask({ pool: 'p', poolSlots: 3 }, { pool }))).toBe('wait POOL');
    expect(said(ask({ pool: 'p' }, { pool: { ...pool, waitingBefore: 1 } }))).toBe('wait POOL');
    const backfill = { source: 'BACKFILL' } as const;
    expect(said(ask({ pool: 'p', overlap: 'skip' }, { pool, activeRuns: 3 }, backfill))).toBe('fire');
  });
});
