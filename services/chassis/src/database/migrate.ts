import type { Knex } from 'knex';
import { SluiceError } from '../errors.js';
import type { Database } from './database.js';
import { createTable } from './columns.js';
import type { Migration } from './migration.js';

/** How long a process waits for another one that migrates, in seconds. */
const LOCK_SECONDS = 120;

/** The tables of one service. */
export interface MigrationSet {
  /** The service's name; its migrations are recorded in `sluice_migrations_<name>`. */
  readonly name: string;
  readonly migrations: readonly Migration[];
}

/**
 * Brings the tables of services up to date, one process at a time, and gives the names of what was applied.
 *
 * @throws DATABASE_NEWER when the database has migrations that this build does not know; START_FAILED when a migration
 * was renamed, moved or failed.
 */
export async function migrate(database: Database, sets: readonly MigrationSet[]): Promise<string[]> {
  sets.forEach(checkNames);
  if (database.dialect === 'sqlite') {
    // One transaction holds the write lock from its begin, and undoes a migration that fails half-way.
    return database.transaction((trx) => migrateAll(trx, sets));
  }
  // MySQL ends a transaction at each CREATE TABLE, so the lock is one with a name, held by its own connection.
  return database.knex.transaction(async (holder) => {
    const lock = `sluice.migrations.${await currentDatabase(holder)}`.slice(0, 64);
    const [rows] = (await holder.raw('select get_lock(?, ?) as got', [lock, LOCK_SECONDS])) as [
      { got: number | null }[],
    ];
    if (rows[0]?.got !== 1) {
      const message = `another process has migrated this database for over ${LOCK_SECONDS} s; see what it waits for`;
      throw new SluiceError('START_FAILED', message);
    }
    try {
      return await migrateAll(database.knex, sets);
    } finally {
      await holder.raw('select release_lock(?)', [lock]);
    }
  });
}

async function currentDatabase(knex: Knex): Promise<string> {
  const [rows] = (await knex.raw('select database() as name')) as [{ name: string }[]];
  return rows[0]?.name ?? '';
}

function checkNames({ name, migrations }: MigrationSet): void {
  migrations.forEach((migration, index) => {
    const expected = String(index + 1).padStart(4, '0');
    if (!new RegExp(`^${expected}_[a-z0-9_]+$`).test(migration.name)) {
      const message = `migration ${index + 1} of ${name} is called '${migration.name}'; call it '${expected}_<what>'`;
      throw new SluiceError('START_FAILED', message);
    }
  });
}

async function migrateAll(knex: Knex, sets: readonly MigrationSet[]): Promise<string[]> {
  const applied: string[] = [];
  for (const set of sets) applied.push(...(await migrateSet(knex, set)));
  return applied;
}

async function migrateSet(knex: Knex, { name, migrations }: MigrationSet): Promise<string[]> {
  const table = `sluice_migrations_${name}`;
  if (!(await knex.schema.hasTable(table))) {
    await createTable(knex, table, (column) => {
      column.key('name', 190).primary();
      column.time('applied_at').notNullable();
    });
  }
  const present = (await knex(table).orderBy('name').select('name')) as { name: string }[];
  present.forEach((row, index) => checkApplied(name, migrations, row.name, index));
  const missing = migrations.slice(present.length);
  for (const migration of missing) {
    try {
      await migration.up(knex);
      await knex(table).insert({ name: migration.name, applied_at: Date.now() });
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SluiceError('START_FAILED', `the migration ${name}/${migration.name} failed: ${why}`, { cause });
    }
  }
  return missing.map((migration) => `${name}/${migration.name}`);
}

function checkApplied(name: string, migrations: readonly Migration[], applied: string, index: number): void {
  const known = migrations[index];
  if (known?.name === applied) return;
  if (known === undefined) {
    const message = `the database has the migration ${name}/${applied}, which this build does not know; run the build that made it, or a newer one`;
    throw new SluiceError('DATABASE_NEWER', message, { details: { service: name, migration: applied } });
  }
  const message = `the database has ${name}/${applied} where this build has ${name}/${known.name}; a migration must never be renamed or moved`;
  throw new SluiceError('START_FAILED', message, { details: { service: name, migration: applied } });
}
