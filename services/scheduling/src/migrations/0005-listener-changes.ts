import { createTable, type Migration } from '@sluice/chassis';

/** Counts the changes of schedules that listen to events, so that a list of them can be known to be current. */
export const listenerChanges: Migration = {
  name: '0005_listener_changes',
  async up(knex) {
    // One row; a start that broke off before it was there is no harm.
    if (!(await knex.schema.hasTable('scheduling_listener_changes'))) {
      await createTable(knex, 'scheduling_listener_changes', (column) => {
        column.integer('id').primary();
        column.integer('changes').notNullable();
      });
    }
    await knex('scheduling_listener_changes').insert({ id: 1, changes: 0 }).onConflict('id').ignore();
  },
};
