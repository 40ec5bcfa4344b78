import { DAYS, MONTHS, partsOf, textOf } from './pattern-parts.js';
import { daysOf } from './read-times.js';

/** 400 years, after which dates and days of the week are the same again, in microseconds. */
const CYCLE = 146_097n * 86_400_000_000n;
const LAST = 8_000_000_000_000_000_000n;

/** An instant, which `zone` shows as `wall`, both in microseconds, as a pattern of Java's writes it. */
export function formatTime(instant: bigint, wall: bigint, pattern: string, zone: string): string {
  // Beyond what a Date of JavaScript can hold the calendar repeats itself every 400 years.
  const cycles = wall > LAST || wall < -LAST ? wall / CYCLE : 0n;
  const near = wall - cycles * CYCLE;
  const date = new Date(Number(near >= 0n ? near / 1000n : (near - 999n) / 1000n));
  const years = Number(cycles) * 400;
  const micros = Number(((wall % 1_000_000n) + 1_000_000n) % 1_000_000n);
  const offset = Number((wall - instant) / 1_000_000n);
  const parts = partsOf(pattern);
  // Beside an era years are counted from 1, also before the first; without one Java's y is its u.
  const ofEra = parts.some((part) => 'letter' in part && part.letter === 'G');
  return parts
    .map((part) =>
      'text' in part
        ? part.text
        : formatPart(
            ofEra ? part.letter : part.letter.replace('y', 'u'),
            part.count,
            date,
            micros,
            offset,
            zone,
            years,
          ),
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
      return yearText(year > 0 ? year : 1 - year, count);
    case 'u':
      return yearText(year, count);
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

function dayOfYear(date: Date): number {
  const first = daysOf(date.getUTCFullYear(), 1, 1) ?? 0;
  return Math.floor(date.getTime() / 86_400_000) - first + 1;
}

function yearText(year: number, count: number): string {
  // Two digits have no sign, also those of a year before the first.
  if (count === 2) return twoDigits(Math.abs(year) % 100);
  const digits = String(Math.abs(year)).padStart(count, '0');
  return year < 0 ? `-${digits}` : count >= 4 && digits.length > count ? `+${digits}` : digits;
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
