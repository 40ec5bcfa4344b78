import { quoteLiteral } from './quote.js';

const UTC = new Set(['UTC', 'Z', 'GMT', 'Etc/UTC', 'Etc/GMT', '+00:00']);
export const isUtc = (zone: string): boolean => UTC.has(zone);

/** The wall clock (TIMESTAMP) that an instant (TIMESTAMPTZ) shows in a time zone. */
export function wallClock(sql: string, zone: string): string {
  return isUtc(zone) ? `make_timestamp(epoch_us(${sql}))` : `timezone(${quoteLiteral(zone)}, ${sql})`;
}

/**
 * The instant that a wall clock means in a time zone. Where clocks go back the earlier of the two instants is meant,
 * as Java does; DuckDB takes the later.
 */
export function instantOf(sql: string, zone: string): string {
  if (isUtc(zone)) return `make_timestamptz(epoch_us(${sql}))`;
  const name = quoteLiteral(zone);
  const later = `timezone(${name}, ${sql})`;
  const hour = `(${later} - INTERVAL 1 HOUR)`;
  return `CASE WHEN timezone(${name}, ${hour}) = ${sql} THEN ${hour} ELSE ${later} END`;
}
