import type { Knex } from 'knex';

/** Which family of SQL the database speaks; MariaDB counts as `mysql`. */
export type Dialect = 'sqlite' | 'mysql';

/** A database that every service of a process shares. */
export interface Database {
  /** For queries that need no transaction, and for building those that do. */
  readonly knex: Knex;
  readonly dialect: Dialect;
  /**
   * Runs `work` in one transaction and gives what it gives. After a deadlock, a lock timeout or a busy database it is
   * rolled back and run again, up to ten times, so `work` must have no effect outside the transaction.
   *
   * @throws DATABASE_UNAVAILABLE when the database cannot be reached or stays busy; else whatever `work` throws.
   */
  transaction<T>(work: (trx: Knex.Transaction) => Promise<T>): Promise<T>;
}
