import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Column, Dataset, WriteRowsOptions, WrittenRows } from '@sluice/plugin-sdk';
import { from as copyFrom } from 'pg-copy-streams';
import { driverError } from '../failures.js';
import type { ServerTarget } from '../target.js';
import { chooseWay, lower } from '../save.js';
import { namePath, tableName } from '../select.js';
import { cellWriters, textRows, type CellWriter, type TextWords } from '../text-rows.js';
import { quote, type Session } from './connect.js';
import { columnType } from './types.js';

const WORDS: TextWords = {
  yes: 't',
  no: 'f',
  zone: '+00',
  // The backslash of bytea's form is itself escaped in COPY's lines.
  binary: (bytes) => `\\\\x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')}`,
};

/** Writes rows to a table by COPY in one transaction: others see all of them or none. */
export async function writeRows(
  target: ServerTarget,
  session: Session,
  table: string,
  rows: Dataset,
  options: WriteRowsOptions,
): Promise<WrittenRows> {
  try {
    const writers = cellWriters(rows.columns, WORDS, 'PostgreSQL');
    const existing = await describe(session, table);
    const way = chooseWay(table, rows.columns, existing, options);
    if (way === 'nothing') return { rows: 0, atomic: true };
    const name = tableName(table, quote);
    // Names of columns as the table writes them, where the rows write them in another case.
    const columns = rows.columns.map((column) => {
      const found =
        existing?.find((each) => each === column.name) ?? existing?.find((each) => lower(each) === lower(column.name));
      return { ...column, name: way === 'replace' ? column.name : (found ?? column.name) };
    });
    await session.query('BEGIN');
    try {
      if (way === 'replace') await session.query(`DROP TABLE ${name}`);
      if (way === 'create' || way === 'replace') await session.query(createTable(name, columns, options.keys ?? []));
      if (way === 'refill') await session.query(`DELETE FROM ${name}`);
      const written =
        way === 'upsert'
          ? await upsert(session, name, rows, columns, writers, options.keys ?? [])
          : await copyRows(session, name, rows, columns, writers);
      await options.beforeCommit();
      await session.query('COMMIT');
      return { rows: written, atomic: true };
    } catch (error) {
      await session.query('ROLLBACK').catch(() => undefined); // a session that is gone has undone it
      throw error;
    }
  } catch (error) {
    throw driverError(target, error, `writing to the table ${table}`);
  }
}

/** The columns of a table in their order; undefined when there is none. */
async function describe(session: Session, table: string): Promise<readonly string[] | undefined> {
  const regclass = namePath(table).map(quote).join('.');
  const found = await session.query<{ name: string }>(
    `SELECT attname AS name FROM pg_catalog.pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [regclass],
  );
  return found.rows.length === 0 ? undefined : found.rows.map(({ name }) => name);
}

function createTable(name: string, columns: readonly Column[], keys: readonly string[]): string {
  const list = columns.map((column) => `${quote(column.name)} ${columnType(column.type)}`);
  const key = keys.length === 0 ? '' : `, PRIMARY KEY (${keys.map(quote).join(', ')})`;
  return `CREATE TABLE ${name} (${list.join(', ')}${key})`;
}

async function upsert(
  session: Session,
  name: string,
  rows: Dataset,
  columns: readonly Column[],
  writers: readonly CellWriter[],
  keys: readonly string[],
): Promise<number> {
  const staging = quote(`sluice_rows_${randomBytes(6).toString('hex')}`);
  const list = columns.map((column) => quote(column.name)).join(', ');
  await session.query(`CREATE TEMPORARY TABLE ${staging} ON COMMIT DROP AS SELECT ${list} FROM ${name} LIMIT 0`);
  const written = await copyRows(session, staging, rows, columns, writers);
  const isKey = new Set(keys.map(lower));
  const changed = columns.filter((column) => !isKey.has(lower(column.name))).map((column) => quote(column.name));
  const keyed = columns.filter((column) => isKey.has(lower(column.name))).map((column) => quote(column.name));
  const set = changed.map((each) => `${each} = EXCLUDED.${each}`).join(', ');
  const action = changed.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${set}`;
  await session.query(
    `INSERT INTO ${name} (${list}) SELECT ${list} FROM ${staging} ON CONFLICT (${keyed.join(', ')}) ${action}`,
  );
  return written;
}

async function copyRows(
  session: Session,
  name: string,
  rows: Dataset,
  columns: readonly Column[],
  writers: readonly CellWriter[],
): Promise<number> {
  let sent = 0;
  async function* lines(): AsyncGenerator<Buffer> {
    for await (const batch of rows.batches()) {
      yield Buffer.from(textRows(batch, columns, writers, sent));
      sent += batch.length;
    }
  }
  const list = columns.map((column) => quote(column.name)).join(', ');
  const copy = session.query(copyFrom(`COPY ${name} (${list}) FROM STDIN`));
  await pipeline(Readable.from(lines()), copy);
  return sent;
}
