import { describe, expect, test } from 'vitest';
import { TimeHeap } from './heap.js';

describe('the heap of times', () => {
  test('gives keys in the order of their times, whatever was pushed, moved and removed', () => {
    const heap = new TimeHeap();
    const times = new Map<string, number>();
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let i = 0; i < 5_000; i++) {
      const key = `k${random(800)}`;
      if (random(4) === 0) {
        heap.remove(key);
        times.delete(key);
      } else {
        const time = random(1_000);
        heap.push(key, time);
        times.set(key, time);
      }
      expect(heap.size).toBe(times.size);
    }
    const early = heap.take(500, 10_000);
    expect(early.map((key) => times.get(key))).toEqual(
      [...times.values()].filter((time) => time <= 500).sort((a, b) => a - b),
    );
    expect(heap.first).toBeGreaterThan(500);
    expect(heap.take(1_000, 3)).toHaveLength(3);
  });
});
