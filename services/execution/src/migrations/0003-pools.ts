import type { Migration } from '@sluice/chassis';

/** The pool whose slots a run needs, and what it waits for. */
export const pools: Migration = {
  name: '0003_pools',
  async up(knex) {
    const has = (column: string): Promise<boolean> => knex.schema.hasColumn('execution_runs', column);
    // Looked for first: MySQL keeps a column that a start which broke off has added.
    if (!(await has('pool'))) {
      await knex.schema.alterTable('execution_runs', (table) => table.string('pool', 64).notNullable().defaultTo(''));
    }
    if (!(await has('pool_slots'))) {
      await knex.schema.alterTable('execution_runs', (table) => table.integer('pool_slots').notNullable().defaultTo(0));
    }
    if (!(await has('priority'))) {
      await knex.schema.alterTable('execution_runs', (table) => table.integer('priority').notNullable().defaultTo(0));
    }
    if (!(await has('waiting_for'))) {
      await knex.schema.alterTable('execution_runs', (table) => {
        table.string('waiting_for', 500).notNullable().defaultTo('');
      });
    }
  },
};
