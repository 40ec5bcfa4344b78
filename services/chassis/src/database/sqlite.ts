import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import knexFactory, { type Knex } from 'knex';
import type { Logger } from 'pino';
import { SluiceError } from '../errors.js';
import { knexLog } from './knex-log.js';

/** How many prepared statements a connection keeps. The services have fewer; lists of values make more. */
const STATEMENT_CACHE_SIZE = 500;

/** The part of the driver's connection that is used here. */
interface SqliteConnection {
  pragma(text: string): unknown;
  prepare(sql: string): unknown;
}

/**
 * Keeps prepared statements (parsing SQL is half of the cost of a small query), and makes transactions take the write
 * lock at once: one that reads first and writes later would fail, beyond the help of any timeout, when another process
 * has written between the two.
 */
function prepareOnce(connection: SqliteConnection): void {
  const prepare = connection.prepare.bind(connection);
  const cache = new Map<string, unknown>();
  connection.prepare = (sql) => {
    const text = sql === 'BEGIN;' ? 'BEGIN IMMEDIATE;' : sql;
    const kept = cache.get(text);
    if (kept !== undefined) return kept;
    const statement = prepare(text);
    if (cache.size >= STATEMENT_CACHE_SIZE) cache.delete(cache.keys().next().value as string);
    cache.set(text, statement);
    return statement;
  };
}

function prepareConnection(
  connection: SqliteConnection,
  done: (error: Error | null, connection: SqliteConnection) => void,
): void {
  try {
    // The driver waits in the event loop's thread, so the wait is short; transactions come back later by themselves.
    connection.pragma('busy_timeout = 50');
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = NORMAL');
    connection.pragma('foreign_keys = ON');
    prepareOnce(connection);
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
      pool: { min: 1, max: 1, afterCreate: prepareConnection, propagateCreateError: true } as Knex.PoolConfig,
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
