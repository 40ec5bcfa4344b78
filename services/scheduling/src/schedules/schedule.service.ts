import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { inject, injectable } from 'tsyringe';
import { SluiceError, type Config, type Vault } from '@sluice/chassis';
import { ScheduleSpec, VersionPolicy } from '@sluice/proto/scheduling/v1/schedule';
import { CalendarStore } from '../calendars/calendar.store.js';
import type { Clock } from '../engine/clock.js';
import { Engine } from '../engine/engine.js';
import { keepHookSecret, sealHook } from '../events/hook-secret.js';
import { locate } from '../files/locations.js';
import type { JobTypes } from '../jobs/job-type.js';
import { isNeverOn } from '../policies/calendar.js';
import { PoolStore } from '../pools/pool.store.js';
import { Decider, type NewTick } from '../ticks/decider.js';
import { TickStore } from '../ticks/tick.store.js';
import { tickId, type TickRecord } from '../ticks/tick-record.js';
import { CLOCK, CONFIG, JOBS, VAULT } from '../tokens.js';
import { causeKey } from '../triggers/dependency.js';
import { excludeAll } from '../triggers/excluded.js';
import { hash, isTimed, nextDue, startOf } from '../triggers/trigger.js';
import { readDefinition, type Definition } from './definition.js';
import { Definitions } from './definitions.js';
import { SHARDS, type ScheduleRecord } from './schedule-record.js';
import { ScheduleStore, type CursorTimes, type ScheduleChange } from './schedule.store.js';

/** The rules of schedules: what is accepted, how they change, how people make ticks. */
@injectable()
export class Schedules {
  constructor(
    @inject(ScheduleStore) readonly store: ScheduleStore,
    @inject(TickStore) private readonly ticks: TickStore,
    @inject(CalendarStore) private readonly calendars: CalendarStore,
    @inject(PoolStore) private readonly pools: PoolStore,
    @inject(Definitions) private readonly definitions: Definitions,
    @inject(Decider) private readonly decider: Decider,
    @inject(Engine) private readonly engine: Engine,
    @inject(JOBS) private readonly jobs: JobTypes,
    @inject(CLOCK) private readonly clock: Clock,
    @inject(CONFIG) private readonly config: Config,
    @inject(VAULT) private readonly vault: Vault,
  ) {}

  /** @param id a new identifier; simulations give their own, so that a seed repeats all of them */
  async create(
    given: ScheduleSpec | undefined,
    isPaused: boolean,
    key: string,
    fingerprint: Uint8Array,
    id = `schedule_${randomUUID()}`,
  ): Promise<ScheduleRecord> {
    if (key.length > 200) throw new SluiceError('REQUEST_INVALID', 'an idempotency key has at most 200 characters');
    const nowMs = this.clock.now();
    const definition = await this.accept(requireSpec(given), nowMs, '');
    const record = await this.store.insert(
      id,
      {
        kind: 'created',
        reason: isPaused ? 'created paused' : '',
        state: isPaused ? 'PAUSED' : 'ACTIVE',
        definition: { ...definition, spec: sealHook(definition.spec, undefined, id, this.vault) },
        times: firstTimes(id, definition, nowMs),
        resetsFailures: true,
      },
      { shard: hash(id) % SHARDS, nowMs, key, digest: createHash('sha256').update(fingerprint).digest('hex') },
    );
    this.engine.hint(record.id);
    return record;
  }

  async update(id: string, given: ScheduleSpec | undefined, expectedVersion: number): Promise<ScheduleRecord> {
    const nowMs = this.clock.now();
    const before = await this.store.get(id);
    const spec = keepHookSecret(requireSpec(given), before.spec);
    const definition = await this.accept(spec, before.createdMs, id);
    const record = await this.store.change(id, expectedVersion, nowMs, async (now): Promise<ScheduleChange> => {
      // Times that a change does not touch go on where they were, so that nothing is due twice or forgotten.
      const isSame = timesKey(now.spec) === timesKey(spec);
      const times = isSame ? undefined : firstTimes(id, definition, nowMs);
      const state = now.state === 'ENDED' && times !== undefined ? 'ACTIVE' : now.state;
      const sealedSpec = sealHook(definition.spec, now.spec, id, this.vault);
      const reason = state === 'ACTIVE' ? '' : now.stateReason;
      return {
        kind: 'updated',
        reason,
        state,
        definition: { ...definition, spec: sealedSpec },
        times,
        resetsFailures: false,
      };
    });
    this.engine.hint(id);
    return record;
  }

