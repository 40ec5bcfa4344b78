import { inject, injectable } from 'tsyringe';
import type { Config, Logger } from '@sluice/chassis';
import { PoolRuns } from '../pools/pool-runs.js';
import { Decider, type Decided } from '../ticks/decider.js';
import type { TickRecord } from '../ticks/tick-record.js';
import { PlannedTicks } from '../ticks/planned-ticks.js';
import { TickStore } from '../ticks/tick.store.js';
import { CLOCK, CONFIG, LOG } from '../tokens.js';
import type { Clock } from './clock.js';
import { TimeHeap } from './heap.js';
import { HeldTimes } from './held-times.js';
import { SchedulingMetrics } from './metrics.js';
import { ShardLeases } from './shards.js';
import { Starter } from './starter.js';
import { WindowStore, type HeldTime } from './window.store.js';

/** How many schedules are decided in one transaction. */
const BATCH = 250;

/** How far the two clocks may part before it counts as a jump. */
const JUMP_MS = 2_000;
/** For how long the clocks are compared with one moment; they drift apart a little. */
const COMPARE_MS = 30_000;
/** How far back changes are looked for: commits of others may come later than their times say. */
const CHANGE_SLACK_MS = 10_000;
/** How long to wait after the database failed. */
const PAUSE_MS = 500;
/** When a schedule that cannot be decided is looked at again. */
const BROKEN_MS = 60_000;
const STARTS_AT_ONCE = 1_000;
/** How far beyond the next sweep due times are planned, how many in one go, and how many before other work has its turn. */
const AHEAD_MS = 1_000;
const PREPARED_AT_ONCE = 100;
const MOST_PREPARED = 10_000;

/** Work that other parts of the service do from time to time, for the shards of this scheduler. */
export interface Chore {
  readonly name: string;
  readonly everyMs: number;
  work(shards: readonly number[], nowMs: number): Promise<void>;
}

/**
 * The engine of one scheduler: holds the schedules of its shards that are due soon in a heap, and decides each at its
 * time. What it holds is a copy: before a decision the database is asked, so that a stale copy decides nothing.
 */
@injectable()
export class Engine {
  private readonly times = new HeldTimes();
  private readonly chores: { readonly chore: Chore; dueAt: number; running: boolean }[] = [];
  private readonly hinted = new Set<string>();
  private readonly starting: TickRecord[] = [];
  private shards: readonly number[] = [];
  private changedSinceMs = 0;
  private clockAt = { wall: 0, monotonic: 0 };
  private unring: (() => void) | undefined;
  private working: Promise<void> | undefined;
  private wanted = false;
  private closed = true;
  private leaseAt = 0;
  private sweepAt = 0;
  private waitingAt = 0;

  constructor(
    @inject(Decider) private readonly decider: Decider,
    @inject(PlannedTicks) private readonly planned: PlannedTicks,
    @inject(TickStore) private readonly ticks: TickStore,
    @inject(WindowStore) private readonly window: WindowStore,
    @inject(ShardLeases) private readonly leases: ShardLeases,
    @inject(Starter) private readonly starter: Starter,
    @inject(PoolRuns) private readonly poolRuns: PoolRuns,
    @inject(SchedulingMetrics) private readonly metrics: SchedulingMetrics,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(CONFIG) private readonly config: Config,
    @inject(LOG) private readonly log: Logger,
  ) {}

  /** Adds work that is done from time to time. */
  add(chore: Chore): void {
    this.chores.push({ chore, dueAt: 0, running: false });
  }

  /** Begins: takes shards, reads the window, and decides what is due. */
  start(): void {
    this.closed = false;
    this.clockAt = { wall: this.clock.now(), monotonic: this.clock.monotonic() };
    this.changedSinceMs = this.clockAt.wall - CHANGE_SLACK_MS;
    this.wake();
  }

  /** How many schedules it holds ready. */
  get held(): number {
    return this.times.size;
  }

  /** The shards that are its own now. */
  get ownShards(): readonly number[] {
    return this.shards;
  }

  /** Someone changed a schedule: its time is read again. */
  hint(scheduleId: string): void {
    this.hinted.add(scheduleId);
    this.wake();
  }

  /** Something may be ready that waited. */
  wakeWaiting(): void {
    this.waitingAt = 0;
    this.wake();
  }

  /** Lets a chore be done soon. */
  nudge(name: string): void {
    for (const each of this.chores) if (each.chore.name === name) each.dueAt = 0;
    this.wake();
  }

  /** Starts what was decided elsewhere in this process. */
  take(decided: Decided): void {
    const now = this.clock.now();
    for (const tick of decided.ticks) this.metrics.found(tick, now);
    this.starter.push(decided.starting);
  }

