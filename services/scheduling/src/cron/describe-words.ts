import type { CronItem } from './cron-item.js';

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
  unit(unit: Unit, items: readonly CronItem[]): string;
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
