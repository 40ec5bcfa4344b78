import { createTable, type Migration } from '@sluice/chassis';

/** Datasources and variables. Their secrets are sealed: each under its data key, that under a master key. */
export const datasources: Migration = {
  name: '0001_datasources',
  async up(knex) {
    await createTable(knex, 'datasource_datasources', (column) => {
      // The name in lower case, by which it is found.
      column.key('id', 200).notNullable().primary();
      column.text('name', 100).notNullable();
      column.text('type', 200).notNullable();
      column.longText('description').notNullable();
      column.json('properties').notNullable();
      column.json('secret_names').notNullable();
      column.key('key_id');
      column.bytes('wrapped_key');
      column.bytes('sealed');
      column.integer('version').notNullable();
      column.time('create_time').notNullable();
      column.time('update_time').notNullable();
    });
    await createTable(knex, 'datasource_variables', (column, table) => {
      column.key('name', 100).notNullable();
      // Empty for a variable of all flows.
      column.key('project', 100).notNullable();
      column.text('type', 20).notNullable();
      column.longText('value').notNullable();
      column.flag('secret').notNullable();
      column.longText('description').notNullable();
      column.key('key_id');
      column.bytes('wrapped_key');
      column.bytes('sealed');
      column.integer('version').notNullable();
      column.time('update_time').notNullable();
      table.primary(['name', 'project']);
    });
  },
};
