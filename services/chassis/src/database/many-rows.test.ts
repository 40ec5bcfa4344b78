import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DATABASE_KINDS, freshDatabase, hasDatabase, type FreshDatabase } from '../testing/index.js';
import { createTable, toBytes } from './columns.js';
import type { OpenDatabase } from './database.js';
import { isDuplicateKey } from './failures.js';
import { insertRows, updateRows } from './many-rows.js';
import { migrate } from './migrate.js';

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('many rows on $kind', ({ kind }) => {
  describe.skipIf(!hasDatabase(kind))('when it is there', () => {
    let fresh: FreshDatabase;
    let database: OpenDatabase;

    beforeEach(async () => {
      fresh = await freshDatabase(kind);
      database = await fresh.open();
      const up = (knex: Parameters<typeof createTable>[0]): Promise<void> =>
        createTable(knex, 'things', (column) => {
          column.key('id').primary();
          column.json('words');
          column.bytes('raw');
          column.time('at');
          column.flag('done');
        });
      await migrate(database, [{ name: 'things', migrations: [{ name: '0001_things', up }] }]);
    });
    afterEach(() => fresh.drop());

    const thing = (i: number): Record<string, unknown> => ({
      id: `t${i}`,
      words: `长 'words' ${i}`,
      raw: Buffer.from([0, i % 256]),
      at: 1_795_000_000_000 + i,
      done: i % 2 === 0,
    });
    const read = async (): Promise<Record<string, unknown>[]> => {
      const rows = (await database.knex('things').orderBy('at')) as Record<string, unknown>[];
      return rows.map((row) => ({ ...row, raw: toBytes(row['raw']), done: row['done'] === 1 }));
    };

    test('are inserted and updated as they were given, whatever their number', async () => {
      const things = Array.from({ length: 257 }, (_, i) => thing(i));
      await database.transaction((trx) => insertRows(trx, 'things', things));
      expect(await read()).toEqual(things);
      const changes = things.slice(3).map(({ id, at }, i) => ({ id, words: i % 3 === 0 ? null : `now ${i}`, at }));
      await database.transaction((trx) => updateRows(trx, 'things', 'id', [...changes, { ...changes[0], id: 'gone' }]));
      expect(await read()).toEqual([
        ...things.slice(0, 3),
        ...things.slice(3).map((each, i) => ({ ...each, words: changes[i]?.words })),
      ]);
      await database.transaction((trx) => insertRows(trx, 'things', []));
      await database.transaction((trx) => updateRows(trx, 'things', 'id', []));
    });

    test('leave nothing behind when one of them cannot be written', async () => {
      const work = database.transaction((trx) => insertRows(trx, 'things', [thing(1), thing(2), thing(1)]));
      const failure: unknown = await work.catch((error: unknown) => error);
      expect(isDuplicateKey(failure)).toBe(true);
      expect(await read()).toEqual([]);
    });
  });
});
