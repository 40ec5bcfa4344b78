import type { Migration } from '@sluice/chassis';

/** Runs, the transitions of their states, and their labels. Times are milliseconds since 1970. */
export const runs: Migration = {
  name: '0001_runs',
  async up(knex) {
    await knex.schema.createTable('execution_runs', (table) => {
      table.string('id', 64).primary();
      table.string('flow_id', 64).notNullable();
      table.integer('flow_version').notNullable();
      table.string('flow_name', 200).notNullable();
      table.string('state', 16).notNullable();
      table.integer('attempt').notNullable();
      table.integer('max_attempts').notNullable();
      table.bigInteger('epoch').notNullable();
      table.string('mode', 8).notNullable();
      table.string('engine', 64).notNullable();
      table.string('generation', 64).notNullable();
      table.string('node', 128).notNullable();
      table.double('progress').notNullable();
      table.bigInteger('created_ms').notNullable();
      table.bigInteger('ready_ms').notNullable();
      table.bigInteger('started_ms');
      table.bigInteger('ended_ms');
      table.bigInteger('heartbeat_ms');
      table.bigInteger('lease_until_ms');
      table.bigInteger('cancel_requested_ms');
      table.string('idempotency_key', 200).unique('execution_runs_key');
      table.string('request_digest', 64).notNullable();
      table.text('labels').notNullable();
      table.text('checkpoints', 'longtext').notNullable();
      table.text('error', 'longtext');
      // Long and last, so that lists need not read them.
      table.text('stops', 'longtext').notNullable();
      table.text('request', 'longtext').notNullable();
      table.index(['created_ms', 'id'], 'execution_runs_created');
      table.index(['flow_id', 'created_ms', 'id'], 'execution_runs_flow');
      table.index(['state', 'created_ms', 'id'], 'execution_runs_state');
      table.index(['state', 'ready_ms'], 'execution_runs_ready');
      table.index(['flow_name', 'created_ms', 'id'], 'execution_runs_name');
    });
    await knex.schema.createTable('execution_transitions', (table) => {
      table.bigIncrements('id');
      table.string('run_id', 64).notNullable();
      table.bigInteger('epoch').notNullable();
      // The stop's name; empty for the run itself.
      table.string('stop', 200).notNullable();
      table.string('from_state', 16).notNullable();
      table.string('to_state', 16).notNullable();
      table.bigInteger('at_ms').notNullable();
      table.index(['run_id', 'id'], 'execution_transitions_run');
    });
    await knex.schema.createTable('execution_run_labels', (table) => {
      table.string('name', 64).notNullable();
      table.string('value', 200).notNullable();
      table.bigInteger('created_ms').notNullable();
      table.string('run_id', 64).notNullable();
      table.primary(['name', 'value', 'created_ms', 'run_id']);
      table.index(['run_id'], 'execution_run_labels_run');
    });
  },
};
