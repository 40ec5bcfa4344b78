import { createTable, type Migration } from '@sluice/chassis';

/** Runs that no schedule started and that wait for slots of a pool or have them; ticks tell of their own. */
export const poolRuns: Migration = {
  name: '0004_pool_runs',
  async up(knex) {
    await createTable(knex, 'scheduling_pool_runs', (column, table) => {
      column.key('run_id').primary();
      column.key('pool').notNullable();
      column.integer('slots').notNullable();
      column.integer('priority').notNullable();
      // When the run was created: the first is the first in line.
      column.time('since_ms').notNullable();
      // When it got its slots; null while it waits.
      column.time('granted_ms');
      table.index(['pool', 'granted_ms'], 'scheduling_pool_runs_pool');
    });
  },
};
