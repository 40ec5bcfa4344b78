import { createTable, type Migration } from '@sluice/chassis';

/** Runs, the transitions of their states, and their labels. */
export const runs: Migration = {
  name: '0001_runs',
  async up(knex) {
    await createTable(knex, 'execution_runs', (column, table) => {
      column.key('id').primary();
      column.key('flow_id').notNullable();
      column.integer('flow_version').notNullable();
      column.text('flow_name', 200).notNullable();
      column.key('state', 16).notNullable();
      column.integer('attempt').notNullable();
      column.integer('max_attempts').notNullable();
      column.integer('epoch').notNullable();
      column.integer('sequence').notNullable();
      column.key('mode', 8).notNullable();
      column.key('engine').notNullable();
      column.key('generation').notNullable();
      column.key('node', 128).notNullable();
      column.number('progress').notNullable();
      column.time('created_ms').notNullable();
      column.time('ready_ms').notNullable();
      column.time('started_ms');
      column.time('ended_ms');
      column.time('heartbeat_ms');
      column.time('lease_until_ms');
      column.time('cancel_requested_ms');
      column.key('idempotency_key', 200);
      column.key('request_digest').notNullable();
      column.json('labels').notNullable();
      column.json('checkpoints').notNullable();
      column.json('error');
      // Long and last, so that lists need not read them.
      column.json('stops').notNullable();
      column.json('request').notNullable();
      table.unique(['idempotency_key'], { indexName: 'execution_runs_key' });
      table.index(['created_ms', 'id'], 'execution_runs_created');
      table.index(['flow_id', 'created_ms', 'id'], 'execution_runs_flow');
      table.index(['flow_name', 'created_ms', 'id'], 'execution_runs_name');
      table.index(['state', 'created_ms', 'id'], 'execution_runs_state');
      table.index(['state', 'ready_ms'], 'execution_runs_ready');
    });
    await createTable(knex, 'execution_transitions', (column, table) => {
      column.key('run_id').notNullable();
      column.integer('epoch').notNullable();
      // Counts the transitions of a run, from 1.
      column.integer('sequence').notNullable();
      // The stop's name; empty for the run itself.
      column.text('stop', 200).notNullable();
      column.key('from_state', 16).notNullable();
      column.key('to_state', 16).notNullable();
      column.time('at_ms').notNullable();
      table.primary(['run_id', 'sequence']);
    });
    await createTable(knex, 'execution_run_labels', (column, table) => {
      column.key('name').notNullable();
      column.key('value', 200).notNullable();
      column.time('created_ms').notNullable();
      column.key('run_id').notNullable();
      table.primary(['name', 'value', 'created_ms', 'run_id']);
      table.index(['run_id'], 'execution_run_labels_run');
    });
  },
};
