import type { TimeHeap } from './heap.js';

interface ShardTimes {
  readonly heap: TimeHeap;
  /** Times at and after this one are not held yet. */
  readonly endMs: number;
}

/**
 * The times of the schedules that a scheduler holds ready, by shard: a shard is read and given up by itself, so that the
 * due times of the others need not wait for it.
 */
export class HeldTimes {
  private readonly shards = new Map<number, ShardTimes>();

  /** How many schedules it holds. */
  get size(): number {
    let size = 0;
    for (const { heap } of this.shards.values()) size += heap.size;
    return size;
  }

  /** The earliest time; undefined when it is empty. */
  get first(): number | undefined {
    return this.earliest()?.first;
  }

  /** Until when the times of a shard are held; undefined for a shard that is not. */
  endOf(shard: number): number | undefined {
    return this.shards.get(shard)?.endMs;
  }

  /** Holds the times of a shard that were read, all before an end, in place of those before. */
  set(shard: number, heap: TimeHeap, endMs: number): void {
    this.shards.set(shard, { heap, endMs });
  }

  /** Gives up all shards but some. */
  keep(shards: readonly number[]): void {
    for (const shard of [...this.shards.keys()]) if (!shards.includes(shard)) this.shards.delete(shard);
  }

  /** Holds a schedule's time, in place of an earlier one. One that no shard here has to hold is forgotten. */
  push(shard: number, id: string, startMs: number | undefined): void {
    const own = this.shards.get(shard);
    if (own === undefined) return;
    if (startMs === undefined || startMs >= own.endMs) own.heap.remove(id);
    else own.heap.push(id, startMs);
  }

  remove(id: string): void {
    for (const { heap } of this.shards.values()) heap.remove(id);
  }

  /** Takes schedules out whose time has come, the earliest first, at most so many. */
  take(until: number, limit: number): { readonly id: string; readonly shard: number }[] {
    const taken: { id: string; shard: number }[] = [];
    while (taken.length < limit) {
      const next = this.earliest();
      if (next === undefined || next.first > until) break;
      // Many are due at the same time: those of this shard are taken together.
      const ids = next.heap.take(next.first, limit - taken.length);
      for (const id of ids) taken.push({ id, shard: next.shard });
    }
    return taken;
  }

  /** Schedules that someone wants, of those whose time comes until then, at most so many; they stay. */
  until(until: number, limit: number, isWanted: (id: string) => boolean): string[] {
    const found: string[] = [];
    for (const { heap } of this.shards.values()) found.push(...heap.until(until, limit - found.length, isWanted));
    return found;
  }

  private earliest(): { readonly shard: number; readonly heap: TimeHeap; readonly first: number } | undefined {
    let found: { shard: number; heap: TimeHeap; first: number } | undefined;
    for (const [shard, { heap }] of this.shards) {
      const { first } = heap;
      if (first !== undefined && first < (found?.first ?? Infinity)) found = { shard, heap, first };
    }
    return found;
  }
}
