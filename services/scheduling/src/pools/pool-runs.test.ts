import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  DATABASE_KINDS,
  freshDatabase,
  hasDatabase,
  migrate,
  type FreshDatabase,
  type OpenDatabase,
} from '@sluice/chassis/testing';
import type { OutgoingEvent } from '@sluice/chassis';
import { migrations } from '../migrations/index.js';
import type { SlotWish } from './pool-book.js';
import { PoolRuns } from './pool-runs.js';
import { PoolStore } from './pool.store.js';

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('runs in pools in $kind', ({ kind }) => {
  describe.skipIf(!hasDatabase(kind))('when it is there', () => {
    let fresh: FreshDatabase;
    let events: OutgoingEvent[];
    let nodes: PoolRuns[];
    let pools: PoolStore;

    beforeEach(async () => {
      fresh = await freshDatabase(kind);
      events = [];
      const outbox = {
        add: async (_trx: unknown, added: OutgoingEvent | readonly OutgoingEvent[]) =>
          void events.push(...(Array.isArray(added) ? added : [added as OutgoingEvent])),
        wake: () => undefined,
      };
      // Each scheduler has connections of its own.
      const databases: OpenDatabase[] = [await fresh.open(), await fresh.open()];
      await migrate(databases[0] as OpenDatabase, [{ name: 'scheduling', migrations }]);
      nodes = databases.map((database) => new PoolRuns(database, outbox));
      pools = new PoolStore(databases[0] as OpenDatabase);
      await pools.put({ name: 'narrow', description: '', slots: 3, taken: 0, waiting: 0 });
    });
    afterEach(() => fresh.drop());

    const wish = (number: number, more: Partial<SlotWish> = {}): SlotWish => {
      return { id: `run_${number}`, pool: 'narrow', slots: 1, priority: 0, sinceMs: number, ...more };
    };
    const waiting = (answers: ReadonlyMap<string, string>): string[] =>
      [...answers].filter(([, reason]) => reason !== '').map(([id]) => id);

    test('slots that several schedulers give at once are given once', async () => {
      const wishes = Array.from({ length: 12 }, (_, i) => wish(i));
      const answers = await Promise.all(wishes.map((each, i) => (nodes[i % 2] as PoolRuns).take([each], 1)));
      // All of them ask of both once more, as nodes do that do not know of each other.
      const again = await Promise.all(nodes.map((node) => node.take(wishes, 2)));
      for (const each of again) expect(waiting(each)).toHaveLength(9);
      expect(answers.flatMap(waiting)).toHaveLength(9);
      expect(await pools.get('narrow')).toMatchObject({ taken: 3, waiting: 9 });
      expect(new Set(events.map(({ key }) => key)).size).toBe(3);
      expect(events).toHaveLength(3);
    });

    test('what has waited longest with the highest priority goes first, and holds back what needs less', async () => {
      const [node] = nodes as [PoolRuns];
      expect(waiting(await node.take([wish(1, { slots: 2 })], 1))).toEqual([]);
      const answers = await node.take([wish(2, { slots: 2, priority: 5 }), wish(3), wish(4, { priority: 5 })], 1);
      expect([...answers.values()]).toEqual([
        "the pool 'narrow' is full (2 of 3 slots taken, 2 wanted)",
        "2 other(s) go before it in the pool 'narrow'",
        "1 other(s) go before it in the pool 'narrow'",
      ]);
      expect(await node.grant(2)).toBe(false);
      expect(await node.release('run_1')).toBe(true);
      expect(await node.release('run_1')).toBe(false);
      expect(await node.grant(3)).toBe(true);
      expect(waiting(await node.take([wish(2), wish(3), wish(4)], 4))).toEqual(['run_3']);
    });

    test('a pool is not deleted while runs need it; one that is gone holds nobody back', async () => {
      const [node] = nodes as [PoolRuns];
      await node.take([wish(1)], 1);
      await expect(pools.remove('narrow')).rejects.toMatchObject({ reason: 'POOL_IN_USE' });
      await node.release('run_1');
      await pools.remove('narrow');
      expect(waiting(await node.take([wish(2)], 1))).toEqual([]);
    });
  });
});
