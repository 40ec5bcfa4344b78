import { decimalText, divideHalfUp, unscaled } from './decimals.js';

type Mode = 'half-up' | 'half-even' | 'ceiling' | 'floor';

/** A decimal rounded to a number of places, which may be negative. */
export function roundDecimal(text: string, places: number, mode: string): string {
  const { digits, scale } = unscaled(text);
  if (places >= scale) return text;
  const unit = 10n ** BigInt(scale - places);
  const whole = divide(digits, unit, mode as Mode);
  return places >= 0 ? decimalText(whole, places) : String(whole * 10n ** BigInt(-places));
}

function divide(digits: bigint, unit: bigint, mode: Mode): bigint {
  if (mode === 'half-up') return divideHalfUp(digits, unit);
  let floor = digits / unit;
  if (digits % unit !== 0n && digits < 0n) floor -= 1n;
  const rest = digits - floor * unit;
  if (mode === 'floor') return floor;
  if (mode === 'ceiling') return rest === 0n ? floor : floor + 1n;
  if (2n * rest === unit) return floor % 2n === 0n ? floor : floor + 1n;
  return 2n * rest > unit ? floor + 1n : floor;
}

/** A fraction rounded by its shortest text, as Java's BigDecimal.valueOf does it; a float by that of the double it is. */
export function roundDouble(value: number, places: number, mode: string): number {
  return Number.isFinite(value) ? Number(roundDecimal(plain(String(value)), places, mode)) : value;
}

/** A number's text without an exponent. */
export function plain(text: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]?\d+)$/i.exec(text);
  if (!match) return text;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits.padEnd(point, '0')}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** A number read in one base and written in another, 64 bits wide and unsigned unless the new base is negative. */
export function convert(text: string, from: number, to: number): string | null {
  if (from < 2 || from > 36 || Math.abs(to) < 2 || Math.abs(to) > 36 || /^ *$/.test(text)) return null;
  // Blanks around the number do not count, other white space does.
  const trimmed = text.replace(/^ +| +$/g, '');
  const negative = trimmed.startsWith('-');
  const limit = (1n << 64n) - 1n;
  let value = 0n;
  for (const c of trimmed.slice(negative ? 1 : 0)) {
    const digit = parseInt(c, 36);
    if (Number.isNaN(digit) || digit >= from) break;
    value = value * BigInt(from) + BigInt(digit);
    if (value > limit) {
      value = limit;
      break;
    }
  }
  if (negative && to > 0) value = value > (1n << 63n) - 1n ? limit : BigInt.asUintN(64, -value);
  let signed = value;
  let sign = '';
  if (to < 0) {
    signed = BigInt.asIntN(64, value);
    if (signed < 0n || negative) sign = '-';
    if (signed < 0n) signed = -signed;
  }
  return sign + signed.toString(Math.abs(to)).toUpperCase();
}

/** The bucket of an equal-width histogram; NULL for bounds that make none. */
export function widthBucket(value: number, min: number, max: number, buckets: bigint): bigint | null {
  if (buckets <= 0n || Number.isNaN(value) || min === max || !Number.isFinite(min) || !Number.isFinite(max))
    return null;
  const lower = Math.min(min, max);
  const upper = Math.max(min, max);
  if (min < max) {
    if (value < lower) return 0n;
    if (value >= upper) return buckets + 1n;
    return BigInt(Math.trunc((Number(buckets) * (value - lower)) / (upper - lower))) + 1n;
  }
  if (value > upper) return 0n;
  if (value <= lower) return buckets + 1n;
  return BigInt(Math.trunc((Number(buckets) * (upper - value)) / (upper - lower))) + 1n;
}
