import type { Value } from '@sluice/plugin-sdk';

/** The text of a value inside an array, struct or map, as Spark writes it; times are instants in UTC. */
export function valueText(value: Value, type: string): string {
  switch (type) {
    case 'float':
      return decimalText(Math.fround(value as number), (value as number) === 0 ? '0' : shortest(value as number));
    case 'double':
      return decimalText(value as number, String(Math.abs(value as number)));
    case 'date':
      return new Date((value as number) * 86_400_000).toISOString().slice(0, 10);
    case 'timestamp':
      return `${timeText(value as bigint)}Z`;
    case 'timestamp_ntz':
      return timeText(value as bigint);
    case 'binary':
      return Buffer.from(value as Uint8Array).toString('base64');
    default:
      return String(value);
  }
}

function timeText(micros: bigint): string {
  const [seconds, fraction] = [micros / 1_000_000n, micros % 1_000_000n];
  const [whole, part] = fraction < 0n ? [seconds - 1n, fraction + 1_000_000n] : [seconds, fraction];
  const text = new Date(Number(whole) * 1000).toISOString().slice(0, 19);
  return part === 0n ? text : `${text}.${String(part).padStart(6, '0').replace(/0+$/, '')}`;
}

/** The fewest digits that give the same 32-bit number. */
function shortest(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = Math.abs(value).toPrecision(digits);
    if (Math.fround(Number(text)) === Math.fround(Math.abs(value))) return String(Number(text));
  }
  return String(Math.abs(value));
}

/** A number as Java writes it: plain from 0.001 to below ten million, else with an exponent. */
function decimalText(value: number, digits: string): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  if (!Number.isFinite(value)) return `${sign}Infinity`;
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7)) return sign + (digits.includes('.') ? digits : `${digits}.0`);
  const [mantissa = '', exponent = '0'] = Number(digits).toExponential().split('e');
  return `${sign}${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`;
}
