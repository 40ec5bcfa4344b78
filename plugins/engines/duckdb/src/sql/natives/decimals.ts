/** Exact decimal arithmetic for results that DuckDB's own decimals cannot hold on the way. */

interface Unscaled {
  readonly digits: bigint;
  readonly scale: number;
}

export function unscaled(text: string): Unscaled {
  const [whole = '', fraction = ''] = text.split('.');
  return { digits: BigInt(whole + fraction), scale: fraction.length };
}

const power = (n: number): bigint => 10n ** BigInt(n);

/** A fraction as a decimal of a scale, rounded half up (away from zero). */
export function divideHalfUp(numerator: bigint, denominator: bigint): bigint {
  const negative = numerator < 0n !== denominator < 0n;
  const n = numerator < 0n ? -numerator : numerator;
  const d = denominator < 0n ? -denominator : denominator;
  const rounded = (2n * n + d) / (2n * d);
  return negative ? -rounded : rounded;
}

/** Digits with the point where the scale says. */
export function decimalText(digits: bigint, scale: number): string {
  const negative = digits < 0n;
  const text = String(negative ? -digits : digits).padStart(scale + 1, '0');
  const body = scale === 0 ? text : `${text.slice(0, -scale)}.${text.slice(-scale)}`;
  return negative ? `-${body}` : body;
}

function atScale(value: Unscaled, scale: number): bigint {
  return scale >= value.scale
    ? value.digits * power(scale - value.scale)
    : divideHalfUp(value.digits, power(value.scale - scale));
}

/** `a op b` at the scale of the result; null when it has more digits than the precision or divides by zero. */
export function decimalOperation(
  operator: string,
  left: string,
  right: string,
  precision: number,
  scale: number,
): string | null {
  const a = unscaled(left);
  const b = unscaled(right);
  const common = Math.max(a.scale, b.scale);
  const [x, y] = [atScale(a, common), atScale(b, common)];
  let result: bigint;
  switch (operator) {
    case '+':
      result = atScale({ digits: x + y, scale: common }, scale);
      break;
    case '-':
      result = atScale({ digits: x - y, scale: common }, scale);
      break;
    case '*':
      result = atScale({ digits: a.digits * b.digits, scale: a.scale + b.scale }, scale);
      break;
    case '/':
      if (b.digits === 0n) return null;
      result = divideHalfUp(x * power(scale), y);
      break;
    case 'div':
      return y === 0n ? null : String(x / y);
    default: {
      if (y === 0n) return null;
      let rest = x % y;
      if (operator === 'pmod' && rest < 0n) rest = (rest + y) % y;
      result = atScale({ digits: rest, scale: common }, scale);
    }
  }
  const absolute = result < 0n ? -result : result;
  return absolute >= power(precision) ? null : decimalText(result, scale);
}

/** The low 64 bits of a whole number: what Java's longValue keeps. */
export const lowBits = (text: string): bigint => BigInt.asIntN(64, BigInt(text));
