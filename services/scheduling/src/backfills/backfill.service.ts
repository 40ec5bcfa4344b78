import { createHash, randomUUID } from 'node:crypto';
import { inject, injectable } from 'tsyringe';
import { SluiceError, type Knex } from '@sluice/chassis';
import type { BackfillSpec } from '@sluice/proto/scheduling/v1/backfill_service';
import type { Clock } from '../engine/clock.js';
import { Engine, type Chore } from '../engine/engine.js';
import type { JobTypes } from '../jobs/job-type.js';
import { Definitions } from '../schedules/definitions.js';
import { SHARDS } from '../schedules/schedule-record.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import { Decider, type NewTick } from '../ticks/decider.js';
import { TickStore } from '../ticks/tick.store.js';
import { tickId, type TickRecord } from '../ticks/tick-record.js';
import { CLOCK, JOBS } from '../tokens.js';
import { causeKey } from '../triggers/dependency.js';
import { hash } from '../triggers/trigger.js';
import { planBackfill, type Plan } from './plan.js';
import { BackfillStore, EXISTS, type BackfillRecord, type ItemRecord, type ItemStateWord } from './backfill.store.js';

const EVERY_MS = 1_000;

/** The rules of backfills: what they run, in which order, how they are held and ended. */
@injectable()
export class Backfills {
  constructor(
    @inject(BackfillStore) readonly store: BackfillStore,
    @inject(ScheduleStore) private readonly schedules: ScheduleStore,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(Decider) private readonly decider: Decider,
    @inject(Engine) private readonly engine: Engine,
    @inject(TickStore) private readonly ticks: TickStore,
    @inject(JOBS) private readonly jobs: JobTypes,
    @inject(CLOCK) private readonly clock: Clock,
  ) {}

  async plan(spec: BackfillSpec | undefined): Promise<Plan> {
    if (spec === undefined) throw new SluiceError('REQUEST_INVALID', 'the request names no backfill; give its spec');
    const edges = await this.schedules.dependencies();
    return planBackfill(spec, {
      schedule: async (id) => {
        const record = await this.schedules.get(id);
        return { id, definition: this.definitions.ofRecord(record) };
      },
      dependentsOf: (id) => Promise.resolve(edges.filter(({ source }) => source === `s:${id}`)),
      goodRuns: (id, fromMs, toMs) => this.store.goodRuns(id, fromMs, toMs),
    });
  }

  async create(spec: BackfillSpec | undefined, key: string, fingerprint: Uint8Array): Promise<BackfillRecord> {
    if (key.length > 200) throw new SluiceError('REQUEST_INVALID', 'an idempotency key has at most 200 characters');
    const { items } = await this.plan(spec);
    const id = `backfill_${randomUUID()}`;
    const digest = createHash('sha256').update(fingerprint).digest('hex');
    const given = { shard: hash(id) % SHARDS, nowMs: this.clock.now(), key, digest };
    const record = await this.store.insert(id, spec as BackfillSpec, items, given);
    await this.advance(record);
    return this.store.get(record.id);
  }

  async pause(id: string): Promise<BackfillRecord> {
    await this.store.get(id);
    await this.store.move(id, ['RUNNING'], 'PAUSED');
    return this.store.get(id);
  }

  async resume(id: string): Promise<BackfillRecord> {
    await this.store.get(id);
    await this.store.move(id, ['PAUSED'], 'RUNNING');
    await this.advance(await this.store.get(id));
    return this.store.get(id);
  }

  async cancel(id: string): Promise<BackfillRecord> {
    await this.store.get(id);
    await this.store.move(id, ['RUNNING', 'PAUSED'], 'CANCELLED');
    await this.advance(await this.store.get(id));
    return this.store.get(id);
  }

  /** Moves the backfills of some shards on, from time to time. */
  chore(): Chore {
    const work = async (shards: readonly number[]): Promise<void> => {
      for (const record of await this.store.live(shards)) await this.advance(record);
    };
    return { name: 'backfills', everyMs: EVERY_MS, work };
  }

  /** Looks at what has ended and starts what may start. */
  private async advance(record: BackfillRecord): Promise<void> {
    if (record.state === 'CANCELLED') await this.cancelRuns(record);
    const now = this.clock.now();
    const decided = await this.store.locked(record.id, async (trx, locked) => {
      const items = new Map((await this.store.items(locked.id, trx)).map((item) => [item.sequence, item]));
      const { ended, next } = movesOf(locked, items, await this.ticksOf(locked, items, trx));
      const wishes = next.filter(({ state }) => state === 'RUNNING').map(({ item }) => wishOf(locked, item));
      const made = await this.decider.createWithin(trx, wishes, now);
      for (const { item, state, reason, runId } of [...ended, ...next]) {
        const change = { state, reason, ...(runId === undefined ? {} : { run_id: runId }) };
        await this.store.moveItem(trx, locked.id, item.sequence, change);
        items.set(item.sequence, { ...item, state, reason });
      }
      const all = [...items.values()];
      if (all.some(({ state }) => state === 'PENDING' || state === 'RUNNING')) return made;
      const isGoodEnd = all.every((item) => item.state === 'SUCCEEDED' || item.reason === EXISTS);
      const state = locked.state === 'CANCELLED' ? 'CANCELLED' : isGoodEnd ? 'SUCCEEDED' : 'FAILED';
      await this.store.close(trx, locked.id, state, now);
      return made;
    });
    if (decided !== undefined) this.engine.take(decided);
  }

