import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, headers, type NatsConnection } from 'nats';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { natsUrl } from '../testing/index.js';
import type { ForeignMessage } from './foreign-subjects.js';
import { covers, NatsSubjects } from './nats-subjects.js';

test.each([
  ['orders.>', 'orders.>', true],
  ['orders.>', 'orders.*', true],
  ['orders.>', 'orders.created.eu', true],
  ['orders.*', 'orders.created', true],
  ['orders.*', 'orders.>', false],
  ['orders.created', 'orders.*', false],
  ['orders.created', 'orders.created', true],
  ['orders.*', 'orders.created.eu', false],
  ['orders.*.eu', 'orders.*', false],
  ['>', 'orders.*', true],
])('%s covers %s: %s', (wide, pattern, expected) => expect(covers(wide, pattern)).toBe(expected));

describe.skipIf(natsUrl() === undefined)('subjects of other programs on NATS', () => {
  let root: string;
  let nats: NatsConnection;
  let open: NatsSubjects[];
  let got: ForeignMessage[];
  let fail: (message: ForeignMessage) => boolean;

  beforeEach(async () => {
    root = `t${randomBytes(5).toString('hex')}`;
    nats = await connect({ servers: natsUrl() ?? '' });
    [open, got, fail] = [[], [], () => false];
  });
  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    await nats.close();
  });

  const listener = async (...patterns: string[]): Promise<NatsSubjects> => {
    const options = {
      group: 'test',
      handle: (message: ForeignMessage) => {
        if (fail(message)) return Promise.reject(new Error('not yet'));
        got.push(message);
        return Promise.resolve();
      },
      overflow: () => undefined,
    };
    const subjects = new NatsSubjects(options, pino({ level: 'silent' }), () => nats);
    open.push(subjects);
    await until(async () => {
      await subjects.listen(patterns);
      return subjects.size === patterns.length;
    });
    return subjects;
  };
  const until = async (done: () => boolean | Promise<boolean>): Promise<void> => {
    for (const end = Date.now() + 15_000; !(await done()); await delay(20)) {
      if (Date.now() > end) throw new Error('not done after 15 s');
    }
  };
  const textsOf = (): string[] => got.map(({ data }) => Buffer.from(data).toString('utf8').slice(0, 10));

  test('each message goes to one process of a group, whatever it holds, with the name that its publisher gave it', async () => {
    await listener(`${root}.*`);
    await listener(`${root}.*`);
    const named = headers();
    named.set('Nats-Msg-Id', 'm1');
    nats.publish(`${root}.a`, '{"n":1}', { headers: named });
    nats.publish(`${root}.b`, 'text');
    nats.publish(`${root}.c`, `"${'x'.repeat(70_000)}"`);
    nats.publish(`${root}.a.b`, 'one word too many');
    await nats.flush();
    await until(() => got.length >= 3);
    await delay(100);
    expect(textsOf().sort()).toEqual(['"xxxxxxxxx', 'text', '{"n":1}']);
    expect(got.find(({ subject }) => subject === `${root}.a`)).toMatchObject({ id: 'm1', pattern: `${root}.*` });
  });

  test('who listens to a subject and to one that includes it hears of a message twice, by each', async () => {
    for (let process = 0; process < 2; process += 1) await listener(`${root}.*`, `${root}.a`);
    for (let n = 0; n < 20; n += 1) nats.publish(`${root}.a`, String(n));
    await until(() => got.length >= 40);
    await delay(100);
    expect(got).toHaveLength(40);
    expect(got.filter(({ pattern }) => pattern === `${root}.a`)).toHaveLength(20);
  });

  test('what cannot be handled is tried again, in order, and what is not listened to any more does not come', async () => {
    const subjects = await listener(`${root}.a`);
    let failures = 2;
    fail = () => (failures -= 1) >= 0;
    nats.publish(`${root}.a`, 'one');
    nats.publish(`${root}.a`, 'two');
    await until(() => got.length === 2);
    expect(textsOf()).toEqual(['one', 'two']);
    await subjects.listen([]);
    nats.publish(`${root}.a`, 'three');
    await nats.flush();
    await delay(200);
    expect(textsOf()).toEqual(['one', 'two']);
  });

  test('a stream keeps what comes while nobody listens, unless it is a work queue of others', async () => {
    const manager = await nats.jetstreamManager();
    await manager.streams.add({ name: root, subjects: [`${root}.kept.>`] });
    try {
      const first = await listener(`${root}.kept.*`);
      nats.publish(`${root}.kept.a`, 'one');
      await until(() => got.length === 1);
      expect(got[0]?.id).toBe(`${root}/1`);
      await first.close();
      nats.publish(`${root}.kept.a`, 'two');
      await nats.flush();
      const second = await listener(`${root}.kept.*`);
      await until(() => got.length === 2);
      expect(textsOf()).toEqual(['one', 'two']);
      await second.listen([]);
      expect(await manager.consumers.list(root).next()).toEqual([]);
    } finally {
      await manager.streams.delete(root);
    }
  });
});