  async pause(id: string, reason: string): Promise<ScheduleRecord> {
    const record = await this.store.change(id, 0, this.clock.now(), async (now) => {
      if (now.state === 'PAUSED') return undefined;
      return { ...this.unchanged(now), kind: 'paused', reason, state: 'PAUSED' };
    });
    this.engine.hint(id);
    return record;
  }

  async resume(id: string): Promise<ScheduleRecord> {
    const record = await this.store.change(id, 0, this.clock.now(), async (now) => {
      if (now.state !== 'PAUSED') return undefined;
      const change = this.unchanged(now);
      const isOver = now.dueMs === undefined && isTimed(change.definition.trigger);
      const reason = isOver ? 'it has no due time left' : '';
      return { ...change, kind: 'resumed', reason, state: isOver ? 'ENDED' : 'ACTIVE', resetsFailures: true };
    });
    this.engine.hint(id);
    return record;
  }

  async remove(id: string): Promise<void> {
    await this.store.remove(id, this.clock.now());
    this.engine.hint(id);
  }

  /** Makes a tick because someone asked. */
  async trigger(
    id: string,
    variables: Readonly<Record<string, string>>,
    logicalMs: number | undefined,
    idempotencyKey: string,
  ): Promise<TickRecord> {
    if (idempotencyKey.length > 40) {
      throw new SluiceError('REQUEST_INVALID', 'the idempotency key of a trigger has at most 40 characters');
    }
    await this.store.get(id);
    const nowMs = this.clock.now();
    const key = idempotencyKey === '' ? `m${nowMs}-${randomBytes(4).toString('hex')}` : causeKey('m', idempotencyKey);
    return this.make({ scheduleId: id, key, source: 'MANUAL', logicalMs: logicalMs ?? nowMs, variables });
  }

  /** Makes a tick, or gives the one that has its key. */
  async make(wish: NewTick): Promise<TickRecord> {
    const decided = await this.decider.create([wish], this.clock.now());
    this.engine.take(decided);
    const id = tickId(wish.scheduleId, wish.key);
    const tick = decided.ticks.find((each) => each.id === id) ?? (await this.ticks.find(id));
    if (tick !== undefined) return tick;
    throw new SluiceError('SCHEDULE_NOT_FOUND', `the schedule '${wish.scheduleId}' was deleted meanwhile`);
  }

  /** Checks all that a schedule names, and pins its target where it wants that. */
  async accept(spec: ScheduleSpec, createdMs: number, id: string): Promise<Definition> {
    const definition = readDefinition(spec, { zone: this.definitions.zone, createdMs });
    const { target, trigger, rules } = definition;
    const isPinned = target.versionPolicy === VersionPolicy.VERSION_POLICY_PINNED;
    const found = await this.jobs
      .get(target.type)
      .check({ reference: target.reference, version: isPinned ? target.version : 0 });
    const calendars = await this.calendars.rules(rules.calendars);
    const missing = rules.calendars.find((name) => !calendars.has(name));
    if (missing !== undefined) {
      throw new SluiceError(
        'CALENDAR_NOT_FOUND',
        `there is no calendar '${missing}'; store it before schedules name it`,
      );
    }
    const never = [...calendars.values()].find(isNeverOn);
    if (never !== undefined) {
      throw new SluiceError(
        'SCHEDULE_INVALID',
        `the calendar '${never.name}' has no day on: the schedule would never run`,
      );
    }
    if (rules.pool !== '') {
      const { slots } = await this.pools.get(rules.pool);
      if (rules.poolSlots > slots && slots > 0) {
        const message = `policies.pool_slots: it wants ${rules.poolSlots} slots, and the pool '${rules.pool}' has ${slots}`;
        throw new SluiceError('SCHEDULE_INVALID', message);
      }
    }
    const last = trigger.kind === 'once' ? trigger.atMs - 1 : this.clock.now();
    if (isTimed(trigger) && nextDue(trigger, rules, last) === undefined) {
      const message = `the schedule '${spec.name}' would never be due: it has no time after now and before its end`;
      throw new SluiceError('SCHEDULE_INVALID', message, { details: { never: 'true' } });
    }
    if (isTimed(trigger) && excludeAll([...calendars.values()], trigger, rules, last)) {
      const names = rules.calendars.map((name) => `'${name}'`).join(', ');
      const message = `the schedule '${spec.name}' would never run: ${names} exclude every due time of the next two years`;
      throw new SluiceError('SCHEDULE_INVALID', message);
    }
    // A folder that runs may not use would only be found out at the first look.
    if (trigger.kind === 'file') await locate(trigger.folder, this.config.files);
    if (trigger.kind === 'dependency') await this.checkCycle(spec.name, id, trigger.upstreams);
    if (!isPinned) return definition;
    return {
      ...definition,
      spec: { ...spec, target: { ...target, version: found.version } },
      target: { ...target, version: found.version },
    };
  }