  /** Looks at once. */
  wake(): void {
    if (this.closed) return;
    this.wanted = true;
    if (this.working !== undefined) return;
    this.unring?.();
    this.working = this.work().finally(() => {
      this.working = undefined;
      if (this.wanted) this.wake();
    });
  }

  /** Ends: nothing more is decided, what starts is waited for, and the shards are given back. */
  async close(): Promise<void> {
    this.closed = true;
    this.unring?.();
    await this.working;
    await this.starter.close();
    await this.leases
      .release()
      .catch((err: unknown) => this.log.warn({ err }, 'the shards stay until their lease ends'));
  }

  private async work(): Promise<void> {
    // So long a jump of the clock may go unnoticed.
    let sleepMs = this.config.scheduling.sweepMs;
    try {
      this.wanted = false;
      this.lookAtClocks();
      await this.renew();
      await this.readWindow();
      await this.readHints();
      await this.decideAll();
      await this.sweep();
      this.doChores();
      await this.prepare();
      const { first } = this.times;
      if (first !== undefined) sleepMs = Math.max(0, Math.min(sleepMs, first - this.clock.now()));
    } catch (error) {
      sleepMs = PAUSE_MS;
      this.log.warn({ err: error }, 'the engine could not work; it tries again in a moment');
    }
    this.metrics.holds(this.times.size);
    if (this.closed || this.wanted) return;
    this.unring = this.clock.at(this.clock.now() + sleepMs, () => this.wake());
  }

  /** Compares the wall clock with one that never jumps. */
  private lookAtClocks(): void {
    const wall = this.clock.now();
    const monotonic = this.clock.monotonic();
    const jumpMs = wall - this.clockAt.wall - (monotonic - this.clockAt.monotonic);
    // Kept for a while, so that a clock that stands still is noticed too.
    const isOld = monotonic - this.clockAt.monotonic > COMPARE_MS;
    if (isOld || Math.abs(jumpMs) >= JUMP_MS) this.clockAt = { wall, monotonic };
    if (Math.abs(jumpMs) < JUMP_MS) return;
    this.metrics.clockJumped();
    const seconds = Math.round(Math.abs(jumpMs) / 100) / 10;
    const what =
      jumpMs > 0
        ? 'the clock jumped forward; due times in between are missed and go by their misfire policy'
        : 'the clock jumped back or stands still; times that were decided are not decided again';
    this.log.warn({ jumpMs: Math.round(jumpMs), seconds }, what);
    // Everything that hangs on times is looked at anew.
    this.leaseAt = 0;
    this.sweepAt = 0;
    this.times.keep([]);
    this.changedSinceMs = Math.min(this.changedSinceMs, wall - CHANGE_SLACK_MS);
    for (const each of this.chores) each.dueAt = 0;
  }

  private async renew(): Promise<void> {
    const now = this.clock.now();
    if (now < this.leaseAt) return;
    const { leaseMs } = this.config.scheduling;
    const shards = await this.leases.renew(now, leaseMs);
    this.leaseAt = now + leaseMs / 3;
    const before = new Set(this.shards);
    const gained = shards.filter((shard) => !before.has(shard));
    const isSame = gained.length === 0 && shards.length === before.size;
    this.shards = shards;
    this.metrics.owns(shards.length);
    if (isSame) return;
    this.log.info({ shards: shards.length, gained: gained.length }, 'the shards were dealt out');
    this.times.keep(shards);
    this.sweepAt = 0;
    this.wanted = true;
  }

  /** Reads the times of shards that are new, or whose window is half over. */
  private async readWindow(): Promise<void> {
    const { windowMs } = this.config.scheduling;
    const now = this.clock.now();
    const isHeld = (shard: number): boolean => now + windowMs / 2 < (this.times.endOf(shard) ?? -Infinity);
    const wanted = this.shards.filter((shard) => !isHeld(shard));
    if (wanted.length === 0) return;
    const began = this.clock.monotonic();
    const few = await this.window.few(wanted, now + windowMs);
    for (const shard of wanted) {
      if (few === undefined) await this.readShard(shard);
      else this.times.set(shard, heapOf(few.filter((time) => time.shard === shard)), now + windowMs);
    }
    const ms = Math.round(this.clock.monotonic() - began);
    this.log.debug({ shards: wanted.length, held: this.times.size, ms }, 'the window was read');
  }

  private async readShard(shard: number): Promise<void> {
    // Reading very many takes longer than a lease, which is renewed meanwhile; a shard may be lost by that.
    await this.renew();
    const endMs = this.clock.now() + this.config.scheduling.windowMs;
    const heap = new TimeHeap();
    for await (const page of this.window.starting(shard, endMs)) {
      if (!this.shards.includes(shard) || this.closed) return;
      for (const { id, startMs } of page) if (startMs !== undefined) heap.push(id, startMs);
      // What is due does not wait for what is read. Should that move a time which was read, its decision finds out.
      await this.decideAll();
    }
    if (this.shards.includes(shard)) this.times.set(shard, heap, endMs);
  }

