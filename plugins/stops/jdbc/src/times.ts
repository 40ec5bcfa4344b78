/** Dates and times between the texts of databases and the engine's numbers. */

const DAY_MS = 86_400_000;

/** The days of the months of a year that is no leap year. */
const MONTH_DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Days since 1970-01-01 of a date of the years 1 to 9999; undefined for what is none, such as February 30th. */
export function dayNumber(year: number, month: number, day: number): number | undefined {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return undefined;
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (!(day <= (month === 2 && isLeap ? 29 : (MONTH_DAYS[month - 1] as number)))) return undefined;
  // The days of a calendar that begins in March, so that a leap day is the last of its year.
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
}

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined for what is no date of the years 1 to 9999. */
export function daysOf(text: string): number | undefined {
  if (text.length !== 10) return undefined;
  const year = (digit(text, 0) * 10 + digit(text, 1)) * 100 + digit(text, 2) * 10 + digit(text, 3);
  return dayNumber(year, digit(text, 5) * 10 + digit(text, 6), digit(text, 8) * 10 + digit(text, 9));
}

/** Microseconds since 1970-01-01T00:00:00 of `YYYY-MM-DD HH:MM:SS[.ffffff]`; undefined for what is no such time. */
export function microsOf(text: string): bigint | undefined {
  const days = daysOf(text.slice(0, 10));
  if (days === undefined || text.length < 19) return undefined;
  const hours = digit(text, 11) * 10 + digit(text, 12);
  const minutes = digit(text, 14) * 10 + digit(text, 15);
  const seconds = digit(text, 17) * 10 + digit(text, 18);
  let micros = 0;
  let unit = 100_000;
  for (let at = 20; at < text.length && unit >= 1; at++, unit = Math.floor(unit / 10)) micros += digit(text, at) * unit;
  const clock = (hours * 3600 + minutes * 60 + seconds) * 1e6 + micros;
  if (Number.isNaN(clock)) return undefined;
  // A number as long as it holds it exactly, up to the year 2255: arithmetic on bigints is slow.
  const total = days * 86_400_000_000 + clock;
  return Number.isSafeInteger(total) ? BigInt(total) : BigInt(days) * 86_400_000_000n + BigInt(clock);
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48;
  return value >= 0 && value <= 9 ? value : NaN;
}

/** Texts of days that were asked for before; columns of dates repeat few of them. */
const TEXTS = new Map<number, string | undefined>();
const MOST_TEXTS = 20_000;

/** `YYYY-MM-DD`; undefined outside the years 1 to 9999, which not every database knows. */
export function dateText(days: number): string | undefined {
  const known = TEXTS.get(days);
  if (known !== undefined) return known;
  const date = new Date(days * DAY_MS);
  const year = date.getUTCFullYear();
  const text = year >= 1 && year <= 9999 ? date.toISOString().slice(0, 10) : undefined;
  if (TEXTS.size >= MOST_TEXTS) TEXTS.clear();
  TEXTS.set(days, text);
  return text;
}

const DAY_MICROS = 86_400_000_000;
/** `00` to `59`. */
const TWO = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'));

/** `YYYY-MM-DD HH:MM:SS.ffffff`; undefined outside the years 1 to 9999. */
export function timeText(micros: bigint): string | undefined {
  const number = Number(micros);
  let days = Math.floor(number / DAY_MICROS);
  let rest = number - days * DAY_MICROS;
  if (!Number.isSafeInteger(number)) {
    rest = Number(micros % BigInt(DAY_MICROS));
    if (rest < 0) rest += DAY_MICROS;
    days = Number((micros - BigInt(rest)) / BigInt(DAY_MICROS));
  }
  const date = dateText(days);
  if (date === undefined) return undefined;
  const seconds = Math.floor(rest / 1_000_000);
  const fraction = rest - seconds * 1_000_000;
  const minutes = Math.floor(seconds / 60);
  const clock = `${date} ${TWO[Math.floor(minutes / 60)]}:${TWO[minutes % 60]}:${TWO[seconds % 60]}`;
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0')}`;
}
