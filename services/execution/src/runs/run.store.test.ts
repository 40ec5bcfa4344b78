import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DATABASE_KINDS, freshDatabase, hasDatabase, migrate, type FreshDatabase } from '@sluice/chassis/testing';
import type { Database, OutgoingEvent } from '@sluice/chassis';
import { migrations } from '../migrations/index.js';
import type { NewRun } from './run-row.js';
import type { RunFilter } from './run-filter.js';
import { RunStore } from './run.store.js';

const BIRTH = [
  { stop: '', from: '', to: 'PENDING', atMs: 1000 },
  { stop: '', from: 'PENDING', to: 'QUEUED', atMs: 1000 },
];
const ALL: RunFilter = {
  flowId: '',
  states: [],
  createdFromMs: undefined,
  createdBeforeMs: undefined,
  labels: {},
  flowName: '',
};

function newRun(id: string, changes: Partial<NewRun> = {}): NewRun {
  return {
    id,
    flowId: 'f1',
    flowVersion: 1,
    flowName: 'orders',
    state: 'QUEUED',
    attempt: 0,
    maxAttempts: 1,
    epoch: 0,
    sequence: 2,
    leaseUntilMs: undefined,
    mode: 'RUN',
    engine: 'duckdb',
    generation: 'g',
    generationNumber: 0,
    packages: [],
    node: '',
    progress: 0,
    createdMs: 1000,
    startedMs: undefined,
    endedMs: undefined,
    heartbeatMs: undefined,
    cancelRequestedMs: undefined,
    labels: {},
    checkpoints: [],
    error: undefined,
    pool: '',
    poolSlots: 0,
    priority: 0,
    waitingFor: '',
    stops: [{ name: 'read', type: 'sluice.csv.read', state: 'WAITING', inputs: [], outputs: [], rejected: 0 }],
    request: {
      flow: { name: 'orders' } as NewRun['request']['flow'],
      variables: {},
      timeoutMs: 0,
      memoryBytes: 0,
      threads: 0,
      exactAccounting: false,
    },
    idempotencyKey: undefined,
    requestDigest: 'd',
    ...changes,
  };
}

