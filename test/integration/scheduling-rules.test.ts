import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CalendarServiceService } from '@sluice/proto/scheduling/v1/calendar_service';
import { Pool, PoolServiceService } from '@sluice/proto/scheduling/v1/pool_service';
import { Run, RunOptions } from '@sluice/proto/execution/v1/run';
import { ScheduleState, TickOutcome, type Tick } from '@sluice/proto/scheduling/v1/schedule';
import { ListScheduleChangesRequest, UpdateScheduleRequest } from '@sluice/proto/scheduling/v1/schedule_service';
import { mockFlow, startRequest } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { ScheduleDesk, after, flow, flowOf, schedule } from '../support/schedules.js';
import { until } from '../support/until.js';
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

    test('a pool lets in as many as it has slots, the highest priority first, whoever started them', async () => {
      const pools = platform.clients.get(PoolServiceService);
      await pools.putPool({ name: 'narrow', pool: Pool.fromPartial({ slots: 1 }) });
      const waits = flowOf('waits', 'test.wait', { ms: 500, rows: 1 });
      const start = async (options: object, flow = waits): Promise<Run> => {
        const wish = startRequest(flow, { options: RunOptions.fromPartial({ pool: 'narrow', ...options }) });
        return (await desk.runs.startRun(wish)).run ?? Run.create();
      };
      const narrow = async (): Promise<Pool | undefined> => (await pools.getPool({ name: 'narrow' })).pool;
      await expect(start({ pool: 'nowhere' })).rejects.toMatchObject({
        reason: 'POOL_NOT_FOUND',
        message: expect.stringContaining("there is no pool 'nowhere'") as string,
      });
      await expect(start({ poolSlots: 2 })).rejects.toMatchObject({
        reason: 'REQUEST_INVALID',
        message: "pool_slots is 2, and the pool 'narrow' has 1",
      });
      const first = await start({}, flowOf('long', 'test.wait', { ms: 100_000, rows: 1 }));
      expect(first).toMatchObject({ pool: 'narrow', waitingFor: '' });
      const low = await start({ priority: 1 });
      const full = "the pool 'narrow' is full (1 of 1 slots taken, 1 wanted)";
      expect(low).toMatchObject({ state: 'RUN_STATE_PENDING', waitingFor: full });
      const behind = await start({});
      expect(behind.waitingFor).toBe("1 other(s) go before it in the pool 'narrow'");
      const { run: cancelled } = await desk.runs.cancelRun({ id: behind.id, reason: '' });
      expect(cancelled).toMatchObject({ state: 'RUN_STATE_CANCELLED', waitingFor: '' });
      const middle = await desk.create(await desk.keep(waits), { policies: { pool: 'narrow', priority: 5 } });
      await desk.trigger(middle);
      expect((await desk.ticks(middle))[0]).toMatchObject({ outcome: 'TICK_OUTCOME_WAITING', reason: 'POOL' });
      const high = await start({ priority: 9 });
      await until('the slots of the cancelled run', async () => ((await narrow())?.waiting === 3 ? true : undefined));
      expect(await narrow()).toMatchObject({ slots: 1, taken: 1 });
      await expect(pools.deletePool({ name: 'narrow' })).rejects.toMatchObject({ reason: 'POOL_IN_USE' });

      await desk.runs.cancelRun({ id: first.id, reason: 'all wait' });
      const [tick] = await desk.ended(middle, 1);
      const ids = [first.id, high.id, tick?.runId ?? '', low.id];
      const runs = await Promise.all(
        ids.map((id) =>
          until(`the end of ${id}`, async () => {
            const { run } = await desk.runs.getRun({ id });
            return run?.endTime === undefined ? undefined : run;
          }),
        ),
      );
      const begun = runs.map((run) => run.startTime?.getTime() ?? 0);
      expect([...begun].sort()).toEqual(begun);
      // Never two at a time.
      runs.slice(1).forEach((run, i) => expect(run.startTime?.getTime()).toBeGreaterThan(runs[i]!.endTime!.getTime()));
      await until('all slots', async () => ((await narrow())?.taken === 0 ? true : undefined));
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
