import { createTable, type Migration } from '@sluice/chassis';

/** Schedules and where each of them is, their changes, and the schedulers that share them. */
export const schedules: Migration = {
  name: '0001_schedules',
  async up(knex) {
    await createTable(knex, 'scheduling_schedules', (column, table) => {
      column.key('id').primary();
      column.integer('version').notNullable();
      column.key('state', 16).notNullable();
      column.text('state_reason', 500).notNullable();
      column.text('name', 200).notNullable();
      column.key('project').notNullable();
      column.key('kind', 16).notNullable();
      column.key('target_type').notNullable();
      column.key('target_reference').notNullable();
      column.key('pool').notNullable();
      column.time('created_ms').notNullable();
      column.time('updated_ms').notNullable();
      column.text('warning', 500).notNullable();
      column.key('idempotency_key', 200);
      column.key('request_digest').notNullable();
      // Names of calendars, each between commas, so that one can be looked for.
      column.text('calendars', 1000).notNullable();
      column.json('spec').notNullable();
      table.unique(['idempotency_key'], { indexName: 'scheduling_schedules_key' });
      table.index(['created_ms', 'id'], 'scheduling_schedules_created');
      table.index(['project', 'created_ms', 'id'], 'scheduling_schedules_project');
      table.index(['target_reference', 'created_ms', 'id'], 'scheduling_schedules_target');
      table.index(['kind'], 'scheduling_schedules_kind');
      table.index(['pool'], 'scheduling_schedules_pool');
    });
    // What changes with each tick, apart from what people say, so that a tick rewrites a short row.
    await createTable(knex, 'scheduling_cursors', (column, table) => {
      column.key('schedule_id').primary();
      column.integer('shard').notNullable();
      // The next due time that is not decided, and when it starts; null when there is none.
      column.time('due_ms');
      column.time('start_ms');
      // The due time before it; null before the first.
      column.time('last_due_ms');
      column.time('last_success_ms');
      column.integer('failures').notNullable();
      column.integer('dropped').notNullable();
      // When people changed the schedule last: other schedulers look for it.
      column.time('changed_ms').notNullable();
      table.index(['shard', 'start_ms'], 'scheduling_cursors_start');
      table.index(['changed_ms'], 'scheduling_cursors_changed');
    });
    await createTable(knex, 'scheduling_labels', (column, table) => {
      column.key('name').notNullable();
      column.key('value', 200).notNullable();
      column.time('created_ms').notNullable();
      column.key('schedule_id').notNullable();
      table.primary(['name', 'value', 'created_ms', 'schedule_id']);
      table.index(['schedule_id'], 'scheduling_labels_schedule');
    });
    await createTable(knex, 'scheduling_changes', (column, table) => {
      column.key('schedule_id').notNullable();
      column.integer('version').notNullable();
      column.time('at_ms').notNullable();
      column.key('kind', 16).notNullable();
      column.text('reason', 500).notNullable();
      column.json('spec').notNullable();
      table.primary(['schedule_id', 'version']);
    });
    await createTable(knex, 'scheduling_shards', (column) => {
      column.integer('shard').primary();
      column.key('node', 128).notNullable();
      column.time('lease_until_ms').notNullable();
    });
    await createTable(knex, 'scheduling_nodes', (column) => {
      column.key('node', 128).primary();
      column.time('seen_ms').notNullable();
    });
    await createTable(knex, 'scheduling_calendars', (column) => {
      column.key('name').primary();
      column.json('body').notNullable();
    });
    await createTable(knex, 'scheduling_pools', (column) => {
      column.key('name').primary();
      column.text('description', 500).notNullable();
      column.integer('slots').notNullable();
    });
  },
};
