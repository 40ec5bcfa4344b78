import { FIRST_YEAR, LAST_YEAR, QUARTZ_FIELDS } from './cron-field.js';
import { valuesOf, type CronItem } from './cron-item.js';
import { parseQuartz } from './parse-quartz.js';
import { parseUnix } from './parse-unix.js';

/**
 * What a search needs of an expression, as bits: some hundred bytes, so that a million schedules can be held.
 * A bit's number is its value; days count from 1, weekdays from 1 (Sunday).
 */
export interface Compiled {
  /** Seconds or minutes 0-29 and 30-59. */
  readonly secondsLow: number;
  readonly secondsHigh: number;
  readonly minutesLow: number;
  readonly minutesHigh: number;
  readonly hours: number;
  readonly months: number;
  /** Plain days; 0 where the days of the week decide alone. */
  readonly days: number;
  /** Bit n: the n-th day before the last one (`L-n`). */
  readonly last: number;
  /** Bit n: the weekday nearest to that day (`L-nW`). */
  readonly lastWeekday: number;
  /** Bit n: the weekday nearest to day n (`nW`). */
  readonly nearest: number;
  /** Plain weekdays; 0 where the days of the month decide alone. */
  readonly weekdays: number;
  /** `6L`: the weekday whose last day of the month is meant, or 0. */
  readonly lastOf: number;
  /** `6#3`: the weekday and which of them, or 0. */
  readonly nthWeekday: number;
  readonly nth: number;
  /** Whether a day must be in both day fields, rather than in one of them (Unix, where one begins with `*`). */
  readonly bothDays: boolean;
  /** The years in order; undefined is every year. */
  readonly years: readonly number[] | undefined;
}

/** Reads an expression into the seven fields of Quartz, whichever grammar it is written in. */
export function readExpression(text: string, grammar: 'quartz' | 'unix'): CronItem[][] {
  if (grammar === 'quartz') return parseQuartz(text);
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = parseUnix(text);
  const onTheMinute: CronItem[] = [{ kind: 'value', value: 0 }];
  return [onTheMinute, minutes, hours, days, months, weekdays.map(fromSunday), [{ kind: 'all', step: 1 }]];
}

/** A weekday of Unix (0 and 7 are Sunday) in Quartz's count (1 is Sunday); a range to the second Sunday wraps. */
function fromSunday(item: CronItem): CronItem {
  const count = (value: number): number => (value % 7) + 1;
  if (item.kind === 'value') return { ...item, value: count(item.value) };
  if (item.kind !== 'range') return item;
  const wholeWeek = item.from === 0 && item.to === 7;
  return { ...item, from: count(item.from), to: wholeWeek ? 7 : count(item.to) };
}

/** Turns the items of an expression into bits. */
export function compile(fields: readonly (readonly CronItem[])[], grammar: 'quartz' | 'unix'): Compiled {
  const [seconds = [], minutes = [], hours = [], days = [], months = [], weekdays = [], years = []] = fields;
  const secondValues = plain(seconds, 0);
  const minuteValues = plain(minutes, 1);
  const [lastOf] = weekdays.filter((item) => item.kind === 'lastOf');
  const [nth] = weekdays.filter((item) => item.kind === 'nth');
  return {
    secondsLow: lowBits(secondValues),
    secondsHigh: highBits(secondValues),
    minutesLow: lowBits(minuteValues),
    minutesHigh: highBits(minuteValues),
    hours: bits(plain(hours, 2)),
    months: bits(plain(months, 4)),
    days: bits(plain(days, 3)),
    last: bits(days.flatMap((item) => (item.kind === 'last' && !item.weekday ? [item.offset] : []))),
    lastWeekday: bits(days.flatMap((item) => (item.kind === 'last' && item.weekday ? [item.offset] : []))),
    nearest: bits(days.flatMap((item) => (item.kind === 'nearest' ? [item.day] : []))),
    weekdays: bits(plain(weekdays, 5)),
    lastOf: lastOf?.weekday ?? 0,
    nthWeekday: nth?.weekday ?? 0,
    nth: nth?.nth ?? 0,
    bothDays: grammar === 'unix' && (days[0]?.kind === 'all' || weekdays[0]?.kind === 'all'),
    years: yearsOf(years),
  };
}

function plain(items: readonly CronItem[], field: number): number[] {
  const range = QUARTZ_FIELDS[field];
  return range === undefined ? [] : items.flatMap((item) => valuesOf(item, range));
}

function yearsOf(items: readonly CronItem[]): readonly number[] | undefined {
  if (items.some((item) => item.kind === 'all' && item.step === 1)) return undefined;
  const values = new Set(plain(items, 6).filter((year) => year >= FIRST_YEAR && year <= LAST_YEAR));
  return [...values].sort((a, b) => a - b);
}

function bits(values: readonly number[]): number {
  return values.reduce((mask, value) => mask | (1 << value), 0);
}

function lowBits(values: readonly number[]): number {
  return bits(values.filter((value) => value < 30));
}

function highBits(values: readonly number[]): number {
  return bits(values.filter((value) => value >= 30).map((value) => value - 30));
}
