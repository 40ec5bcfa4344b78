import { createTable, type Migration } from '@sluice/chassis';

/** Flows with their versions and labels, and the requests that carried an idempotency key. */
export const flows: Migration = {
  name: '0001_flows',
  async up(knex) {
    await createTable(knex, 'catalog_flows', (column, table) => {
      column.key('id').notNullable().primary();
      column.text('name', 200).notNullable();
      // Lower case, made here and not by the database: the dialects fold other letters than ASCII in their own ways.
      column.text('search_name', 400).notNullable();
      column.longText('description').notNullable();
      column.integer('version').notNullable();
      column.integer('stop_count').notNullable();
      column.time('create_time').notNullable();
      column.time('update_time').notNullable();
      table.index(['update_time', 'id'], 'catalog_flows_by_time');
    });
    await createTable(knex, 'catalog_flow_versions', (column, table) => {
      column.key('flow_id').notNullable();
      column.integer('version').notNullable();
      column.json('graph').notNullable();
      column.longText('comment').notNullable();
      column.time('create_time').notNullable();
      table.primary(['flow_id', 'version']);
    });
    await createTable(knex, 'catalog_flow_labels', (column, table) => {
      column.key('flow_id').notNullable();
      column.key('label', 100).notNullable();
      column.text('value', 200).notNullable();
      table.primary(['flow_id', 'label']);
      table.index(['label', 'value', 'flow_id'], 'catalog_flow_labels_by_value');
    });
    await createTable(knex, 'catalog_requests', (column, table) => {
      column.key('idempotency_key', 200).notNullable().primary();
      column.key('digest').notNullable();
      column.bytes('reply');
      column.time('create_time').notNullable();
      table.index(['create_time'], 'catalog_requests_by_time');
    });
  },
};
