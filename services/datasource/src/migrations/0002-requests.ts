import { createTable, type Migration } from '@sluice/chassis';

/** Requests that carried an idempotency key. What they said is sealed: it holds secrets. */
export const requests: Migration = {
  name: '0002_datasource_requests',
  async up(knex) {
    await createTable(knex, 'datasource_requests', (column, table) => {
      column.key('idempotency_key', 200).notNullable().primary();
      column.key('key_id').notNullable();
      column.bytes('wrapped_key').notNullable();
      column.bytes('sealed').notNullable();
      column.json('reply').notNullable();
      column.time('create_time').notNullable();
      table.index(['create_time'], 'datasource_requests_by_time');
    });
  },
};