  private async checkCycle(name: string, id: string, upstreams: readonly { readonly source: string }[]): Promise<void> {
    const edges = await this.store.dependencies();
    const upstreamsOf = (schedule: string): string[] =>
      edges
        .filter((edge) => edge.scheduleId === schedule && edge.source.startsWith('s:'))
        .map((edge) => edge.source.slice(2));
    const own = upstreams.filter(({ source }) => source.startsWith('s:')).map(({ source }) => source.slice(2));
    const found = new Set((await this.store.find(own)).map((record) => record.id));
    const missing = own.find((each) => !found.has(each) && each !== id);
    if (missing !== undefined) {
      throw new SluiceError('SCHEDULE_NOT_FOUND', `the schedule '${name}' waits for '${missing}', which there is not`);
    }
    if (id === '') return;
    const paths = own.map((each) => [each]);
    const seen = new Set<string>();
    for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
      const last = path.at(-1) as string;
      if (last === id) {
        const circle = [...[...path].reverse(), id].map((each) => `'${each}'`).join(' -> ');
        throw new SluiceError(
          'SCHEDULE_CYCLE',
          `schedules would wait for each other: ${circle}; leave one of them out`,
        );
      }
      if (seen.has(last)) continue;
      seen.add(last);
      for (const next of upstreamsOf(last)) paths.push([...path, next]);
    }
  }

  private unchanged({ spec, createdMs }: ScheduleRecord): Omit<ScheduleChange, 'kind' | 'reason' | 'state'> {
    const definition = readDefinition(spec, { zone: this.definitions.zone, createdMs });
    return { definition, times: undefined, resetsFailures: false };
  }
}

function requireSpec(spec: ScheduleSpec | undefined): ScheduleSpec {
  if (spec !== undefined) return spec;
  throw new SluiceError('REQUEST_INVALID', 'the request has no spec; say what the schedule runs and when');
}

/** Where the times of a schedule begin. */
function firstTimes(id: string, { trigger, rules }: Definition, nowMs: number): CursorTimes {
  // A time that has passed is due at once: it is for the policies to say what becomes of it.
  const dueMs = nextDue(trigger, rules, trigger.kind === 'once' ? trigger.atMs - 1 : nowMs - 1);
  return { dueMs, startMs: dueMs === undefined ? undefined : startOf(id, dueMs, rules.jitterMs) };
}

/** What the times of a schedule follow from, as a text. */
function timesKey({ trigger, policies }: ScheduleSpec): string {
  const spec = ScheduleSpec.toJSON(
    ScheduleSpec.fromPartial({
      ...(trigger === undefined ? {} : { trigger }),
      policies: { startTime: policies?.startTime, endTime: policies?.endTime, jitter: policies?.jitter },
    }),
  );
  return JSON.stringify(spec);
}
