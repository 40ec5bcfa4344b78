import type { Migration } from '@sluice/chassis';

/** The oldest generation that the runs of a node need. */
export const oldestGenerations: Migration = {
  name: '0004_oldest_generations',
  async up(knex) {
    // Looked for first: MySQL keeps a column that a start which broke off has added.
    if (await knex.schema.hasColumn('catalog_plugin_nodes', 'oldest')) return;
    await knex.schema.alterTable('catalog_plugin_nodes', (table) => {
      table.bigInteger('oldest').notNullable().defaultTo(0);
    });
  },
};
