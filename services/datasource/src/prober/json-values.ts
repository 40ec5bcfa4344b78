import { unpacked, type Column, type PackedBatch, type Value } from '@sluice/plugin-sdk';

const DAY_MS = 86_400_000;

/** The rows of a batch, or one row, with values as `sluice.common.v1.Rows` says. */
export function jsonRows(columns: readonly Column[], item: PackedBatch | readonly Value[]): unknown[][] {
  if (!('columns' in item)) return [columns.map(({ type }, c) => jsonValue(type, item[c] ?? null))];
  const cells = item.columns.map(unpacked);
  return Array.from({ length: item.length }, (_, r) =>
    columns.map(({ type }, c) => jsonValue(type, cells[c]?.[r] ?? null)),
  );
}

function jsonValue(type: string, value: Value): unknown {
  if (value === null) return null;
  if (type === 'date') return new Date(Number(value) * DAY_MS).toISOString().slice(0, 10);
  if (type.startsWith('timestamp')) return momentText(value as bigint);
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
  if (typeof value === 'object') return JSON.parse(JSON.stringify(value, plain)) as unknown;
  return value;
}

function plain(_: string, each: unknown): unknown {
  if (typeof each === 'bigint') return String(each);
  return each instanceof Map ? Object.fromEntries(each) : each;
}

function momentText(micros: bigint): string {
  const rest = Number(((micros % 1000n) + 1000n) % 1000n);
  const text = new Date(Number((micros - BigInt(rest)) / 1000n)).toISOString().replace('T', ' ').slice(0, -1);
  return `${text}${String(rest).padStart(3, '0')}`.replace(/\.?0+$/, '');
}
