import { copyFile } from 'node:fs/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { DATABASE_KINDS, freshDatabase, hasDatabase, type FreshDatabase } from '../testing/index.js';
import { createTable, toBytes } from './columns.js';
import type { OpenDatabase } from './database.js';
import { isDuplicateKey } from './failures.js';
import { migrate } from './migrate.js';
import type { Migration } from './migration.js';
import { openSqlite } from './sqlite.js';

const accounts: Migration = {
  name: '0001_accounts',
  up: (knex) =>
    createTable(knex, 'accounts', (column) => {
      column.key('id').primary();
      column.integer('amount').notNullable();
    }),
};
const notes: Migration = {
  name: '0002_notes',
  up: (knex) =>
    createTable(knex, 'notes', (column, table) => {
      column.sequence('id');
      column.key('account', 64).notNullable();
      column.json('value');
      column.longText('words');
      column.bytes('raw');
      column.time('at');
      column.flag('done');
      column.number('share');
      table.index(['account', 'at']);
    }),
};

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('a database of kind $kind', ({ kind }) => {
  describe.skipIf(!hasDatabase(kind))('when it is there', () => {
    let fresh: FreshDatabase;
    let database: OpenDatabase;

    beforeEach(async () => {
      fresh = await freshDatabase(kind);
      database = await fresh.open();
    });
    afterEach(() => fresh.drop());

    const migrated = (): Promise<string[]> => migrate(database, [{ name: 'bank', migrations: [accounts, notes] }]);

    test('gives back every kind of value as it was written', async () => {
      await migrated();
      const row = {
        account: 'a',
        value: JSON.stringify({ 名: '流程', list: [1, null] }),
        words: `${'长'.repeat(70_000)}😀`,
        raw: Buffer.from([0, 255, 10, 39, 92]),
        at: 1_795_000_000_123,
        done: 1,
        share: 0.1,
      };
      await database.knex('notes').insert(row);
      const read = (await database.knex('notes').first()) as typeof row & { id: number };
      expect({ ...read, raw: toBytes(read.raw) }).toEqual({ id: 1, ...row });
    });

    test('tells keys apart that differ in case alone, and names a duplicate', async () => {
      await migrated();
      await database.knex('accounts').insert([
        { id: 'a', amount: 1 },
        { id: 'A', amount: 2 },
      ]);
      expect(await database.knex('accounts').where({ id: 'A' }).first()).toMatchObject({ amount: 2 });
      const failure: unknown = await database
        .knex('accounts')
        .insert({ id: 'a', amount: 3 })
        .then(
          () => undefined,
          (e) => e,
        );
      expect(isDuplicateKey(failure)).toBe(true);
    });

    test('keeps what was written in its file itself as soon as nothing more is written for a moment', async () => {
      if (kind !== 'sqlite') return;
      await migrated();
      await database.knex('accounts').insert({ id: 'a', amount: 3 });
      const file = fresh.url.slice('sqlite:'.length);
      await vi.waitFor(async () => {
        // Without the log that lies beside it.
        await copyFile(file, `${file}.copy`);
        const copy = await openSqlite(`${file}.copy`, pino({ level: 'silent' }));
        try {
          expect(await copy('accounts').pluck('id')).toEqual(['a']);
        } finally {
          await copy.destroy();
        }
      }, 5_000);
    });

    test('refuses a text that is too long instead of cutting it', async () => {
      if (kind === 'sqlite') return; // SQLite keeps the whole of it.
      await migrated();
      await expect(database.knex('accounts').insert({ id: 'x'.repeat(65), amount: 1 })).rejects.toThrow(
        /Data too long/,
      );
    });

    test('runs a transaction again after a deadlock, so that no change is lost', async () => {
      await migrated();
      const other = await fresh.open();
      await database.knex('accounts').insert([
        { id: 'a', amount: 1000 },
        { id: 'b', amount: 1000 },
      ]);
      const move = (on: OpenDatabase, from: string, to: string): Promise<void> =>
        on.transaction(async (trx) => {
          // Reading first and writing in both orders is what deadlocks MySQL and upgrades locks on SQLite.
          await trx('accounts').where({ id: from }).first();
          await trx('accounts').where({ id: from }).decrement('amount', 1);
          await trx('accounts').where({ id: to }).increment('amount', 1);
        });
      await Promise.all(
        Array.from({ length: 60 }, (_, index) =>
          index % 3 === 0 ? move(database, 'a', 'b') : move(index % 2 === 0 ? database : other, 'b', 'a'),
        ),
      );
      expect(await database.knex('accounts').orderBy('id')).toEqual([
        { id: 'a', amount: 1020 },
        { id: 'b', amount: 980 },
      ]);
    });

    test('leaves nothing of a transaction that throws', async () => {
      await migrated();
      const work = database.transaction(async (trx) => {
        await trx('accounts').insert({ id: 'a', amount: 1 });
        throw new Error('no');
      });
      await expect(work).rejects.toThrow('no');
      expect(await database.knex('accounts')).toEqual([]);
    });

    test('is migrated once by processes that start together', async () => {
      const runs: string[] = [];
      const slow: Migration = {
        name: '0001_slow',
        up: async (knex) => {
          runs.push('begin');
          await accounts.up(knex);
          await knex('accounts').insert({ id: 'first', amount: 1 });
          runs.push('end');
        },
      };
      const others = await Promise.all([fresh.open(), fresh.open(), fresh.open()]);
      const sets = [{ name: 'bank', migrations: [slow, notes] }];
      const applied = await Promise.all([database, ...others].map((one) => migrate(one, sets)));
      expect(runs).toEqual(['begin', 'end']);
      expect(applied.flat().sort()).toEqual(['bank/0001_slow', 'bank/0002_notes']);
    });

    test('is refused when it is newer than the build', async () => {
      await migrated();
      await expect(migrate(database, [{ name: 'bank', migrations: [accounts] }])).rejects.toMatchObject({
        reason: 'DATABASE_NEWER',
        details: { service: 'bank', migration: '0002_notes' },
      });
    });

    test('is refused when a migration was renamed', async () => {
      await migrated();
      const renamed = { ...accounts, name: '0001_ledger' };
      await expect(migrate(database, [{ name: 'bank', migrations: [renamed, notes] }])).rejects.toMatchObject({
        reason: 'START_FAILED',
        message: expect.stringContaining('bank/0001_accounts where this build has bank/0001_ledger') as string,
      });
    });

    test('goes on after a migration that broke off half-way', async () => {
      let isBroken = true;
      const breaking: Migration = {
        name: '0002_notes',
        up: async (knex) => {
          await notes.up(knex);
          if (isBroken) throw new Error('the power went');
        },
      };
      const sets = [{ name: 'bank', migrations: [accounts, breaking] }];
      await expect(migrate(database, sets)).rejects.toMatchObject({
        message: 'the migration bank/0002_notes failed: the power went',
      });
      isBroken = false;
      await migrate(database, sets);
      await database.knex('notes').insert({ account: 'a' });
      expect(await database.knex('sluice_migrations_bank').orderBy('name').pluck('name')).toEqual([
        '0001_accounts',
        '0002_notes',
      ]);
    });

    test('refuses migrations whose numbers have a gap', async () => {
      const sets = [{ name: 'bank', migrations: [accounts, { ...notes, name: '0003_notes' }] }];
      await expect(migrate(database, sets)).rejects.toThrow("call it '0002_<what>'");
    });
  });
});

describe('a server that does not answer', () => {
  test('is named without its password, with the remedy', async () => {
    const { openDatabase } = await import('./database.js');
    const { testConfig } = await import('../testing/index.js');
    const { pino } = await import('pino');
    const config = testConfig({ 'database.url': 'mysql://me:hidden@127.0.0.1:1/x', 'database.waitMs': 0 });
    const failure = await openDatabase(config, pino({ level: 'silent' })).catch((error: unknown) => error as Error);
    expect(failure).toMatchObject({ reason: 'DATABASE_UNAVAILABLE', details: { code: 'ECONNREFUSED' } });
    expect((failure as Error).message).toContain('mysql://me:***@127.0.0.1:1/x');
    expect((failure as Error).message).not.toContain('hidden');
  });
});
