import type { Knex } from 'knex';
import { SluiceError } from '../errors.js';

/** Columns that hold and compare the same on SQLite, MySQL and MariaDB. */
export interface Columns {
  /** An identifier or another short key, compared byte by byte. `length` (default 64) counts characters. */
  key(name: string, length?: number): Knex.ColumnBuilder;
  /** A text of at most `length` (default 255) characters. */
  text(name: string, length?: number): Knex.ColumnBuilder;
  /** A text of any length; it cannot be indexed. */
  longText(name: string): Knex.ColumnBuilder;
  /** A value as JSON text; write it with JSON.stringify, read it with JSON.parse. It cannot be indexed. */
  json(name: string): Knex.ColumnBuilder;
  /** A time in epoch milliseconds. */
  time(name: string): Knex.ColumnBuilder;
  /** A whole number of up to 53 bits. */
  integer(name: string): Knex.ColumnBuilder;
  /** A number with a fraction. */
  number(name: string): Knex.ColumnBuilder;
  /** A yes or no: 1 or 0 when read. */
  flag(name: string): Knex.ColumnBuilder;
  /** Bytes, up to 16 MiB. Read them with {@link toBytes}. */
  bytes(name: string): Knex.ColumnBuilder;
  /** A number that the database counts up, as the primary key. Rows that commit later may have lower numbers. */
  sequence(name: string): Knex.ColumnBuilder;
}

function columnsOf(table: Knex.CreateTableBuilder, isMysql: boolean): Columns {
  const typed = (name: string, mysql: string, sqlite: string): Knex.ColumnBuilder =>
    table.specificType(name, isMysql ? mysql : sqlite);
  return {
    key: (name, length = 64) => table.string(name, length),
    text: (name, length = 255) => table.string(name, length),
    longText: (name) => typed(name, 'longtext', 'text'),
    json: (name) => typed(name, 'longtext', 'text'),
    time: (name) => table.bigInteger(name),
    integer: (name) => table.bigInteger(name),
    number: (name) => table.double(name),
    flag: (name) => table.boolean(name),
    bytes: (name) => typed(name, 'mediumblob', 'blob'),
    sequence: (name) => table.bigIncrements(name),
  };
}

/**
 * Creates a table in a migration. One that a start which broke off left behind empty is made anew.
 *
 * @throws START_FAILED when a table of this name exists and holds rows: it belongs to something else.
 */
export async function createTable(
  knex: Knex,
  name: string,
  build: (column: Columns, table: Knex.CreateTableBuilder) => void,
): Promise<void> {
  const isMysql = knex.client.config.client === 'mysql2';
  if (await knex.schema.hasTable(name)) {
    const row: unknown = await knex(name).first(knex.raw('1 as one'));
    if (row !== undefined) {
      throw new SluiceError('START_FAILED', `the table ${name} exists already and holds rows; use an empty database`);
    }
    await knex.schema.dropTable(name);
  }
  await knex.schema.createTable(name, (table) => {
    if (isMysql) {
      table.engine('InnoDB');
      table.charset('utf8mb4');
      // Byte by byte, as SQLite compares: 'A' and 'a' are different identifiers.
      table.collate('utf8mb4_bin');
    }
    build(columnsOf(table, isMysql), table);
  });
}

/** Bytes as any of the drivers gives them. */
export function toBytes(value: unknown): Buffer {
  if (Buffer.isBuffer(value)) return value;
  if (value instanceof ArrayBuffer) return Buffer.from(value);
  if (value instanceof Uint8Array) return Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  throw new SluiceError('INTERNAL', `expected bytes from the database, got ${typeof value}`);
}
