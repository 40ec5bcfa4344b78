import { parsePattern, type PatternPart } from '../java-time.js';
import { daysOf } from './read-times.js';
import { instantIn, isZone, offsetOf } from './zones.js';

/** Times written and read by patterns of Java's DateTimeFormatter, in English, as Spark uses it. */

const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

const compiled = new Map<string, readonly PatternPart[]>();
function partsOf(pattern: string): readonly PatternPart[] {
  let parts = compiled.get(pattern);
  if (!parts) {
    const parsed = parsePattern(pattern);
    if (typeof parsed === 'string') throw new RangeError(`[INVALID_DATETIME_PATTERN] '${pattern}': ${parsed}`);
    parts = parsed;
    if (compiled.size > 1000) compiled.clear();
    compiled.set(pattern, parts);
  }
  return parts;
}

/** 400 years, after which dates and days of the week are the same again, in microseconds. */
const CYCLE = 146_097n * 86_400_000_000n;
const LAST = 8_000_000_000_000_000_000n;

export function formatTime(instant: bigint, wall: bigint, pattern: string, zone: string): string {
  // Beyond what a Date of JavaScript can hold the calendar repeats itself every 400 years.
  const cycles = wall > LAST || wall < -LAST ? wall / CYCLE : 0n;
  const near = wall - cycles * CYCLE;
  const date = new Date(Number(near >= 0n ? near / 1000n : (near - 999n) / 1000n));
  const years = Number(cycles) * 400;
  const micros = Number(((wall % 1_000_000n) + 1_000_000n) % 1_000_000n);
  const offset = Number((wall - instant) / 1_000_000n);
  return partsOf(pattern)
    .map((part) =>
      'text' in part ? part.text : formatPart(part.letter, part.count, date, micros, offset, zone, years),
    )
    .join('');
}

function formatPart(
  letter: string,
  count: number,
  date: Date,
  micros: number,
  offset: number,
  zone: string,
  years: number,
): string {
  const pad = (n: number): string => String(n).padStart(count, '0');
  const year = date.getUTCFullYear() + years;
  switch (letter) {
    case 'G':
      return count === 4
        ? year > 0
          ? 'Anno Domini'
          : 'Before Christ'
        : count === 5
          ? year > 0
            ? 'A'
            : 'B'
          : year > 0
            ? 'AD'
            : 'BC';
    case 'y':
    case 'u': {
      // Two digits have no sign, also those of a year before the first.
      if (count === 2) return pad(Math.abs(year) % 100);
      const digits = String(Math.abs(year)).padStart(count, '0');
      return year < 0 ? `-${digits}` : count >= 4 && digits.length > count ? `+${digits}` : digits;
    }
    case 'M':
    case 'L':
      return count < 3 ? pad(date.getUTCMonth() + 1) : textOf(MONTHS[date.getUTCMonth()] ?? '', count);
    case 'd':
      return pad(date.getUTCDate());
    case 'D':
      return pad(dayOfYear(date));
    case 'Q':
    case 'q': {
      const quarter = Math.floor(date.getUTCMonth() / 3) + 1;
      return count < 3
        ? pad(quarter)
        : count === 3
          ? `Q${quarter}`
          : `${quarter}${['st', 'nd', 'rd', 'th'][quarter - 1]} quarter`;
    }
    case 'E':
      return textOf(DAYS[date.getUTCDay()] ?? '', count);
    case 'F':
      return pad(Math.floor((date.getUTCDate() - 1) / 7) + 1);
    case 'a':
      return date.getUTCHours() < 12 ? 'AM' : 'PM';
    case 'H':
      return pad(date.getUTCHours());
    case 'k':
      return pad(date.getUTCHours() || 24);
    case 'K':
      return pad(date.getUTCHours() % 12);
    case 'h':
      return pad(date.getUTCHours() % 12 || 12);
    case 'm':
      return pad(date.getUTCMinutes());
    case 's':
      return pad(date.getUTCSeconds());
    case 'S':
      return String(micros).padStart(6, '0').padEnd(9, '0').slice(0, count);
    case 'V':
      return zone;
    case 'z':
      return count === 4 ? zoneName(zone, date, offset, 'long') : zoneName(zone, date, offset, 'short');
    case 'O':
      return localOffset(offset, count === 4);
    case 'X':
      return offset === 0 ? 'Z' : offsetText(offset, count);
    case 'x':
      return offsetText(offset, count);
    case 'Z':
      return count < 4
        ? offsetText(offset, 2)
        : count === 4
          ? localOffset(offset, true)
          : offset === 0
            ? 'Z'
            : offsetText(offset, 5);
    default:
      return '';
  }
}

const textOf = (name: string, count: number): string =>
  count >= 5 ? name.slice(0, 1) : count === 4 ? name : name.slice(0, 3);

function dayOfYear(date: Date): number {
  const first = daysOf(date.getUTCFullYear(), 1, 1) ?? 0;
  return Math.floor(date.getTime() / 86_400_000) - first + 1;
}

