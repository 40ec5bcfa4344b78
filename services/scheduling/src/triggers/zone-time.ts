import { parseZone } from '../cron/index.js';

/** A calendar day, such as 2026-11-21. */
export interface Day {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

/**
 * How far a zone's clocks are ahead of UTC at an instant, in milliseconds.
 *
 * @param zone as `parseZone` takes it: an IANA name, `GMT+08:00`, `UTC+8`, `+08:00`, `UTC`
 */
export function offsetAt(zone: string, ms: number): number {
  return parseZone(zone).stretchAt(Math.floor(ms / 1000)).offset * 1000;
}

/** The day that a zone's clocks show at an instant. */
export function dayAt(zone: string, ms: number): Day {
  const local = new Date(ms + offsetAt(zone, ms));
  return { year: local.getUTCFullYear(), month: local.getUTCMonth() + 1, day: local.getUTCDate() };
}

/** A day as `2026-11-21`. */
export function dayText({ year, month, day }: Day): string {
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

/** The day of the week, 1 (Monday) to 7 (Sunday). */
export function weekday({ year, month, day }: Day): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay() || 7;
}

/** The instant at which a zone's clocks show a local time; in a gap the first instant after it. */
export function instantOf(zone: string, { year, month, day }: Day, hour = 0): number {
  const local = Date.UTC(year, month - 1, day, hour);
  const first = local - offsetAt(zone, local);
  const second = local - offsetAt(zone, first);
  if (first === second) return first;
  // The clocks change nearby: the earlier candidate that shows this time, else the end of the gap.
  const earlier = Math.min(first, second);
  return earlier + offsetAt(zone, earlier) === local ? earlier : Math.max(first, second);
}

/** A local time as `2026-11-21T13:05:00+08:00`. */
export function localText(zone: string, ms: number): string {
  const offset = offsetAt(zone, ms);
  const text = new Date(ms + offset).toISOString().slice(0, 19);
  const minutes = Math.abs(offset) / 60_000;
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0');
  return `${text}${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`;
}
