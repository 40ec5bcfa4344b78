import { LAST_YEAR } from './cron-field.js';
import type { Compiled } from './compile.js';
import { dayNumber, daysInMonth, toCivil, weekdayOf } from './civil.js';

const DAY = 86_400;

/**
 * The first local time at or after `from` that an expression names, both as seconds since 1970-01-01T00:00 on the
 * clock of the zone; undefined where there is none until the last year. The search is bounded: by months, at most a
 * few thousand steps.
 */
export function nextLocal(expression: Compiled, from: number): number | undefined {
  const start = Math.max(from, 0);
  const today = Math.floor(start / DAY);
  const rest = nextSecondOfDay(expression, start - today * DAY);
  const day = nextDay(expression, rest < 0 ? today + 1 : today);
  if (day === undefined) return undefined;
  return day * DAY + (day === today ? rest : nextSecondOfDay(expression, 0));
}

/** The first second of a day at or after `from`, or -1. */
function nextSecondOfDay(e: Compiled, from: number): number {
  const hour = Math.floor(from / 3600);
  const minute = Math.floor(from / 60) % 60;
  if ((e.hours & (1 << hour)) !== 0) {
    if (hasBit(e.minutesLow, e.minutesHigh, minute)) {
      const second = nextBit60(e.secondsLow, e.secondsHigh, from % 60);
      if (second >= 0) return hour * 3600 + minute * 60 + second;
    }
    const later = nextBit60(e.minutesLow, e.minutesHigh, minute + 1);
    if (later >= 0) return hour * 3600 + later * 60 + nextBit60(e.secondsLow, e.secondsHigh, 0);
  }
  const laterHour = hour >= 23 ? -1 : nextBit(e.hours, hour + 1);
  if (laterHour < 0) return -1;
  return laterHour * 3600 + nextBit60(e.minutesLow, e.minutesHigh, 0) * 60 + nextBit60(e.secondsLow, e.secondsHigh, 0);
}

function nextDay(e: Compiled, from: number): number | undefined {
  let { year, month, day } = toCivil(from);
  for (;;) {
    const allowed = nextYear(e.years, year);
    if (allowed === undefined || allowed > LAST_YEAR) return undefined;
    if (allowed > year) [year, month, day] = [allowed, 1, 1];
    const allowedMonth = nextBit(e.months, month);
    if (allowedMonth < 0) {
      [year, month, day] = [year + 1, 1, 1];
      continue;
    }
    if (allowedMonth > month) [month, day] = [allowedMonth, 1];
    const found = nextBit(daysOf(e, year, month), day);
    if (found >= 0) return dayNumber(year, month, found);
    [month, day] = [month + 1, 1];
    if (month > 12) [year, month] = [year + 1, 1];
  }
}

function nextYear(years: readonly number[] | undefined, from: number): number | undefined {
  return years === undefined ? from : years.find((year) => year >= from);
}

/** The days of one month that an expression names, as bits 1 to 31. */
function daysOf(e: Compiled, year: number, month: number): number {
  const length = daysInMonth(year, month);
  const first = weekdayOf(dayNumber(year, month, 1));
  const inMonth = length === 31 ? -2 : (1 << (length + 1)) - 2;
  let byDay = e.days;
  for (let n = 0, rest = e.last; rest !== 0; n++, rest >>>= 1) {
    if ((rest & 1) !== 0 && length - n >= 1) byDay |= 1 << (length - n);
  }
  for (let n = 0, rest = e.lastWeekday; rest !== 0; n++, rest >>>= 1) {
    if ((rest & 1) !== 0 && length - n >= 1) byDay |= 1 << nearestWeekday(length - n, first, length);
  }
  for (let n = 0, rest = e.nearest; rest !== 0; n++, rest >>>= 1) {
    if ((rest & 1) !== 0 && n <= length) byDay |= 1 << nearestWeekday(n, first, length);
  }
  const byWeekday = weekdaysOf(e, first, length);
  return (e.bothDays ? byDay & byWeekday : byDay | byWeekday) & inMonth;
}

function weekdaysOf(e: Compiled, first: number, length: number): number {
  let days = 0;
  for (let weekday = 1, rest = e.weekdays >>> 1; rest !== 0; weekday++, rest >>>= 1) {
    if ((rest & 1) === 0) continue;
    for (let day = 1 + ((weekday - first + 7) % 7); day <= length; day += 7) days |= 1 << day;
  }
  if (e.lastOf !== 0) {
    const day = 1 + ((e.lastOf - first + 7) % 7);
    days |= 1 << (day + 7 * Math.floor((length - day) / 7));
  }
  if (e.nthWeekday !== 0) {
    const day = 1 + ((e.nthWeekday - first + 7) % 7) + 7 * (e.nth - 1);
    if (day <= length) days |= 1 << day;
  }
  return days;
}

/** The day from Monday to Friday that is nearest to a day, without leaving its month. */
function nearestWeekday(day: number, first: number, length: number): number {
  const weekday = ((first + day - 2) % 7) + 1;
  if (weekday === 7) return day > 1 ? day - 1 : day + 2;
  if (weekday === 1) return day < length ? day + 1 : day - 2;
  return day;
}

/** The lowest bit at or above `from`, or -1. */
function nextBit(mask: number, from: number): number {
  if (from > 31) return -1;
  const rest = (mask >>> from) << from;
  return rest === 0 ? -1 : 31 - Math.clz32(rest & -rest);
}

function nextBit60(low: number, high: number, from: number): number {
  if (from < 30) {
    const found = nextBit(low, from);
    if (found >= 0) return found;
  }
  const found = nextBit(high, Math.max(from - 30, 0));
  return found < 0 ? -1 : found + 30;
}

function hasBit(low: number, high: number, value: number): boolean {
  return ((value < 30 ? low >>> value : high >>> (value - 30)) & 1) !== 0;
}
