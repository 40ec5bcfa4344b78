import { createTable, type Migration } from '@sluice/chassis';

/** Ticks, and what makes them besides time: ends of runs, files, backfills. */
export const ticks: Migration = {
  name: '0002_ticks',
  async up(knex) {
    await createTable(knex, 'scheduling_ticks', (column, table) => {
      column.key('id', 128).primary();
      column.key('schedule_id').notNullable();
      column.key('tick_key').notNullable();
      column.key('source', 16).notNullable();
      column.integer('shard').notNullable();
      column.time('due_ms').notNullable();
      column.time('start_ms').notNullable();
      column.time('logical_ms').notNullable();
      column.key('state', 16).notNullable();
      column.key('reason', 32).notNullable();
      column.text('message', 500).notNullable();
      column.key('run_id');
      // ACTIVE, SUCCEEDED, FAILED or CANCELLED; null before there is a run.
      column.key('run_state', 16);
      // 1 while it waits, starts or runs; null afterwards, so that the indexes of what is under way stay short.
      column.integer('live');
      column.key('pool').notNullable();
      column.integer('slots').notNullable();
      column.integer('priority').notNullable();
      column.integer('schedule_version').notNullable();
      column.key('node', 128).notNullable();
      column.time('decided_ms');
      column.time('fired_ms');
      column.time('ended_ms');
      column.integer('retries').notNullable();
      column.json('variables').notNullable();
      column.json('rules').notNullable();
      // What the job is started with, kept so that a second start asks for the same.
      column.json('request');
      table.index(['schedule_id', 'due_ms'], 'scheduling_ticks_schedule');
      table.index(['due_ms', 'id'], 'scheduling_ticks_due');
      table.index(['schedule_id', 'live'], 'scheduling_ticks_live');
      // What waits, starts or runs is looked for every other second, however much else is under way.
      table.index(['live', 'state', 'id'], 'scheduling_ticks_state');
      table.index(['run_id'], 'scheduling_ticks_run');
      table.index(['pool', 'live'], 'scheduling_ticks_pool');
    });
    await createTable(knex, 'scheduling_dependencies', (column, table) => {
      // `s:` and a schedule, or `f:` and a flow.
      column.key('source', 80).notNullable();
      column.key('schedule_id').notNullable();
      column.integer('position').notNullable();
      table.primary(['source', 'schedule_id', 'position']);
      table.index(['schedule_id'], 'scheduling_dependencies_schedule');
    });
    await createTable(knex, 'scheduling_arrivals', (column, table) => {
      column.key('schedule_id').notNullable();
      column.key('bucket', 32).notNullable();
      column.integer('position').notNullable();
      // The tick or run that ended.
      column.key('cause', 128).notNullable();
      column.time('logical_ms').notNullable();
      column.time('at_ms').notNullable();
      table.primary(['schedule_id', 'bucket', 'position']);
      table.index(['at_ms'], 'scheduling_arrivals_at');
    });
    // Runs of flows that dependencies have heard of, so that none counts twice.
    await createTable(knex, 'scheduling_heard_runs', (column, table) => {
      column.key('run_id').primary();
      column.time('at_ms').notNullable();
      table.index(['at_ms'], 'scheduling_heard_runs_at');
    });
    await createTable(knex, 'scheduling_files', (column, table) => {
      column.key('schedule_id').notNullable();
      column.key('file').notNullable();
      column.longText('path').notNullable();
      column.integer('size').notNullable();
      column.number('changed_ms').notNullable();
      column.time('taken_ms').notNullable();
      table.primary(['schedule_id', 'file']);
    });
    await createTable(knex, 'scheduling_backfills', (column, table) => {
      column.key('id').primary();
      column.key('schedule_id').notNullable();
      column.integer('shard').notNullable();
      column.key('state', 16).notNullable();
      column.integer('live');
      column.time('created_ms').notNullable();
      column.time('ended_ms');
      column.key('idempotency_key', 200);
      column.key('request_digest').notNullable();
      column.json('spec').notNullable();
      table.unique(['idempotency_key'], { indexName: 'scheduling_backfills_key' });
      table.index(['created_ms', 'id'], 'scheduling_backfills_created');
      table.index(['live'], 'scheduling_backfills_live');
    });
    await createTable(knex, 'scheduling_backfill_items', (column, table) => {
      column.key('backfill_id').notNullable();
      column.integer('sequence').notNullable();
      column.key('schedule_id').notNullable();
      column.text('schedule_name', 200).notNullable();
      column.time('logical_ms').notNullable();
      column.integer('depth').notNullable();
      column.key('state', 16).notNullable();
      column.text('reason', 500).notNullable();
      column.key('run_id').notNullable();
      // Places of the items that have to succeed before it.
      column.json('after').notNullable();
      table.primary(['backfill_id', 'sequence']);
    });
  },
};
