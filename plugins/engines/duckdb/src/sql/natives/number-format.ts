import { javaDouble } from './java-numbers.js';
import { plain, roundDecimal } from './rounding.js';
import { plainDigits } from './texts.js';

/** `format_number(x, 2)` and `format_number(x, '#,###.00')`: Java's DecimalFormat, rounding half to even. */
export function formatNumber(value: string, format: string): string | null {
  const places = /^-?\d+$/.test(format) ? Number(format) : undefined;
  if (places !== undefined && places < 0) return null;
  if (/^(?:NaN|nan)$/.test(value)) return 'NaN';
  if (/inf/i.test(value)) return value.startsWith('-') ? '-∞' : '∞';
  const number = plain(value.replace(/^-/, ''));
  // A negative number keeps its sign when it rounds to zero.
  const minus = value.startsWith('-') ? '-' : '';
  if (places !== undefined) {
    return minus + grouped(roundDecimal(number, places, 'half-even'), places, places, 1, 3);
  }
  const match = /^([^#0,.]*)([#0,]*)(?:\.([0#]*))?([^#0,.]*)$/.exec(
    format === '' ? '#,###,###,###,###,###,##0' : format,
  );
  if (!match) return null;
  const [, prefix = '', whole = '', fraction = '', suffix = ''] = match;
  const group = whole.includes(',') ? whole.length - whole.lastIndexOf(',') - 1 : 0;
  let least = (fraction.match(/0/g) ?? []).length;
  let digits = (whole.match(/0/g) ?? []).length;
  // In a pattern of nothing but #, Java takes the last before the point, or else the first behind it, for a 0.
  if (least + digits === 0 && format.includes('.')) {
    if (whole === '') least = 1;
    else digits = 1;
  }
  const rounded = roundDecimal(number, fraction.length, 'half-even');
  return `${minus}${prefix}${grouped(rounded, least, fraction.length, digits, group)}${suffix}`;
}

/** The digits of a number that is not negative, with at least and at most so many places, in groups. */
function grouped(text: string, least: number, most: number, digits: number, group: number): string {
  const [whole = '', rest = ''] = text.split('.');
  let fraction = rest.padEnd(most, '0').slice(0, most);
  while (fraction.length > least && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  const integer = whole.replace(/^0+/, '').padStart(digits, '0');
  const parted = group > 0 ? integer.replace(new RegExp(`\\B(?=(\\d{${group}})+(?!\\d))`, 'g'), ',') : integer;
  return fraction === '' ? parted || '0' : `${parted}.${fraction}`;
}

interface Shape {
  readonly sign: string;
  readonly currency: boolean;
  readonly angle: boolean;
  readonly whole: string;
  readonly fraction: string;
  readonly point: boolean;
  readonly trailing: string;
}

function shapeOf(format: string): Shape | undefined {
  const upper = format.toUpperCase().replaceAll('G', ',').replaceAll('D', '.');
  const match = /^(MI|S)?(\$)?([09,]*)(\.)?([09]*)(MI|S|PR)?$/.exec(upper);
  if (!match) return undefined;
  const [, sign = '', currency, whole = '', point, fraction = '', trailing = ''] = match;
  return {
    sign,
    currency: currency !== undefined,
    angle: trailing === 'PR',
    whole,
    fraction,
    point: point !== undefined,
    trailing,
  };
}

/** A decimal in the format of to_char: `99,999.9S`, `$99.99`, `000D00`. Signs of # where it has more digits. */
export function numberFormat(value: string, format: string): string | null {
  const shape = shapeOf(format);
  if (!shape) return null;
  const negative = value.startsWith('-');
  const [before = '', after = ''] = plain(value.replace(/^-/, '')).split('.');
  const whole = before.replace(/^0+/, '');
  const fraction = after.replace(/0+$/, '');
  const slots = shape.whole.replaceAll(',', '').length;
  const overflow = whole.length > slots || fraction.length > shape.fraction.length;
  let out = '';
  const add = (c: string): void => {
    // A sign stands right before the digits, behind the blanks.
    out = c === ' ' && /[-+<]$/.test(out) ? `${out.slice(0, -1)} ${out.at(-1)}` : out + c;
  };
  if (shape.sign === 'S') add(negative ? '-' : '+');
  if (shape.sign === 'MI') add(negative ? '-' : ' ');
  if (shape.angle && negative) add('<');
  if (shape.currency) add('$');
  let taken = 0;
  for (const [i, group] of shape.whole.split(',').entries()) {
    if (i > 0) add(/\d$/.test(out) ? ',' : ' ');
    // A group that begins with 0 is filled up with zeros.
    const blank = group.startsWith('0') ? '0' : ' ';
    for (let n = 0; n < group.length; n++, taken++)
      add(overflow ? '#' : (whole[taken - (slots - whole.length)] ?? blank));
  }
  if (shape.point) {
    if (out.endsWith(' ')) out = `${out.slice(0, -1)}0`;
    add('.');
    for (const [i] of [...shape.fraction].entries()) add(overflow ? '#' : (fraction[i] ?? '0'));
  }
  if (shape.trailing === 'S') add(negative ? '-' : '+');
  if (shape.trailing === 'MI') add(negative ? '-' : ' ');
  if (shape.angle) out += negative ? '>' : '  ';
  return out;
}

/** A text in such a format read as a number; NULL when it does not match. */
export function readNumber(text: string, format: string): string | null {
  const shape = shapeOf(format);
  if (!shape) return null;
  let rest = plainDigits(text).trim();
  let negative = false;
  if (shape.angle && /^<.*>$/.test(rest)) {
    negative = true;
    rest = rest.slice(1, -1);
  }
  if ((shape.sign !== '' || shape.trailing === 'S' || shape.trailing === 'MI') && !shape.angle) {
    const signed = shape.sign !== '' ? /^([+-]?)(.*)$/.exec(rest) : /^(.*?)([+-]?)$/.exec(rest);
    if (signed) {
      negative = (shape.sign !== '' ? signed[1] : signed[2]) === '-';
      rest = (shape.sign !== '' ? signed[2] : signed[1]) ?? '';
    }
  }
  if (shape.currency) {
    if (!rest.startsWith('$')) return null;
    rest = rest.slice(1);
  }
  const match = /^([\d,]*)(?:\.(\d*))?$/.exec(rest);
  if (!match) return null;
  const whole = match[1] ?? '';
  const fraction = match[2] ?? '';
  const slots = (part: string): number => [...part].filter((c) => c !== ',').length;
  const exactZeros = shape.whole.replaceAll(',', '').startsWith('0');
  if (
    slots(whole) > slots(shape.whole) ||
    fraction.length > shape.fraction.length ||
    (exactZeros && slots(whole) !== slots(shape.whole))
  )
    return null;
  const groups = whole
    .split(',')
    .slice(1)
    .map((g) => g.length);
  const wanted = shape.whole
    .split(',')
    .slice(1)
    .map((g) => g.length);
  if (match[2] !== undefined && !shape.point) return null;
  // Digits before a comma of the format want the comma.
  if (groups.length === 0 && whole.length > (wanted.at(-1) ?? whole.length)) return null;
  if (groups.length > 0 && groups.some((g, i) => g !== wanted[wanted.length - groups.length + i])) return null;
  if (whole === '' && fraction === '') return null;
  return `${negative ? '-' : ''}${whole.replaceAll(',', '') || '0'}${fraction === '' ? '' : `.${fraction}`}`;
}

/** Java's String.format for the conversions that Spark's users write. Arguments carry a letter for their type. */
export function formatString(format: string, args: readonly (string | null)[]): string | null {
  let next = 0;
  let failed = false;
  const text = format.replace(
    /%(\d+\$)?([-#+ 0,(]*)(\d+)?(?:\.(\d+))?([a-zA-Z%])/g,
    (
      _,
      at: string | undefined,
      flags: string,
      width: string | undefined,
      precision: string | undefined,
      kind: string,
    ) => {
      if (kind === 'n') return '\n';
      if (kind === '%') return '%';
      const tagged = at === undefined ? args[next++] : args[parseInt(at) - 1];
      if (tagged === undefined) {
        failed = true;
        return '';
      }
      return padded(
        formatOne(tagged, flags, precision, kind, () => (failed = true), width),
        flags,
        width,
      );
    },
  );
  return failed ? null : text;
}

function formatOne(
  tagged: string | null,
  flags: string,
  precision: string | undefined,
  kind: string,
  fail: () => void,
  width: string | undefined,
): string {
  if (/[A-Z]/.test(kind)) return formatOne(tagged, flags, precision, kind.toLowerCase(), fail, width).toUpperCase();
  if (kind === 'b') return tagged === null ? 'false' : tagged.startsWith('b') ? tagged.slice(1) : 'true';
  const cut = (text: string): string => (precision === undefined ? text : text.slice(0, Number(precision)));
  if (tagged === null) return cut('null');
  const type = tagged[0];
  const value = tagged.slice(1);
  const whole = type === 'i' || type === 'l';
  if (kind === 's') return cut(value);
  if (kind === 'd' && whole)
    return signed(flags.includes(',') ? value.replace(/\B(?=(\d{3})+(?!\d))/g, ',') : value, flags, width);
  if (['x', 'o'].includes(kind) && whole) {
    const number = BigInt(value);
    const text = (number < 0n ? BigInt.asUintN(type === 'l' ? 64 : 32, number) : number).toString(
      kind === 'o' ? 8 : 16,
    );
    const prefixed = flags.includes('#') ? `${kind === 'o' ? '0' : '0x'}${text}` : text;
    return signed(prefixed, flags.replace(/[+ ]/g, ''), width);
  }
  if (kind === 'c' && whole) return String.fromCodePoint(Number(value));
  if (kind === 'f' && (type === 'f' || type === 'd')) {
    if (/NaN|Infinity/.test(value)) return value;
    const places = precision === undefined ? 6 : Number(precision);
    const fixed = roundDecimal(plain(type === 'f' ? String(Number(value)) : value), places, 'half-up');
    // A negative number keeps its sign when it rounds to zero.
    const [integer = '', fraction = ''] = (value.startsWith('-') && !fixed.startsWith('-') ? `-${fixed}` : fixed).split(
      '.',
    );
    const grouped = flags.includes(',') ? integer.replace(/\B(?=(\d{3})+(?!\d))/g, ',') : integer;
    return signed(places === 0 ? grouped : `${grouped}.${fraction.padEnd(places, '0')}`, flags, width);
  }
  if (kind === 'e' && (type === 'f' || type === 'd')) {
    const minus = Object.is(Number(value), -0) ? '-' : '';
    const digits = Number(value)
      .toExponential(precision === undefined ? 6 : Number(precision))
      .replace(/e([+-])(\d)$/, 'e$10$2');
    return signed(minus + digits, flags, width);
  }
  if (kind === 'g' && type === 'f') return signed(general(Number(value), precision), flags, width);
  fail();
  return '';
}

/** Java's %g: so many digits that count, with an exponent where the number is small or large. */
function general(value: number, precision: string | undefined): string {
  if (!Number.isFinite(value)) return javaDouble(value);
  const digits = Math.max(Number(precision ?? 6), 1);
  const written = value.toExponential(digits - 1);
  const exponent = Number(written.slice(written.indexOf('e') + 1));
  const plainly = value === 0 || (exponent >= -4 && exponent < digits);
  const minus = Object.is(value, -0) ? '-' : '';
  return minus + (plainly ? value.toFixed(digits - 1 - exponent) : written.replace(/e([+-])(\d)$/, 'e$10$2'));
}

function signed(text: string, flags: string, width: string | undefined): string {
  let out = text;
  if (out.startsWith('-')) out = flags.includes('(') ? `(${out.slice(1)})` : out;
  else if (flags.includes('+')) out = `+${out}`;
  else if (flags.includes(' ')) out = ` ${out}`;
  if (flags.includes('0') && width !== undefined) {
    const sign = /^[-+ ]/.exec(out)?.[0] ?? '';
    out = sign + out.slice(sign.length).padStart(Number(width) - sign.length, '0');
  }
  return out;
}

function padded(text: string, flags: string, width: string | undefined): string {
  if (width === undefined) return text;
  return flags.includes('-') ? text.padEnd(Number(width)) : text.padStart(Number(width));
}
