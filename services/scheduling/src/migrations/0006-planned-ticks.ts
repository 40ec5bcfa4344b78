import { createTable, type Migration } from '@sluice/chassis';

/**
 * Ticks as they will be if nothing changes until they are due, written out ahead of time. Nothing depends on them: a row
 * may be replaced or deleted at any time.
 */
export const plannedTicks: Migration = {
  name: '0006_planned_ticks',
  up: (knex) =>
    createTable(knex, 'scheduling_planned_ticks', (column) => {
      column.key('schedule_id').primary();
      column.key('id', 128).notNullable();
      column.key('tick_key').notNullable();
      column.integer('shard').notNullable();
      column.time('due_ms').notNullable();
      column.time('start_ms').notNullable();
      column.integer('slots').notNullable();
      column.integer('priority').notNullable();
      column.json('variables').notNullable();
      column.json('rules').notNullable();
      column.json('request').notNullable();
      // What the schedule is after it.
      column.time('next_due_ms').notNullable();
      column.time('next_start_ms').notNullable();
      // What it was made of: for a schedule that has changed since it is worth nothing.
      column.integer('schedule_version').notNullable();
      column.time('last_due_ms');
      column.time('last_success_ms');
    }),
};