  private async cancelRuns({ id }: BackfillRecord): Promise<void> {
    for (const item of await this.store.items(id)) {
      if (item.state !== 'RUNNING') continue;
      const tick = await this.ticks.find(tickId(item.scheduleId, keyOf(id, item)));
      if (tick?.runState !== 'ACTIVE' || tick.runId === undefined) continue;
      await this.jobs.get(tick.request?.type ?? '').cancel(tick.runId, `the backfill '${id}' was cancelled`);
    }
  }

  /** The ticks of the items that run, by item. */
  private async ticksOf(
    { id }: BackfillRecord,
    items: ReadonlyMap<number, ItemRecord>,
    trx: Knex.Transaction,
  ): Promise<Map<number, TickRecord>> {
    const running = [...items.values()].filter(({ state }) => state === 'RUNNING');
    const found = await this.ticks.within(
      trx,
      running.map((item) => tickId(item.scheduleId, keyOf(id, item))),
    );
    return new Map(
      running.flatMap((item) => {
        const tick = found.get(tickId(item.scheduleId, keyOf(id, item)));
        return tick === undefined ? [] : [[item.sequence, tick] as const];
      }),
    );
  }
}

interface Move {
  readonly item: ItemRecord;
  readonly state: ItemStateWord;
  readonly reason: string;
  readonly runId?: string;
}

/** Where the items of a backfill go from here: those whose run has ended, and those that begin or never will. */
function movesOf(
  { state, spec }: BackfillRecord,
  items: ReadonlyMap<number, ItemRecord>,
  ticks: ReadonlyMap<number, TickRecord>,
): { readonly ended: readonly Move[]; readonly next: readonly Move[] } {
  const now = new Map(items);
  const ended: Move[] = [];
  const next: Move[] = [];
  const move = (list: Move[], item: ItemRecord, to: ItemStateWord, reason: string, runId?: string): void => {
    list.push({ item, state: to, reason, ...(runId === undefined ? {} : { runId }) });
    now.set(item.sequence, { ...item, state: to, reason });
  };
  for (const item of items.values()) {
    if (item.state !== 'RUNNING') continue;
    const tick = ticks.get(item.sequence);
    const end = endOf(tick);
    if (end !== undefined) move(ended, item, end.state, end.reason, tick?.runId ?? '');
  }
  const hasFailed = [...now.values()].some((item) => item.state === 'FAILED' || item.state === 'CANCELLED');
  let running = [...now.values()].filter((item) => item.state === 'RUNNING').length;
  for (const item of items.values()) {
    if (item.state !== 'PENDING') continue;
    const before = item.after.map((place) => now.get(place)).filter((each) => each !== undefined);
    if (state === 'CANCELLED') move(next, item, 'CANCELLED', 'the backfill was cancelled');
    else if (before.some(isBad)) move(next, item, 'SKIPPED', 'what it depends on did not succeed');
    else if (hasFailed && !spec.continueOnFailure) move(next, item, 'SKIPPED', 'an earlier run failed');
    else if (state === 'RUNNING' && running < Math.max(1, spec.parallel) && before.every(isGood)) {
      move(next, item, 'RUNNING', '');
      running += 1;
    }
  }
  return { ended, next };
}

function wishOf({ id, spec }: BackfillRecord, item: ItemRecord): NewTick {
  const { scheduleId, logicalMs } = item;
  const variables = { ...spec.variables, SLUICE_BACKFILL: id };
  return { scheduleId, key: keyOf(id, item), source: 'BACKFILL', logicalMs, variables };
}

/** The key of an item's tick: however often it is made, it is one tick. */
function keyOf(id: string, { sequence }: ItemRecord): string {
  return causeKey('b', `${id}/${sequence}`);
}

/** How an item ended by its tick; undefined while it has not. A schedule that is gone leaves no tick. */
function endOf(tick: TickRecord | undefined): { state: ItemStateWord; reason: string } | undefined {
  if (tick === undefined) return { state: 'FAILED', reason: 'the schedule is gone' };
  if (tick.state === 'WAITING' || tick.state === 'STARTING' || tick.runState === 'ACTIVE') return undefined;
  if (tick.runState !== undefined) {
    return { state: tick.runState, reason: tick.runState === 'FAILED' ? `the run ${tick.runId ?? ''} failed` : '' };
  }
  return { state: 'FAILED', reason: tick.message.slice(0, 500) };
}

function isGood(item: ItemRecord): boolean {
  return item.state === 'SUCCEEDED' || (item.state === 'SKIPPED' && item.reason === EXISTS);
}

function isBad(item: ItemRecord): boolean {
  return item.state === 'FAILED' || item.state === 'CANCELLED' || (item.state === 'SKIPPED' && item.reason !== EXISTS);
}
