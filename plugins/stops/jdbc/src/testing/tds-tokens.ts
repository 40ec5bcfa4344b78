import { DuckDBDecimalType, DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';

/** Ids of types (MS-TDS 2.2.5.4). */
const TYPE = { int: 0x26, bit: 0x68, float: 0x6d, numeric: 0x6c, text: 0xe7, bytes: 0xa5, date: 0x28, time2: 0x2a, offset: 0x2b } as const; // prettier-ignore
/** A text or bytes of any length has no length of its own. */
const ANY_LENGTH = 0xffff;
const NO_VALUE = 0xffff_ffff_ffff_ffffn;
const UNKNOWN_LENGTH = 0xffff_ffff_ffff_fffen;
const COLLATION = Buffer.from([9, 4, 0xd0, 0, 0x34]);
/** Days from 0001-01-01, with which SQL Server begins, to 1970-01-01. */
const DAYS_BEFORE = 719_162;
const DAY_MICROS = 86_400_000_000n;

const word = (value: number): Buffer => {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
};
const long = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
};
const name = (text: string): Buffer => Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'utf16le')]);

export function loginAck(): Buffer {
  const body = Buffer.concat([Buffer.from([1, 0x74, 0, 0, 4]), name('Microsoft SQL Server'), Buffer.from([16, 0, 0, 0])]); // prettier-ignore
  return Buffer.concat([Buffer.from([0xad]), word(body.length), body]);
}

/** The end of an answer; bits of `status`: 2 failed, 0x10 the count counts, 0x20 an attention was heard. */
export function done(rows: number, status = 0): Buffer {
  return Buffer.concat([Buffer.from([0xfd]), word(status), word(0), long(rows), long(0)]);
}

export function failure(number: number, text: string): Buffer {
  const message = Buffer.from(text, 'utf16le');
  const body = Buffer.concat([long(number), Buffer.from([1, 16]), word(text.length), message, name('stand-in'), name(''), long(1)]); // prettier-ignore
  return Buffer.concat([Buffer.from([0xaa]), word(body.length), body]);
}

export function colMetadata(names: readonly string[], types: readonly DuckDBType[]): Buffer {
  const columns = names.map((each, c) =>
    Buffer.concat([long(0), word(9), typeInfo(types[c] as DuckDBType), name(each)]),
  );
  return Buffer.concat([Buffer.from([0x81]), word(names.length), ...columns]);
}

function typeInfo(type: DuckDBType): Buffer {
  if (type instanceof DuckDBDecimalType) return Buffer.from([TYPE.numeric, 17, type.width, type.scale]);
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return Buffer.from([TYPE.bit, 1]);
    case DuckDBTypeId.SMALLINT:
      return Buffer.from([TYPE.int, 2]);
    case DuckDBTypeId.INTEGER:
      return Buffer.from([TYPE.int, 4]);
    case DuckDBTypeId.BIGINT:
      return Buffer.from([TYPE.int, 8]);
    case DuckDBTypeId.FLOAT:
      return Buffer.from([TYPE.float, 4]);
    case DuckDBTypeId.DOUBLE:
      return Buffer.from([TYPE.float, 8]);
    case DuckDBTypeId.DATE:
      return Buffer.from([TYPE.date]);
    case DuckDBTypeId.TIMESTAMP:
      return Buffer.from([TYPE.time2, 6]);
    case DuckDBTypeId.TIMESTAMP_TZ:
      return Buffer.from([TYPE.offset, 6]);
    case DuckDBTypeId.BLOB:
      return Buffer.concat([Buffer.from([TYPE.bytes]), word(ANY_LENGTH)]);
    default:
      return Buffer.concat([Buffer.from([TYPE.text]), word(ANY_LENGTH), COLLATION]);
  }
}

export function rowBytes(row: readonly unknown[], types: readonly DuckDBType[]): Buffer {
  return Buffer.concat([Buffer.from([0xd1]), ...row.map((value, c) => valueBytes(value, types[c] as DuckDBType))]);
}

