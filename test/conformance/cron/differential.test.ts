import { Cron } from 'croner';
import { expect, test } from 'vitest';
import { nextTime, parseCron, parseZone } from '@sluice/scheduling/cron';
import { randomCron, randomFrom } from '../../support/random-cron.js';
import { slowTimes } from '../../support/slow-cron.js';

/** The seed that a failure names; another one may be given to look further. */
const SEED = Number(process.env['SLUICE_TEST_SEED'] ?? 20_240_310);
const EXPRESSIONS = 10_000;
const DAYS = 800;
const ZONES = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Shanghai', 'Europe/Berlin', 'America/Santiago'];
/** Moments around which clocks change, where mistakes would be. */
const MOMENTS = ['2024-03-10T00:00:00Z', '2024-11-02T12:00:00Z', '2024-10-05T00:00:00Z', '2024-03-30T00:00:00Z'];

function times(text: string, grammar: 'quartz' | 'unix', zone: string, after: number, count: number): number[] {
  const expression = parseCron(text, grammar);
  const found: number[] = [];
  for (let at: Date | undefined = new Date(after); found.length < count;) {
    at = nextTime(expression, parseZone(zone), at);
    if (at === undefined) break;
    found.push(at.getTime());
  }
  return found;
}

test(
  `${EXPRESSIONS} random expressions have the times that a slow look at every day finds`,
  { timeout: 300_000 },
  () => {
    const random = randomFrom(SEED);
    let compared = 0;
    for (let i = 0; i < EXPRESSIONS; i++) {
      const grammar = random(4) === 0 ? 'unix' : 'quartz';
      const text = randomCron(random, grammar);
      const zone = ZONES[random(ZONES.length)] ?? 'UTC';
      const from = MOMENTS[random(MOMENTS.length)] ?? '';
      const after = Date.parse(from) + random(2 * 86_400) * 1000 + random(1000);
      const slow = slowTimes(text, zone, after, 5, DAYS);
      const until = after + (DAYS - 2) * 86_400_000;
      const fast = times(text, grammar, zone, after, 5).filter((time) => time < until);
      const about = `seed ${SEED}: ${grammar} '${text}' in ${zone} after ${new Date(after).toISOString()}`;
      expect(fast, about).toEqual(slow.filter((time) => time < until));
      compared += slow.length;
    }
    expect(compared).toBeGreaterThan(EXPRESSIONS * 3);
  },
);

test('croner gives the same times where it takes the expression and no clock changes', { timeout: 120_000 }, () => {
  const random = randomFrom(SEED + 1);
  const after = Date.parse('2024-02-27T22:15:30Z');
  const options = { timezone: 'UTC', mode: '6-or-7-parts', alternativeWeekdays: true, sloppyRanges: true } as const;
  let compared = 0;
  for (let i = 0; i < 2000; i++) {
    const text = randomCron(random, 'quartz');
    let croner: Cron;
    try {
      croner = new Cron(text, options);
    } catch {
      // Ranges that wrap, and some uses of L, are not in its grammar.
      continue;
    }
    const expected = croner.nextRuns(5, new Date(after)).map((time) => time.getTime());
    const limit = Date.parse('2034-01-01T00:00:00Z');
    expect(
      times(text, 'quartz', 'UTC', after, 5).filter((time) => time < limit),
      text,
    ).toEqual(expected.filter((time) => time < limit));
    compared++;
  }
  expect(compared).toBeGreaterThan(700);
});
