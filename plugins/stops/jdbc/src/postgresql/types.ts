import { SluiceError, type Column, type Value, type Vector } from '@sluice/plugin-sdk';

/** Decodes the cells of one column from COPY's binary form. */
export interface CellReader {
  readonly column: Column;
  /** The expression to select it by; it gives what the decoder takes. */
  readonly expression: string;
  /** The value of the bytes from `at` on, `size` of them. */
  readonly read: (data: Buffer, at: number, size: number) => Value;
  /** A typed array for a batch without nulls; absent where there is none. */
  readonly typed?: (values: Value[]) => Vector;
}

/** The object identifiers of the built-in types that are read from their binary form. */
const OID = {
  bool: 16, bytea: 17, int8: 20, int2: 21, int4: 23, text: 25, json: 114, xml: 142, float4: 700, float8: 701,
  bpchar: 1042, varchar: 1043, name: 19, date: 1082, timestamp: 1114, timestamptz: 1184, numeric: 1700,
} as const; // prettier-ignore

/** 2000-01-01, PostgreSQL's first day, in days since 1970-01-01. */
const EPOCH_DAYS = 10_957;
const EPOCH_MICROS = BigInt(EPOCH_DAYS) * 86_400_000_000n;

/** What Spark takes for a numeric whose digits nobody said. */
const FREE_NUMERIC = { precision: 38, scale: 18 };

/** How to take a column of a type; what has no counterpart comes as PostgreSQL's text of it. */
export function cellReader(name: string, oid: number, modifier: number, quoted: string): CellReader {
  const make = (type: string, read: CellReader['read'], expression = quoted): CellReader => ({
    column: { name, type },
    expression,
    read,
  });
  const infinite = (): never => {
    const message = `column '${name}': infinity has no counterpart; leave it out in the query`;
    throw new SluiceError('DATA_INVALID', message, { details: { column: name } });
  };
  switch (oid) {
    case OID.bool:
      return make('boolean', (data, at) => data[at] === 1);
    case OID.int2:
      return make('smallint', (data, at) => data.readInt16BE(at));
    case OID.int4:
      return make('int', (data, at) => data.readInt32BE(at));
    case OID.int8:
      return make('bigint', (data, at) => data.readBigInt64BE(at));
    case OID.float4:
      return make('float', (data, at) => data.readFloatBE(at));
    case OID.float8:
      return make('double', (data, at) => data.readDoubleBE(at));
    case OID.bytea:
      return make('binary', (data, at, size) => Uint8Array.prototype.slice.call(data, at, at + size));
    case OID.date:
      return make('date', (data, at) => {
        const days = data.readInt32BE(at);
        return days === 0x7fffffff || days === -0x80000000 ? infinite() : days + EPOCH_DAYS;
      });
    case OID.timestamp:
    case OID.timestamptz:
      return make(oid === OID.timestamp ? 'timestamp_ntz' : 'timestamp', (data, at) => {
        const micros = data.readBigInt64BE(at);
        return micros === 2n ** 63n - 1n || micros === -(2n ** 63n) ? infinite() : micros + EPOCH_MICROS;
      });
    case OID.numeric:
      return numericReader(name, modifier, `${quoted}::text`, make);
    case OID.text:
    case OID.varchar:
    case OID.bpchar:
    case OID.name:
    case OID.json:
    case OID.xml:
      return make('string', text);
    default:
      return make('string', text, `${quoted}::text`);
  }
}

function text(data: Buffer, at: number, size: number): string {
  return data.toString('utf8', at, at + size);
}

function numericReader(
  name: string,
  modifier: number,
  expression: string,
  make: (type: string, read: CellReader['read'], expression: string) => CellReader,
): CellReader {
  const given =
    modifier < 4 ? FREE_NUMERIC : { precision: ((modifier - 4) >> 16) & 0xffff, scale: (modifier - 4) & 0x7ff };
  // More digits than the engine's decimals have, or a scale below zero: their texts lose nothing.
  if (given.precision > 38 || given.scale > given.precision) return make('string', text, expression);
  const { precision, scale } = given;
  const read = (data: Buffer, at: number, size: number): Value => {
    const value = data.toString('latin1', at, at + size);
    if (modifier >= 4 && !value.startsWith('N')) return value;
    const [, whole = '', fraction = ''] = /^-?(\d+)(?:\.(\d*?)0*)?$/.exec(value) ?? [];
    if (whole !== '' && whole.length <= precision - scale && fraction.length <= scale) return value;
    const message = `column '${name}': ${value} does not fit decimal(${precision},${scale}); cast the column in the query, to text or to a numeric of its own digits`;
    throw new SluiceError('DATA_INVALID', message, { details: { column: name } });
  };
  return make(`decimal(${precision},${scale})`, read, expression);
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
