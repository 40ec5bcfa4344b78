import { setTimeout as delay } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { SluiceError } from './errors.js';
import { ProcessLifecycle } from './lifecycle.js';

const silent = pino({ level: 'silent' });

describe('the lifecycle', () => {
  test('closes in reverse, goes on after what fails, and leaves behind what hangs', async () => {
    const lines: { part: string; msg: string }[] = [];
    const log = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line) as never) });
    const closed: string[] = [];
    const lifecycle = new ProcessLifecycle();
    lifecycle.onClose('first', () => void closed.push('first'));
    lifecycle.onClose('hanging', () => new Promise<void>(() => undefined), 30);
    lifecycle.onClose('failing', () => {
      throw new Error('no');
    });
    lifecycle.onClose('last', async () => {
      await delay(5);
      closed.push('last');
    });
    const begin = Date.now();
    await Promise.all([lifecycle.close(log), lifecycle.close(log)]);
    expect(Date.now() - begin).toBeLessThan(1_000);
    expect(closed).toEqual(['last', 'first']);
    expect(lines.map(({ part, msg }) => `${part}: ${msg}`)).toEqual([
      'failing: closing failed',
      'hanging: closing took too long; it was left behind',
    ]);
  });

  test('keeps the reason of what failed and tells the path to the step', async () => {
    const lifecycle = new ProcessLifecycle();
    const start = lifecycle.step('outer', () =>
      lifecycle.step('inner', () => {
        throw new SluiceError('DATABASE_NEWER', 'newer', { details: { service: 'catalog' } });
      }),
    );
    await expect(start).rejects.toMatchObject({
      reason: 'DATABASE_NEWER',
      message: "the start failed at 'inner': newer",
      details: { service: 'catalog', step: 'outer > inner' },
    });
    await lifecycle.close(silent);
  });

  test('prints the steps as a tree with their times', async () => {
    const lifecycle = new ProcessLifecycle();
    await lifecycle.step('a', () => lifecycle.step('b', () => delay(20)));
    await lifecycle.step('c', () => 1);
    expect(lifecycle.startTree()).toMatch(/^start \d+ ms\n {2}a \d\d ms\n {4}b \d\d ms\n {2}c 0 ms$/);
  });
});
