import { SluiceError, type Column, type Value } from '@sluice/plugin-sdk';
import { LongStore, NumberStore, TextStore, ValueStore, type ColumnStore } from '../columns.js';

/** Takes the cells of one column from COPY's binary form. */
export interface CellTaker {
  readonly store: ColumnStore;
  /** Takes the cell of the bytes from `at` on, `size` of them. */
  take(data: Buffer, at: number, size: number, row: number): void;
}

/** How a column of a result is taken. */
export interface ColumnReader {
  readonly column: Column;
  /** The expression to select it by; it gives what the takers take. */
  readonly expression: string;
  /** Makes what takes the column out of the rows of one reading. */
  readonly taker: () => CellTaker;
  /** Whether the server compares its values as Sluice does. */
  readonly compares: boolean;
  /** Whether the server has a null exactly where one is read. */
  readonly nulls: true;
}

/** The object identifiers of the built-in types that are read from their binary form. */
const OID = {
  bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, json: 114, xml: 142, float4: 700, float8: 701,
  bpchar: 1042, varchar: 1043, name: 19, date: 1082, timestamp: 1114, timestamptz: 1184, numeric: 1700,
} as const; // prettier-ignore

/** 2000-01-01, PostgreSQL's first day, in days since 1970-01-01. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = EPOCH_DAYS * 86_400_000_000;

/** What Spark takes for a numeric whose digits nobody said. */
const FREE_NUMERIC = { precision: 38, scale: 18 };

/** How to take a column of a type; what has no counterpart comes as PostgreSQL's text of it. */
export function columnReader(name: string, oid: number, modifier: number, quoted: string): ColumnReader {
  const make = (type: string, taker: ColumnReader['taker'], expression = quoted): ColumnReader => ({
    column: { name, type },
    expression,
    taker,
    compares: /^(smallint|int|bigint|decimal|date|timestamp)/.test(type),
    nulls: true,
  });
  switch (oid) {
    case OID.bool:
      return make('boolean', () => values((data, at) => data[at] === 1));
    case OID.int2:
      return make('smallint', () => numbers((n) => new Int16Array(n), (data, at) => data.readInt16BE(at))); // prettier-ignore
    case OID.int4:
      return make('int', () => numbers((n) => new Int32Array(n), (data, at) => data.readInt32BE(at))); // prettier-ignore
    case OID.int8:
      return make('bigint', longs);
    case OID.float4:
      return make('float', () => numbers((n) => new Float32Array(n), (data, at) => data.readFloatBE(at))); // prettier-ignore
    case OID.float8:
      return make('double', () => numbers((n) => new Float64Array(n), (data, at) => data.readDoubleBE(at))); // prettier-ignore
    case OID.bytea:
      return make('binary', () => values((data, at, size) => Uint8Array.prototype.slice.call(data, at, at + size)));
    case OID.date:
      return make('date', () => days(name));
    case OID.timestamp:
    case OID.timestamptz:
      return make(oid === OID.timestamp ? 'timestamp_ntz' : 'timestamp', () => moments(name));
    case OID.numeric:
      return numericReader(name, modifier, `${quoted}::text`, make);
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
    case OID.name:
    case OID.json:
    case OID.xml:
      return make('string', texts);
    default:
      return make('string', texts, `${quoted}::text`);
  }
}

function values(read: (data: Buffer, at: number, size: number) => Value): CellTaker {
  const store = new ValueStore();
  return { store, take: (data, at, size, row) => void (store.items[row] = read(data, at, size)) };
}

/** Texts and digits; `check` refuses those that the column cannot hold. */
function texts(check: (data: Buffer, at: number, size: number) => void = () => undefined): CellTaker {
  const store = new TextStore();
  return {
    store,
    take(data, at, size, row) {
      check(data, at, size);
      store.put(row, data, at, at + size);
    },
  };
}

function numbers<A extends Int16Array | Int32Array | Float32Array | Float64Array>(
  array: (length: number) => A,
  read: (data: Buffer, at: number) => number,
): CellTaker {
  const store = new NumberStore<A>(array);
  return { store, take: (data, at, _, row) => void (store.items[row] = read(data, at)) };
}

function longs(): CellTaker {
  const store = new LongStore();
  return { store, take: (data, at, _, row) => store.putHalves(row, data.readInt32BE(at + 4), data.readInt32BE(at)) };
}

function days(column: string): CellTaker {
  return numbers(
    (n) => new Int32Array(n),
    (data, at) => {
      const day = data.readInt32BE(at);
      return day === 0x7fffffff || day === -0x80000000 ? infinite(column) : day + EPOCH_DAYS;
    },
  );
}

const HALF = 0x1_0000_0000;
/** Where the high half of a number of microseconds leaves it exact, with the days up to 2000 added. */
const EXACT_HIGH = 2 ** 20;

function moments(column: string): CellTaker {
  const store = new LongStore();
  return {
    store,
    take(data, at, _, row) {
      const [high, low] = [data.readInt32BE(at), data.readUInt32BE(at + 4)];
      if (high >= -EXACT_HIGH && high < EXACT_HIGH) return store.putNumber(row, high * HALF + low + EPOCH_MICROS);
      const micros = data.readBigInt64BE(at);
      if (micros === 2n ** 63n - 1n || micros === -(2n ** 63n)) infinite(column);
      store.items[row] = micros + BigInt(EPOCH_MICROS);
    },
  };
}

function infinite(column: string): never {
  const message = `column '${column}': infinity has no counterpart; leave it out in the query`;
  throw new SluiceError('DATA_INVALID', message, { details: { column } });
}

/** How the text `NaN` begins. */
const NOT_A_NUMBER = 0x4e;

function numericReader(
  name: string,
  modifier: number,
  expression: string,
  make: (type: string, taker: ColumnReader['taker'], expression: string) => ColumnReader,
): ColumnReader {
  const given =
    modifier < 4 ? FREE_NUMERIC : { precision: ((modifier - 4) >> 16) & 0xffff, scale: (modifier - 4) & 0x7ff };
  // More digits than the engine's decimals have, or a scale below zero: their texts lose nothing.
  if (given.precision > 38 || given.scale > given.precision) return make('string', texts, expression);
  const { precision, scale } = given;
  const check = (data: Buffer, at: number, size: number): void => {
    if (modifier >= 4 && data[at] !== NOT_A_NUMBER) return;
    const value = data.toString('latin1', at, at + size);
    const [, whole = '', fraction = ''] = /^-?(\d+)(?:\.(\d*?)0*)?$/.exec(value) ?? [];
    if (whole !== '' && whole.length <= precision - scale && fraction.length <= scale) return;
    const message = `column '${name}': ${value} does not fit decimal(${precision},${scale}); cast the column in the query, to text or to a numeric of its own digits`;
    throw new SluiceError('DATA_INVALID', message, { details: { column: name } });
  };
  return make(`decimal(${precision},${scale})`, () => texts(check), expression);
}

/** The type of a new table's column. */
export function columnType(type: string): string {
  const word = /^[a-z_]+/.exec(type.toLowerCase())?.[0] ?? '';
  switch (word) {
    case 'tinyint':
    case 'smallint':
      return 'smallint';
    case 'boolean':
    case 'bigint':
    case 'date':
      return word;
    case 'int':
      return 'integer';
    case 'float':
      return 'real';
    case 'double':
      return 'double precision';
    case 'decimal':
      return type.toLowerCase().replace('decimal', 'numeric');
    case 'timestamp':
      return 'timestamptz';
    case 'timestamp_ntz':
      return 'timestamp';
    case 'binary':
      return 'bytea';
    default:
      return 'text';
  }
}
