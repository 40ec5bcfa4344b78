import type { Migration } from '@sluice/chassis';

/** The generation of plugins that a run is pinned to, and the uploaded packages that it needs. */
export const generations: Migration = {
  name: '0002_generations',
  async up(knex) {
    // Looked for first: MySQL keeps a column that a start which broke off has added.
    if (!(await knex.schema.hasColumn('execution_runs', 'generation_number'))) {
      await knex.schema.alterTable('execution_runs', (table) => {
        table.bigInteger('generation_number').notNullable().defaultTo(0);
      });
    }
    if (!(await knex.schema.hasColumn('execution_runs', 'packages'))) {
      // Digests, each with a comma behind it; a text, so that it has a default on every database.
      await knex.schema.alterTable('execution_runs', (table) => {
        table.string('packages', 4000).notNullable().defaultTo('');
      });
    }
  },
};
