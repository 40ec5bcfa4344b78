import type { Column, Value } from '@sluice/plugin-sdk';
import { NULL, unescaped } from './tab-separated.js';

/** How a column of ClickHouse is read: what is asked for in its place, its type in Spark's words, and its values. */
export interface Reader {
  readonly column: Column;
  /** The SQL for the column. */
  readonly sql: string;
  read(text: string): Value;
}

/** The type inside `Nullable` and `LowCardinality`. */
export function innerType(type: string): string {
  const [, inner] = /^(?:Nullable|LowCardinality)\((.*)\)$/s.exec(type) ?? [];
  return inner === undefined ? type : innerType(inner);
}

/** How a column is read. What Spark has no type for is a text, as the server writes it. */
export function readerOf(name: string, type: string): Reader {
  const inner = innerType(type);
  const quoted = quotedName(name);
  const reader = (spark: string, read: (text: string) => Value, sql = quoted): Reader => ({
    column: { name, type: spark },
    sql: sql === quoted ? quoted : `${sql} AS ${quoted}`,
    read: (text) => (text === NULL ? null : read(text)),
  });
  const [, unsigned = '', bits = ''] = /^(U?)Int(\d+)$/.exec(inner) ?? [];
  if (bits !== '') return integerReader(unsigned === 'U', Number(bits), reader);
  const [, precision = '', scale = ''] = /^Decimal\((\d+), (\d+)\)$/.exec(inner) ?? [];
  if (precision !== '' && Number(precision) <= 38)
    return reader(`decimal(${precision},${scale})`, (text) => padded(text, Number(scale)));
  if (inner === 'Float32') return reader('float', numberOf);
  if (inner === 'Float64') return reader('double', numberOf);
  if (inner === 'Bool') return reader('boolean', (text) => text === 'true' || text === '1');
  if (/^Date(32)?$/.test(inner)) return reader('date', dayOf);
  // The server's texts are in a zone of its own; these numbers are in none.
  if (/^DateTime64\b/.test(inner))
    return reader('timestamp', (text) => BigInt(text), `toUnixTimestamp64Micro(${quoted})`);
  if (/^DateTime\b/.test(inner))
    return reader('timestamp', (text) => BigInt(text) * 1_000_000n, `toUnixTimestamp(${quoted})`);
  return reader('string', unescaped);
}

type Make = (spark: string, read: (text: string) => Value) => Reader;

function integerReader(isUnsigned: boolean, bits: number, reader: Make): Reader {
  const room = isUnsigned ? bits + 1 : bits;
  if (room <= 8) return reader('tinyint', Number);
  if (room <= 16) return reader('smallint', Number);
  if (room <= 32) return reader('int', Number);
  if (room <= 64) return reader('bigint', BigInt);
  if (room <= 65) return reader('decimal(20,0)', (text) => text);
  return reader('string', (text) => text);
}

/** Old servers write 1970-01-01 as 0000-00-00. */
function dayOf(text: string): number {
  return text === '0000-00-00' ? 0 : Date.parse(`${text}T00:00:00Z`) / 86_400_000;
}

/** A number as ClickHouse writes it: also `nan`, `inf` and `-inf`. */
function numberOf(text: string): number {
  if (text === 'nan' || text === '-nan') return Number.NaN;
  return Number(text.replace('inf', 'Infinity'));
}

/** Newer servers leave zeros at the end out. */
function padded(text: string, scale: number): string {
  const [whole = '', fraction = ''] = text.split('.');
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`;
}

/** A name as ClickHouse's SQL has it. */
export function quotedName(name: string): string {
  return `\`${name.replace(/[\\`]/g, '\\$&')}\``;
}
