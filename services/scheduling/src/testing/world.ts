import type { Knex } from '@sluice/chassis';
import type { Clock } from '../engine/clock.js';

/** Numbers that look like chance and are the same for the same seed. */
export class Chance {
  constructor(private state: number) {}

  /** A number from 0 to 1. */
  next(): number {
    // Mulberry32.
    this.state = (this.state + 0x6d2b79f5) | 0;
    let value = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from `from` to `to`. */
  between(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  pick<T>(all: readonly T[]): T {
    return all[this.between(0, all.length - 1)] as T;
  }
}

interface Ring {
  readonly at: number;
  readonly sequence: number;
  readonly work: () => void;
  isOff: boolean;
}

/** A world with a time of its own: it goes on to the next ring when everything that the last one began has come to rest. */
export class World {
  now: number;
  private readonly rings: Ring[] = [];
  private sequence = 0;
  /** How often the database was asked in this turn of the loop. */
  private asked = 0;

  /** @param knex the database that everything in it asks; without one, time is only told */
  constructor(startMs: number, knex?: Knex) {
    this.now = startMs;
    knex?.on('query', () => (this.asked += 1));
  }

  /** Waits until everything under way has come to rest: SQLite answers at once, so that whatever works asks again. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < QUIET_TURNS; quiet += 1) {
      this.asked = 0;
      await new Promise((resolve) => setImmediate(resolve));
      if (this.asked > 0) quiet = 0;
    }
  }

  /** Rings at a time; what it gives takes the ring back. */
  at(ms: number, work: () => void): () => void {
    const ring: Ring = { at: Math.max(ms, this.now), sequence: this.sequence++, work, isOff: false };
    let place = this.rings.push(ring) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(ring, this.rings[parent] as Ring)) break;
      this.rings[place] = this.rings[parent] as Ring;
      place = parent;
    }
    this.rings[place] = ring;
    return () => (ring.isOff = true);
  }

  /** Lets time go on. */
  async run(untilMs: number): Promise<void> {
    for (let ring = this.take(untilMs); ring !== undefined; ring = this.take(untilMs)) {
      this.now = Math.max(this.now, ring.at);
      if (ring.isOff) continue;
      ring.work();
      await this.rest();
    }
    this.now = untilMs;
  }

  private take(untilMs: number): Ring | undefined {
    const first = this.rings[0];
    if (first === undefined || first.at > untilMs) return undefined;
    const last = this.rings.pop() as Ring;
    if (this.rings.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = place * 2 + 1;
      if (child >= this.rings.length) break;
      const right = this.rings[child + 1];
      if (right !== undefined && isBefore(right, this.rings[child] as Ring)) child += 1;
      if (!isBefore(this.rings[child] as Ring, last)) break;
      this.rings[place] = this.rings[child] as Ring;
      place = child;
    }
    this.rings[place] = last;
    return first;
  }
}

function isBefore(a: Ring, b: Ring): boolean {
  return a.at < b.at || (a.at === b.at && a.sequence < b.sequence);
}

/** For so many turns of the loop nothing may be asked of the database until a world counts as at rest. */
const QUIET_TURNS = 4;

/** The clock of one scheduler in a world: it may jump, and falls silent with its scheduler. */
export class WorldClock implements Clock {
  /** How far it is ahead of the world. */
  offsetMs = 0;
  isDead = false;
  private stoppedAt: number | undefined;

  constructor(private readonly world: World) {}

  now(): number {
    return this.stoppedAt ?? Math.round(this.world.now + this.offsetMs);
  }

  /** It stands still from now on. */
  freeze(): void {
    this.stoppedAt = this.now();
  }

  /** It shows the right time again. */
  thaw(): void {
    this.stoppedAt = undefined;
  }

  monotonic(): number {
    return this.world.now;
  }

  at(ms: number, ring: () => void): () => void {
    // A timer waits so long, whatever the clock shows meanwhile.
    return this.world.at(this.world.now + ms - this.now(), () => {
      if (!this.isDead) ring();
    });
  }
}
