import { createTable, type Migration } from '@sluice/chassis';

/** Whom to tell of what becomes of schedules, what is to be told, and what was. */
export const notifications: Migration = {
  name: '0003_notifications',
  async up(knex) {
    await createTable(knex, 'scheduling_notification_targets', (column, table) => {
      column.key('id').primary();
      column.integer('version').notNullable();
      column.time('created_ms').notNullable();
      // The whole target, with its secret sealed.
      column.json('body').notNullable();
      table.index(['created_ms', 'id'], 'scheduling_notification_targets_created');
    });
    // What happened in a transaction of a tick and is not yet dealt out to targets.
    await createTable(knex, 'scheduling_notification_causes', (column) => {
      column.sequence('id');
      column.json('facts').notNullable();
    });
    await createTable(knex, 'scheduling_notifications', (column, table) => {
      column.key('id').primary();
      column.key('target_id').notNullable();
      column.key('event', 16).notNullable();
      column.key('schedule_id').notNullable();
      column.key('tick_key').notNullable();
      column.key('run_id').notNullable();
      column.text('title', 300).notNullable();
      column.longText('text').notNullable();
      column.json('facts').notNullable();
      column.key('state', 16).notNullable();
      column.integer('attempts').notNullable();
      column.text('last_error', 500).notNullable();
      column.time('created_ms').notNullable();
      column.time('sent_ms');
      column.time('next_ms');
      // A target hears of the same thing once.
      table.unique(['target_id', 'event', 'schedule_id', 'tick_key'], { indexName: 'scheduling_notifications_once' });
      table.index(['state', 'next_ms'], 'scheduling_notifications_next');
      table.index(['created_ms', 'id'], 'scheduling_notifications_created');
      table.index(['schedule_id', 'created_ms', 'id'], 'scheduling_notifications_schedule');
    });
  },
};
