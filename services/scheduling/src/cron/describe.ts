import { readExpression } from './compile.js';
import { ENGLISH } from './describe-en.js';
import { CHINESE } from './describe-zh.js';
import { isEvery, type Words } from './describe-words.js';
import type { CronExpression } from './cron-expression.js';
import type { CronItem } from './cron-item.js';

const WORDS = { en: ENGLISH, zh: CHINESE };
/** More times of a day than these are said as hours and minutes. */
const MOST_TIMES = 6;

/** Says in a sentence what an expression means, in English or Chinese; it says nothing of the zone. */
export function describeCron(expression: CronExpression, language: 'en' | 'zh'): string {
  const { text, grammar } = expression;
  const fields = readExpression(text, grammar).map((items) => items.map(asAll));
  const [seconds = [], minutes = [], hours = [], days = [], months = [], weekdays = [], years = []] = fields;
  const words = WORDS[language];
  const both = grammar === 'unix' && (days[0]?.kind === 'all' || weekdays[0]?.kind === 'all');
  return words.sentence({
    time: timeOf(words, seconds, minutes, hours),
    days: words.days(days, weekdays, both),
    months: isEvery(months) ? '' : words.months(months),
    years: isEvery(years) ? '' : words.years(years),
  });
}

/** `0/5` is the same as every 5. */
function asAll(item: CronItem, _i: number, list: readonly CronItem[]): CronItem {
  return list.length === 1 && item.kind === 'from' && item.from === 0 ? { kind: 'all', step: item.step } : item;
}

function timeOf(
  words: Words,
  seconds: readonly CronItem[],
  minutes: readonly CronItem[],
  hours: readonly CronItem[],
): string[] {
  const [s, m, h] = [valuesIn(seconds), valuesIn(minutes), valuesIn(hours)];
  if (s !== undefined && m !== undefined && h !== undefined && s.length * m.length * h.length <= MOST_TIMES) {
    const two = (n: number): string => String(n).padStart(2, '0');
    const plain = s.every((second) => second === 0);
    const times = h.flatMap((hour) =>
      m.flatMap((minute) => s.map((second) => `${two(hour)}:${two(minute)}${plain ? '' : `:${two(second)}`}`)),
    );
    return [words.times(times)];
  }
  const said: string[] = [];
  const onTheMinute = isZero(seconds);
  const onTheHour = onTheMinute && isZero(minutes);
  if (!onTheMinute) said.push(words.unit('second', seconds, false));
  if (!onTheHour && !(isEvery(minutes) && !onTheMinute)) said.push(words.unit('minute', minutes, said.length > 0));
  if (onTheHour || !isEvery(hours)) said.push(words.unit('hour', hours, said.length > 0));
  return said;
}

function isZero(items: readonly CronItem[]): boolean {
  return items.length === 1 && items[0]?.kind === 'value' && items[0].value === 0;
}

/** The values of a list that holds nothing else, in order. */
function valuesIn(items: readonly CronItem[]): number[] | undefined {
  const values = items.map((item) => (item.kind === 'value' ? item.value : -1));
  return values.includes(-1) ? undefined : [...new Set(values)].sort((a, b) => a - b);
}
