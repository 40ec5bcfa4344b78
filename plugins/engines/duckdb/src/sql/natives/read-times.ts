import { instantIn, isZone, offsetOf } from './zones.js';

/** Dates and times in texts as Spark's casts read them. */

const DAY = 86_400_000;

/** The days since 1970-01-01 of a valid date of the proleptic calendar. */
export function daysOf(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > 31) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCMonth() === month - 1 ? Math.round(date.getTime() / DAY) : undefined;
}

// eslint-disable-next-line no-control-regex -- Spark trims control characters
const trim = (text: string): string => text.replace(/^[\x00-\x20\x7f]+|[\x00-\x20\x7f]+$/g, '');

/** `2020`, `2020-1`, `2020-01-02`, each followed by nothing, or the last by a blank or `T` and anything. */
export function parseDate(text: string): number | undefined {
  const match = /^([+-]?\d{4,7})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T].*)?)?)?$/s.exec(trim(text));
  if (!match) return undefined;
  return daysOf(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1));
}

interface Parts {
  readonly days: number | undefined;
  readonly micros: bigint;
  readonly zone: string | undefined;
}

const TIMESTAMP =
  /^(?:([+-]?\d{4,6})(?:-(\d{1,2})(?:-(\d{1,2})(?:[ T](\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?\s*(.*))?)?)?)$/s;
const TIME_ONLY = /^T?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d*))?)?\s*(.*)$/s;

function split(text: string): Parts | undefined {
  const trimmed = trim(text);
  const match = TIMESTAMP.exec(trimmed);
  const time = match ? undefined : TIME_ONLY.exec(trimmed);
  if (!match && !time) return undefined;
  const [hour, minute, second, fraction, zone] = match ? match.slice(4, 9) : (time?.slice(1, 6) ?? []);
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined;
  const days = match ? daysOf(Number(match[1]), Number(match[2] ?? 1), Number(match[3] ?? 1)) : undefined;
  if (match && days === undefined) return undefined;
  const seconds = Number(hour ?? 0) * 3600 + Number(minute ?? 0) * 60 + Number(second ?? 0);
  const micros = BigInt(seconds) * 1_000_000n + BigInt((fraction ?? '').slice(0, 6).padEnd(6, '0'));
  return { days, micros, zone: zone === undefined || zone === '' ? undefined : zone };
}

/** A zone as it stands behind a time: `Z`, `+8`, `+08:00`, `UTC+8`, `Asia/Shanghai`. */
function zoneOf(text: string): string | undefined {
  const zone = text.trim();
  const lenient = /^([+-]\d{1,2}):(\d)$/.exec(zone);
  const normal = lenient ? `${lenient[1]}:0${lenient[2]}` : zone;
  return isZone(normal) ? normal : undefined;
}

/** The instant in microseconds that a text means, in `zone` where it names none. Undefined when it means none. */
export function parseInstant(text: string, zone: string): bigint | undefined {
  const parts = split(text);
  if (!parts) return undefined;
  const own = parts.zone === undefined ? zone : zoneOf(parts.zone);
  if (own === undefined) return undefined;
  // A time alone means today.
  const days = parts.days ?? Math.floor((Date.now() + offsetOf(own, Date.now())) / DAY);
  return instantIn(own, BigInt(days) * 86_400_000_000n + parts.micros);
}

/** The wall clock in microseconds that a text means; a zone in it does not count. */
export function parseWall(text: string): bigint | undefined {
  const parts = split(text);
  if (!parts || parts.days === undefined) return undefined;
  if (parts.zone !== undefined && zoneOf(parts.zone) === undefined) return undefined;
  return BigInt(parts.days) * 86_400_000_000n + parts.micros;
}
