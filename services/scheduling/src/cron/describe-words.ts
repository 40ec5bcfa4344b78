import { valuesOf, type CronItem } from './cron-item.js';

/** The parts of a day that a cron expression counts. */
export type Unit = 'second' | 'minute' | 'hour';

/** What is said about an expression; a part that says nothing is left out. */
export interface Said {
  /** Seconds, minutes and hours, as far as they say something; or the times of the day. */
  readonly time: readonly string[];
  readonly days: string;
  readonly months: string;
  readonly years: string;
}

/** The words of one language. */
export interface Words {
  /** A list of times of the day, such as `10:15`. */
  times(times: readonly string[]): string;
  /** @param within whether something smaller was said before, which happens within these */
  unit(unit: Unit, items: readonly CronItem[], within: boolean): string;
  /** The days that both day fields mean; either may be all days. */
  days(days: readonly CronItem[], weekdays: readonly CronItem[], both: boolean): string;
  months(items: readonly CronItem[]): string;
  years(items: readonly CronItem[]): string;
  sentence(said: Said): string;
}

/** Whether a field holds everything, and so says nothing. */
export function isEvery(items: readonly CronItem[]): boolean {
  return items.some((item) => item.kind === 'all' && item.step === 1);
}

/** An item of a field with names: a range that is said by its ends, or the names of its values. */
export function namesOf(
  item: CronItem,
  names: readonly string[],
  to: (from: string, to: string) => string,
): readonly string[] {
  const name = (value: number): string => names[value - 1] ?? '';
  if (item.kind === 'range' && item.step === 1) return [to(name(item.from), name(item.to))];
  return valuesOf(item, { min: 1, max: names.length }).map(name);
}
