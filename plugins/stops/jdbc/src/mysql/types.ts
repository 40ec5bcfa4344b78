import { SluiceError, type Column, type Value } from '@sluice/plugin-sdk';
import type { FieldPacket } from 'mysql2';
import { daysOf, microsOf } from '../times.js';
import { quote } from './connect.js';

/** How a column of a result is taken. */
export interface ColumnReader {
  readonly column: Column;
  /** The expression to select it by, so that nothing is lost on the way. */
  readonly expression: string;
  /** Makes the engine's value of the driver's; absent where they are the same. */
  readonly read?: (value: unknown) => Value;
}

/** The protocol's numbers of types. */
const CODE = {
  decimal: 0, tiny: 1, short: 2, long: 3, float: 4, double: 5, null: 6, timestamp: 7, longlong: 8, int24: 9, date: 10,
  time: 11, datetime: 12, year: 13, varchar: 15, bit: 16, json: 245, newdecimal: 246, enum: 247, set: 248, tinyblob: 249,
  mediumblob: 250, longblob: 251, blob: 252, varstring: 253, string: 254, geometry: 255,
} as const; // prettier-ignore

const UNSIGNED = 32;
const BINARY_CHARSET = 63;

/** How to take a column; TYPE_UNSUPPORTED for a type of which nothing is known. */
export function columnReader(field: FieldPacket, zeroDatesAsNull: boolean): ColumnReader {
  const name = field.name;
  const quoted = quote(name);
  const flags = typeof field.flags === 'number' ? field.flags : 0;
  const unsigned = (flags & UNSIGNED) !== 0;
  const make = (type: string, read?: (value: unknown) => Value, expression = quoted): ColumnReader => {
    const column = { name, type };
    return read === undefined ? { column, expression } : { column, expression, read };
  };
  const whole = (signed: string, wide: string): ColumnReader => make(unsigned ? wide : signed, undefined, quoted);
  switch (field.columnType ?? field.type) {
    case CODE.tiny:
      return whole('tinyint', 'smallint');
    case CODE.short:
      return whole('smallint', 'int');
    case CODE.int24:
      return whole('int', 'int');
    case CODE.long:
      return unsigned ? make('bigint', bigint) : make('int');
    case CODE.longlong:
      return unsigned ? make('decimal(20,0)', String) : make('bigint', bigint);
    case CODE.year:
      return make('int');
    case CODE.float:
      // The server writes a FLOAT with six digits; as a DOUBLE with all of them.
      return make('float', undefined, `(${quoted} + 0E0)`);
    case CODE.double:
      return make('double');
    case CODE.decimal:
    case CODE.newdecimal:
      return decimalReader(field, unsigned, make);
    case CODE.bit:
      return Number(field.columnLength ?? field.length) === 1 ? make('boolean', isOne) : make('binary');
    case CODE.date:
      return make('date', dated(name, zeroDatesAsNull, daysOf));
    case CODE.datetime:
      return make('timestamp_ntz', dated(name, zeroDatesAsNull, microsOf));
    case CODE.timestamp:
      return make('timestamp', dated(name, zeroDatesAsNull, microsOf));
    case CODE.time:
      return make('string');
    case CODE.json:
      return make('string');
    case CODE.geometry:
      return make('binary', undefined, `ST_AsBinary(${quoted})`);
    case CODE.null:
      return make('string');
    case CODE.enum:
    case CODE.set:
    case CODE.varchar:
    case CODE.varstring:
    case CODE.string:
    case CODE.tinyblob:
    case CODE.mediumblob:
    case CODE.longblob:
    case CODE.blob:
      return make(field.characterSet === BINARY_CHARSET ? 'binary' : 'string');
    default: {
      const message = `column '${name}' has the type ${String(field.columnType)} of the protocol, which has no counterpart; cast it in the query`;
      throw new SluiceError('TYPE_UNSUPPORTED', message, { details: { column: name } });
    }
  }
}

function decimalReader(field: FieldPacket, unsigned: boolean, make: (type: string) => ColumnReader): ColumnReader {
  const scale = field.decimals ?? 0;
  const length = Number(field.columnLength ?? field.length);
  const precision = Math.max(length - (scale > 0 ? 1 : 0) - (unsigned ? 0 : 1), scale, 1);
  // 38 digits are the most that the engine's decimals have; MySQL's have 65: their texts lose nothing.
  return make(precision <= 38 ? `decimal(${precision},${scale})` : 'string');
}

function bigint(value: unknown): Value {
  return value === null ? null : BigInt(value as string | number);
}

function isOne(value: unknown): Value {
  return value === null ? null : (value as Uint8Array)[0] === 1;
}

function dated(name: string, zeroAsNull: boolean, of: (text: string) => number | bigint | undefined) {
  return (value: unknown): Value => {
    if (value === null) return null;
    const made = of(value as string);
    if (made !== undefined) return made;
    if (zeroAsNull && (value as string).startsWith('0000-00-00')) return null;
    const message = `column '${name}': '${String(value)}' is no date; set zeroDateTimeBehavior=CONVERT_TO_NULL in the URL to read dates of zeros as null, or cast it in the query`;
    throw new SluiceError('DATA_INVALID', message, { details: { column: name } });
  };
}

/** The type of a new table's column; TYPE_UNSUPPORTED is told by who writes the rows. */
export function columnType(type: string): string {
  const word = /^[a-z_]+/.exec(type.toLowerCase())?.[0] ?? '';
  switch (word) {
    case 'boolean':
      return 'BOOLEAN';
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'date':
      return word.toUpperCase();
    case 'float':
      return 'FLOAT';
    case 'double':
      return 'DOUBLE';
    case 'decimal':
      return type.toUpperCase();
    case 'timestamp':
      return 'TIMESTAMP(6) NULL DEFAULT NULL';
    case 'timestamp_ntz':
      return 'DATETIME(6)';
    case 'binary':
      return 'LONGBLOB';
    default:
      return 'LONGTEXT';
  }
}
