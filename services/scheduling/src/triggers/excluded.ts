import { isOff, type CalendarRules } from '../policies/calendar.js';
import type { Rules } from '../policies/policies.js';
import { nextDue, type Trigger } from './trigger.js';
import { dayAt, instantOf } from './zone-time.js';

/** How far ahead a day is looked for that calendars leave. */
const LOOK_MS = 2 * 366 * 86_400_000;

/** Whether calendars exclude every due time of the next two years. */
export function excludeAll(
  calendars: readonly CalendarRules[],
  trigger: Trigger,
  rules: Rules,
  afterMs: number,
): boolean {
  let hasExcluded = false;
  for (let due = nextDue(trigger, rules, afterMs); due !== undefined && due < afterMs + LOOK_MS;) {
    const time = due;
    const off = calendars.find((calendar) => isOff(calendar, time));
    if (off === undefined) return false;
    hasExcluded = true;
    // The other times of that day are off as well.
    const { year, month, day } = dayAt(off.zone, due);
    const next = new Date(Date.UTC(year, month - 1, day + 1));
    const nextDay = { year: next.getUTCFullYear(), month: next.getUTCMonth() + 1, day: next.getUTCDate() };
    due = nextDue(trigger, rules, Math.max(due, instantOf(off.zone, nextDay) - 1));
  }
  return hasExcluded;
}
