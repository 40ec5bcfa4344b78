import type { Value } from '@sluice/plugin-sdk';
import { dateText, microsOf, timeText } from '../times.js';
import { typeWord } from './words.js';

/** A number's text with all places of its scale; undefined where it has more digits than that. */
export function exactDecimal(text: string, precision: number, scale: number): string | undefined {
  const match = /^(-?)(\d*)(?:\.(\d+))?(?:E([+-]?\d+))?$/i.exec(text);
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const shift = Number(exponent);
  const digits = whole + fraction;
  const point = whole.length + shift;
  const before = (point <= 0 ? '' : digits.padEnd(point, '0').slice(0, point)).replace(/^0+/, '');
  const behind = (point <= 0 ? '0'.repeat(-point) + digits : digits.slice(point)).replace(/0+$/, '');
  if (behind.length > scale || before.length > precision - scale) return undefined;
  const shown = `${before === '' ? '0' : before}${scale === 0 ? '' : `.${behind.padEnd(scale, '0')}`}`;
  return /[1-9]/.test(shown) ? sign + shown : shown;
}

/** A moment with an offset, such as `2024-02-29 08:00:00.000001 +08:00`; undefined for what is none. */
export function instantOf(text: string): Value | undefined {
  const match = /^(.*) ([+-])(\d\d):(\d\d)$/.exec(text);
  const local = microsOf(match?.[1] ?? '');
  if (match === null || local === undefined) return undefined;
  const offset = BigInt(Number(match[3]) * 60 + Number(match[4])) * 60_000_000n;
  return match[2] === '-' ? local + offset : local - offset;
}

/** A value as the session's formats have it; the server makes numbers and moments of texts. */
export function boundAs(type: string, value: Exclude<Value, null>): string | number | Buffer | undefined {
  switch (typeWord(type)) {
    case 'float':
    case 'double':
      return value as number;
    case 'boolean':
      return value === true ? '1' : '0';
    case 'binary':
      return Buffer.from(value as Uint8Array);
    case 'date': {
      const text = dateText(value as number);
      return text === undefined ? undefined : `${text} 00:00:00`;
    }
    case 'timestamp_ntz':
      return withParts(timeText(value as bigint));
    case 'timestamp': {
      const text = withParts(timeText(value as bigint));
      return text === undefined ? undefined : `${text} +00:00`;
    }
    default:
      return String(value);
  }
}

function withParts(text: string | undefined): string | undefined {
  return text === undefined || text.includes('.') ? text : `${text}.000000`;
}
