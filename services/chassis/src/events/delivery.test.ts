import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { openMetrics } from '../metrics.js';
import { deliver, type DeliveryParts } from './delivery.js';
import { KeyedQueue } from './keyed-queue.js';
import { subjectMatcher } from './subject.js';

const event = {
  id: 'e1',
  subject: 'sluice.v1.execution.run.queued',
  key: 'r1',
  time: new Date(0),
  payload: { type: 'sluice.events.v1.RunQueued', value: new Uint8Array() },
};

describe('a delivery', () => {
  const { registry, events: metrics } = openMetrics();
  const lines: string[] = [];
  const log = pino({ level: 'error' }, { write: (line: string) => void lines.push(line) });
  const parts = (signal: AbortSignal): DeliveryParts => ({ log, metrics, signal });
  const failing = { subject: 'sluice.v1.>', durable: 'd', handle: () => Promise.reject(new Error('never')) };

  test('is given up at the tenth attempt, logged with the event and counted', async () => {
    expect(await deliver(event, 10, failing, parts(new AbortController().signal))).toBe(true);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 50,
      durable: 'd',
      event: 'e1',
      key: 'r1',
      attempt: 10,
      err: { message: 'never' },
    });
    expect(await registry.metrics()).toContain('sluice_events_deliveries_total{durable="d",outcome="dead"} 1');
  });

  test('ends unhandled when the process closes while it waits for another attempt', async () => {
    const closing = new AbortController();
    const ended = deliver(event, 8, failing, parts(closing.signal));
    setTimeout(() => closing.abort(), 10);
    expect(await ended).toBe(false);
  });
});

describe('a queue by key', () => {
  test('keeps to its limit, runs different keys side by side and the same one in order', async () => {
    const queue = new KeyedQueue(3);
    const order: string[] = [];
    let active = 0;
    let most = 0;
    for (const name of ['a1', 'a2', 'b1', 'c1', 'd1', 'a3', 'd2']) {
      queue.push(name.charAt(0), async () => {
        active += 1;
        most = Math.max(most, active);
        await new Promise((resolve) => setTimeout(resolve, name === 'a1' ? 20 : 1));
        order.push(name);
        active -= 1;
      });
    }
    await queue.until(1);
    expect(most).toBe(3);
    expect(order.filter((name) => name.startsWith('a'))).toEqual(['a1', 'a2', 'a3']);
    expect(order.filter((name) => name.startsWith('d'))).toEqual(['d1', 'd2']);
    expect(order.indexOf('b1')).toBeLessThan(order.indexOf('a1'));
    expect(queue.size).toBe(0);
  });
});

describe('a subject to subscribe to', () => {
  test.each([
    ['sluice.v1.execution.run.queued', 'sluice.v1.execution.run.queued', true],
    ['sluice.v1.execution.run.queued', 'sluice.v1.execution.run.queued2', false],
    ['sluice.v1.execution.*.queued', 'sluice.v1.execution.run.queued', true],
    ['sluice.v1.execution.*.queued', 'sluice.v1.execution.run.x.queued', false],
    ['sluice.v1.execution.>', 'sluice.v1.execution.run.queued', true],
    ['sluice.v1.execution.>', 'sluice.v1.execution', false],
    ['sluice.v1.execution.run.queued', 'sluicexv1.execution.run.queued', false],
  ])('%s stands for %s: %s', (pattern, subject, expected) => {
    expect(subjectMatcher(pattern)(subject)).toBe(expected);
  });
});
