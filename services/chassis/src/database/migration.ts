import type { Knex } from 'knex';

/** One step of a service's tables, forward only. */
export interface Migration {
  /** Number and purpose, such as `0001_runs`; the numbers rise by one. */
  readonly name: string;
  /** Makes the change, on SQLite and on MySQL alike. It may be run again after a start that broke off half-way. */
  up(knex: Knex): Promise<void>;
}
