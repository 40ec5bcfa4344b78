/** An unscaled whole number with a point before its last digits: 12345 with scale 2 is `123.45`. */
export function scaledText(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled);
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${unscaled < 0n ? '-' : ''}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** {@link scaledText} of a number that is exact, which is several times as fast. */
export function scaledNumberText(unscaled: number, scale: number): string {
  if (scale === 0) return String(unscaled);
  const sign = unscaled < 0 ? '-' : '';
  const digits = String(Math.abs(unscaled)).padStart(scale + 1, '0');
  const point = digits.length - scale;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** Digits that a number holds exactly. */
const EXACT_DIGITS = 15;

/**
 * {@link unscaled} as a number, for plain texts of few digits; undefined for all others, which may be sound: ask
 * {@link unscaled} then.
 */
export function unscaledNumber(text: string, scale: number): number | undefined {
  const negative = text.charCodeAt(0) === 45;
  let number = 0;
  let digits = 0;
  let behind = -1;
  for (let at = negative ? 1 : 0; at < text.length; at++) {
    const code = text.charCodeAt(at) - 48;
    if (code >= 0 && code <= 9) {
      number = number * 10 + code;
      digits++;
      if (behind >= 0) behind++;
    } else if (code === -2 && behind < 0) behind = 0;
    else return undefined;
  }
  const missing = scale - Math.max(behind, 0);
  if (digits === 0 || missing < 0 || digits + missing > EXACT_DIGITS) return undefined;
  for (let i = 0; i < missing; i++) number *= 10;
  return negative ? -number : number;
}

/** The text of a decimal as an unscaled whole number; undefined where it has more digits behind the point than fit. */
export function unscaled(text: string, scale: number): bigint | undefined {
  const match = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text.trim());
  if (match === null || (match[2] === '' && (match[3] ?? '') === '')) return undefined;
  const fraction = match[3] ?? '';
  if (fraction.length > scale && /[1-9]/.test(fraction.slice(scale))) return undefined;
  const number = BigInt(`${match[2]}${fraction.slice(0, scale).padEnd(scale, '0')}` || '0');
  return match[1] === '-' ? -number : number;
}

/** A date as `YYYY-MM-DD` from days since 1970-01-01. */
export function daysText(days: number): string {
  const { year, month, day } = civil(days);
  return `${yearText(year)}-${two(month)}-${two(day)}`;
}

/** A wall-clock time as `YYYY-MM-DD HH:MM:SS[.ffffff]` from microseconds since 1970-01-01. */
export function wallClockText(micros: bigint): string {
  const dayMicros = 86_400_000_000n;
  let days = micros / dayMicros;
  let rest = micros % dayMicros;
  if (rest < 0n) {
    rest += dayMicros;
    days -= 1n;
  }
  return `${daysText(Number(days))} ${timeText(rest)}`;
}

/** A time of day as `HH:MM:SS[.ffffff]` from microseconds since midnight, without zeros at the end. */
export function timeText(micros: bigint): string {
  const seconds = Number(micros / 1_000_000n);
  const fraction = Number(micros % 1_000_000n);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`;
}

/** An interval as Spark writes it: `1 years 2 months 3 days 4 hours 5 minutes 6.5 seconds`; `0 seconds` when empty. */
export function intervalText(months: number, days: number, micros: bigint): string {
  const parts: string[] = [];
  const add = (count: number | bigint, unit: string): void => {
    if (count !== 0 && count !== 0n) parts.push(`${count} ${unit}`);
  };
  add(Math.trunc(months / 12), 'years');
  add(months % 12, 'months');
  add(days, 'days');
  add(micros / 3_600_000_000n, 'hours');
  add((micros / 60_000_000n) % 60n, 'minutes');
  const seconds = micros % 60_000_000n;
  if (seconds !== 0n) parts.push(`${scaledText(seconds, 6).replace(/\.?0+$/, '')} seconds`);
  return parts.length === 0 ? '0 seconds' : parts.join(' ');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

function yearText(year: number): string {
  if (year < 0) return `-${String(-year).padStart(4, '0')}`;
  return year > 9999 ? `+${year}` : String(year).padStart(4, '0');
}

/** The Gregorian date of a day number; JavaScript's dates end long before Spark's. */
function civil(days: number): { year: number; month: number; day: number } {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
