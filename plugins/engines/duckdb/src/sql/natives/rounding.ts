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

/** A fraction rounded by its shortest text, as Java's BigDecimal.valueOf does it. */
export function roundDouble(value: number, places: number, mode: string, single: boolean): number {
  if (!Number.isFinite(value)) return value;
  const text = single ? shortest(value) : String(value);
  return Number(roundDecimal(plain(text), places, mode));
}

function shortest(value: number): string {
  for (let precision = 1; precision <= 9; precision++) {
    const text = value.toPrecision(precision);
    if (Math.fround(Number(text)) === Math.fround(value)) return String(Number(text));
  }
  return String(value);
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
  if (from < 2 || from > 36 || Math.abs(to) < 2 || Math.abs(to) > 36 || text.trim() === '') return null;
  const trimmed = text.trim();
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
  else if (negative) value = -value;
  let signed = value;
  let sign = '';
  if (to < 0) {
    signed = BigInt.asIntN(64, value);
    if (signed < 0n || (negative && signed === 0n)) sign = '-';
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

interface Moments {
  readonly n: number;
  readonly mean: number;
  readonly m2: number;
  readonly m3: number;
  readonly m4: number;
}

/** Central moments, value by value, by Spark's own formulas. */
function momentsOf(values: readonly number[]): Moments {
  let [n, mean, m2, m3, m4] = [0, 0, 0, 0, 0];
  for (const value of values) {
    n += 1;
    const delta = value - mean;
    const deltaN = delta / n;
    mean += deltaN;
    const newM2 = m2 + delta * (delta - deltaN);
    const delta2 = delta * delta;
    const deltaN2 = deltaN * deltaN;
    const newM3 = m3 - 3 * deltaN * newM2 + delta * (delta2 - deltaN2);
    m4 = m4 - 4 * deltaN * newM3 - 6 * deltaN2 * newM2 + delta * (delta * delta2 - deltaN * deltaN2);
    m2 = newM2;
    m3 = newM3;
  }
  return { n, mean, m2, m3, m4 };
}

function merge(a: Moments, b: Moments): Moments {
  const n = a.n + b.n;
  const delta = b.mean - a.mean;
  const deltaN = n === 0 ? 0 : delta / n;
  const mean = a.mean + deltaN * b.n;
  const m2 = a.m2 + b.m2 + delta * deltaN * a.n * b.n;
  const m3 = a.m3 + b.m3 + deltaN * deltaN * delta * a.n * b.n * (a.n - b.n) + 3 * deltaN * (a.n * b.m2 - b.n * a.m2);
  const m4 =
    a.m4 +
    b.m4 +
    deltaN * deltaN * deltaN * delta * a.n * b.n * (a.n * a.n - a.n * b.n + b.n * b.n) +
    deltaN * deltaN * 6 * (a.n * a.n * b.m2 + b.n * b.n * a.m2) +
    4 * deltaN * (a.n * b.m3 - b.n * a.m3);
  return { n, mean, m2, m3, m4 };
}

const START: Moments = { n: 0, mean: 0, m2: 0, m3: 0, m4: 0 };

/** Halves are computed apart and merged, as Spark does over two partitions: long sums lose less that way. */
function central(values: readonly number[]): Moments {
  const half = Math.floor(values.length / 2);
  return merge(merge(START, momentsOf(values.slice(0, half))), momentsOf(values.slice(half)));
}

export function skewness(values: readonly number[]): number | null {
  const { n, m2, m3 } = central(values);
  return n === 0 || m2 === 0 ? null : (Math.sqrt(n) * m3) / Math.sqrt(m2 * m2 * m2);
}

export function kurtosis(values: readonly number[]): number | null {
  const { n, m2, m4 } = central(values);
  return n === 0 || m2 === 0 ? null : (n * m4) / (m2 * m2) - 3;
}

interface Pairs {
  readonly n: number;
  readonly meanX: number;
  readonly meanY: number;
  readonly c: number;
  readonly x2: number;
  readonly y2: number;
}

function pairsOf(xs: readonly number[], ys: readonly number[], from: number, to: number): Pairs {
  let [n, meanX, meanY, c, x2, y2] = [0, 0, 0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const [x, y] = [xs[i] ?? 0, ys[i] ?? 0];
    n += 1;
    const dx = x - meanX;
    const dxN = dx / n;
    const dy = y - meanY;
    const newX = meanX + dxN;
    const newY = meanY + dy / n;
    c += dx * (y - newY);
    x2 += dx * (x - newX);
    y2 += dy * (y - newY);
    meanX = newX;
    meanY = newY;
  }
  return { n, meanX, meanY, c, x2, y2 };
}

/** Pearson's correlation of two lists of equal length. */
export function correlation(xs: readonly number[], ys: readonly number[]): number | null {
  const half = Math.floor(xs.length / 2);
  const [a, b] = [pairsOf(xs, ys, 0, half), pairsOf(xs, ys, half, xs.length)];
  const n = a.n + b.n;
  if (n === 0) return null;
  const [dx, dy] = [b.meanX - a.meanX, b.meanY - a.meanY];
  const [dxN, dyN] = [dx / n, dy / n];
  const c = a.c + b.c + dx * dyN * a.n * b.n;
  const x2 = a.x2 + b.x2 + dx * dxN * a.n * b.n;
  const y2 = a.y2 + b.y2 + dy * dyN * a.n * b.n;
  return n === 1 ? null : c / Math.sqrt(x2 * y2);
}

/** The sum of squared deviations from the mean. */
export function squares(values: readonly number[]): number | null {
  return values.length === 0 ? null : central(values).m2;
}