  private async readHints(): Promise<void> {
    if (this.hinted.size === 0) return;
    const ids = [...this.hinted].slice(0, BATCH);
    const found = new Map((await this.window.of(ids)).map((time) => [time.id, time]));
    for (const id of ids) {
      this.hinted.delete(id);
      const time = found.get(id);
      if (time === undefined) this.times.remove(id);
      else this.times.push(time.shard, id, time.startMs);
    }
    if (this.hinted.size > 0) this.wanted = true;
  }

  /** Decides all that is due: nothing else may make it late. */
  private async decideAll(): Promise<void> {
    try {
      while (!this.closed && (await this.decide())) {
        this.lookAtClocks();
        await this.renew();
      }
    } finally {
      this.handOn();
    }
  }

  /** Starts are handed on when nothing is due any more: their noting would keep the database from further decisions. */
  private hold(decided: Decided): void {
    const now = this.clock.now();
    for (const tick of decided.ticks) this.metrics.found(tick, now);
    this.starting.push(...decided.starting);
    if (this.starting.length >= STARTS_AT_ONCE) this.handOn();
  }

  private handOn(): void {
    this.starter.push(this.starting.splice(0));
  }

  /** Decides what is due; gives whether more may be. */
  private async decide(): Promise<boolean> {
    const now = this.clock.now();
    const due = this.times.take(now, BATCH);
    if (due.length === 0) return false;
    let decided: Decided;
    try {
      decided = await this.decider.decideDue(
        due.map(({ id }) => id),
        now,
      );
    } catch (error) {
      // Nothing was decided: they stay due.
      for (const { id, shard } of due) this.times.push(shard, id, now);
      throw error;
    }
    const next = new Map(decided.next.map(({ id, startMs }) => [id, startMs]));
    const broken = new Set(decided.broken);
    for (const { id, shard } of due) {
      const startMs = broken.has(id) ? now + BROKEN_MS : next.get(id);
      if (startMs !== undefined) this.times.push(shard, id, startMs);
      // Those that another scheduler or a change has moved, or that are over: their times are read again.
      else this.hinted.add(id);
    }
    if (this.hinted.size > 0) this.wanted = true;
    this.hold(decided);
    return true;
  }

  /** Plans what is due soon, in parts between which due times are decided. */
  private async prepare(): Promise<void> {
    const isOpen = (id: string): boolean => !this.planned.isPrepared(id);
    // Until then it may sleep: what is due at its end has to be planned before.
    const endMs = this.clock.now() + this.config.scheduling.sweepMs + AHEAD_MS;
    const soon = this.times.until(endMs, MOST_PREPARED, isOpen);
    for (let first = 0; first < soon.length && !this.closed; first += PREPARED_AT_ONCE) {
      await this.decideAll();
      await this.planned.plan(soon.slice(first, first + PREPARED_AT_ONCE));
    }
  }

  /** Looks for what no news came of: changes of other processes, starts that a crash left half-way, and what waits. */
  private async sweep(): Promise<void> {
    const now = this.clock.now();
    if (now >= this.sweepAt) {
      for (const { shard, id, startMs } of await this.window.changed(this.changedSinceMs)) {
        this.times.push(shard, id, startMs);
      }
      this.changedSinceMs = now - CHANGE_SLACK_MS;
      if (this.shards.length > 0) {
        const isKnown = (id: string): boolean => this.starter.has(id);
        this.starter.push(await this.ticks.starting(this.shards, isKnown, STARTS_AT_ONCE));
      }
      this.sweepAt = now + this.config.scheduling.sweepMs;
      this.waitingAt = 0;
    }
    if (now < this.waitingAt || this.shards.length === 0) return;
    this.waitingAt = this.sweepAt;
    const decided = await this.decider.decideWaiting(this.shards, now);
    for (const tick of decided.ticks) if (tick.state !== 'STARTING') this.metrics.decided(tick);
    this.starter.push(decided.starting);
    // What runs got that no schedule started may let ticks go that were behind them.
    if (await this.poolRuns.grant(now)) this.wakeWaiting();
  }

  private doChores(): void {
    const now = this.clock.now();
    for (const each of this.chores) {
      if (each.running || now < each.dueAt) continue;
      each.running = true;
      each.dueAt = now + each.chore.everyMs;
      void each.chore
        .work(this.shards, now)
        .catch((err: unknown) =>
          this.log.warn({ err, chore: each.chore.name }, 'a chore failed; it is done again later'),
        )
        .finally(() => (each.running = false));
    }
  }
}

function heapOf(times: readonly HeldTime[]): TimeHeap {
  const heap = new TimeHeap();
  for (const { id, startMs } of times) if (startMs !== undefined) heap.push(id, startMs);
  return heap;
}
