import { daysOf } from './read-times.js';
import { instantIn, isZone, offsetOf } from './zones.js';

const DAY = 86_400_000_000n;

const floorDiv = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b));

interface Split {
  readonly months: number;
  readonly day: number;
  readonly last: boolean;
  readonly micros: bigint;
}

function split(wall: bigint): Split {
  const days = floorDiv(wall, DAY);
  const date = new Date(Number(days) * 86_400_000);
  const tomorrow = new Date(Number(days + 1n) * 86_400_000);
  return {
    months: date.getUTCFullYear() * 12 + date.getUTCMonth(),
    day: date.getUTCDate(),
    last: tomorrow.getUTCDate() === 1,
    micros: wall - days * DAY,
  };
}

/** The months between two wall clocks: a month has 31 days for what is left, unless both are the same or last day. */
export function monthsBetween(first: bigint, second: bigint, round: boolean): number {
  const [a, b] = [split(first), split(second)];
  const months = a.months - b.months;
  if (a.day === b.day || (a.last && b.last)) return months;
  const seconds = (a.day - b.day) * 86_400 + Number(a.micros / 1_000_000n - b.micros / 1_000_000n);
  const difference = months + seconds / (31 * 86_400);
  return round ? Math.round(difference * 1e8) / 1e8 : difference;
}

/** The whole months from one wall clock to another. */
export function wholeMonths(start: bigint, end: bigint): bigint {
  const [a, b] = [split(start), split(end)];
  const days = floorDiv(end, DAY) - floorDiv(start, DAY);
  // A last day that is not over does not count.
  const last =
    days > 0n && b.micros < a.micros ? split(end - DAY) : days < 0n && b.micros > a.micros ? split(end + DAY) : b;
  return BigInt(Math.trunc(((last.months - a.months) * 32 + last.day - a.day) / 32));
}

const WEEKDAYS: Readonly<Record<string, number>> = {
  SU: 0,
  SUN: 0,
  SUNDAY: 0,
  MO: 1,
  MON: 1,
  MONDAY: 1,
  TU: 2,
  TUE: 2,
  TUESDAY: 2,
  WE: 3,
  WED: 3,
  WEDNESDAY: 3,
  TH: 4,
  THU: 4,
  THURSDAY: 4,
  FR: 5,
  FRI: 5,
  FRIDAY: 5,
  SA: 6,
  SAT: 6,
  SATURDAY: 6,
};

/** The first date after `days` on a day of the week. */
export function nextDay(days: number, name: string): number | null {
  const wanted = WEEKDAYS[name.trim().toUpperCase()];
  if (wanted === undefined) return null;
  const weekday = (((days + 4) % 7) + 7) % 7;
  return days + ((wanted - weekday + 6) % 7) + 1;
}

export const makeDate = (year: number, month: number, day: number): number | undefined => daysOf(year, month, day);

/** A wall clock from its parts; a second of exactly 60 is the next minute. Undefined for what is no time. */
export function makeWall(
  year: number,
  month: number,
  day: number,
  hour: number,
  minute: number,
  seconds: string,
): bigint | undefined {
  const days = daysOf(year, month, day);
  const micros = BigInt(Math.round(Number(seconds) * 1e6));
  if (days === undefined || hour < 0 || hour > 23 || minute < 0 || minute > 59 || micros < 0n || micros > 60_000_000n)
    return undefined;
  return BigInt(days) * DAY + BigInt(hour * 60 + minute) * 60_000_000n + micros;
}

function known(zone: string): string {
  if (!isZone(zone)) throw new RangeError(`[INVALID_TIMEZONE] '${zone}' is no time zone`);
  return zone;
}

/** The instant that a wall clock means in a zone. */
export const instantOfZone = (wall: bigint, zone: string): bigint => instantIn(known(zone), wall);

/** The wall clock of an instant in a zone. */
export const wallOfZone = (instant: bigint, zone: string): bigint =>
  instant + BigInt(offsetOf(known(zone), Number(floorDiv(instant, 1000n)))) * 1000n;

/** A day as Java shows it whose year has no four digits, or is before the first: `+10000-01-01`, `-0001-12-31`. */
export function farDate(days: number): string {
  const cycle = 146_097;
  // A Date of JavaScript holds no such days; the calendar repeats itself every 400 years.
  const cycles = Math.trunc(days / cycle);
  const date = new Date((days - cycles * cycle) * 86_400_000);
  const year = date.getUTCFullYear() + cycles * 400;
  const sign = year > 9999 ? '+' : year < 0 ? '-' : '';
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${sign}${String(Math.abs(year)).padStart(4, '0')}-${two(date.getUTCMonth() + 1)}-${two(date.getUTCDate())}`;
}
