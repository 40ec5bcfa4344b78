import { RunQueued } from '@sluice/proto/events/v1/execution';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../database/migrate.js';
import type { OpenDatabase } from '../database/database.js';
import { openMetrics } from '../metrics.js';
import {
  freshDatabase,
  hasNatsServer,
  natsServer,
  testConfig,
  type FreshDatabase,
  type NatsServer,
} from '../testing/index.js';
import type { EventBus } from './delivery.js';
import { eventPayload } from './event.js';
import { connectionOptions } from './nats-connection.js';
import { openBus } from './open-bus.js';
import { CHASSIS_MIGRATIONS, DatabaseOutbox, OUTBOX_TABLE } from './outbox.js';
import { Relay } from './relay.js';

async function until(done: () => boolean, ms: number): Promise<void> {
  for (const end = Date.now() + ms; !done(); await delay(10)) {
    if (Date.now() > end) throw new Error(`not done after ${ms} ms`);
  }
}

describe.skipIf(!hasNatsServer())('a NATS server that comes and goes', () => {
  let nats: NatsServer;
  let fresh: FreshDatabase;
  let database: OpenDatabase;
  let bus: EventBus;
  let relay: Relay;
  let outbox: DatabaseOutbox;
  const got: string[] = [];

  beforeEach(async () => {
    got.length = 0;
    nats = await natsServer();
    fresh = await freshDatabase('sqlite');
    database = await fresh.open();
    await migrate(database, [CHASSIS_MIGRATIONS]);
  });
  afterEach(async () => {
    await relay.close();
    await bus.close();
    await fresh.drop();
    await nats.remove();
  });

  const open = async (): Promise<void> => {
    const { events: metrics } = openMetrics();
    const log = pino({ level: 'silent' });
    bus = await openBus(testConfig({ 'nats.url': nats.url }), { log, metrics });
    relay = new Relay({ database, bus, log, metrics, retentionHours: 24 });
    outbox = new DatabaseOutbox(() => relay.wake());
    await bus.subscribe({
      subject: 'sluice.v1.execution.run.queued',
      durable: 'crash',
      handle: async (event) => {
        await delay(2);
        got.push(event.key);
      },
    });
    relay.start();
  };
  const add = (key: string): Promise<void> =>
    database.transaction((trx) =>
      outbox.add(trx, {
        subject: 'sluice.v1.execution.run.queued',
        key,
        payload: eventPayload('sluice.events.v1.RunQueued', RunQueued, { runId: key, flowId: '' }),
      }),
    );

  test('may be away at the start: the events of that time arrive when it is there', async () => {
    const begin = Date.now();
    await open();
    expect(Date.now() - begin).toBeLessThan(3_000);
    await add('early');
    await delay(300);
    expect(got).toEqual([]);
    await nats.start();
    await until(() => got.includes('early'), 10_000);
    expect(await database.knex(OUTBOX_TABLE)).toEqual([]);
  });

  test('may be killed twice while events flow: every one of them arrives', async () => {
    await nats.start();
    await open();
    const keys = Array.from({ length: 300 }, (_, index) => `r${index}`);
    const writing = (async () => {
      for (const key of keys) {
        await add(key);
        await delay(5);
      }
    })();
    for (let time = 0; time < 2; time += 1) {
      await delay(400);
      await nats.kill();
      await delay(300);
      await nats.start();
    }
    await writing;
    await until(() => new Set(got).size === keys.length, 15_000);
    expect([...new Set(got)].sort()).toEqual([...keys].sort());
    // An event may come twice around a crash, but not each of them.
    expect(got.length).toBeLessThan(keys.length * 1.5);
  });

  test('may lose its disk: what is published afterwards arrives', async () => {
    await nats.start();
    await open();
    await add('before');
    await until(() => got.includes('before'), 5_000);
    const { url } = nats;
    await nats.remove();
    nats = await natsServerAt(url);
    await add('after');
    await until(() => got.includes('after'), 15_000);
  });
});

describe.skipIf(!hasNatsServer())('replicas that share a durable name', () => {
  test('share the events among them, and take over what a closing one had not handled', async () => {
    const nats = await natsServer();
    await nats.start();
    const log = pino({ level: 'silent' });
    const { events: metrics } = openMetrics();
    const open = (): Promise<EventBus> => openBus(testConfig({ 'nats.url': nats.url }), { log, metrics });
    const [publisher, first, second] = [await open(), await open(), await open()];
    const got: [string, string][] = [];
    const subscribe = (bus: EventBus, name: string, work: () => Promise<unknown>): Promise<void> =>
      bus.subscribe({
        subject: 'sluice.v1.execution.>',
        durable: 'shared',
        handle: async ({ key }) => {
          await work();
          got.push([name, key]);
        },
      });
    await subscribe(first, 'first', () => delay(20));
    await subscribe(second, 'second', () => delay(20));
    await delay(300);
    const keys = Array.from({ length: 400 }, (_, index) => `r${index}`);
    const time = new Date();
    await publisher.publish(
      keys.map((key) => ({
        id: `e-${key}`,
        time,
        subject: 'sluice.v1.execution.run.queued',
        key,
        payload: { type: 'sluice.events.v1.RunQueued', value: new Uint8Array() },
      })),
    );
    await until(() => got.length > 50, 5_000);
    await first.close();
    await until(() => new Set(got.map(([, key]) => key)).size === keys.length, 15_000);
    expect(got.map(([, key]) => key).sort()).toEqual([...keys].sort());
    expect(new Set(got.map(([name]) => name))).toEqual(new Set(['first', 'second']));
    await second.close();
    await publisher.close();
    await nats.remove();
  });
});

test('credentials of the address are given to the server', () => {
  expect(connectionOptions('nats://me:p%40ss@a:4222,nats://b')).toMatchObject({
    servers: ['a:4222', 'b'],
    user: 'me',
    pass: 'p@ss',
  });
  expect(connectionOptions('tls://t0ken@a:4222')).toMatchObject({ token: 't0ken', tls: {} });
  expect(connectionOptions('nats://a')).not.toHaveProperty('user');
});

async function natsServerAt(url: string): Promise<NatsServer> {
  const server = await natsServer(Number(new URL(url).port));
  await server.start();
  return server;
}
