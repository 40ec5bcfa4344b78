import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '@sluice/chassis';
import type { Run } from '@sluice/proto/execution/v1/run';
import {
  BackfillServiceService,
  BackfillSpec,
  type Backfill,
  type BackfillItem,
} from '@sluice/proto/scheduling/v1/backfill_service';
import { mockFlow } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { ScheduleDesk, after, flowOf, schedule } from '../support/schedules.js';
import { until } from '../support/until.js';
import { MODES } from './modes.js';

const DAILY = { trigger: { $case: 'cron', value: { expression: '0 0 3 * * ?', zone: 'UTC' } } };
const FROM = new Date('2026-10-01T00:00:00Z');
const days = (count: number): Date => new Date(FROM.getTime() + count * 86_400_000);
const dayOf = ({ logicalTime }: BackfillItem): string => logicalTime?.toISOString().slice(8, 10) ?? '';

describe.each(MODES)('backfills: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', { timeout: 150_000 }, () => {
    let platform: TestPlatform;
    let desk: ScheduleDesk;
    let backfills: Client<typeof BackfillServiceService>;
    let quick: string;
    let slow: string;

    beforeAll(async () => {
      platform = await mode.start();
      desk = new ScheduleDesk(platform);
      backfills = platform.clients.get(BackfillServiceService);
      quick = await desk.keep(mockFlow(1));
      slow = await desk.keep(flowOf('slow', 'test.wait', { ms: 2_000, rows: 1 }));
    }, 240_000);
    afterAll(() => platform?.close(), 60_000);

    const begin = async (scheduleId: string, count: number, more: object = {}): Promise<string> => {
      const spec = BackfillSpec.fromPartial({ scheduleId, from: FROM, to: days(count), ...more } as object);
      return (await backfills.createBackfill({ spec, idempotencyKey: '' })).backfill?.id ?? '';
    };
    const get = async (id: string): Promise<Backfill> => (await backfills.getBackfill({ id })).backfill as Backfill;
    const ended = (id: string): Promise<Backfill> =>
      until(`the end of ${id}`, async () => {
        const found = await get(id);
        return found.endTime === undefined ? undefined : found;
      });
    const inState = ({ items }: Backfill, state: string): BackfillItem[] =>
      items.filter((item) => item.state === `BACKFILL_ITEM_STATE_${state}`);
    const runOf = async ({ runId }: BackfillItem): Promise<Run> => (await desk.runs.getRun({ id: runId })).run as Run;

    test('runs no more at a time than it may, the oldest first, or the newest', async () => {
      const id = await desk.create(slow, { name: 'slow', ...DAILY });
      const oldest = await ended(await begin(id, 4, { parallel: 2 }));
      expect(oldest).toMatchObject({ state: 'BACKFILL_STATE_SUCCEEDED', succeeded: 4 });
      const runs = await Promise.all(oldest.items.map(runOf));
      const times = runs.map((run) => [run.startTime?.getTime() ?? 0, run.endTime?.getTime() ?? 0] as const);
      for (const [start] of times) {
        expect(times.filter(([from, to]) => from <= start && start < to).length).toBeLessThanOrEqual(2);
      }
      expect(Math.max(times[0]?.[0] ?? 0, times[1]?.[0] ?? 0)).toBeLessThan(
        Math.min(times[2]?.[0] ?? 0, times[3]?.[0] ?? 0),
      );
      const other = await desk.create(quick, { name: 'quick', ...DAILY });
      const newest = await ended(await begin(other, 3, { newestFirst: true }));
      expect(newest.items.map(dayOf)).toEqual(['03', '02', '01']);
      const begun = (await Promise.all(newest.items.map(runOf))).map((run) => run.startTime?.getTime() ?? 0);
      expect(begun).toEqual([...begun].sort((a, b) => a - b));
    });

    test('is paused, goes on, and is cancelled with what runs', async () => {
      const id = await desk.create(slow, { name: 'held', ...DAILY });
      const backfill = await begin(id, 3);
      await until('the first run', async () => (inState(await get(backfill), 'RUNNING').length > 0 ? true : undefined));
      const { backfill: paused } = await backfills.pauseBackfill({ id: backfill });
      expect(paused?.state).toBe('BACKFILL_STATE_PAUSED');
      // What runs goes on to its end; nothing more begins.
      await until('its end', async () => (inState(await get(backfill), 'SUCCEEDED').length === 1 ? true : undefined));
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(inState(await get(backfill), 'PENDING')).toHaveLength(2);
      await backfills.resumeBackfill({ id: backfill });
      const running = await until('the second run', async () => {
        const [item] = inState(await get(backfill), 'RUNNING');
        return item === undefined ? undefined : item;
      });
      expect(dayOf(running)).toBe('02');
      await backfills.cancelBackfill({ id: backfill });
      const over = await ended(backfill);
      expect(over).toMatchObject({ state: 'BACKFILL_STATE_CANCELLED', total: 3, succeeded: 1, failed: 2 });
      expect(over.items.map((item) => item.state)).toEqual(
        ['SUCCEEDED', 'CANCELLED', 'CANCELLED'].map((state) => `BACKFILL_ITEM_STATE_${state}`),
      );
      expect((await runOf(over.items[1] as BackfillItem)).state).toBe('RUN_STATE_CANCELLED');
      expect(await desk.ticks(id)).toHaveLength(2);
      await backfills.resumeBackfill({ id: backfill });
      expect((await get(backfill)).state).toBe('BACKFILL_STATE_CANCELLED');
    });

    test('takes all that depends on it along, near and far, each day behind what it depends on', async () => {
      const first = await desk.create(quick, { name: 'first', ...DAILY });
      const window = { window: 'DEPENDENCY_WINDOW_DAY', zone: 'UTC' };
      const second = await desk.create(quick, { name: 'second', ...after([schedule(first)], window) });
      const third = await desk.create(quick, { name: 'third', ...after([schedule(first), schedule(second)], window) });
      const spec = BackfillSpec.fromPartial({
        scheduleId: first,
        from: FROM,
        to: days(2),
        parallel: 5,
        withDependents: true,
      });
      const plan = await backfills.planBackfill({ spec });
      const depths = new Map(plan.dependents.map(({ scheduleId, depth }) => [scheduleId, depth]));
      expect(depths).toEqual(new Map([second, third].map((id) => [id, 1])));
      expect(plan.items.map((item) => `${item.scheduleName} ${dayOf(item)}`)).toEqual(
        ['01', '02'].flatMap((day) => ['first', 'second', 'third'].map((name) => `${name} ${day}`)),
      );
      expect(await desk.ticks(first)).toEqual([]);
      const { backfill } = await backfills.createBackfill({ spec, idempotencyKey: 'once' });
      const again = await backfills.createBackfill({ spec, idempotencyKey: 'once' });
      expect(again.backfill?.id).toBe(backfill?.id);
      const over = await ended(backfill?.id ?? '');
      expect(over).toMatchObject({ state: 'BACKFILL_STATE_SUCCEEDED', total: 6, succeeded: 6 });
      const runs = await Promise.all(over.items.map(runOf));
      for (const day of [0, 3]) {
        for (const place of [day, day + 1]) {
          const before = runs[place]?.endTime?.getTime() ?? Infinity;
          expect(runs[place + 1]?.startTime?.getTime()).toBeGreaterThanOrEqual(before);
        }
      }
      // Its runs are no arrivals for the dependencies beside it: each ran once.
      for (const id of [first, second, third]) expect(await desk.ticks(id)).toHaveLength(2);
      const list = await backfills.listBackfills({ scheduleId: first, pageSize: 10, pageToken: '' });
      expect(list.backfills.map(({ id }) => id)).toEqual([backfill?.id]);
    });

    test('leaves the rest when a run failed, unless it was told to go on', async () => {
      const bad = await desk.keep(flowOf('bad', 'test.die', { how: 'throw' }));
      const id = await desk.create(bad, { name: 'bad', ...DAILY });
      const stopped = await ended(await begin(id, 3));
      expect(stopped).toMatchObject({ state: 'BACKFILL_STATE_FAILED', failed: 1 });
      expect(stopped.items.map(({ reason }) => reason).slice(1)).toEqual(Array(2).fill('an earlier run failed'));
      const went = await ended(await begin(id, 3, { continueOnFailure: true }));
      expect(went).toMatchObject({ state: 'BACKFILL_STATE_FAILED', failed: 3 });
      // They are no failures of the schedule's own.
      expect((await desk.schedules.getSchedule({ id })).schedule?.failures).toBe(0);
    });
  });
});
