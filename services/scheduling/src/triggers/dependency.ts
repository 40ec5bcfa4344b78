import { createHash } from 'node:crypto';
import type { DependencyRules, UpstreamRules } from './trigger.js';
import { dayAt, dayText, instantOf, offsetAt, weekday, type Day } from './zone-time.js';

/** A stretch of logical time that runs have to share. */
export interface Bucket {
  /** What tells it from others, such as `2026-11-21`. */
  readonly key: string;
  /** When it begins; undefined where there is no window. */
  readonly beginMs: number | undefined;
}

/** Whether the end of a run is one that a dependency waits for. */
export function matchesEnd(upstream: UpstreamRules, end: 'SUCCEEDED' | 'FAILED' | 'CANCELLED'): boolean {
  if (upstream.on === 'any') return true;
  return upstream.on === 'success' ? end === 'SUCCEEDED' : end === 'FAILED';
}

/** The stretch in which a run counts, by its logical time. */
export function bucketOf({ window, zoneText }: DependencyRules, upstream: UpstreamRules, logicalMs: number): Bucket {
  const at = logicalMs + upstream.offsetMs;
  if (window === 'none') return { key: 'open', beginMs: undefined };
  if (window === 'hour') {
    const offset = offsetAt(zoneText, at);
    const beginMs = Math.floor((at + offset) / HOUR_MS) * HOUR_MS - offset;
    return { key: new Date(beginMs).toISOString().slice(0, 16), beginMs };
  }
  const first = firstDay(window, dayAt(zoneText, at));
  return { key: `${window[0]}${dayText(first)}`, beginMs: instantOf(zoneText, first) };
}

const HOUR_MS = 3_600_000;

function firstDay(window: 'day' | 'week' | 'month', day: Day): Day {
  if (window === 'day') return day;
  if (window === 'month') return { ...day, day: 1 };
  const monday = new Date(Date.UTC(day.year, day.month - 1, day.day - weekday(day) + 1));
  return { year: monday.getUTCFullYear(), month: monday.getUTCMonth() + 1, day: monday.getUTCDate() };
}

/** The key of a tick that follows from something else: the same cause makes the same tick. */
export function causeKey(prefix: string, cause: string): string {
  return `${prefix}${createHash('sha256').update(cause).digest('hex').slice(0, 32)}`;
}
