import { createTable, type Migration } from '@sluice/chassis';

/** Uploaded packages, the generations that mount them, the nodes that have them, and who did what. */
export const plugins: Migration = {
  name: '0002_plugins',
  async up(knex) {
    await createTable(knex, 'catalog_packages', (column, table) => {
      column.key('digest').notNullable().primary();
      column.integer('received').notNullable();
      // Whether all bytes have come and are those of the digest.
      column.flag('complete').notNullable();
      column.time('update_time').notNullable();
      table.index(['update_time'], 'catalog_packages_by_time');
    });
    await createTable(knex, 'catalog_package_blocks', (column, table) => {
      column.key('digest').notNullable();
      column.integer('number').notNullable();
      column.bytes('data').notNullable();
      table.primary(['digest', 'number']);
    });
    await createTable(knex, 'catalog_plugins', (column, table) => {
      column.key('name', 214).notNullable();
      column.key('version', 100).notNullable();
      column.key('digest').notNullable();
      column.key('kind', 32).notNullable();
      column.text('file_name', 200).notNullable();
      column.integer('size').notNullable();
      column.text('uploaded_by', 200).notNullable();
      column.time('create_time').notNullable();
      column.flag('granted').notNullable();
      column.flag('removing').notNullable();
      column.longText('quarantine_reason').notNullable();
      column.time('quarantine_time');
      // What the package says of itself, what was found out about it, and what it contributes.
      column.json('facts').notNullable();
      column.json('manifest').notNullable();
      table.primary(['name', 'version']);
      table.unique(['digest'], { indexName: 'catalog_plugins_by_digest' });
    });
    await createTable(knex, 'catalog_generations', (column) => {
      column.integer('number').notNullable().primary();
      column.json('members').notNullable();
      column.longText('comment').notNullable();
      column.text('actor', 200).notNullable();
      column.time('create_time').notNullable();
    });
    await createTable(knex, 'catalog_plugin_changes', (column, table) => {
      column.sequence('sequence');
      column.time('change_time').notNullable();
      column.text('actor', 200).notNullable();
      column.text('peer', 200).notNullable();
      column.key('action', 32).notNullable();
      column.key('plugin', 214).notNullable();
      column.key('version', 100).notNullable();
      column.integer('generation').notNullable();
      column.longText('detail').notNullable();
      table.index(['plugin', 'sequence'], 'catalog_plugin_changes_by_plugin');
    });
    await createTable(knex, 'catalog_plugin_nodes', (column) => {
      column.key('name', 200).notNullable().primary();
      column.integer('generation').notNullable();
      column.time('seen_time').notNullable();
      column.longText('fault').notNullable();
      column.json('uses').notNullable();
    });
    await createTable(knex, 'catalog_plugin_crashes', (column, table) => {
      column.key('digest').notNullable();
      column.key('run_id').notNullable();
      column.integer('attempt').notNullable();
      column.time('crash_time').notNullable();
      table.primary(['digest', 'run_id', 'attempt']);
    });
    await createTable(knex, 'catalog_trusted_keys', (column) => {
      column.key('name', 100).notNullable().primary();
      column.longText('public_key').notNullable();
      column.time('create_time').notNullable();
    });
  },
};
