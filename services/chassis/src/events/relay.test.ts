import { RunQueued } from '@sluice/proto/events/v1/execution';
import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.js';
import { migrate } from '../database/migrate.js';
import { openMetrics } from '../metrics.js';
import { freshDatabase, type FreshDatabase } from '../testing/index.js';
import type { EventBus, StoredEvent } from './delivery.js';
import { eventPayload } from './event.js';
import { CHASSIS_MIGRATIONS, DatabaseOutbox, OUTBOX_TABLE } from './outbox.js';
import { Relay } from './relay.js';

describe('the relay', () => {
  let fresh: FreshDatabase;
  let database: OpenDatabase;
  let relay: Relay;
  let outbox: DatabaseOutbox;
  let isAway: boolean;
  let refusals: number;
  const batches: StoredEvent[][] = [];

  /** A bus that takes events, or refuses them as one does whose server is away. */
  const bus: Pick<EventBus, 'publish' | 'isDurable'> = {
    isDurable: true,
    publish: (events) => {
      if (isAway) {
        refusals += 1;
        return Promise.reject(new Error('away'));
      }
      batches.push([...events]);
      return Promise.resolve();
    },
  };
  const { registry, events: metrics } = openMetrics();

  beforeEach(async () => {
    isAway = false;
    refusals = 0;
    batches.length = 0;
    fresh = await freshDatabase('sqlite');
    database = await fresh.open();
    await migrate(database, [CHASSIS_MIGRATIONS]);
    const log = pino({ level: 'silent' });
    relay = new Relay({ database, bus, log, metrics, retentionHours: 1 });
    outbox = new DatabaseOutbox(() => relay.wake());
  });
  afterEach(async () => {
    await relay.close();
    await fresh.drop();
  });

  const add = (key: string): Promise<void> =>
    database.transaction((trx) => {
      const payload = eventPayload('sluice.events.v1.RunQueued', RunQueued, { runId: key, flowId: '' });
      return outbox.add(trx, { subject: 'sluice.v1.execution.run.queued', key, payload });
    });
  const published = (): string[] => batches.flat().map(({ key }) => key);

  test('is not put off by commits that never stop', async () => {
    relay.start();
    await delay(20);
    const begin = Date.now();
    let written = 0;
    while (Date.now() - begin < 300) {
      await add(`r${(written += 1)}`);
      await new Promise((resolve) => setImmediate(resolve)); // As calls come from sockets, the loop goes round.
      if (written === 40) expect(published().length).toBeGreaterThan(0);
    }
    expect(batches.length).toBeGreaterThan(5);
  });

  test('joins commits that follow closely into one batch', async () => {
    relay.start();
    await delay(20);
    await Promise.all(Array.from({ length: 20 }, (_, index) => add(`r${index}`)));
    for (const end = Date.now() + 2_000; published().length < 20 && Date.now() < end;) await delay(2);
    expect(published()).toHaveLength(20);
    expect(batches.length).toBeLessThan(20);
  });

  test('keeps what the bus refuses, asks it once a second, and loses nothing', async () => {
    relay.start();
    isAway = true;
    for (let index = 0; index < 10; index += 1) {
      await add(`r${index}`);
      await delay(10);
    }
    await delay(100);
    expect(refusals).toBeLessThanOrEqual(2);
    isAway = false;
    for (const end = Date.now() + 3_000; published().length < 10 && Date.now() < end;) await delay(10);
    expect(published()).toEqual(Array.from({ length: 10 }, (_, index) => `r${index}`));
    expect(await database.knex(OUTBOX_TABLE)).toEqual([]);
    expect(await registry.metrics()).toMatch(/sluice_events_publish_failures_total [1-9]/);
  });

  test('gives up what the bus has refused for longer than events are kept', async () => {
    isAway = true;
    await add('old');
    await add('young');
    const age = Date.now() - 2 * 3_600_000;
    await database.knex(OUTBOX_TABLE).where({ event_key: 'old' }).update({ created_at: age });
    relay.start();
    for (const end = Date.now() + 3_000; Date.now() < end; await delay(10)) {
      if ((await database.knex(OUTBOX_TABLE)).length === 1) break;
    }
    expect(await database.knex(OUTBOX_TABLE).pluck('event_key')).toEqual(['young']);
  });

  test('publishes what is left when it closes', async () => {
    relay.start();
    await delay(20);
    await add('last');
    await relay.close();
    expect(published()).toEqual(['last']);
  });
});