const twoDigits = (n: number): string => String(n).padStart(2, '0');

/** Hours, minutes and seconds of an offset, without its sign. */
function clockOf(offset: number): [number, number, number] {
  const size = Math.abs(offset);
  return [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
}

/** `+08`, `+0800`, `+08:00`; with four or five letters seconds, where an old offset has them. */
function offsetText(offset: number, count: number): string {
  const [hours, minutes, seconds] = clockOf(offset);
  const parts = [hours, ...(count > 1 || minutes > 0 ? [minutes] : []), ...(count > 3 && seconds > 0 ? [seconds] : [])];
  return (offset < 0 ? '-' : '+') + parts.map(twoDigits).join(count > 1 && count % 2 === 1 ? ':' : '');
}

/** `GMT+8`, `GMT+8:05:43`; when long, `GMT+08:00`. */
function localOffset(offset: number, isLong: boolean): string {
  if (offset === 0) return 'GMT';
  const [hours, minutes, seconds] = clockOf(offset);
  const parts = isLong || minutes > 0 || seconds > 0 ? [minutes, ...(seconds > 0 ? [seconds] : [])] : [];
  return `GMT${offset < 0 ? '-' : '+'}${isLong ? twoDigits(hours) : hours}${parts.map((part) => `:${twoDigits(part)}`).join('')}`;
}

function zoneName(zone: string, date: Date, offset: number, style: 'short' | 'long'): string {
  if (/^[+-]/.test(zone)) return zone;
  const instant = new Date(date.getTime() - offset * 1000);
  const parts = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: style }).formatToParts(instant);
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? zone;
  // JavaScript knows the short names of America alone; Java has one for most zones.
  if (/^(?:GMT|UTC)[+-]/.test(name))
    throw new RangeError(
      `[SQL_UNSUPPORTED] the name of the time zone ${zone} (the letter z) is not supported; use VV or XXX`,
    );
  return name;
}

interface Fields {
  year?: number;
  month?: number;
  day?: number;
  dayOfYear?: number;
  hour?: number;
  halfHour?: number;
  afternoon?: boolean;
  minute?: number;
  second?: number;
  micros?: number;
  zone?: string;
}

/**
 * The wall clock that a text means by a pattern, in microseconds; undefined when it does not match. Where the text names
 * a zone of its own, it is what the clocks of `zone` show then; for no zone, what the text says.
 */
export function readWall(text: string, pattern: string, zone: string): bigint | undefined {
  const fields = fieldsOf(text, pattern);
  const wall = fields && wallOf(fields);
  if (fields?.zone === undefined || wall === undefined || zone === '') return wall;
  const instant = instantIn(fields.zone, wall);
  return instant + BigInt(offsetOf(zone, Number(instant / 1000n))) * 1000n;
}

/** The instant that a text means by a pattern, in `zone` where it names none, in microseconds. */
export function readInstant(text: string, pattern: string, zone: string): bigint | undefined {
  const fields = fieldsOf(text, pattern);
  const wall = fields && wallOf(fields);
  return wall === undefined ? undefined : instantIn(fields?.zone ?? zone, wall);
}

function fieldsOf(text: string, pattern: string): Fields | undefined {
  const fields: Fields = {};
  const parts = partsOf(pattern);
  let at = 0;
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i];
    if (!part) break;
    if ('text' in part) {
      if (text.slice(at, at + part.text.length) !== part.text) return undefined;
      at += part.text.length;
      continue;
    }
    const next = parts[i + 1];
    const adjacent = next !== undefined && 'letter' in next && /[yuMLdDHkKhmsSQ]/.test(next.letter);
    const read = readPart(part.letter, part.count, text.slice(at), adjacent, fields);
    if (read === undefined) return undefined;
    at += read;
  }
  return at === text.length ? fields : undefined;
}

