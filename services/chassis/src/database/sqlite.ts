import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import type { Logger } from 'pino';
import { SluiceError } from '../errors.js';
import { knexLog } from './knex-log.js';

/** How many prepared statements a connection keeps. The services have fewer; lists of values make more. */
const STATEMENT_CACHE_SIZE = 500;

/** Pages that a connection keeps at most; with SQLite's 2 MB large transactions read and write their pages twice. */
const PAGE_CACHE_KIB = 32 * 1024;

/**
 * How many pages of the log (32 MB) a commit folds into the file itself. As a rule that was done before, while nothing
 * was written for a moment: the commits of a burst need not wait for it.
 */
const MOST_LOG_PAGES = 8_000;
const AT_REST_MS = 100;

/** The part of the driver's connection that is used here. */
interface SqliteConnection {
  readonly open: boolean;
  readonly inTransaction: boolean;
  pragma(text: string): unknown;
  prepare(sql: string): unknown;
}

/**
 * Keeps prepared statements (parsing SQL is half of the cost of a small query), and makes transactions take the write
 * lock at once: one that reads first and writes later would fail, beyond the help of any timeout, when another process
 * has written between the two.
 */
function prepareOnce(connection: SqliteConnection, noteWrite: () => void): void {
  const prepare = connection.prepare.bind(connection);
  const cache = new Map<string, unknown>();
  connection.prepare = (sql) => {
    const text = sql === 'BEGIN;' ? 'BEGIN IMMEDIATE;' : sql;
    if (!text.startsWith('select')) noteWrite();
    const kept = cache.get(text);
    if (kept !== undefined) return kept;
    const statement = prepare(text);
    if (cache.size >= STATEMENT_CACHE_SIZE) cache.delete(cache.keys().next().value as string);
    cache.set(text, statement);
    return statement;
  };
}

/** Folds the log into the file as soon as nothing has been written for a moment; gives what notes a write. */
function foldAtRest(connection: SqliteConnection, log: Logger): () => void {
  const fold = (): void => {
    if (!connection.open) return;
    try {
      if (connection.inTransaction) timer.refresh();
      else connection.pragma('wal_checkpoint(PASSIVE)');
    } catch (err) {
      log.warn({ err }, 'the log of the database stays as it is; it is folded into the file another time');
    }
  };
  const timer = setTimeout(fold, AT_REST_MS).unref();
  return () => void timer.refresh();
}

function prepareConnection(
  connection: SqliteConnection,
  log: Logger,
  done: (error: Error | null, connection: SqliteConnection) => void,
): void {
  try {
    // The driver waits in the event loop's thread, so the wait is short; transactions come back later by themselves.
    connection.pragma('busy_timeout = 50');
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = NORMAL');
    connection.pragma('foreign_keys = ON');
    connection.pragma(`wal_autocheckpoint = ${MOST_LOG_PAGES}`);
    connection.pragma(`cache_size = -${PAGE_CACHE_KIB}`);
    prepareOnce(connection, foldAtRest(connection, log));
    done(null, connection);
  } catch (error) {
    done(error as Error, connection);
  }
}

/** Opens a SQLite file and makes its folder. */
export async function openSqlite(file: string, log: Logger): Promise<Knex> {
  try {
    if (file !== ':memory:') mkdirSync(dirname(file), { recursive: true });
    const knex = knexFactory({
      client: 'better-sqlite3',
      connection: { filename: file },
      useNullAsDefault: true,
      log: knexLog(log),
      acquireConnectionTimeout: 15_000,
      pool: {
        min: 1,
        max: 1,
        afterCreate: (connection: SqliteConnection, done: Parameters<typeof prepareConnection>[2]) =>
          prepareConnection(connection, log, done),
        propagateCreateError: true,
      } as Knex.PoolConfig,
    });
    await knex.raw('select 1');
    return knex;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError(
      'DATABASE_UNAVAILABLE',
      `the database file ${file} cannot be opened: ${why}; see that its folder can be written and that it is SQLite`,
      { details: { file }, cause },
    );
  }
}
