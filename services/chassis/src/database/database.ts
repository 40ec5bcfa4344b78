import { join } from 'node:path';
import type { Knex } from 'knex';
import type { Logger } from 'pino';
import type { Config } from '../config/settings.js';
import { openMysql } from './mysql.js';
import { openSqlite } from './sqlite.js';
import { runTransaction } from './transaction.js';

/** Which family of SQL the database speaks; MariaDB counts as `mysql`. */
export type Dialect = 'sqlite' | 'mysql';

/** A database that every service of a process shares. */
export interface Database {
  /** For queries that need no transaction, and for building those that do. */
  readonly knex: Knex;
  readonly dialect: Dialect;
  /**
   * Runs `work` in one transaction and gives what it gives. After a deadlock, a lock timeout or a busy database it is
   * rolled back and run again, for up to 15 s, so `work` must have no effect outside the transaction. Inside it use
   * `trx` alone: on SQLite there is one connection, and a query beside the transaction would wait for it in vain.
   *
   * @throws DATABASE_UNAVAILABLE when the database cannot be reached or stays busy; else whatever `work` throws.
   */
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
}

/** A database together with its end. */
export interface OpenDatabase extends Database {
  close(): Promise<void>;
}

/**
 * Opens the database that the settings name, and makes sure that it answers.
 *
 * @throws DATABASE_UNAVAILABLE when it does not answer in time, with what to look at.
 */
export async function openDatabase(config: Config, log: Logger): Promise<OpenDatabase> {
  const { url } = config.database;
  const isFile = url === '' || url.startsWith('sqlite:');
  const dialect: Dialect = isFile ? 'sqlite' : 'mysql';
  const file = url === '' ? join(config.home, 'sluice.db') : url.replace(/^sqlite:(\/\/(?=\/))?/, '');
  const knex = isFile ? await openSqlite(file, log) : await openMysql(config, log);
  return {
    knex,
    dialect,
    transaction: (work) => runTransaction(knex, work),
    close: () => knex.destroy(),
  };
}
