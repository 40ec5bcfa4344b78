import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BackfillServiceService, BackfillSpec } from '@sluice/proto/scheduling/v1/backfill_service';
import { ContextServiceService, ContextState } from '@sluice/proto/scheduling/v1/context_service';
import { ScheduleSpec, TickOutcome, type Tick } from '@sluice/proto/scheduling/v1/schedule';
import { ExplainScheduleRequest, TriggerScheduleRequest } from '@sluice/proto/scheduling/v1/schedule_service';
import { mockFlow } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { ScheduleDesk, after, flowOf, schedule } from '../support/schedules.js';
import { until } from '../support/until.js';
import { MODES } from './modes.js';

const readingFlow = (csvPath: string): object =>
  flowOf('reads', 'cn.piflow.bundle.csv.CsvParser', { csvPath, header: 'true', delimiter: ',', schema: '' });

describe.each(MODES)('schedules on a platform: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', { timeout: 60_000 }, () => {
    let platform: TestPlatform;
    let desk: ScheduleDesk;
    let flowId: string;

    beforeAll(async () => {
      platform = await mode.start();
      desk = new ScheduleDesk(platform);
      flowId = await desk.keep(mockFlow(5));
    }, 60_000);
    afterAll(() => platform?.close(), 60_000);

    const create = (spec: object): Promise<string> => desk.create(flowId, spec);

    test('a cron schedule runs a real flow each second, once each', async () => {
      const id = await create({
        trigger: { $case: 'cron', value: { expression: '* * * * * ?', zone: 'Asia/Shanghai' } },
      });
      const ended = await desk.good(id, 3);
      await desk.schedules.pauseSchedule({ id, reason: 'enough' });
      expect(ended.every((tick) => tick.outcome === TickOutcome.TICK_OUTCOME_FIRED)).toBe(true);
      const tick = ended[0] as Tick;
      const { run } = await desk.runs.getRun({ id: tick.runId });
      expect(run).toMatchObject({ flowName: 'mock', labels: { 'sluice.schedule': id, 'sluice.tick': tick.key } });
      const due = ended.map((each) => each.dueTime?.getTime() ?? 0);
      expect(new Set(due).size).toBe(due.length);
      const why = await desk.schedules.explainSchedule(ExplainScheduleRequest.fromPartial({ id, tickKey: tick.key }));
      expect(why.summary).toContain(tick.runId);
    });

    test('someone who triggers a schedule gets its run, and the same again for the same key', async () => {
      const id = await create({});
      const request = TriggerScheduleRequest.fromPartial({ id, idempotencyKey: 'k1', variables: { A: 'b' } });
      const { tick } = await desk.schedules.triggerSchedule(request);
      const again = await desk.schedules.triggerSchedule(request);
      expect(again.tick?.id).toBe(tick?.id);
      await desk.good(id, 1);
      expect(await desk.ticks(id)).toHaveLength(1);
    });

    test('a chain of three schedules runs one after the other', async () => {
      const first = await create({ name: 'a' });
      const second = await create({ name: 'b', ...after([schedule(first)]) });
      const third = await create({ name: 'c', ...after([schedule(second)]) });
      await desk.trigger(first);
      await desk.good(third, 1);
      expect(await desk.ticks(second)).toHaveLength(1);
      expect(await desk.ticks(third)).toHaveLength(1);
    });

    test('a target that vanished fails the tick and flags the schedule', async () => {
      const gone = await desk.keep(mockFlow(1));
      const id = await desk.create(gone);
      await desk.flows.deleteFlow({ id: gone, expectedVersion: 0, idempotencyKey: '' });
      await desk.trigger(id);
      const tick = await until('the outcome', async () =>
        (await desk.ticks(id)).find((each) => each.outcome === TickOutcome.TICK_OUTCOME_FAILED),
      );
      expect(tick.reason).toBe('TARGET_GONE');
      expect((await desk.schedules.getSchedule({ id })).schedule).toMatchObject({
        failures: 1,
        warning: expect.any(String),
      });
    });

    test('a backfill of a week runs each day once, in order, and says what exists already', async () => {
      const backfills = platform.clients.get(BackfillServiceService);
      const cron = { $case: 'cron', value: { expression: '0 0 3 * * ?', zone: 'UTC' } };
      const id = await create({ name: 'daily', trigger: cron });
      const daily = { window: 'DEPENDENCY_WINDOW_DAY', zone: 'UTC' };
      const dependent = await create({ name: 'after', ...after([schedule(id)], daily) });
      const range = { scheduleId: id, from: new Date('2026-10-01T00:00:00Z'), to: new Date('2026-10-08T00:00:00Z') };
      const spec = BackfillSpec.fromPartial({ ...range, parallel: 2, withDependents: true });
      const plan = await backfills.planBackfill({ spec });
      expect(plan.runs).toBe(14);
      expect(plan.dependents).toEqual([{ scheduleId: dependent, scheduleName: 'after', depth: 1 }]);
      const { backfill } = await backfills.createBackfill({ spec, idempotencyKey: '' });
      const ended = await until(
        'its end',
        async () => {
          const found = (await backfills.getBackfill({ id: backfill?.id ?? '' })).backfill;
          return found?.endTime === undefined ? undefined : found;
        },
        60_000,
      );
      expect(ended).toMatchObject({ state: 'BACKFILL_STATE_SUCCEEDED', total: 14, succeeded: 14, failed: 0 });
      const { run } = await desk.runs.getRun({ id: ended.items[0]?.runId ?? '' });
      expect(run?.labels['sluice.schedule']).toBe(id);
      const again = await backfills.planBackfill({ spec: { ...spec, to: new Date('2026-10-09T00:00:00Z') } });
      expect(again.runs).toBe(2);
      expect(again.items.filter((item) => item.reason !== '')).toHaveLength(14);
    });

    test('a context tells of a firing, and runs again what failed', async () => {
      const contexts = platform.clients.get(ContextServiceService);
      const id = await desk.create(await desk.keep(readingFlow('hdfs:///none.csv')));
      const tick = await desk.trigger(id);
      const failed = async (attempts: number) =>
        until('its failure', async () => {
          const { context } = await contexts.getContext({ id: tick?.id ?? '' });
          const isOver = context?.state === ContextState.CONTEXT_STATE_FAILED && context.runs.length === attempts;
          return isOver ? context : undefined;
        });
      const first = await failed(1);
      expect(first.error).toContain('none.csv');
      expect(first.tasks.map((task) => task.name)).toEqual(['first', 'show']);
      await contexts.retryContext({ id: first.id });
      const second = await failed(2);
      expect(new Set(second.runs.map((run) => run.runId)).size).toBe(2);
      expect((await desk.schedules.getSchedule({ id })).schedule?.failures).toBe(2);
      const lines: string[] = [];
      for await (const part of contexts.streamContextLogs({ id: first.id, follow: false })) lines.push(part.runId);
      expect(new Set(lines).size).toBe(2);
    });

    test('each file that comes is taken once, settled, in order and into its property', async () => {
      const reads = await desk.keep(readingFlow('hdfs:///set-by-the-schedule'));
      const folder = join(platform.home, 'files/drop');
      await mkdir(folder, { recursive: true });
      for (const day of [10, 9, 2]) await writeFile(join(folder, `sales-${day}.csv`), `a,b\n${day},x\n`);
      await writeFile(join(folder, 'other.csv'), 'a\n1\n');
      const value = {
        folder: 'hdfs:///drop',
        pattern: 'sales-(\\d+)\\.csv',
        order: 'FILE_ORDER_NAME',
        serial: true,
        stop: 'first',
        property: 'csvPath',
        settle: { seconds: 1n, nanos: 0 },
        every: { seconds: 1n, nanos: 0 },
      };
      const id = await desk.create(reads, { trigger: { $case: 'file', value } });
      const first = await desk.good(id, 3);
      const byStart = [...first].sort((a, b) => (a.endTime?.getTime() ?? 0) - (b.endTime?.getTime() ?? 0));
      expect(byStart.map((tick) => tick.variables['SLUICE_FILE'])).toEqual(
        [2, 9, 10].map((day) => `hdfs:///drop/sales-${day}.csv`),
      );
      await writeFile(join(folder, 'sales-11.csv'), 'a,b\n11,x\n');
      await desk.good(id, 4);
      expect(await desk.ticks(id)).toHaveLength(4);
      const outside = { ...value, folder: '/etc' };
      await expect(create({ trigger: { $case: 'file', value: outside } })).rejects.toMatchObject({
        reason: 'FILE_FORBIDDEN',
      });
    });

    test('an event by HTTP makes one run for each id that the filter lets through', async () => {
      const hook = { source: { $case: 'hook', value: { secret: 'a good secret' } } };
      const filters = [{ path: 'order.total', operator: 'FILTER_OPERATOR_GREATER', value: '100' }];
      const id = await create({ trigger: { $case: 'event', value: { ...hook, filters } } });
      const post = async (body: object): Promise<{ status: number; accepted?: boolean; tick?: { id: string } }> => {
        const answer = await fetch(`${platform.http}/api/v1/schedules/${id}:receive`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        });
        return { status: answer.status, ...((await answer.json()) as object) };
      };
      const event = { secret: 'a good secret', eventId: 'e1', payload: { order: { total: 120 } } };
      const first = await post(event);
      expect(first).toMatchObject({ status: 200, accepted: true });
      expect((await post(event)).tick?.id).toBe(first.tick?.id);
      expect(await post({ ...event, eventId: 'e2', payload: { order: { total: 99 } } })).not.toHaveProperty('tick');
      expect((await post({ ...event, secret: 'another secret' })).status).toBe(403);
      await desk.good(id, 1);
      expect(await desk.ticks(id)).toHaveLength(1);
      const shown = JSON.stringify(
        ScheduleSpec.toJSON((await desk.schedules.getSchedule({ id })).schedule?.spec as ScheduleSpec),
      );
      expect(shown).not.toContain('sha256');
    });

    test('an event of the bus makes a run: one schedule listens to the pauses of another', async () => {
      const subject = { source: { $case: 'subject', value: 'sluice.v1.scheduling.schedule.*' } };
      const filters = [
        { path: 'change', value: 'paused' },
        { path: 'name', value: 'watched' },
      ];
      const id = await create({ name: 'listens', trigger: { $case: 'event', value: { ...subject, filters } } });
      const watched = await create({ name: 'watched' });
      await desk.schedules.pauseSchedule({ id: watched, reason: 'a test' });
      const [tick] = await desk.good(id, 1);
      expect(JSON.parse(tick?.variables['SLUICE_EVENT'] ?? '')).toMatchObject({
        scheduleId: watched,
        reason: 'a test',
      });
    });
  });
});
