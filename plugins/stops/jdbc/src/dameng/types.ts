import type { Value } from '@sluice/plugin-sdk';
import { exactDecimal, instantOf } from '../sql/server-texts.js';
import type { ResultColumn } from '../sql/session.js';
import { daysOf, microsOf } from '../times.js';
import type { DamengColumn } from './driver.js';

type Read = (cell: unknown) => Value | undefined;

/** How a column of a result is taken, by the name of its type; numbers and moments come as the server's texts. */
export function resultColumn({ name, dbTypeName = '', precision = 0, scale = 0 }: DamengColumn): ResultColumn {
  const [type, read] = typeOf(dbTypeName.toUpperCase().replace(/\(.*?\)/g, ''), precision, scale);
  return { name, type, read };
}

/** Whether the driver is asked for the bytes of a column; for all others it is asked for a text. */
export function isBinary({ dbTypeName = '' }: DamengColumn): boolean {
  return /^(BINARY|VARBINARY|RAW|BLOB|IMAGE|LONGVARBINARY|BFILE)/i.test(dbTypeName);
}

/** Whether its bytes are a large object, which the driver gives as a stream unless it is asked otherwise. */
export function isLarge({ dbTypeName = '' }: DamengColumn): boolean {
  return /^(BLOB|IMAGE|LONGVARBINARY)/i.test(dbTypeName);
}

function typeOf(word: string, precision: number, scale: number): readonly [string, Read?] {
  switch (word) {
    case 'BIT':
    case 'BOOLEAN':
    case 'BOOL':
      return ['boolean', (cell) => (/^(1|true)$/i.test(String(cell)) ? true : /^(0|false)$/i.test(String(cell)) ? false : undefined)]; // prettier-ignore
    case 'BYTE':
    case 'TINYINT':
      return ['tinyint', whole(-128, 127)];
    case 'SMALLINT':
      return ['smallint', whole(-32_768, 32_767)];
    case 'INT':
    case 'INTEGER':
      return ['int', whole(-2_147_483_648, 2_147_483_647)];
    case 'BIGINT':
      return ['bigint', (cell) => (/^[+-]?\d+$/.test(String(cell)) ? BigInt(String(cell)) : undefined)];
    case 'REAL':
      return ['float', (cell) => Math.fround(Number(cell))];
    case 'FLOAT':
    case 'DOUBLE':
    case 'DOUBLE PRECISION':
      return ['double', Number];
    case 'DEC':
    case 'DECIMAL':
    case 'NUMERIC':
    case 'NUMBER':
      // Of a number of which nothing is said 38 digits are taken, as from Oracle.
      return precision === 0 ? decimal(38, 10) : decimal(Math.min(38, Math.max(precision, scale)), Math.max(0, scale));
    case 'DATE':
      return ['date', (cell) => daysOf(String(cell).slice(0, 10))];
    case 'TIMESTAMP':
    case 'DATETIME':
    case 'TIMESTAMP WITHOUT TIME ZONE':
      return ['timestamp_ntz', moment];
    case 'TIMESTAMP WITH TIME ZONE':
    case 'DATETIME WITH TIME ZONE':
    case 'TIMESTAMP WITH LOCAL TIME ZONE':
      return ['timestamp', (cell) => instantOf(String(cell))];
    default:
      return isBinary({ name: '', dbTypeName: word })
        ? ['binary', (cell) => (cell instanceof Uint8Array ? Uint8Array.from(cell) : undefined)]
        : ['string', (cell) => (typeof cell === 'string' ? cell : JSON.stringify(cell))];
  }
}

function whole(least: number, most: number): Read {
  return (cell) => {
    const value = Number(cell);
    return Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  };
}

function decimal(precision: number, scale: number): readonly [string, Read] {
  return [`decimal(${precision},${scale})`, (cell) => exactDecimal(String(cell), precision, scale)];
}

function moment(cell: unknown): Value | undefined {
  return microsOf(String(cell).replace(/(\.\d{6})\d+$/, '$1'));
}