function readPart(letter: string, count: number, rest: string, adjacent: boolean, fields: Fields): number | undefined {
  const digits = (least: number, most: number): string | undefined =>
    new RegExp(`^\\d{${least},${most}}`).exec(rest)?.[0];
  const fixed = (most: number): string | undefined =>
    count === 1 && !adjacent ? digits(1, most) : digits(count, count);
  const number = (read: string | undefined, set: (n: number) => void): number | undefined => {
    if (read === undefined) return undefined;
    set(Number(read));
    return read.length;
  };
  switch (letter) {
    case 'y':
    case 'u': {
      if (count === 2) return number(digits(2, 2), (n) => (fields.year = 2000 + n));
      const signed = count >= 4 ? /^([+-]?)(\d+)/.exec(rest) : undefined;
      if (signed && signed[1] !== '') {
        fields.year = Number(signed[0]);
        return (signed[2] ?? '').length > count || signed[1] === '-' ? signed[0].length : undefined;
      }
      return number(adjacent || count >= 4 ? digits(count, count) : digits(count, 6), (n) => (fields.year = n));
    }
    case 'M':
    case 'L':
      if (count >= 3) return named(MONTHS, rest, count, (i) => (fields.month = i + 1));
      return number(fixed(2), (n) => (fields.month = n));
    case 'd':
      return number(fixed(2), (n) => (fields.day = n));
    case 'D':
      return number(count === 1 ? digits(1, 3) : digits(count, 3), (n) => (fields.dayOfYear = n));
    case 'E':
      return named(DAYS, rest, count, () => undefined);
    case 'G':
      return /^(?:AD|BC|Anno Domini|Before Christ|[AB])/i.exec(rest)?.[0].length;
    case 'a': {
      const half = /^(am|pm)/i.exec(rest)?.[0];
      if (half === undefined) return undefined;
      fields.afternoon = half.toLowerCase() === 'pm';
      return 2;
    }
    case 'H':
      return number(fixed(2), (n) => (fields.hour = n));
    case 'k':
      return number(fixed(2), (n) => (fields.hour = n === 24 ? 0 : n === 0 ? 99 : n));
    case 'K':
      return number(fixed(2), (n) => (fields.halfHour = n));
    case 'h':
      return number(fixed(2), (n) => (fields.halfHour = n === 12 ? 0 : n === 0 ? 99 : n));
    case 'm':
      return number(fixed(2), (n) => (fields.minute = n));
    case 's':
      return number(fixed(2), (n) => (fields.second = n));
    case 'S': {
      const read = digits(1, count);
      if (read === undefined) return undefined;
      fields.micros = Number(read.padEnd(6, '0').slice(0, 6));
      return read.length;
    }
    default:
      return readZone(letter, count, rest, fields);
  }
}

function named(
  names: readonly string[],
  rest: string,
  count: number,
  set: (index: number) => void,
): number | undefined {
  const lower = rest.toLowerCase();
  const index = names.findIndex((name) => lower.startsWith(textOf(name, count).toLowerCase()));
  if (index < 0) return undefined;
  set(index);
  return textOf(names[index] ?? '', count).length;
}

/** The short names of zones that patterns read: they mean a region, whose clocks say whether it is summer. */
const NAMED: Readonly<Record<string, string>> = {
  EST: 'America/New_York',
  EDT: 'America/New_York',
  CST: 'America/Chicago',
  CDT: 'America/Chicago',
  MST: 'America/Denver',
  MDT: 'America/Denver',
  PST: 'America/Los_Angeles',
  PDT: 'America/Los_Angeles',
};

function readZone(letter: string, count: number, rest: string, fields: Fields): number | undefined {
  const offset = (letters: number): string =>
    [
      '',
      '[+-]\\d{2}(?:\\d{2})?',
      '[+-]\\d{4}',
      '[+-]\\d{2}:\\d{2}',
      '[+-]\\d{4}(?:\\d{2})?',
      '[+-]\\d{2}:\\d{2}(?::\\d{2})?',
    ][letters] ?? '';
  const forms: Readonly<Record<string, RegExp>> = {
    X: new RegExp(`^(?:Z|${offset(count)})`),
    x: new RegExp(`^${offset(count)}`),
    Z: count < 4 ? /^[+-]\d{4}/ : count === 4 ? /^GMT(?:[+-]\d{2}:\d{2})?/ : new RegExp(`^(?:Z|${offset(5)})`),
    O: /^GMT(?:[+-]\d{1,2}(?::\d{2})?)?/,
    V: /^[A-Za-z0-9_+\-/:]+/,
    z: /^[A-Za-z0-9_+\-/:]+/,
  };
  const found = forms[letter]?.exec(rest)?.[0];
  if (found === undefined || found === '') return undefined;
  const zone = letter === 'z' ? (NAMED[found] ?? found) : found;
  if (!isZone(zone)) return undefined;
  if (letter === 'z' && /^(?!UTC$|GMT$|UT$|Z$)[A-Z]+$/.test(zone))
    throw new RangeError(`[SQL_UNSUPPORTED] the time zone ${zone} by its short name is not supported; use VV or XXX`);
  fields.zone = zone;
  return found.length;
}

function wallOf(fields: Fields): bigint | undefined {
  let hour = fields.hour;
  if (fields.halfHour !== undefined) {
    if (fields.halfHour > 11) return undefined;
    hour ??= fields.halfHour + (fields.afternoon === true ? 12 : 0);
  }
  const [h, m, s] = [hour ?? 0, fields.minute ?? 0, fields.second ?? 0];
  if (h > 23 || m > 59 || s > 59) return undefined;
  const year = fields.year ?? 1970;
  let days = daysOf(year, fields.month ?? 1, fields.day ?? 1);
  if (fields.dayOfYear !== undefined && fields.month === undefined) {
    const first = daysOf(year, 1, 1) ?? 0;
    const next = daysOf(year + 1, 1, 1) ?? 0;
    days = fields.dayOfYear >= 1 && fields.dayOfYear <= next - first ? first + fields.dayOfYear - 1 : undefined;
  }
  if (days === undefined) return undefined;
  return BigInt(days) * 86_400_000_000n + BigInt(h * 3600 + m * 60 + s) * 1_000_000n + BigInt(fields.micros ?? 0);
}
