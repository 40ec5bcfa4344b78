/** Dates and times between the texts of databases and the engine's numbers. */

const DAY_MS = 86_400_000;

/** Days since 1970-01-01 of `YYYY-MM-DD`; undefined for what is no date of the years 1 to 9999. */
export function daysOf(text: string): number | undefined {
  const year = (digit(text, 0) * 10 + digit(text, 1)) * 100 + digit(text, 2) * 10 + digit(text, 3);
  const month = digit(text, 5) * 10 + digit(text, 6);
  const day = digit(text, 8) * 10 + digit(text, 9);
  if (!(text.length === 10 && year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= 31)) return undefined;
  // The days of a calendar that begins in March, so that a leap day is the last of its year.
  const shifted = month > 2 ? year : year - 1;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return (
    era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
  );
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

/** `YYYY-MM-DD`; undefined outside the years 1 to 9999, which not every database knows. */
export function dateText(days: number): string | undefined {
  const date = new Date(days * DAY_MS);
  const year = date.getUTCFullYear();
  return year >= 1 && year <= 9999 ? date.toISOString().slice(0, 10) : undefined;
}

/** `YYYY-MM-DD HH:MM:SS.ffffff`; undefined outside the years 1 to 9999. */
export function timeText(micros: bigint): string | undefined {
  let ms = Number(micros / 1000n);
  let rest = Number(micros % 1000n);
  if (rest < 0) {
    rest += 1000;
    ms -= 1;
  }
  const date = new Date(ms);
  const year = date.getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) return undefined;
  const text = date.toISOString();
  return `${text.slice(0, 10)} ${text.slice(11, 23)}${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}
