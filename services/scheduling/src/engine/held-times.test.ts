import { describe, expect, test } from 'vitest';
import { TimeHeap } from './heap.js';
import { HeldTimes } from './held-times.js';

describe('the times that a scheduler holds', () => {
  test('come in order over all shards, until a limit, and stay where they are only looked at', () => {
    const times = new HeldTimes();
    for (const shard of [1, 2, 3]) times.set(shard, new TimeHeap(), 1_000);
    for (let i = 0; i < 90; i++) times.push((i % 3) + 1, `s${i}`, (i * 37) % 100);
    expect(times.size).toBe(90);
    expect(times.first).toBe(0);
    expect(times.until(9, 100, () => true).sort()).toEqual(
      Array.from({ length: 90 }, (_, i) => i)
        .filter((i) => (i * 37) % 100 <= 9)
        .map((i) => `s${i}`)
        .sort(),
    );
    const first = times.take(9, 100);
    const due = first.map(({ id }) => (Number(id.slice(1)) * 37) % 100);
    expect(due).toEqual([...due].sort((a, b) => a - b));
    expect(times.take(50, 5)).toHaveLength(5);
    expect(times.size).toBe(90 - first.length - 5);
  });

  test('are held of its own shards alone, and before their end', () => {
    const times = new HeldTimes();
    times.set(1, new TimeHeap(), 100);
    times.push(2, 'other', 10);
    times.push(1, 'late', 100);
    times.push(1, 'own', 10);
    expect(times.size).toBe(1);
    // Moved beyond the end it is forgotten, as the next reading finds it.
    times.push(1, 'own', 200);
    expect(times.first).toBeUndefined();
    times.push(1, 'own', 20);
    times.keep([2]);
    expect(times.size).toBe(0);
    expect(times.endOf(1)).toBeUndefined();
  });
});
