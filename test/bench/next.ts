import { Cron } from 'croner';
import { nextTime, parseCron, parseZone } from '@sluice/scheduling/cron';
import { randomCron, randomFrom } from '../support/random-cron.js';
import { median, percentile, type Bench } from './figure.js';

const EXPRESSIONS = 10_000;
const TIMES = 10;
const ZONES = ['UTC', 'Asia/Shanghai', 'America/New_York', 'Europe/Berlin', 'GMT+08:00'];

interface Question {
  readonly text: string;
  readonly grammar: 'quartz' | 'unix';
  readonly zone: string;
  readonly after: Date;
}

/** What it costs to find the next times of cron expressions. */
export const bench: Bench = {
  name: 'next',
  about: `the next ${TIMES} times of ${EXPRESSIONS} mixed expressions in ${ZONES.length} zones, within a year of 2026`,
  run() {
    const random = randomFrom(2026);
    const questions = Array.from({ length: EXPRESSIONS }, (): Question => {
      const grammar = random(5) === 0 ? 'unix' : 'quartz';
      const after = new Date(Date.UTC(2026, 0, 1) + random(365 * 86_400) * 1000);
      return { text: randomCron(random, grammar), grammar, zone: ZONES[random(ZONES.length)] ?? 'UTC', after };
    });
    const cold = rate(EXPRESSIONS, () => answer(questions, read(questions)));
    const kept = read(questions);
    const warm = Array.from({ length: 5 }, () => rate(EXPRESSIONS, () => answer(questions, kept)));
    const parse = Array.from({ length: 5 }, () => rate(EXPRESSIONS, () => read(questions)));
    const never = ['0 0 0 30 2 ?', '0 0 0 31 4,6,9,11 ?', '0 0 0 L-30W 2 ?', '0 0 0 29 2 ? 2025'].map((text) => {
      const expression = parseCron(text, 'quartz');
      const began = performance.now();
      nextTime(expression, parseZone('Asia/Shanghai'), new Date());
      return performance.now() - began;
    });
    return Promise.resolve([
      { figure: `next ${TIMES} times, expressions kept`, value: median(warm), unit: 'a second', target: '>= 20000' },
      { figure: `next ${TIMES} times, read and asked once, cold`, value: cold, unit: 'a second', target: '' },
      { figure: 'expressions read', value: median(parse), unit: 'a second', target: '' },
      { figure: 'an expression that never comes, slowest', value: percentile(never, 1), unit: 'ms', target: '<= 50' },
      {
        figure: `next ${TIMES} times by croner, objects kept`,
        value: byCroner(questions),
        unit: 'a second',
        target: '',
      },
    ]);
  },
};

function read(questions: readonly Question[]): ReturnType<typeof parseCron>[] {
  return questions.map(({ text, grammar }) => parseCron(text, grammar));
}

function answer(questions: readonly Question[], expressions: readonly ReturnType<typeof parseCron>[]): void {
  questions.forEach(({ zone, after }, i) => {
    const expression = expressions[i];
    if (expression === undefined) return;
    for (let n = 0, at: Date | undefined = after; n < TIMES && at !== undefined; n++) {
      at = nextTime(expression, parseZone(zone), at);
    }
  });
}

/** A sample of what croner takes, as it holds 83 kB for each expression. */
function byCroner(questions: readonly Question[]): number {
  const sample = questions.filter(({ zone, grammar }) => zone.includes('/') && grammar === 'quartz').slice(0, 500);
  const kept = sample.flatMap(({ text, zone, after }) => {
    try {
      return [{ cron: new Cron(text, { timezone: zone, alternativeWeekdays: true, sloppyRanges: true }), after }];
    } catch {
      return [];
    }
  });
  return rate(kept.length, () => {
    for (const { cron, after } of kept) cron.nextRuns(TIMES, after);
  });
}

function rate(count: number, work: () => void): number {
  const began = performance.now();
  work();
  return (count * 1000) / (performance.now() - began);
}
