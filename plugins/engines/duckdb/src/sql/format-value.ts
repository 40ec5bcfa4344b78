import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBIntervalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  type DuckDBValue,
} from '@duckdb/node-api';
import { farDate } from './natives/calendar.js';
import { offsetOf } from './natives/zones.js';
import type { SparkType } from './types.js';

/** A value in JSON: texts but for booleans, NULL, lists, structs (objects) and maps (`{map: [[key, value]]}`). */
export type ShownValue = null | boolean | string | readonly ShownValue[] | { readonly [field: string]: ShownValue };

/** A value as `sluice sql` writes it; timestamps in the session's zone, binary as `0x...`, fractions as Python's. */
export function showValue(value: DuckDBValue, type: SparkType, zone: string): ShownValue {
  if (value === null) return null;
  switch (type.kind) {
    case 'boolean':
      return value as boolean;
    case 'float':
    case 'double':
      return fractionText(value as number);
    case 'date':
      return value instanceof DuckDBDateValue ? farDate(value.days) : String(value);
    case 'timestamp':
      return value instanceof DuckDBTimestampTZValue ? microsText(value.micros, zone) : String(value);
    case 'timestamp_ntz':
      return value instanceof DuckDBTimestampValue ? microsText(value.micros, undefined) : String(value);
    case 'binary':
      return value instanceof DuckDBBlobValue ? `0x${Buffer.from(value.bytes).toString('hex')}` : String(value);
    case 'day-time':
      return value instanceof DuckDBIntervalValue
        ? durationText(BigInt(value.days) * 86_400_000_000n + value.micros)
        : String(value);
    case 'array':
      return value instanceof DuckDBListValue
        ? value.items.map((item) => showValue(item, type.element, zone))
        : String(value);
    case 'map':
      return value instanceof DuckDBMapValue
        ? {
            map: value.entries.map((entry) => [
              showValue(entry.key, type.key, zone),
              showValue(entry.value, type.value, zone),
            ]),
          }
        : String(value);
    case 'struct': {
      if (!(value instanceof DuckDBStructValue)) return String(value);
      const values = Object.values(value.entries);
      // JavaScript puts names that are numbers before others.
      const valueOf = (name: string, i: number): DuckDBValue =>
        value.entries[name] ?? (name in value.entries ? null : (values[i] ?? null));
      return Object.fromEntries(
        type.fields.map((field, i) => [field.name, showValue(valueOf(field.name, i), field.type, zone)]),
      );
    }
    default:
      return value instanceof DuckDBDecimalValue ? value.toString() : String(value);
  }
}

/** A fraction as Python prints it: `1.0`, `1e+16`, `nan`. */
export function fractionText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  const power = Number(exponent);
  if (value !== 0 && (power < -4 || power >= 16)) {
    const size = Math.abs(power);
    return `${mantissa}e${power < 0 ? '-' : '+'}${size < 10 ? '0' : ''}${size}`;
  }
  const plain =
    BigInt(Math.trunc(Math.abs(value))) >= 10n ** 15n
      ? value.toLocaleString('en-US', { useGrouping: false, maximumFractionDigits: 20 })
      : String(value);
  const text = plain.includes('e') ? value.toFixed(Math.max(0, mantissa.replace('-', '').length - 2 - power)) : plain;
  return text.includes('.') ? text : `${text}.0`;
}

function microsText(micros: bigint, zone: string | undefined): string {
  const seconds = micros >= 0n ? micros / 1_000_000n : -((-micros + 999_999n) / 1_000_000n);
  const fraction = micros - seconds * 1_000_000n;
  const instant = Number(seconds) * 1000;
  const wall = new Date(instant + (zone === undefined ? 0 : offsetOf(zone, instant)));
  const pad = (n: number): string => String(n).padStart(2, '0');
  const time = `${pad(wall.getUTCHours())}:${pad(wall.getUTCMinutes())}:${pad(wall.getUTCSeconds())}`;
  const tail = fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`;
  return `${farDate(Math.floor(wall.getTime() / 86_400_000))} ${time}${tail}`;
}

/** A day-time interval as Python prints a timedelta: `2 days, 0:00:00`. */
function durationText(micros: bigint): string {
  const day = 86_400_000_000n;
  const days = micros >= 0n ? micros / day : -((-micros + day - 1n) / day);
  const rest = micros - days * day;
  const pad = (n: bigint): string => String(n).padStart(2, '0');
  const seconds = rest / 1_000_000n;
  const fraction = rest % 1_000_000n;
  const time = `${seconds / 3600n}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}${fraction === 0n ? '' : `.${String(fraction).padStart(6, '0')}`}`;
  return days === 0n ? time : `${days} day${days === 1n || days === -1n ? '' : 's'}, ${time}`;
}
