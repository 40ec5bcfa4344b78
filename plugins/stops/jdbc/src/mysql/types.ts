import { SluiceError, type Column, type Value } from '@sluice/plugin-sdk';
import type { FieldPacket } from 'mysql2';
import * as cells from './cells.js';
import { quote } from './connect.js';

/** How a column of a result is taken. */
export interface ColumnReader {
  readonly column: Column;
  /** The expression to select it by, so that nothing is lost on the way. */
  readonly expression: string;
  /** Makes what takes the column out of the rows of one reading. */
  readonly taker: () => cells.CellTaker;
  /** Whether the server compares its values as Sluice does. */
  readonly compares: boolean;
  /** Whether the server has a null exactly where one is read; it takes a date of zeros for null at times. */
  readonly nulls: boolean;
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
  const code = field.columnType ?? field.type;
  const make = (type: string, taker: ColumnReader['taker'], expression = quoted): ColumnReader => ({
    column: { name, type },
    expression,
    taker,
    // The server takes a year of two digits for one of this time.
    compares: /^(tinyint|smallint|int|bigint|decimal|date|timestamp)/.test(type) && code !== CODE.year,
    nulls: !/^(date|timestamp)/.test(type),
  });
  switch (code) {
    case CODE.tiny:
      return unsigned
        ? make('smallint', () => cells.numbers('Int16', 1, (data, at) => data.readUInt8(at)))
        : make('tinyint', () => cells.numbers('Int8', 1, (data, at) => data.readInt8(at)));
    case CODE.short:
      return unsigned
        ? make('int', () => cells.numbers('Int32', 2, (data, at) => data.readUInt16LE(at)))
        : make('smallint', () => cells.numbers('Int16', 2, (data, at) => data.readInt16LE(at)));
    case CODE.year:
      return make('int', () => cells.numbers('Int32', 2, (data, at) => data.readUInt16LE(at)));
    case CODE.int24:
      return make('int', () => cells.numbers('Int32', 4, (data, at) => data.readInt32LE(at)));
    case CODE.long:
      return unsigned
        ? make('bigint', cells.unsignedInts)
        : make('int', () => cells.numbers('Int32', 4, (data, at) => data.readInt32LE(at)));
    case CODE.longlong:
      return unsigned ? make('decimal(20,0)', cells.unsignedLongs) : make('bigint', cells.longs);
    case CODE.float:
      return make('float', () => cells.numbers('Float32', 4, (data, at) => data.readFloatLE(at)));
    case CODE.double:
      return make('double', () => cells.numbers('Float64', 8, (data, at) => data.readDoubleLE(at)));
    case CODE.decimal:
    case CODE.newdecimal:
      return make(decimalType(field, unsigned), cells.texts);
    case CODE.bit:
      return Number(field.columnLength ?? field.length) === 1
        ? make('boolean', () => cells.sized((data, from) => data[from] === 1))
        : make('binary', () => cells.sized(bytes));
    case CODE.date:
      return make('date', () => cells.days(name, zeroDatesAsNull));
    case CODE.datetime:
      return make('timestamp_ntz', () => cells.moments(name, zeroDatesAsNull));
    case CODE.timestamp:
      return make('timestamp', () => cells.moments(name, zeroDatesAsNull));
    case CODE.time:
      return make('string', () => cells.times(Math.min(field.decimals ?? 0, 6)));
    case CODE.geometry:
      return make('binary', () => cells.sized(bytes), `ST_AsBinary(${quoted})`);
    case CODE.json:
    case CODE.null:
      return make('string', cells.texts);
    case CODE.enum:
    case CODE.set:
    case CODE.varchar:
    case CODE.varstring:
    case CODE.string:
    case CODE.tinyblob:
    case CODE.mediumblob:
    case CODE.longblob:
    case CODE.blob:
      return field.characterSet === BINARY_CHARSET
        ? make('binary', () => cells.sized(bytes))
        : make('string', cells.texts);
    default: {
      const message = `column '${name}' has the type ${String(field.columnType)} of the protocol, which has no counterpart; cast it in the query`;
      throw new SluiceError('TYPE_UNSUPPORTED', message, { details: { column: name } });
    }
  }
}

function decimalType(field: FieldPacket, unsigned: boolean): string {
  const scale = field.decimals ?? 0;
  const length = Number(field.columnLength ?? field.length);
  const precision = Math.max(length - (scale > 0 ? 1 : 0) - (unsigned ? 0 : 1), scale, 1);
  // 38 digits are the most that the engine's decimals have; MySQL's have 65: their texts lose nothing.
  return precision <= 38 ? `decimal(${precision},${scale})` : 'string';
}

function bytes(data: Buffer, from: number, to: number): Value {
  return Uint8Array.prototype.slice.call(data, from, to);
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
