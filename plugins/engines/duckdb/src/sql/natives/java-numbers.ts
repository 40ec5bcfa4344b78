/** Numbers as Java writes and reads them. */

/** The text of a double (or, when `single`, of a float) as Java's `toString` gives it: `1.0`, `1.0E10`, `NaN`. */
export function javaDouble(value: number, single = false): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const shown = wholeDigits(value, single) ?? (single ? shortestFloat(value) : value.toExponential());
  const [mantissa = '', exponent = '0'] = shown.split('e');
  const power = Number(exponent);
  const negative = mantissa.startsWith('-');
  const digits = mantissa.replace('-', '').replace('.', '');
  let text: string;
  if (power >= -3 && power < 7) {
    if (power < 0) text = `0.${'0'.repeat(-power - 1)}${digits}`;
    else {
      const padded = digits.padEnd(power + 2, '0');
      text = `${padded.slice(0, power + 1)}.${padded.slice(power + 1)}`;
    }
  } else text = `${digits[0]}.${digits.slice(1) || '0'}E${power}`;
  return negative ? `-${text}` : text;
}

/** Bits of the numbers that Java, before 19, writes by the digits of a whole number. */
const WHOLE_BITS = 63;

/**
 * A large whole number as Java before 19 writes it: with all digits that its last bit can tell, where fewer would do.
 * Undefined for others. (FloatingDecimal.dtoa of OpenJDK)
 */
function wholeDigits(value: number, single: boolean): string | undefined {
  const size = Math.abs(single ? Math.fround(value) : value);
  if (!Number.isInteger(size) || size < 1e7 || size >= 2 ** WHOLE_BITS) return undefined;
  const spare = Math.floor(Math.log2(size)) - (single ? 24 : 53) - 1;
  const dropped = spare > 1 ? Math.floor(Math.log10(2 ** spare)) : 0;
  const step = 10n ** BigInt(dropped);
  const whole = BigInt(size);
  const kept = whole / step + (dropped > 0 && whole % step >= step / 2n ? 1n : 0n);
  const digits = String(kept);
  const mantissa = digits.replace(/0+$/, '');
  const point = mantissa.length > 1 ? `${mantissa[0]}.${mantissa.slice(1)}` : mantissa;
  return `${value < 0 ? '-' : ''}${point}e+${digits.length - 1 + dropped}`;
}

function shortestFloat(value: number): string {
  const single = Math.fround(value);
  for (let precision = 0; precision < 9; precision++) {
    const text = single.toExponential(precision);
    if (Math.fround(Number(text)) === single) return text.replace(/\.?0+e/, 'e');
  }
  return single.toExponential();
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[dDfF]?$/;
const HEX = /^([+-]?)0[xX]([0-9a-fA-F]*)\.?([0-9a-fA-F]*)[pP]([+-]?\d+)[dDfF]?$/;

/** A text as Spark casts it to double: what Java's parseDouble takes, and names of infinity; undefined for others. */
export function parseJavaDouble(text: string): number | undefined {
  // eslint-disable-next-line no-control-regex -- Java trims every character up to the space
  const trimmed = text.replace(/^[\x00-\x20]+|[\x00-\x20]+$/g, '');
  if (DECIMAL.test(trimmed)) return Number(trimmed.replace(/[dDfF]$/, ''));
  const lower = trimmed.toLowerCase();
  if (/^[+]?(?:inf|infinity)$/.test(lower)) return Infinity;
  if (/^-(?:inf|infinity)$/.test(lower)) return -Infinity;
  if (/^(?:[+-]?NaN)$/.test(trimmed) || lower === 'nan') return NaN;
  const hex = HEX.exec(trimmed);
  if (!hex || (hex[2] === '' && hex[3] === '')) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = hex;
  const mantissa = parseInt(whole + fraction || '0', 16) / 16 ** fraction.length;
  return (sign === '-' ? -1 : 1) * mantissa * 2 ** Number(power);
}

/** A decimal as Java's BigDecimal.toString gives it: with an exponent where it is very small. */
export function javaDecimal(plain: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(plain);
  if (!match) return plain;
  const [, sign = '', whole = '', fraction = ''] = match;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  const exponent = digits.length - 1 - fraction.length;
  if (exponent >= -6) return plain;
  return `${sign}${digits[0]}${digits.length > 1 ? `.${digits.slice(1)}` : ''}E${exponent}`;
}

/** Digits after the point that no decimal has; what begins behind them is zero in each. */
const NO_DIGIT = 40;

/**
 * A number with a negative exponent, such as `8.7e-5`, as plain digits: DuckDB rounds such texts to decimals by a digit
 * that is not the first one left out. Other texts stay.
 */
export function plainNumber(text: string): string {
  const match = /^\s*([+-]?)(\d*)(?:\.(\d*))?e-(\d+)\s*$/i.exec(text);
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match ?? [];
  if (match === null || whole + fraction === '') return text;
  const shift = Number(exponent);
  if (shift > whole.length + NO_DIGIT) return '0';
  const digits = whole.padStart(shift + 1, '0');
  return `${sign}${digits.slice(0, digits.length - shift)}.${digits.slice(digits.length - shift)}${fraction}`;
}
