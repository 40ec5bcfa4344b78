import { createTable, type Migration } from '@sluice/chassis';

/** What users are shown of stops. */
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
  },
};
