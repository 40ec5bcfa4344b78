import { dayAt, dayText, weekday } from '../triggers/zone-time.js';

/** A named list of days on and off. */
export interface CalendarRules {
  readonly name: string;
  /** The zone in which its days begin. */
  readonly zone: string;
  /** Days of the week that are off, 1 (Monday) to 7 (Sunday). */
  readonly weekdaysOff: readonly number[];
  /** Days that are off, as `2026-10-01`. */
  readonly daysOff: ReadonlySet<string>;
  /** Days that are on although their weekday is off. */
  readonly daysOn: ReadonlySet<string>;
}

/** Whether a calendar excludes an instant. A day that is named goes before its weekday. */
export function isOff(calendar: CalendarRules, ms: number): boolean {
  const day = dayAt(calendar.zone, ms);
  const text = dayText(day);
  if (calendar.daysOn.has(text)) return false;
  return calendar.daysOff.has(text) || calendar.weekdaysOff.includes(weekday(day));
}

/** Whether a calendar has no day on at all: all weekdays are off, and no day is on. */
export function isNeverOn(calendar: CalendarRules): boolean {
  return new Set(calendar.weekdaysOff).size === 7 && calendar.daysOn.size === 0;
}
