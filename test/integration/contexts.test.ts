import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '@sluice/chassis';
import { natsServer, type NatsServer } from '@sluice/chassis/testing';
import { ContextServiceService, ContextState, type Context } from '@sluice/proto/scheduling/v1/context_service';
import { TickOutcome } from '@sluice/proto/scheduling/v1/schedule';
import { mockFlow } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { ScheduleDesk, flowOf } from '../support/schedules.js';
import { until } from '../support/until.js';
import { MODES } from './modes.js';

interface Told {
  readonly change?: string;
  readonly outcome?: string;
  readonly reason?: string;
  readonly runId?: string;
  readonly runState?: string;
}

describe.each(MODES)('contexts, events and metrics: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', { timeout: 120_000 }, () => {
    let platform: TestPlatform;
    let nats: NatsServer | undefined;
    let desk: ScheduleDesk;
    let contexts: Client<typeof ContextServiceService>;
    let good: string;

    beforeAll(async () => {
      // Schedulers share what they hear: a bus of its own keeps events from those of other tests.
      if (mode.execution !== 0) nats = await natsServer();
      await nats?.start();
      platform = await mode.start(nats === undefined ? {} : { env: { SLUICE_NATS_URL: nats.url } });
      desk = new ScheduleDesk(platform);
      contexts = platform.clients.get(ContextServiceService);
      good = await desk.keep(mockFlow(1));
    }, 240_000);
    afterAll(async () => {
      await platform?.close();
      await nats?.remove();
    }, 60_000);

    const get = async (id: string): Promise<Context> => (await contexts.getContext({ id })).context as Context;
    const inState = (id: string, state: ContextState): Promise<Context> =>
      until(`${id} to be ${state}`, async () => {
        const found = await get(id);
        return found.state === state ? found : undefined;
      });

    test('a firing is listed, told of while it runs, and cancelled with its run', async () => {
      const waits = await desk.keep(flowOf('waits', 'test.wait', { ms: 60_000, rows: 1 }));
      const id = await desk.create(waits, { name: 'nightly' });
      const tick = await desk.trigger(id);
      const running = await inState(tick.id, ContextState.CONTEXT_STATE_RUNNING);
      expect(running).toMatchObject({ scheduleId: id, scheduleName: 'nightly', error: '' });
      expect(running.startTime).toBeDefined();
      const begun = await until('its task', async () => {
        const { tasks } = await get(tick.id);
        return tasks.find(({ name, state }) => name === 'first' && state === 'STOP_STATE_RUNNING');
      });
      expect(begun.startTime).toBeDefined();
      await until('a longer duration', async () => ((await get(tick.id)).duration?.seconds ?? 0n) >= 1n || undefined);
      await contexts.cancelContext({ id: tick.id, reason: 'a test' });
      const over = await inState(tick.id, ContextState.CONTEXT_STATE_CANCELLED);
      expect((await desk.runs.getRun({ id: over.runs[0]?.runId ?? '' })).run?.state).toBe('RUN_STATE_CANCELLED');
      const other = await desk.trigger(await desk.create(good, { name: 'other' }));
      await inState(other.id, ContextState.CONTEXT_STATE_SUCCEEDED);
      const list = await contexts.listContexts({ scheduleId: id, pageSize: 10, pageToken: '' });
      expect(list.contexts.map((each) => [each.id, each.state])).toEqual([
        [tick.id, ContextState.CONTEXT_STATE_CANCELLED],
      ]);
    });

    test('a firing that waits is cancelled before it has a run, and nothing of a good one is run again', async () => {
      const waits = await desk.keep(flowOf('waits', 'test.wait', { ms: 60_000, rows: 1 }));
      const id = await desk.create(waits, { policies: { overlap: 'OVERLAP_POLICY_QUEUE', queueLimit: 1 } });
      const [first, second] = [await desk.trigger(id), await desk.trigger(id)];
      expect(second.outcome).toBe(TickOutcome.TICK_OUTCOME_WAITING);
      await contexts.cancelContext({ id: second.id, reason: 'not today' });
      const [dropped] = await desk.ticks(id);
      expect(dropped).toMatchObject({ id: second.id, outcome: TickOutcome.TICK_OUTCOME_SKIPPED, reason: 'CANCELLED' });
      await inState(first.id, ContextState.CONTEXT_STATE_RUNNING);
      await contexts.cancelContext({ id: first.id, reason: '' });
      await inState(first.id, ContextState.CONTEXT_STATE_CANCELLED);
      const fine = await desk.trigger(await desk.create(good));
      await inState(fine.id, ContextState.CONTEXT_STATE_SUCCEEDED);
      await expect(contexts.retryContext({ id: fine.id })).rejects.toMatchObject({ reason: 'REQUEST_INVALID' });
    });

    test('what failed is run again, with the same variables, and counts as the end of the firing', async () => {
      const once = `${platform.home}/once-${Date.now()}`;
      const flaky = await desk.keep(flowOf('flaky', 'test.die', { how: 'throw', once }));
      const id = await desk.create(flaky);
      const tick = await desk.trigger(id);
      const failed = await inState(tick.id, ContextState.CONTEXT_STATE_FAILED);
      expect(failed.error).toContain('this stop always fails');
      expect(failed.tasks.find(({ name }) => name === 'first')?.error).toContain('this stop always fails');
      await contexts.retryContext({ id: tick.id });
      const healed = await inState(tick.id, ContextState.CONTEXT_STATE_SUCCEEDED);
      expect(healed.runs).toHaveLength(2);
      expect(healed.error).toBe('');
      expect((await desk.schedules.getSchedule({ id })).schedule?.failures).toBe(0);
    });

    test('each change of a schedule and each outcome of a tick is an event', async () => {
      const id = await desk.create(good, { name: 'watched', policies: { overlap: 'OVERLAP_POLICY_SKIP' } });
      const listen = (subject: string): Promise<string> =>
        desk.create(good, {
          name: subject,
          trigger: {
            $case: 'event',
            value: {
              source: { $case: 'subject', value: `sluice.v1.scheduling.${subject}` },
              filters: [{ path: 'scheduleId', value: id }],
            },
          },
        });
      const [changes, decided, ended] = [
        await listen('schedule.changed'),
        await listen('tick.decided'),
        await listen('tick.ended'),
      ];
      // Other schedulers learn of them within two seconds.
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      const told = async (listener: string): Promise<Told[]> =>
        (await desk.ticks(listener))
          .reverse()
          .map(({ variables }) => JSON.parse(variables['SLUICE_EVENT'] ?? '{}') as Told);
      const toldOf = (listener: string, count: number): Promise<Told[]> =>
        until(`${count} events`, async () => {
          const found = await told(listener);
          return found.length >= count ? found : undefined;
        });
      const tick = await desk.trigger(id);
      const [end] = await desk.ended(id, 1);
      await desk.schedules.pauseSchedule({ id, reason: 'a test' });
      await desk.schedules.resumeSchedule({ id });
      await desk.schedules.deleteSchedule({ id });
      expect(tick.id).toBe(end?.id);
      expect((await toldOf(decided, 1))[0]).toMatchObject({ outcome: 'FIRED', runId: end?.runId });
      expect((await toldOf(ended, 1))[0]).toMatchObject({ runState: 'SUCCEEDED', runId: end?.runId });
      // Its making may be told late enough to be heard too.
      const heard = await until('the last change', async () => {
        const found = (await told(changes)).map(({ change }) => change);
        return found.includes('deleted') ? found : undefined;
      });
      expect(heard.filter((change) => change !== 'created')).toEqual(['paused', 'resumed', 'deleted']);
    });

    test.skipIf(mode.execution !== 0)('what is due, fired, skipped and how late is counted', async () => {
      const cron = { $case: 'cron', value: { expression: '* * * * * ?', zone: 'UTC' } };
      const id = await desk.create(good, { trigger: cron });
      await desk.ended(id, 2);
      await desk.schedules.pauseSchedule({ id, reason: 'a test' });
      await until('a skipped tick', async () => (await desk.ticks(id)).find(({ reason }) => reason === 'PAUSED'));
      const text = await (await fetch(`${platform.http}/metrics`)).text();
      const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)`, 'm').exec(text)?.[1]);
      expect(value('sluice_scheduling_ticks_total\\{outcome="FIRED",reason=""\\}')).toBeGreaterThan(1);
      expect(value('sluice_scheduling_ticks_total\\{outcome="SKIPPED",reason="PAUSED"\\}')).toBeGreaterThan(0);
      expect(value('sluice_scheduling_due_total')).toBeGreaterThan(2);
      expect(value('sluice_scheduling_lateness_seconds_count')).toBe(value('sluice_scheduling_due_total'));
      expect(value('sluice_scheduling_held')).toBeGreaterThan(0);
      expect(value('sluice_scheduling_shards')).toBe(64);
    });
  });
});
