import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunOptions } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest } from '@sluice/proto/execution/v1/run_service';
import { Pool, PoolServiceService } from '@sluice/proto/scheduling/v1/pool_service';
import { TickOutcome } from '@sluice/proto/scheduling/v1/schedule';
import { mockFlow, startRequest } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { ScheduleDesk, flowOf } from '../support/schedules.js';
import { until } from '../support/until.js';
import { MODES } from './modes.js';

const SCHEDULES = 8;
const EVERY_MS = 2_000;

describe.each(MODES)('a restart of everything at once: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', { timeout: 240_000 }, () => {
    let platform: TestPlatform;
    let desk: ScheduleDesk;

    beforeAll(async () => {
      platform = await mode.start();
      desk = new ScheduleDesk(platform);
    }, 240_000);
    afterAll(() => platform?.close(), 60_000);

    test.each(['SIGKILL', 'SIGTERM'] as const)(
      'in the middle of firing, by %s, loses and doubles nothing',
      async (signal) => {
        const flowId = await desk.keep(mockFlow(1));
        const first = new Date(Math.ceil(Date.now() / 1000) * 1000 + 3_000);
        const value = { every: { seconds: BigInt(EVERY_MS / 1000), nanos: 0 }, first };
        const policies = { misfire: 'MISFIRE_POLICY_ALL' };
        const ids = await Promise.all(
          Array.from({ length: SCHEDULES }, (_, i) =>
            desk.create(flowId, { name: `s${i}`, trigger: { $case: 'interval', value }, policies }),
          ),
        );
        await until('the first run', async () => ((await desk.ticks(ids[0] ?? '')).length > 0 ? true : undefined));
        for (let round = 0; round < 2; round++) {
          // All at the same moment, a little after a due time.
          await new Promise((resolve) => setTimeout(resolve, EVERY_MS - (Date.now() % EVERY_MS) + 20 + round * 40));
          await Promise.all(platform.processes.map((each) => each.stop(signal)));
          for (const index of platform.processes.keys()) await platform.restart(index);
        }
        const untilMs = Date.now();
        // Each schedule for itself: a pause would skip what one has not caught up with yet.
        for (const id of ids) {
          await until(`the due times of the time without of ${id}`, async () => {
            const ticks = await desk.ticks(id);
            return ticks.some(({ dueTime }) => (dueTime?.getTime() ?? 0) >= untilMs) ? true : undefined;
          });
        }
        for (const id of ids) await desk.schedules.pauseSchedule({ id, reason: 'enough' });
        const wanted = Math.ceil((untilMs - first.getTime()) / EVERY_MS);
        for (const id of ids) {
          const ticks = await until(
            `the outcomes of ${id}`,
            async () => {
              const found = (await desk.ticks(id)).filter(({ dueTime }) => (dueTime?.getTime() ?? 0) < untilMs);
              const isOver = found.every(
                ({ outcome, runState }) => outcome === TickOutcome.TICK_OUTCOME_FIRED && runState !== 'ACTIVE',
              );
              return isOver && found.length === wanted ? found : undefined;
            },
            120_000,
          );
          const due = ticks.map(({ dueTime }) => dueTime?.getTime() ?? 0).sort((a, b) => a - b);
          expect(due).toEqual(Array.from({ length: wanted }, (_, i) => first.getTime() + i * EVERY_MS));
          const runs = [];
          for (let pageToken = ''; ;) {
            const wish = { labels: { 'sluice.schedule': id }, pageSize: 500, pageToken };
            const page = await desk.runs.listRuns(ListRunsRequest.fromPartial(wish));
            runs.push(...page.runs);
            if (page.nextPageToken === '') break;
            pageToken = page.nextPageToken;
          }
          const keys = runs.map((run) => run.labels['sluice.tick']);
          expect(new Set(keys).size, `runs of ${id}`).toBe(keys.length);
          const byRun = new Map(runs.map((run) => [run.id, run.labels['sluice.tick']]));
          for (const tick of ticks) expect(byRun.get(tick.runId)).toBe(tick.key);
        }
      },
    );

    test('while runs wait for a pool: each of them gets its slot once', async () => {
      const pools = platform.clients.get(PoolServiceService);
      await pools.putPool({ name: 'narrow', pool: Pool.fromPartial({ slots: 0 }) });
      const options = RunOptions.fromPartial({ pool: 'narrow', maxAttempts: 3 });
      const started: string[] = [];
      for (let i = 0; i < 4; i++) {
        const wish = startRequest(flowOf('waits', 'test.wait', { ms: 300, rows: 1 }), { options });
        started.push((await desk.runs.startRun(wish)).run?.id ?? '');
      }
      const restart = async (): Promise<void> => {
        await Promise.all(platform.processes.map((each) => each.stop('SIGKILL')));
        for (const index of platform.processes.keys()) await platform.restart(index);
      };
      await restart();
      await pools.putPool({ name: 'narrow', pool: Pool.fromPartial({ slots: 1 }) });
      const found = async () => Promise.all(started.map(async (id) => (await desk.runs.getRun({ id })).run));
      await until('the first run', async () => (await found()).find((run) => run?.state === 'RUN_STATE_RUNNING'));
      await restart();
      const ended = await until('the ends', async () => {
        const runs = await found();
        return runs.every((run) => run?.endTime !== undefined) ? runs : undefined;
      });
      expect(ended.map((run) => run?.state)).toEqual(started.map(() => 'RUN_STATE_SUCCEEDED'));
      const times = ended.map((run) => [run?.startTime?.getTime() ?? 0, run?.endTime?.getTime() ?? 0] as const);
      for (const [start] of times) expect(times.filter(([from, to]) => from <= start && start < to)).toHaveLength(1);
      const free = await until('the last slot', async () => {
        const { pool } = await pools.getPool({ name: 'narrow' });
        return pool?.taken === 0 ? pool : undefined;
      });
      expect(free.waiting).toBe(0);
    });
  });
});
