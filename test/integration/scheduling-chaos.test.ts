import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshDatabase, hasDatabase, natsUrl, type FreshDatabase } from '@sluice/chassis/testing';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import { ListRunsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { ScheduleSpec, TickOutcome, type Tick } from '@sluice/proto/scheduling/v1/schedule';
import {
  CreateScheduleRequest,
  ListTicksRequest,
  ScheduleServiceService,
} from '@sluice/proto/scheduling/v1/schedule_service';
import { mockFlow } from '../bench/flows.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';

/** How long schedulers are killed; SLUICE_CHAOS_SECONDS=600 for the long run. */
const SECONDS = Number(process.env['SLUICE_CHAOS_SECONDS'] ?? 45);
const SCHEDULES = 6;
const EVERY_MS = 3_000;
const isThere = hasDatabase('mariadb') && natsUrl() !== undefined;

describe.skipIf(!isThere)('schedulers that are killed at random, on MariaDB and NATS', () => {
  let database: FreshDatabase;
  let platform: TestPlatform;

  beforeAll(async () => {
    database = await freshDatabase('mariadb');
    const env = { SLUICE_DATABASE_URL: database.url, SLUICE_NATS_URL: natsUrl() ?? '' };
    // The last one stays: it is the door through which the test looks.
    const processes = [['catalog', 'execution'], ['scheduling'], ['scheduling'], ['scheduling']];
    platform = await startPlatform({ processes, env });
  }, 240_000);
  afterAll(async () => {
    await platform?.close();
    await database?.drop();
  }, 60_000);

  test(
    'lose and double no tick',
    async () => {
      const flows = platform.clients.get(FlowServiceService);
      const schedules = platform.clients.get(ScheduleServiceService);
      const runs = platform.clients.get(RunServiceService);
      const { flow } = await flows.createFlow({ flow: Flow.fromPartial(mockFlow(1)), comment: '', idempotencyKey: '' });
      const first = new Date(Math.ceil(Date.now() / 1000) * 1000 + 5_000);
      const ids: string[] = [];
      // On a busy machine one may be created after that: times before its creation are none of its.
      const created = new Map<string, number>();
      for (let i = 0; i < SCHEDULES; i++) {
        const every = { seconds: BigInt(EVERY_MS / 1000), nanos: 0 };
        const spec = ScheduleSpec.fromPartial({
          name: `s${i}`,
          target: { reference: flow?.id ?? '' },
          trigger: { $case: 'interval', value: { every, first } },
          policies: { misfire: 'MISFIRE_POLICY_ALL' } as object,
        });
        const { schedule } = await schedules.createSchedule(CreateScheduleRequest.fromPartial({ spec }));
        ids.push(schedule?.id ?? '');
        created.set(schedule?.id ?? '', schedule?.createTime?.getTime() ?? 0);
      }
      const end = Date.now() + SECONDS * 1000;
      let kills = 0;
      while (Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, randomInt(2_000, 5_000)));
        const victim = randomInt(1, 3);
        await platform.processes[victim]?.stop('SIGKILL');
        kills += 1;
        await new Promise((resolve) => setTimeout(resolve, randomInt(500, 3_000)));
        await platform.restart(victim);
      }
      const until = Date.now();
      // Within a lease everything that a dead one left is taken over.
      await new Promise((resolve) => setTimeout(resolve, 10_000));
      for (const id of ids) await schedules.pauseSchedule({ id, reason: 'enough' });
      expect(kills).toBeGreaterThan(0);

      const started = new Map<string, string>();
      for (let pageToken = ''; ;) {
        const page = await runs.listRuns(ListRunsRequest.fromPartial({ pageSize: 500, pageToken }));
        for (const run of page.runs) {
          const tick = `${run.labels['sluice.schedule']}.${run.labels['sluice.tick']}`;
          expect(started.has(tick), `two runs of ${tick}`).toBe(false);
          started.set(tick, run.id);
        }
        if (page.nextPageToken === '') break;
        pageToken = page.nextPageToken;
      }
      for (const scheduleId of ids) {
        const found = new Map<number, Tick>();
        for (let pageToken = ''; ;) {
          const page = await schedules.listTicks(
            ListTicksRequest.fromPartial({ scheduleId, pageSize: 500, pageToken }),
          );
          for (const tick of page.ticks) found.set(tick.dueTime?.getTime() ?? 0, tick);
          if (page.nextPageToken === '') break;
          pageToken = page.nextPageToken;
        }
        for (let due = first.getTime(); due < until; due += EVERY_MS) {
          if (due < (created.get(scheduleId) ?? 0)) continue;
          const tick = found.get(due);
          expect(tick?.outcome, `${scheduleId} at ${new Date(due).toISOString()}`).toBe(TickOutcome.TICK_OUTCOME_FIRED);
          expect(started.get(tick?.id ?? '')).toBe(tick?.runId);
        }
      }
    },
    // A machine that is busy with other things takes long to start processes, and to tell of thousands of runs.
    (SECONDS * 1.2 + 300) * 1000,
  );
});
