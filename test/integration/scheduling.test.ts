import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '@sluice/chassis';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { ScheduleSpec, TickOutcome, type Tick } from '@sluice/proto/scheduling/v1/schedule';
import {
  CreateScheduleRequest,
  ExplainScheduleRequest,
  ListTicksRequest,
  ScheduleServiceService,
  TriggerScheduleRequest,
} from '@sluice/proto/scheduling/v1/schedule_service';
import { mockFlow } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { MODES } from './modes.js';

const until = async <T>(what: string, work: () => Promise<T | undefined>, ms = 20_000): Promise<T> => {
  const end = Date.now() + ms;
  for (;;) {
    const found = await work();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

describe.each(MODES)('schedules on a platform: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', () => {
    let platform: TestPlatform;
    let schedules: Client<typeof ScheduleServiceService>;
    let runs: Client<typeof RunServiceService>;
    let flowId: string;

    beforeAll(async () => {
      platform = await mode.start();
      schedules = platform.clients.get(ScheduleServiceService);
      runs = platform.clients.get(RunServiceService);
      const flows = platform.clients.get(FlowServiceService);
      const flow = Flow.fromPartial(mockFlow(5));
      flowId = (await flows.createFlow({ flow, comment: '', idempotencyKey: '' })).flow?.id ?? '';
    }, 60_000);
    afterAll(() => platform?.close(), 60_000);

    const create = async (spec: object): Promise<string> => {
      const full = ScheduleSpec.fromPartial({ name: 'test', target: { reference: flowId }, ...spec });
      const { schedule } = await schedules.createSchedule(CreateScheduleRequest.fromPartial({ spec: full }));
      return schedule?.id ?? '';
    };
    const ticksOf = async (scheduleId: string): Promise<Tick[]> =>
      (await schedules.listTicks(ListTicksRequest.fromPartial({ scheduleId }))).ticks;

    test('a cron schedule runs a real flow each second, once each', async () => {
      const id = await create({ trigger: { $case: 'cron', value: { expression: '* * * * * ?', zone: 'Asia/Shanghai' } } });
      const ended = await until('three good runs', async () => {
        const good = (await ticksOf(id)).filter((tick) => tick.runState === 'SUCCEEDED');
        return good.length >= 3 ? good : undefined;
      });
      await schedules.pauseSchedule({ id, reason: 'enough' });
      expect(ended.every((tick) => tick.outcome === TickOutcome.TICK_OUTCOME_FIRED)).toBe(true);
      const tick = ended[0] as Tick;
      const { run } = await runs.getRun({ id: tick.runId });
      expect(run).toMatchObject({ flowName: 'mock', labels: { 'sluice.schedule': id, 'sluice.tick': tick.key } });
      const due = ended.map((each) => each.dueTime?.getTime() ?? 0);
      expect(new Set(due).size).toBe(due.length);
      const why = await schedules.explainSchedule(ExplainScheduleRequest.fromPartial({ id, tickKey: tick.key }));
      expect(why.summary).toContain(tick.runId);
    });

    test('someone who triggers a schedule gets its run, and the same again for the same key', async () => {
      const id = await create({ trigger: { $case: 'manual', value: {} } });
      const request = TriggerScheduleRequest.fromPartial({ id, idempotencyKey: 'k1', variables: { A: 'b' } });
      const { tick } = await schedules.triggerSchedule(request);
      const again = await schedules.triggerSchedule(request);
      expect(again.tick?.id).toBe(tick?.id);
      await until('its end', async () => (await ticksOf(id)).find((each) => each.runState === 'SUCCEEDED'));
      expect(await ticksOf(id)).toHaveLength(1);
    });

    test('a chain of three schedules runs one after the other', async () => {
      const first = await create({ name: 'a', trigger: { $case: 'manual', value: {} } });
      const after = (scheduleId: string) => ({
        trigger: { $case: 'dependency', value: { upstreams: [{ source: { $case: 'scheduleId', value: scheduleId } }] } },
      });
      const second = await create({ name: 'b', ...after(first) });
      const third = await create({ name: 'c', ...after(second) });
      await schedules.triggerSchedule(TriggerScheduleRequest.fromPartial({ id: first }));
      await until('the third', async () => (await ticksOf(third)).find((tick) => tick.runState === 'SUCCEEDED'));
      expect(await ticksOf(second)).toHaveLength(1);
      expect(await ticksOf(third)).toHaveLength(1);
    });

    test('a target that vanished fails the tick and flags the schedule', async () => {
      const flows = platform.clients.get(FlowServiceService);
      const { flow } = await flows.createFlow({ flow: Flow.fromPartial(mockFlow(1)), comment: '', idempotencyKey: '' });
      const id = await create({ target: { reference: flow?.id }, trigger: { $case: 'manual', value: {} } });
      await flows.deleteFlow({ id: flow?.id ?? '', expectedVersion: 0, idempotencyKey: '' });
      await schedules.triggerSchedule(TriggerScheduleRequest.fromPartial({ id }));
      const tick = await until('the outcome', async () =>
        (await ticksOf(id)).find((each) => each.outcome === TickOutcome.TICK_OUTCOME_FAILED),
      );
      expect(tick.reason).toBe('TARGET_GONE');
      expect((await schedules.getSchedule({ id })).schedule).toMatchObject({ failures: 1, warning: expect.any(String) });
    });
  });
});
