import { randomBytes } from 'node:crypto';
import type { Column, Dataset, WriteRowsOptions, WrittenRows } from '@sluice/plugin-sdk';
import { driverError } from '../failures.js';
import type { ServerTarget } from '../target.js';
import { chooseWay, lower, type Way } from '../save.js';
import { namePath, tableName } from '../select.js';
import { endSession, quote, rowsOf, run, type Session } from './connect.js';
import { rowLoader } from './load.js';
import { columnType } from './types.js';

interface Existing {
  readonly columns: readonly string[];
  /** Whether its engine undoes what a failed transaction did. */
  readonly transactional: boolean;
}

/**
 * Writes rows to a table: in one transaction, or into a table that takes the target's name at the end where the target is
 * new or gets other columns.
 */
export async function writeRows(
  target: ServerTarget,
  session: Session,
  open: () => Promise<Session>,
  table: string,
  rows: Dataset,
  options: WriteRowsOptions,
): Promise<WrittenRows> {
  try {
    const existing = await describe(session, table);
    const way = chooseWay(table, rows.columns, existing?.columns, options);
    if (way === 'nothing') return { rows: 0, atomic: true };
    const load = await rowLoader(session, rows);
    if (way === 'create' || way === 'replace') {
      const written = await viaNewTable(session, open, table, rows.columns, way, options, load);
      return { rows: written, atomic: true };
    }
    const written = await inTransaction(session, table, rows.columns, way, options, load);
    return { rows: written, atomic: existing?.transactional === true };
  } catch (error) {
    throw driverError(target, error, `writing to the table ${table}`);
  }
}

async function describe(session: Session, table: string): Promise<Existing | undefined> {
  const [name = '', schema] = namePath(table).reverse();
  const place = schema === undefined ? 'DATABASE()' : '?';
  const values = [name, ...(schema === undefined ? [] : [schema])];
  const tables = await rowsOf(
    session,
    `SELECT engine AS engine FROM information_schema.tables WHERE table_name = ? AND table_schema = ${place}`,
    values,
  );
  const [found] = tables;
  if (found === undefined) return undefined;
  const columns = await rowsOf(
    session,
    `SELECT column_name AS name FROM information_schema.columns WHERE table_name = ? AND table_schema = ${place} ORDER BY ordinal_position`,
    values,
  );
  return {
    columns: columns.map((each) => String(each['name'])),
    transactional: /innodb/i.test(String(found['engine'])),
  };
}

/** A table beside the target, which takes its name when it is full. */
async function viaNewTable(
  session: Session,
  open: () => Promise<Session>,
  table: string,
  columns: readonly Column[],
  way: Way,
  { keys = [], beforeCommit }: WriteRowsOptions,
  load: (name: string) => Promise<number>,
): Promise<number> {
  const [, ...above] = namePath(table).reverse();
  const beside = (name: string): string => [name, ...above].reverse().map(quote).join('.');
  const mark = randomBytes(6).toString('hex');
  const [staging, old] = [beside(`sluice_new_${mark}`), beside(`sluice_old_${mark}`)];
  await run(session, createTable(staging, columns, keys));
  try {
    const written = await load(staging);
    await beforeCommit();
    const name = tableName(table, quote);
    if (way === 'create') await run(session, `RENAME TABLE ${staging} TO ${name}`);
    else {
      await run(session, `RENAME TABLE ${name} TO ${old}, ${staging} TO ${name}`);
      await run(session, `DROP TABLE ${old}`);
    }
    return written;
  } catch (error) {
    await dropTable(session, open, staging).catch(() => undefined); // the first error is the one to tell
    throw error;
  }
}

/** Drops a table, by another session where this one has been lost. */
async function dropTable(session: Session, open: () => Promise<Session>, name: string): Promise<void> {
  const drop = `DROP TABLE IF EXISTS ${name}`;
  try {
    await run(session, drop);
  } catch {
    const other = await open();
    await run(other, drop).finally(() => endSession(other));
  }
}

function createTable(name: string, columns: readonly Column[], keys: readonly string[]): string {
  const isKey = new Set(keys.map(lower));
  const list = columns.map((column) => {
    const type = columnType(column.type);
    // A key needs a length.
    const keyed = isKey.has(lower(column.name)) && type === 'LONGTEXT' ? 'VARCHAR(255)' : type;
    return `${quote(column.name)} ${isKey.has(lower(column.name)) ? keyed.replace('NULL DEFAULT NULL', 'NOT NULL') : keyed}`;
  });
  const key = keys.length === 0 ? '' : `, PRIMARY KEY (${keys.map(quote).join(', ')})`;
  return `CREATE TABLE ${name} (${list.join(', ')}${key}) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4`;
}

async function inTransaction(
  session: Session,
  table: string,
  columns: readonly Column[],
  way: Way,
  options: WriteRowsOptions,
  load: (name: string) => Promise<number>,
): Promise<number> {
  const name = tableName(table, quote);
  const staging = quote(`sluice_rows_${randomBytes(6).toString('hex')}`);
  const list = columns.map((column) => quote(column.name));
  if (way === 'upsert') {
    await run(session, `CREATE TEMPORARY TABLE ${staging} AS SELECT ${list.join(', ')} FROM ${name} LIMIT 0`);
  }
  await run(session, 'START TRANSACTION');
  try {
    if (way === 'refill') await run(session, `DELETE FROM ${name}`);
    const written = await load(way === 'upsert' ? staging : name);
    if (way === 'upsert') {
      const isKey = new Set((options.keys ?? []).map(lower));
      const changed = columns.filter((column) => !isKey.has(lower(column.name))).map((column) => quote(column.name));
      const set = (changed.length === 0 ? list.slice(0, 1) : changed).map((each) => `${each} = VALUES(${each})`);
      const into = `INSERT INTO ${name} (${list.join(', ')}) SELECT * FROM ${staging}`;
      await run(session, `${into} ON DUPLICATE KEY UPDATE ${set.join(', ')}`);
    }
    await options.beforeCommit();
    await run(session, 'COMMIT');
    return written;
  } catch (error) {
    await run(session, 'ROLLBACK').catch(() => undefined); // a session that is gone has undone it
    throw error;
  }
}
