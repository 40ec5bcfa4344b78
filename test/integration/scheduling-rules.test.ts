import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CalendarServiceService } from '@sluice/proto/scheduling/v1/calendar_service';
import { ScheduleState, TickOutcome, type Tick } from '@sluice/proto/scheduling/v1/schedule';
import { ListScheduleChangesRequest, UpdateScheduleRequest } from '@sluice/proto/scheduling/v1/schedule_service';
import { mockFlow, startRequest } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { ScheduleDesk, after, flow, flowOf, schedule, until } from '../support/schedules.js';
import { MODES } from './modes.js';

const HOUR = { seconds: 3600n, nanos: 0 };

describe.each(MODES)('the rules of schedules: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', { timeout: 120_000 }, () => {
    let platform: TestPlatform;
    let desk: ScheduleDesk;
    let good: string;
    let bad: string;

    beforeAll(async () => {
      platform = await mode.start();
      desk = new ScheduleDesk(platform);
      good = await desk.keep(mockFlow(1));
      bad = await desk.keep(flowOf('bad', 'test.die', { how: 'throw' }));
    }, 240_000);
    afterAll(() => platform?.close(), 60_000);

    const cause = ({ variables }: Tick): string => variables['SLUICE_UPSTREAM'] ?? '';

    test('a schedule whose runs fail again and again is paused, and goes on when someone resumes it', async () => {
      const id = await desk.create(bad, { policies: { pauseAfterFailures: 2 } });
      await desk.trigger(id);
      await desk.ended(id, 1);
      expect((await desk.schedules.getSchedule({ id })).schedule).toMatchObject({
        state: ScheduleState.SCHEDULE_STATE_ACTIVE,
        failures: 1,
      });
      await desk.trigger(id);
      await desk.ended(id, 2);
      const paused = (await desk.schedules.getSchedule({ id })).schedule;
      expect(paused).toMatchObject({ state: ScheduleState.SCHEDULE_STATE_PAUSED, failures: 2 });
      expect(paused?.stateReason).toBe('2 run(s) failed in a row');
      const { schedule: resumed } = await desk.schedules.resumeSchedule({ id });
      expect(resumed).toMatchObject({ state: ScheduleState.SCHEDULE_STATE_ACTIVE, failures: 0 });
      const { changes } = await desk.schedules.listScheduleChanges(ListScheduleChangesRequest.fromPartial({ id }));
      expect(changes.map(({ change }) => change)).toEqual(['resumed', 'paused', 'created']);
    });

    test('without a window, all upstreams make one run for each round, and any makes one for each end', async () => {
      const [a, b] = [await desk.create(good, { name: 'a' }), await desk.create(good, { name: 'b' })];
      const all = await desk.create(good, after([schedule(a), schedule(b)]));
      const any = await desk.create(good, after([schedule(a), schedule(b)], { mode: 'DEPENDENCY_MODE_ANY' }));
      const ends = [];
      for (const id of [a, a, b]) {
        ends.push((await desk.trigger(id)).id);
        const before = ends.length;
        await desk.ended(any, before);
      }
      const [first] = await desk.ended(all, 1);
      expect(first === undefined ? '' : cause(first)).toBe(`${ends[1]} ${ends[2]}`);
      expect((await desk.ticks(any)).map(cause).sort()).toEqual([...ends].sort());
      await desk.trigger(b);
      await desk.ended(any, 4);
      expect(await desk.ticks(all)).toHaveLength(1);
      await desk.trigger(a);
      await desk.ended(all, 2);
      expect(await desk.ticks(all)).toHaveLength(2);
    });

    test('an upstream may be waited for to fail, or to end in any way', async () => {
      const fails = await desk.create(bad, { name: 'fails' });
      const onSuccess = await desk.create(good, after([schedule(fails)]));
      const onFailure = await desk.create(good, after([schedule(fails, { on: 'UPSTREAM_END_FAILURE' })]));
      const onEnd = await desk.create(good, after([schedule(fails, { on: 'UPSTREAM_END_ANY' })]));
      await desk.trigger(fails);
      await Promise.all([desk.ended(onFailure, 1), desk.ended(onEnd, 1)]);
      expect(await desk.ticks(onSuccess)).toEqual([]);
    });

    test('the run of a flow that no schedule started makes a run of what waits for the flow, once', async () => {
      const watched = await desk.keep(mockFlow(2));
      const id = await desk.create(good, after([flow(watched)]));
      const reference = { $case: 'reference', value: { id: watched, version: 0 } } as const;
      const { run } = await desk.runs.startRun({ ...startRequest({}), source: reference });
      const [tick] = await desk.ended(id, 1);
      expect(tick === undefined ? '' : cause(tick)).toBe(run?.id);
      // Its end is looked for too, should its event be lost: that makes no second one.
      await new Promise((resolve) => setTimeout(resolve, 11_000));
      expect(await desk.ticks(id)).toHaveLength(1);
    });

    test('a circle of schedules that would wait for each other is refused and named', async () => {
      const first = await desk.create(good, { name: 'first' });
      const second = await desk.create(good, after([schedule(first)]));
      const third = await desk.create(good, after([schedule(second)]));
      const { schedule: now } = await desk.schedules.getSchedule({ id: first });
      const spec = { ...now?.spec, ...after([schedule(third)]) };
      const update = UpdateScheduleRequest.fromPartial({ id: first, spec, expectedVersion: 0 } as object);
      await expect(desk.schedules.updateSchedule(update)).rejects.toMatchObject({
        reason: 'SCHEDULE_CYCLE',
        message: expect.stringContaining(`'${first}' -> '${second}' -> '${third}' -> '${first}'`) as string,
      });
    });

    test('a pool lets in as many as it has slots, the highest priority first, and counts runs of any origin', async () => {
      const calendars = platform.clients.get(CalendarServiceService);
      const pool = { name: 'narrow', description: '', slots: 2, taken: 0, waiting: 0 };
      await calendars.putPool({ name: 'narrow', pool });
      const waits = await desk.keep(flowOf('waits', 'test.wait', { ms: 4_000, rows: 1 }));
      // A run that no schedule started takes a slot by its label.
      const plain = await desk.runs.startRun({
        ...startRequest(flowOf('plain', 'test.wait', { ms: 8_000, rows: 1 })),
        labels: { 'sluice.pool': 'narrow' },
      });
      await new Promise((resolve) => setTimeout(resolve, 3_000)); // they are counted every two seconds
      const make = (name: string, policies: object): Promise<string> =>
        desk.create(waits, { name, policies: { pool: 'narrow', ...policies } });
      const [one, low, high] = [
        await make('one', {}),
        await make('low', { priority: 1 }),
        await make('high', { priority: 9 }),
      ];
      for (const id of [one, low, high]) await desk.trigger(id);
      const states = await Promise.all([one, low, high].map(async (id) => (await desk.ticks(id))[0]?.outcome));
      expect(states[0]).not.toBe(TickOutcome.TICK_OUTCOME_WAITING);
      expect(states.slice(1)).toEqual([TickOutcome.TICK_OUTCOME_WAITING, TickOutcome.TICK_OUTCOME_WAITING]);
      expect((await desk.ticks(low))[0]).toMatchObject({ reason: 'POOL' });
      const { pools } = await calendars.listPools({ pageSize: 50, pageToken: '' });
      expect(pools.find(({ name }) => name === 'narrow')).toMatchObject({ slots: 2, waiting: 2 });
      const ended = await Promise.all([one, low, high].map((id) => desk.ended(id, 1)));
      const runs = await Promise.all(
        ended.map(async ([tick]) => (await desk.runs.getRun({ id: tick?.runId ?? '' })).run),
      );
      const begun = runs.map((run) => run?.startTime?.getTime() ?? 0);
      expect(begun[2]).toBeLessThan(begun[1] as number);
      // Never more than two at a time, the plain one among them.
      const { run: own } = await until('the end of the plain run', async () => {
        const found = await desk.runs.getRun({ id: plain.run?.id ?? '' });
        return found.run?.endTime === undefined ? undefined : found;
      });
      const times = [own, ...runs].map(
        (run) => [run?.startTime?.getTime() ?? 0, run?.endTime?.getTime() ?? 0] as const,
      );
      for (const [start] of times)
        expect(times.filter(([from, to]) => from <= start && start < to).length).toBeLessThan(3);
      await expect(calendars.deletePool({ name: 'narrow' })).rejects.toMatchObject({ reason: 'SCHEDULE_IN_USE' });
    });

    test('more starts than a rate allows are skipped', async () => {
      const id = await desk.create(good, { policies: { rateLimit: { count: 2, per: HOUR } } });
      for (let i = 0; i < 3; i++) await desk.trigger(id);
      const ended = await until('three outcomes', async () => {
        const found = await desk.ticks(id);
        return found.filter(({ outcome }) => outcome === TickOutcome.TICK_OUTCOME_FIRED).length === 2
          ? found
          : undefined;
      });
      expect(ended.filter(({ reason }) => reason === 'RATE_LIMIT')).toMatchObject([
        { outcome: TickOutcome.TICK_OUTCOME_SKIPPED, message: '2 starts in 1 h; 2 are allowed' },
      ]);
    });

    test('calendars that leave no day to a schedule are refused', async () => {
      const calendars = platform.clients.get(CalendarServiceService);
      const put = (name: string, weekdaysOff: number[], daysOn: string[] = []) =>
        calendars.putCalendar({
          name,
          calendar: { name, description: '', zone: 'UTC', weekdaysOff, daysOff: [], daysOn },
        });
      await expect(put('never', [1, 2, 3, 4, 5, 6, 7])).rejects.toMatchObject({ reason: 'REQUEST_INVALID' });
      await put('weekend', [6, 7]);
      await put('week', [1, 2, 3, 4, 5]);
      const cron = (expression: string) => ({ $case: 'cron', value: { expression, zone: 'UTC' } });
      const make = (expression: string, names: string[]): Promise<string> =>
        desk.create(good, { trigger: cron(expression), policies: { calendars: names } });
      // Each leaves days, but together they leave none; nor does a weekend off to what is due on Sundays.
      for (const [expression, names] of [
        ['0 0 12 * * ?', ['weekend', 'week']],
        ['0 0 12 ? * SUN', ['weekend']],
      ] as const) {
        await expect(make(expression, [...names])).rejects.toMatchObject({
          reason: 'SCHEDULE_INVALID',
          message: expect.stringContaining('exclude every due time') as string,
        });
      }
      const id = await make('0 0 12 * * ?', ['weekend']);
      expect((await desk.schedules.getSchedule({ id })).schedule?.nextTime).toBeDefined();
    });
  });
});
