import type { CronItem } from './cron-item.js';
import { isEvery, namesOf, type Unit, type Words } from './describe-words.js';

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const ORDINALS = ['first', 'second', 'third', 'fourth', 'fifth'];

/** What an expression means, in English. */
export const ENGLISH: Words = {
  times: (times) => `at ${list(times)}`,
  unit: unitPhrase,
  days: (days, weekdays, both) => {
    const byDay = isEvery(days) || days[0]?.kind === 'none' ? '' : list(days.map(dayPhrase));
    const byWeekday = isEvery(weekdays) || weekdays[0]?.kind === 'none' ? '' : weekdaysPhrase(weekdays);
    if (byDay !== '' && byWeekday !== '') return `${byDay} ${both ? 'if it is also' : 'and also'} ${byWeekday}`;
    return byDay || byWeekday || 'every day';
  },
  months: (items) => `in ${list(items.flatMap((item) => namesOf(item, MONTHS, (from, to) => `${from} to ${to}`)))}`,
  years: (items) => list(items.map(yearPhrase)),
  sentence: ({ time, days, months, years }) => {
    const text = [...time, days, months, years].filter((part) => part !== '').join(', ');
    return text.charAt(0).toUpperCase() + text.slice(1);
  },
};

function unitPhrase(unit: Unit, items: readonly CronItem[], within: boolean): string {
  const values = items.flatMap((item) => (item.kind === 'value' ? [String(item.value)] : []));
  const at =
    values.length === 0 ? [] : [`${within ? 'in' : 'at'} ${unit}${values.length > 1 ? 's' : ''} ${list(values)}`];
  const rest = items.flatMap((item) => {
    if (item.kind === 'all') return [within ? `in ${every(item.step, unit)}` : every(item.step, unit)];
    if (item.kind === 'from') return [`${every(item.step, unit)} from ${unit} ${item.from}`];
    if (item.kind !== 'range') return [];
    if (within && item.step === 1) return [`in ${unit}s ${item.from} to ${item.to}`];
    return [`${every(item.step, unit)} from ${unit} ${item.from} to ${item.to}`];
  });
  return list([...at, ...rest]);
}

function dayPhrase(item: CronItem): string {
  switch (item.kind) {
    case 'value':
      return `on day ${item.value} of the month`;
    case 'range':
      return `${item.step === 1 ? 'on' : `${every(item.step, 'day')} from`} day ${item.from} to ${item.to} of the month`;
    case 'from':
      return `${every(item.step, 'day')} from day ${item.from} of the month`;
    case 'all':
      return `${every(item.step, 'day')} from day 1 of the month`;
    case 'last': {
      const day =
        item.offset === 0
          ? 'the last day of the month'
          : `the day ${count(item.offset, 'day')} before the last of the month`;
      if (!item.weekday) return `on ${day}`;
      return item.offset === 0 ? 'on the last working day of the month' : `on the working day nearest to ${day}`;
    }
    case 'nearest':
      return `on the working day nearest to day ${item.day} of the month`;
    default:
      return '';
  }
}

function weekdaysPhrase(items: readonly CronItem[]): string {
  const [first] = items;
  if (first?.kind === 'lastOf') return `on the last ${WEEKDAYS[first.weekday - 1]} of the month`;
  if (first?.kind === 'nth') return `on the ${ORDINALS[first.nth - 1]} ${WEEKDAYS[first.weekday - 1]} of the month`;
  return `on ${list(items.flatMap((item) => namesOf(item, WEEKDAYS, (from, to) => `${from} to ${to}`)))}`;
}

function yearPhrase(item: CronItem): string {
  if (item.kind === 'value') return `in ${item.value}`;
  if (item.kind === 'range' && item.step === 1) return `from ${item.from} to ${item.to}`;
  if (item.kind === 'range') return `${every(item.step, 'year')} from ${item.from} to ${item.to}`;
  if (item.kind === 'from') return `${every(item.step, 'year')} from ${item.from}`;
  return item.kind === 'all' ? `${every(item.step, 'year')} from 1970` : '';
}

function every(step: number, unit: string): string {
  return step === 1 ? `every ${unit}` : `every ${count(step, unit)}`;
}

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}

function list(parts: readonly string[]): string {
  if (parts.length < 2) return parts[0] ?? '';
  return `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`;
}
