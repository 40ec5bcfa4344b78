import { once } from './bind.js';
import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';

const UTC = new Set(['UTC', 'Z', 'GMT', 'Etc/UTC', 'Etc/GMT', '+00:00']);
export const isUtc = (zone: string): boolean => UTC.has(zone);

/** The wall clock (TIMESTAMP) that an instant (TIMESTAMPTZ) shows in a time zone. */
export function wallClock(sql: string, zone: string): string {
  if (!isUtc(zone)) return `timezone(${quoteLiteral(zone)}, ${sql})`;
  // Back to what an instant was made of, where that is the midnight of a simple date.
  const midnight = /^make_timestamptz\(epoch_us\((CAST\([\w."]+ AS TIMESTAMP\))\)\)$/.exec(sql)?.[1];
  return midnight ?? `make_timestamp(epoch_us(${sql}))`;
}

/**
 * The instant that a wall clock means in a time zone. Where clocks go back the earlier of the two instants is meant,
 * as Java does; DuckDB takes the later.
 */
export function instantOf(sql: string, zone: string): string {
  if (isUtc(zone)) return `make_timestamptz(epoch_us(${sql}))`;
  const name = quoteLiteral(zone);
  const later = `timezone(${name}, ${sql})`;
  // By the offset of the day before, whatever clocks went back by: an hour, or four minutes when zones were made.
  const earlier = `make_timestamptz(epoch_us(timezone(${name}, ${sql} - INTERVAL 1 DAY)) + 86400000000)`;
  return `CASE WHEN timezone(${name}, ${earlier}) = ${sql} THEN ${earlier} ELSE ${later} END`;
}

/**
 * An instant moved on the clocks of a zone. Where they show the new time twice, the offset of before is kept, as by Java.
 */
export function movedInstant(scope: Scope, instant: string, zone: string, move: (wall: string) => string): string {
  return once(scope, instant, (from) => {
    const wall = wallClock(from, zone);
    return once(scope, move(wall), (moved) => {
      if (isUtc(zone)) return instantOf(moved, zone);
      const kept = `make_timestamptz(epoch_us(${moved}) - epoch_us(${wall}) + epoch_us(${from}))`;
      return `CASE WHEN ${wallClock(kept, zone)} = ${moved} THEN ${kept} ELSE ${instantOf(moved, zone)} END`;
    });
  });
}
