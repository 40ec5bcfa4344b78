import { createTable, type Migration } from '@sluice/chassis';

/** What users are shown of stops, and the oldest generation that the runs of a node need. */
export const stopSettings: Migration = {
  name: '0003_stop_settings',
  async up(knex) {
    await createTable(knex, 'catalog_stop_settings', (column, table) => {
      // `stop` or `group`.
      column.key('kind', 16).notNullable();
      column.key('name', 214).notNullable();
      column.flag('hidden').notNullable();
      column.text('actor', 200).notNullable();
      column.time('update_time').notNullable();
      table.primary(['kind', 'name']);
    });
    // Looked for first: MySQL keeps a column that a start which broke off has added.
    if (!(await knex.schema.hasColumn('catalog_plugin_nodes', 'oldest'))) {
      await knex.schema.alterTable('catalog_plugin_nodes', (table) => {
        table.bigInteger('oldest').notNullable().defaultTo(0);
      });
    }
  },
};
