import { RunFinished, RunQueued } from '@sluice/proto/events/v1/execution';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../database/migrate.js';
import type { OpenDatabase } from '../database/database.js';
import { openMetrics } from '../metrics.js';
import {
  DATABASE_KINDS,
  freshDatabase,
  hasDatabase,
  natsUrl,
  testConfig,
  type FreshDatabase,
} from '../testing/index.js';
import type { EventBus } from './delivery.js';
import { eventPayload, readPayload, type OutgoingEvent, type ReceivedEvent } from './event.js';
import { openBus } from './open-bus.js';
import { CHASSIS_MIGRATIONS, DatabaseOutbox, OUTBOX_TABLE } from './outbox.js';
import { Relay } from './relay.js';

const log = pino({ level: 'silent' });

async function until(done: () => boolean, ms = 10_000): Promise<void> {
  for (const end = Date.now() + ms; !done(); await delay(5)) {
    if (Date.now() > end) throw new Error(`not done after ${ms} ms`);
  }
}

const combinations = DATABASE_KINDS.flatMap((kind) =>
  ['in process', 'NATS'].map((bus) => ({
    kind,
    bus,
    isThere: hasDatabase(kind) && (bus !== 'NATS' || natsUrl() !== undefined),
  })),
);

describe.each(combinations)('events from $kind over the bus $bus', ({ kind, bus: busKind, isThere }) => {
  describe.skipIf(!isThere)('when both are there', () => {
    // Tests share one NATS server, so each has subjects and subscribers of its own.
    const name = `t${randomBytes(5).toString('hex')}`;
    let test_ = 0;
    let noun: string;
    let fresh: FreshDatabase;
    let database: OpenDatabase;
    let bus: EventBus;
    let relay: Relay;
    let outbox: DatabaseOutbox;

    const openAll = async (): Promise<void> => {
      database = await fresh.open();
      await migrate(database, [CHASSIS_MIGRATIONS]);
      const { events: metrics } = openMetrics();
      bus = await openBus(testConfig({ 'nats.url': busKind === 'NATS' ? natsUrl() : '' }), { log, metrics });
      relay = new Relay({ database, bus, log, metrics, retentionHours: 24 });
      outbox = new DatabaseOutbox(() => relay.wake());
    };

    beforeEach(async () => {
      noun = `${name}-${(test_ += 1)}`;
      fresh = await freshDatabase(kind);
      await openAll();
    });
    afterEach(async () => {
      await relay.close();
      await bus.close();
      await fresh.drop();
    });

    const finished = (key: string, state: string): OutgoingEvent => ({
      subject: `sluice.v1.${noun}.run.finished`,
      key,
      payload: eventPayload('sluice.events.v1.RunFinished', RunFinished, {
        runId: key,
        flowId: 'f',
        state,
        reason: '',
      }),
    });
    const queued = (key: string): OutgoingEvent => ({
      subject: `sluice.v1.${noun}.run.queued`,
      key,
      payload: eventPayload('sluice.events.v1.RunQueued', RunQueued, { runId: key, flowId: 'f' }),
    });
    const add = (events: OutgoingEvent | readonly OutgoingEvent[]): Promise<void> =>
      database.transaction((trx) => outbox.add(trx, events));

    test('arrive with their content at every subscriber whose subject matches', async () => {
      const got = new Map<string, ReceivedEvent[]>();
      for (const [durable, subject] of [
        ['exact', `sluice.v1.${noun}.run.finished`],
        ['star', `sluice.v1.${noun}.*.finished`],
        ['rest', `sluice.v1.${noun}.>`],
      ] as const) {
        got.set(durable, []);
        const handle = async (event: ReceivedEvent): Promise<void> => void got.get(durable)?.push(event);
        await bus.subscribe({ subject, durable: `${noun}-${durable}`, handle });
      }
      relay.start();
      const before = Date.now();
      await add([queued('r1'), finished('r1', 'SUCCEEDED')]);
      await until(
        () => got.get('rest')?.length === 2 && got.get('exact')?.length === 1 && got.get('star')?.length === 1,
      );
      const [event] = got.get('exact') as [ReceivedEvent];
      expect(event).toMatchObject({ subject: `sluice.v1.${noun}.run.finished`, key: 'r1', attempt: 1 });
      expect(event.time.getTime()).toBeGreaterThanOrEqual(before);
      expect(event.time.getTime()).toBeLessThanOrEqual(Date.now());
      expect(readPayload(event, 'sluice.events.v1.RunFinished', RunFinished)).toEqual({
        runId: 'r1',
        flowId: 'f',
        state: 'SUCCEEDED',
        reason: '',
      });
      expect(readPayload(event, 'sluice.events.v1.RunQueued', RunQueued)).toBeUndefined();
      expect(got.get('rest')?.map((one) => one.subject.split('.').at(-1))).toEqual(['queued', 'finished']);
    });

    test('are never published when their transaction is rolled back', async () => {
      const got: string[] = [];
      const handle = async (event: ReceivedEvent): Promise<void> => void got.push(event.key);
      await bus.subscribe({ subject: `sluice.v1.${noun}.>`, durable: noun, handle });
      relay.start();
      const work = database.transaction(async (trx) => {
        await outbox.add(trx, finished('lost', 'FAILED'));
        throw new Error('rolled back');
      });
      await expect(work).rejects.toThrow('rolled back');
      await add(finished('kept', 'FAILED'));
      await until(() => got.length > 0);
      await delay(50);
      expect(got).toEqual(['kept']);
    });

    test('of one key arrive in order, though handlers are slow and some fail at first', async () => {
      const got = new Map<string, number[]>();
      const failed = new Set<string>();
      await bus.subscribe({
        subject: `sluice.v1.${noun}.>`,
        durable: noun,
        handle: async (event) => {
          const state = Number(readPayload(event, 'sluice.events.v1.RunFinished', RunFinished)?.state);
          await delay(Math.random() * 3);
          const once = `${event.key} ${state}`;
          if (state % 5 === 0 && !failed.has(once)) {
            failed.add(once);
            throw new Error('not yet');
          }
          got.set(event.key, [...(got.get(event.key) ?? []), state]);
        },
      });
      relay.start();
      for (let state = 1; state <= 20; state += 1) {
        await add(Array.from({ length: 10 }, (_, key) => finished(`k${key}`, String(state))));
      }
      await until(() => [...got.values()].reduce((sum, list) => sum + list.length, 0) === 200, 15_000);
      const inOrder = Array.from({ length: 20 }, (_, index) => index + 1);
      for (let key = 0; key < 10; key += 1) expect(got.get(`k${key}`)).toEqual(inOrder);
      expect(failed.size).toBe(40);
    });

    test('that were written before a crash are published by the next start', async () => {
      const got: string[] = [];
      // The first process never gets to relay what it has committed.
      await add([finished('a', 'FAILED'), finished('b', 'FAILED')]);
      await relay.close();
      await bus.close();
      await openAll();
      const handle = async (event: ReceivedEvent): Promise<void> => void got.push(event.key);
      await bus.subscribe({ subject: `sluice.v1.${noun}.>`, durable: noun, handle });
      relay.start();
      await until(() => got.length === 2);
      expect(got.sort()).toEqual(['a', 'b']);
      await relay.close();
      expect(await database.knex(OUTBOX_TABLE)).toEqual([]);
    });

    test('that a handler cannot bear come again and again, and do not hold up the others', async () => {
      const attempts: number[] = [];
      const got: string[] = [];
      await bus.subscribe({
        subject: `sluice.v1.${noun}.>`,
        durable: noun,
        handle: async (event) => {
          if (event.key === 'poison') {
            attempts.push(event.attempt);
            throw new Error('never');
          }
          got.push(event.key);
        },
      });
      relay.start();
      await add([finished('poison', 'FAILED'), finished('fine', 'FAILED')]);
      await until(() => got.length === 1 && attempts.length >= 4);
      expect(got).toEqual(['fine']);
      expect(attempts.slice(0, 4)).toEqual([1, 2, 3, 4]);
    });

    test('are refused with a subject that is none', async () => {
      await expect(add({ ...finished('a', 'x'), subject: 'run finished' })).rejects.toMatchObject({
        reason: 'REQUEST_INVALID',
      });
      const handle = (): Promise<void> => Promise.resolve();
      await expect(bus.subscribe({ subject: 'sluice.v1.>.run', durable: noun, handle })).rejects.toMatchObject({
        reason: 'REQUEST_INVALID',
      });
      await expect(bus.subscribe({ subject: 'sluice.v1.>', durable: 'a.b', handle })).rejects.toMatchObject({
        reason: 'REQUEST_INVALID',
      });
    });
  });
});
