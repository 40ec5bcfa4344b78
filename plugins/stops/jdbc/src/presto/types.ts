import { isLosslessNumber, stringify } from 'lossless-json';
import type { Value } from '@sluice/plugin-sdk';
import type { ResultColumn } from '../sql/session.js';
import { daysOf, microsOf } from '../times.js';

export interface PrestoColumn {
  readonly name: string;
  /** Such as `decimal(10,2)` or `timestamp(3) with time zone`. */
  readonly type: string;
}

/** How a column of a result is taken; what has no counterpart is a text, nested values are JSON. */
export function resultColumn({ name, type }: PrestoColumn): ResultColumn {
  const [own, read] = typeOf(type.toLowerCase());
  return { name, type: own, read };
}

function typeOf(type: string): readonly [string, (cell: unknown) => Value | undefined] {
  const [word = ''] = /^[a-z]+/.exec(type) ?? [];
  if (/^timestamp.* with time zone/.test(type)) return ['timestamp', instant];
  switch (word) {
    case 'boolean':
      return ['boolean', (cell) => cell === true];
    case 'tinyint':
    case 'smallint':
      return [word, Number];
    case 'integer':
      return ['int', Number];
    case 'bigint':
      return ['bigint', (cell) => BigInt(String(cell))];
    case 'real':
      return ['float', (cell) => Math.fround(Number(String(cell)))];
    case 'double':
      return ['double', (cell) => Number(String(cell))];
    case 'decimal':
      return [type.replace(/\s/g, ''), String];
    case 'date':
      return ['date', (cell) => daysOf(String(cell))];
    case 'timestamp':
      return ['timestamp_ntz', (cell) => microsOf(String(cell))];
    case 'varbinary':
      return ['binary', (cell) => Uint8Array.from(Buffer.from(String(cell), 'base64'))];
    default:
      return ['string', textOf];
  }
}

function textOf(cell: unknown): Value | undefined {
  return typeof cell === 'string' ? cell : isLosslessNumber(cell) ? cell.value : stringify(cell);
}

/** A moment with its zone: UTC, or an offset; undefined for the name of another, which the server can turn into UTC. */
function instant(cell: unknown): bigint | undefined {
  const match = /^(\S+ \S+) (?:UTC|Z|([+-])(\d\d):(\d\d))$/.exec(String(cell));
  const local = microsOf(match?.[1] ?? '');
  if (match === null || local === undefined) return undefined;
  const offset = BigInt(Number(match[3] ?? 0) * 60 + Number(match[4] ?? 0)) * 60_000_000n;
  return match[2] === '-' ? local + offset : local - offset;
}
