import 'reflect-metadata';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freshDatabase, migrate, testConfig, type FreshDatabase, type OpenDatabase } from '@sluice/chassis/testing';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { migrations } from '../migrations/index.js';
import { SimJobs } from '../testing/sim-jobs.js';
import { SimNode } from '../testing/sim-node.js';
import { Chance, World } from '../testing/world.js';
import { PlannedTicks } from '../ticks/planned-ticks.js';
import { toTickRecord, type TickRecord, type TickRow } from '../ticks/tick-record.js';

const NOON = Date.UTC(2026, 10, 21, 12);
const SECOND = 1_000;

describe('the engine of a scheduler, in a time of its own', () => {
  let fresh: FreshDatabase;
  let database: OpenDatabase;
  let world: World;
  let jobs: SimJobs;
  beforeEach(async () => {
    fresh = await freshDatabase('sqlite');
    database = await fresh.open();
    await migrate(database, [{ name: 'scheduling', migrations }]);
    world = new World(NOON, database.knex);
    jobs = new SimJobs(world, new Chance(1), { lostReplies: 0, refusals: 0 }, () => undefined);
  });
  afterEach(() => fresh.drop());

  const node = async (name: string): Promise<SimNode> => {
    const made = new SimNode(name, world, database, jobs, testConfig({}));
    made.engine.start();
    await world.rest();
    return made;
  };
  const everyMinute = (more: object = {}): ScheduleSpec =>
    ScheduleSpec.fromPartial({
      name: 'each minute',
      target: { reference: 'f' },
      trigger: { $case: 'interval', value: { every: { seconds: 60n, nanos: 0 }, first: new Date(NOON + 60 * SECOND) } },
      ...more,
    } as object);
  const create = async (on: SimNode, spec: ScheduleSpec): Promise<string> => {
    const { id } = await on.schedules.create(spec, false, '', ScheduleSpec.encode(spec).finish());
    await world.rest();
    return id;
  };
  const ticks = async (): Promise<TickRecord[]> =>
    ((await database.knex('scheduling_ticks').orderBy('due_ms')) as TickRow[]).map(toTickRecord);

  test('notices a clock that stands still, decides nothing meanwhile, and goes on when it moves again', async () => {
    const one = await node('one');
    await create(one, everyMinute());
    await world.run(NOON + 61 * SECOND);
    expect(await ticks()).toHaveLength(1);
    one.clock.freeze();
    await world.run(NOON + 200 * SECOND);
    expect(await ticks()).toHaveLength(1);
    expect(await one.metric('sluice_scheduling_clock_jumps_total')).toBeGreaterThan(0);
    one.clock.thaw();
    await world.run(NOON + 305 * SECOND);
    const found = await ticks();
    // Two came while it stood still: found late, the last of them runs, as the misfire policy says.
    expect(found.map(({ dueMs, state, reason }) => [(dueMs - NOON) / SECOND, state, reason])).toEqual([
      [60, 'FIRED', ''],
      [120, 'MISSED', 'MISFIRE'],
      [180, 'FIRED', ''],
      [240, 'FIRED', ''],
      [300, 'FIRED', ''],
    ]);
    one.die();
  });

  test('leaves a schedule alone that cannot be read, and decides the others', async () => {
    const one = await node('one');
    const [good, bad] = [await create(one, everyMinute()), await create(one, everyMinute())];
    const { spec } = (await database.knex('scheduling_schedules').where({ id: bad }).first('spec')) as { spec: string };
    const spoil = (text: string): Promise<unknown> =>
      database.knex('scheduling_schedules').where({ id: bad }).update({ spec: text });
    await spoil('{"name": "of a newer build"}');
    await world.run(NOON + 65 * SECOND);
    expect((await ticks()).map(({ scheduleId, state }) => [scheduleId, state])).toEqual([[good, 'FIRED']]);
    await spoil(spec);
    await world.run(NOON + 130 * SECOND);
    const own = (await ticks()).filter(({ scheduleId }) => scheduleId === bad);
    expect(own.map(({ dueMs }) => (dueMs - NOON) / SECOND)).toEqual([60, 120]);
    one.die();
  });

  test('goes by what people do to a schedule after its tick was planned', async () => {
    const [one, two] = [await node('one'), await node('two')];
    const ids: string[] = [];
    for (let i = 0; i < 8; i++) ids.push(await create(one, everyMinute({ name: `s${i}` })));
    await world.run(NOON + 59_500);
    const holds = (each: SimNode, id: string): boolean => each.resolve(PlannedTicks).isPrepared(id);
    expect(ids.map((id) => holds(one, id) || holds(two, id))).toEqual(ids.map(() => true));
    // Whoever holds it hears nothing of the change: the other one makes it, and news of it are not sent.
    const other = (id: string): SimNode => (holds(one, id) ? two : one);
    const [paused = '', deleted = '', renamed = '', moved = '', succeeded = '', ...same] = ids;
    await other(paused).schedules.pause(paused, 'not today');
    await other(deleted).schedules.remove(deleted);
    await other(renamed).schedules.update(renamed, everyMinute({ name: 'another name' }), 0);
    const later = { every: { seconds: 60n, nanos: 0 }, first: new Date(NOON + 90 * SECOND) };
    await other(moved).schedules.update(moved, everyMinute({ trigger: { $case: 'interval', value: later } }), 0);
    const success = { last_success_ms: NOON - SECOND };
    await database.knex('scheduling_cursors').where({ schedule_id: succeeded }).update(success);
    await world.run(NOON + 61 * SECOND);
    const found = new Map((await ticks()).map((tick) => [tick.scheduleId, tick]));
    expect(found.get(paused)).toMatchObject({ state: 'SKIPPED', reason: 'PAUSED' });
    expect([...found.keys()].sort()).toEqual([paused, renamed, succeeded, ...same].sort());
    expect(found.get(renamed)?.variables['SLUICE_SCHEDULE_NAME']).toBe('another name');
    expect(found.get(succeeded)?.variables['SLUICE_PREVIOUS_SUCCESS']).toBe('2026-11-21T11:59:59+00:00');
    await world.run(NOON + 91 * SECOND);
    const ofMoved = (await ticks()).filter(({ scheduleId }) => scheduleId === moved);
    expect(ofMoved.map(({ dueMs, state }) => [(dueMs - NOON) / SECOND, state])).toEqual([[90, 'FIRED']]);
    one.die();
    two.die();
  });

  test('takes a time that was decided already for decided, after a clock was set back, and goes on', async () => {
    const one = await node('one');
    const [good, again] = [await create(one, everyMinute()), await create(one, everyMinute())];
    await world.run(NOON + 125 * SECOND);
    expect(await ticks()).toHaveLength(4);
    // As an update does while the clock is behind: its next time is one that has its tick.
    const before = { due_ms: NOON + 60 * SECOND, start_ms: NOON + 60 * SECOND, changed_ms: NOON + 125 * SECOND };
    await database.knex('scheduling_cursors').where({ schedule_id: again }).update(before);
    await world.run(NOON + 185 * SECOND);
    const found = await ticks();
    for (const id of [good, again]) {
      expect(found.filter(({ scheduleId }) => scheduleId === id).map(({ dueMs }) => (dueMs - NOON) / SECOND)).toEqual([
        60, 120, 180,
      ]);
    }
    expect(jobs.runs.size).toBe(6);
    one.die();
  });
});
