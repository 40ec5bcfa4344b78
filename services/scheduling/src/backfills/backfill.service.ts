import { createHash, randomUUID } from 'node:crypto';
import { inject, injectable } from 'tsyringe';
import { SluiceError } from '@sluice/chassis';
import type { BackfillSpec } from '@sluice/proto/scheduling/v1/backfill_service';
import type { Clock } from '../engine/clock.js';
import { Engine, type Chore } from '../engine/engine.js';
import type { JobTypes } from '../jobs/job-type.js';
import { Definitions } from '../schedules/definitions.js';
import { SHARDS } from '../schedules/schedule-record.js';
import { ScheduleStore } from '../schedules/schedule.store.js';
import { Decider } from '../ticks/decider.js';
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

  /** Looks at what has ended and starts what may start. Doing it twice at once does no harm: items move once. */
  private async advance(record: BackfillRecord): Promise<void> {
    const { id, spec, state } = record;
    const items = new Map((await this.store.items(id)).map((item) => [item.sequence, item]));
    for (const item of items.values()) {
      if (item.state !== 'RUNNING') continue;
      const tick = await this.ticks.find(tickId(item.scheduleId, keyOf(id, item)));
      if (state === 'CANCELLED' && tick?.runState === 'ACTIVE' && tick.runId !== undefined) {
        await this.jobs.get(tick.request?.type ?? '').cancel(tick.runId, `the backfill '${id}' was cancelled`);
      }
      const end = endOf(tick);
      if (end === undefined) continue;
      await this.store.moveItem(id, item.sequence, 'RUNNING', { ...end, run_id: tick?.runId ?? '' });
      items.set(item.sequence, { ...item, state: end.state });
    }
    const move = async (item: ItemRecord, next: ItemStateWord, reason: string): Promise<boolean> => {
      const moved = await this.store.moveItem(id, item.sequence, item.state, { state: next, reason });
      if (moved) items.set(item.sequence, { ...item, state: next, reason });
      return moved;
    };
    const hasFailed = [...items.values()].some((item) => item.state === 'FAILED' || item.state === 'CANCELLED');
    let running = [...items.values()].filter((item) => item.state === 'RUNNING').length;
    for (const item of [...items.values()]) {
      if (item.state !== 'PENDING') continue;
      const before = item.after.map((place) => items.get(place)).filter((each) => each !== undefined);
      if (state === 'CANCELLED') await move(item, 'CANCELLED', 'the backfill was cancelled');
      else if (before.some(isBad)) await move(item, 'SKIPPED', 'what it depends on did not succeed');
      else if (hasFailed && !spec.continueOnFailure) await move(item, 'SKIPPED', 'an earlier run failed');
      else if (state === 'RUNNING' && running < Math.max(1, spec.parallel) && before.every(isGood)) {
        await this.run(record, item);
        if (await move(item, 'RUNNING', '')) running += 1;
      }
    }
    const all = [...items.values()];
    if (all.some((item) => item.state === 'PENDING' || item.state === 'RUNNING')) return;
    const isGoodEnd = all.every((item) => item.state === 'SUCCEEDED' || item.reason === EXISTS);
    if (state !== 'CANCELLED') await this.store.move(id, ['RUNNING', 'PAUSED'], isGoodEnd ? 'SUCCEEDED' : 'FAILED');
    await this.store.close(id, this.clock.now());
  }

  private async run({ id, spec }: BackfillRecord, item: ItemRecord): Promise<void> {
    const { scheduleId, logicalMs } = item;
    const variables = { ...spec.variables, SLUICE_BACKFILL: id };
    const wish = { scheduleId, key: keyOf(id, item), source: 'BACKFILL', logicalMs, variables } as const;
    this.engine.take(await this.decider.create([wish], this.clock.now()));
  }
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