function valueBytes(value: unknown, type: DuckDBType): Buffer {
  const sized = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const isText = typeInfo(type)[0] === TYPE.text || type.typeId === DuckDBTypeId.BLOB;
  if (value === null) return isText ? whole(NO_VALUE) : Buffer.from([0]);
  if (type instanceof DuckDBDecimalType) {
    const { value: digits } = value as { readonly value: bigint };
    const bytes = Buffer.alloc(17);
    bytes[0] = digits < 0n ? 0 : 1;
    for (let left = digits < 0n ? -digits : digits, i = 1; left > 0n; left >>= 8n, i++) bytes[i] = Number(left & 0xffn);
    return sized(bytes);
  }
  const buffer = Buffer.alloc(8);
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return Buffer.from([1, value === true ? 1 : 0]);
    case DuckDBTypeId.SMALLINT:
      return sized(buffer.subarray(0, buffer.writeInt16LE(value as number)));
    case DuckDBTypeId.INTEGER:
      return sized(buffer.subarray(0, buffer.writeInt32LE(value as number)));
    case DuckDBTypeId.BIGINT:
      return sized(buffer.subarray(0, buffer.writeBigInt64LE(value as bigint)));
    case DuckDBTypeId.FLOAT:
      return sized(buffer.subarray(0, buffer.writeFloatLE(value as number)));
    case DuckDBTypeId.DOUBLE:
      return sized(buffer.subarray(0, buffer.writeDoubleLE(value as number)));
    case DuckDBTypeId.DATE:
      return sized(dateBytes((value as { readonly days: number }).days));
    case DuckDBTypeId.TIMESTAMP:
      return sized(momentBytes((value as { readonly micros: bigint }).micros));
    case DuckDBTypeId.TIMESTAMP_TZ:
      return sized(Buffer.concat([momentBytes((value as { readonly micros: bigint }).micros), word(0)]));
    case DuckDBTypeId.BLOB:
      return chunked(Buffer.from((value as { readonly bytes: Uint8Array }).bytes));
    default:
      return chunked(Buffer.from(String(value), 'utf16le'));
  }
}

function dateBytes(days: number): Buffer {
  return long(days + DAYS_BEFORE).subarray(0, 3);
}

function momentBytes(micros: bigint): Buffer {
  const clock = ((micros % DAY_MICROS) + DAY_MICROS) % DAY_MICROS;
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(clock);
  return Buffer.concat([bytes.subarray(0, 5), dateBytes(Number((micros - clock) / DAY_MICROS))]);
}

function whole(length: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(length);
  return bytes;
}

function chunked(bytes: Buffer): Buffer {
  const chunk = bytes.length === 0 ? Buffer.alloc(0) : Buffer.concat([long(bytes.length), bytes]);
  return Buffer.concat([whole(BigInt(bytes.length)), chunk, long(0)]);
}

/** A bulk load: columns of texts and bytes of any length, and rows. */
export class TdsMessage {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  /** The rows as SQL literals. */
  rows(): { readonly rows: readonly (readonly string[])[] } {
    this.at = 1;
    const types = Array.from({ length: this.number(2) }, () => {
      this.at += 6;
      const type = this.number(1);
      this.at += type === TYPE.text ? 7 : 2;
      const letters = this.number(1);
      this.at += letters * 2;
      return type;
    });
    const rows: string[][] = [];
    while (this.number(1) === 0xd1) rows.push(types.map((type) => this.value(type === TYPE.text)));
    return { rows };
  }

  private number(width: number): number {
    this.at += width;
    return this.bytes.readUIntLE(this.at - width, width);
  }

  private value(isText: boolean): string {
    this.at += 8;
    const length = this.bytes.readBigUInt64LE(this.at - 8);
    if (length === NO_VALUE) return 'NULL';
    if (length !== UNKNOWN_LENGTH && length > BigInt(this.bytes.length)) throw new Error('a length that cannot be');
    const pieces: Buffer[] = [];
    for (let size = this.number(4); size > 0; size = this.number(4)) {
      pieces.push(this.bytes.subarray(this.at, (this.at += size)));
    }
    const bytes = Buffer.concat(pieces);
    if (!isText) return `unhex('${bytes.toString('hex')}')`;
    return `'${bytes.toString('utf16le').replaceAll("'", "''").replaceAll('\0', "' || chr(0) || '")}'`;
  }
}