describe.each(DATABASE_KINDS.map((kind) => ({ kind })))('runs in $kind', ({ kind }) => {
  describe.skipIf(!hasDatabase(kind))('when it is there', () => {
    let fresh: FreshDatabase;
    let database: Database;
    let store: RunStore;
    let events: OutgoingEvent[];

    beforeEach(async () => {
      fresh = await freshDatabase(kind);
      const opened = await fresh.open();
      database = opened;
      await migrate(opened, [{ name: 'execution', migrations }]);
      events = [];
      store = newStore(opened);
    });
    afterEach(() => fresh.drop());

    const insert = (run: NewRun) => store.insert(run, BIRTH);

    function newStore(on: Database): RunStore {
      return new RunStore(on, {
        add: async (_trx, added) => void events.push(...(Array.isArray(added) ? added : [added as OutgoingEvent])),
        wake: () => undefined,
      });
    }

    test('a run goes from the queue to its end, each transition kept with its event', async () => {
      await insert(newRun('r1', { labels: { team: 'a' } }));
      const [claimed] = await store.claim('n1', 5, 2000, 12_000);
      expect(claimed).toMatchObject({ id: 'r1', state: 'RUNNING', epoch: 1, attempt: 1, node: 'n1', startedMs: 2000 });
      if (claimed === undefined) return;
      const stops = [{ ...claimed.stops[0]!, state: 'SUCCEEDED' as const }];
      const run = await store.record(claimed, stops, [{ stop: 'read', from: 'WAITING', to: 'RUNNING', atMs: 2001 }]);
      const transitions = [{ stop: 'read', from: 'RUNNING', to: 'SUCCEEDED', atMs: 2002 }];
      await store.finish(run, { state: 'SUCCEEDED', error: undefined, stops, transitions, atMs: 2003 });

      expect(await store.get('r1')).toMatchObject({
        state: 'SUCCEEDED',
        endedMs: 2003,
        progress: 1,
        stops,
        labels: { team: 'a' },
      });
      expect((await store.transitions('r1', 0)).map(({ stop, from, to }) => [stop, from, to])).toEqual([
        ['', '', 'PENDING'],
        ['', 'PENDING', 'QUEUED'],
        ['', 'QUEUED', 'RUNNING'],
        ['read', 'WAITING', 'RUNNING'],
        ['read', 'RUNNING', 'SUCCEEDED'],
        ['', 'RUNNING', 'SUCCEEDED'],
      ]);
      expect(events.map((event) => [event.subject, event.key])).toEqual([
        ['sluice.v1.execution.run.queued', 'r1'],
        ['sluice.v1.execution.run.started', 'r1'],
        ['sluice.v1.execution.run.finished', 'r1'],
      ]);
    });

    test('many nodes that claim at once get each run once', async () => {
      const second = newStore(await fresh.open());
      for (let i = 0; i < 60; i++) await insert(newRun(`r${i}`, { createdMs: i }));
      const claims: string[] = [];
      const claimAll = async (from: RunStore, node: string): Promise<void> => {
        for (;;) {
          const runs = await from.claim(node, 7, 100, 1000);
          if (runs.length === 0) return;
          claims.push(...runs.map((run) => run.id));
        }
      };
      await Promise.all([claimAll(store, 'a'), claimAll(second, 'b'), claimAll(store, 'c'), claimAll(second, 'd')]);
      expect(claims.sort()).toEqual(Array.from({ length: 60 }, (_, i) => `r${i}`).sort());
    });

    test('an attempt of an old epoch changes nothing and is told so', async () => {
      await insert(newRun('r1', { maxAttempts: 2 }));
      const [old] = await store.claim('n1', 1, 2000, 3000);
      if (old === undefined) throw new Error('no run was claimed');
      const [expired] = await store.expired(4000);
      expect(expired?.id).toBe('r1');
      const end = { error: undefined, stops: old.stops, transitions: [], atMs: 4000 };
      await store.finish(old, { ...end, state: 'RETRYING', retryAtMs: 4000 });
      expect(await store.requeue(4000)).toBe(1);
      const [next] = await store.claim('n2', 1, 5000, 15_000);
      expect(next).toMatchObject({ epoch: 2, attempt: 2, node: 'n2', startedMs: 2000 });

      const refused = { reason: 'RUN_FENCED' };
      await expect(store.record(old, [], [])).rejects.toMatchObject(refused);
      await expect(store.finish(old, { ...end, state: 'SUCCEEDED' })).rejects.toMatchObject(refused);
      await expect(store.checkFence(old)).rejects.toMatchObject(refused);
      expect(await store.get('r1')).toMatchObject({ state: 'RUNNING', epoch: 2, stops: old.stops });
      await store.checkFence(next!);
    });

    test('a run of very many stops ends in one transaction', async () => {
      await insert(newRun('r1'));
      const [run] = await store.claim('n1', 1, 2000, 3000);
      const transitions = Array.from({ length: 1_300 }, (_, i) => ({
        stop: `s${i}`,
        from: 'WAITING',
        to: 'SUCCEEDED',
        atMs: i,
      }));
      await store.finish(run!, { state: 'SUCCEEDED', error: undefined, stops: [], transitions, atMs: 2600 });
      expect((await store.transitions('r1', 3)).map((each) => each.stop)).toEqual([
        ...transitions.map((each) => each.stop),
        '',
      ]);
    });

    test('the same idempotency key gives the same run, and is refused for another request', async () => {
      const first = await insert(newRun('r1', { idempotencyKey: 'k' }));
      const again = await insert(newRun('r2', { idempotencyKey: 'k' }));
      expect([first.created, again.created, again.run.id]).toEqual([true, false, 'r1']);
      await expect(insert(newRun('r3', { idempotencyKey: 'k', requestDigest: 'x' }))).rejects.toMatchObject({
        reason: 'IDEMPOTENCY_KEY_REUSED',
        details: { run: 'r1' },
      });
      const many = await Promise.all(
        Array.from({ length: 10 }, (_, i) => insert(newRun(`s${i}`, { idempotencyKey: 'many' }))),
      );
      expect(new Set(many.map((each) => each.run.id)).size).toBe(1);
    });

    test('lists are in order, in pages, and by every filter', async () => {
      for (let i = 0; i < 20; i++) {
        const labels: Record<string, string> = i % 4 === 0 ? { team: 'a', tier: String(i % 8) } : { team: 'b' };
        const flow = i % 2 === 0 ? { flowId: 'even', flowName: 'Even' } : { flowId: 'odd', flowName: 'Odd' };
        await insert(
          newRun(`r${String(i).padStart(2, '0')}`, { createdMs: 1000 + Math.floor(i / 2), labels, ...flow }),
        );
      }
      const [claimed] = await store.claim('n', 1, 5000, 9000);
      const ids = async (filter: Partial<RunFilter>, stalledBefore = 0): Promise<string[]> =>
        (await store.list({ ...ALL, ...filter }, undefined, 50, stalledBefore)).map((run) => run.id.slice(1));

      const pages: string[] = [];
      let after: { createdMs: number; id: string } | undefined;
      for (;;) {
        const page = await store.list(ALL, after, 7, 0);
        if (page.length === 0) break;
        pages.push(...page.map((run) => run.id));
        after = page.at(-1);
      }
      expect(pages).toEqual(Array.from({ length: 20 }, (_, i) => `r${String(19 - i).padStart(2, '0')}`));
      expect(await ids({ flowId: 'even', createdFromMs: 1008 })).toEqual(['18', '16']);
      expect(await ids({ flowName: 'Odd', createdBeforeMs: 1002 })).toEqual(['03', '01']);
      expect(await ids({ labels: { team: 'a' } })).toEqual(['16', '12', '08', '04', '00']);
      expect(await ids({ labels: { team: 'a', tier: '4' } })).toEqual(['12', '04']);
      expect(await ids({ states: ['RUNNING'] })).toEqual([claimed?.id.slice(1)]);
      expect(await ids({ states: ['RUNNING'] }, 6000)).toEqual([]);
      expect(await ids({ states: ['STALLED'] }, 6000)).toEqual([claimed?.id.slice(1)]);
      expect((await ids({ states: ['QUEUED', 'RUNNING'] })).length).toBe(20);
    });

    test('a node hears which of its runs to end and which it has lost', async () => {
      for (const id of ['r1', 'r2', 'r3']) await insert(newRun(id));
      const runs = await store.claim('n1', 3, 2000, 3000);
      await store.requestCancel('r2', 2500);
      const lost = runs.find((run) => run.id === 'r3')!;
      await store.finish(lost, { state: 'FAILED', error: undefined, stops: [], transitions: [], atMs: 2600 });
      const beats = runs.map((run) => ({ id: run.id, heartbeatMs: 2700, progress: 0.5 }));
      expect(await store.renew('n1', beats, 9000)).toEqual({ cancelled: ['r2'], lost: ['r3'] });
      expect(await store.get('r1')).toMatchObject({ heartbeatMs: 2700, progress: 0.5 });
      expect(await store.expired(8000)).toEqual([]);
    });

    test('old runs are forgotten with all that belongs to them', async () => {
      for (const id of ['r1', 'r2']) await insert(newRun(id, { labels: { a: 'b' } }));
      const [run] = await store.claim('n1', 1, 2000, 3000);
      await store.finish(run!, { state: 'SUCCEEDED', error: undefined, stops: [], transitions: [], atMs: 2600 });
      expect((await store.purge(2601, 10)).map((each) => each.id)).toEqual([run!.id]);
      expect(await store.purge(2601, 10)).toEqual([]);
      await expect(store.get(run!.id)).rejects.toMatchObject({ reason: 'RUN_NOT_FOUND' });
      const left = await database.knex('execution_run_labels').count({ n: '*' });
      expect(Number((left[0] as { n: unknown }).n)).toBe(1);
    });
  });
});
