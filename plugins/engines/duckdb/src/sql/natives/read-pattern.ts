import { DAYS, MONTHS, partsOf, textOf } from './pattern-parts.js';
import { daysOf } from './read-times.js';
import { instantIn, isZone, offsetOf } from './zones.js';

interface Fields {
  year?: number;
  beforeChrist?: boolean;
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
    case 'G': {
      const era = /^(?:AD|BC|Anno Domini|Before Christ|[AB])/i.exec(rest)?.[0];
      if (era !== undefined) fields.beforeChrist = /^b/i.test(era);
      return era?.length;
    }
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
  const year = fields.beforeChrist === true ? 1 - (fields.year ?? 1970) : (fields.year ?? 1970);
  let days = daysOf(year, fields.month ?? 1, fields.day ?? 1);
  if (fields.dayOfYear !== undefined && fields.month === undefined) {
    const first = daysOf(year, 1, 1) ?? 0;
    const next = daysOf(year + 1, 1, 1) ?? 0;
    days = fields.dayOfYear >= 1 && fields.dayOfYear <= next - first ? first + fields.dayOfYear - 1 : undefined;
  }
  if (days === undefined) return undefined;
  return BigInt(days) * 86_400_000_000n + BigInt(h * 3600 + m * 60 + s) * 1_000_000n + BigInt(fields.micros ?? 0);
}
