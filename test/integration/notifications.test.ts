import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '@sluice/chassis';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import { PoolServiceService, Pool } from '@sluice/proto/scheduling/v1/pool_service';
import { NotificationServiceService, NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import {
  CreateScheduleRequest,
  ScheduleServiceService,
  TriggerScheduleRequest,
} from '@sluice/proto/scheduling/v1/schedule_service';
import { mockFlow, rowOfStops } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { until } from '../support/until.js';
import { MODES } from './modes.js';

interface Told {
  /** The target, by the path that it is posted to. */
  readonly to: string;
  readonly event: string;
  readonly title: string;
  readonly text: string;
}

const seconds = (count: number): object => ({ seconds: BigInt(count), nanos: 0 });

describe.each(MODES)('who is told of what really happens: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', () => {
    let platform: TestPlatform;
    let schedules: Client<typeof ScheduleServiceService>;
    let server: Server | undefined;
    let url: string;
    const told: Told[] = [];

    const keep = async (document: object): Promise<string> => {
      const flow = Flow.fromPartial(document);
      const flows = platform.clients.get(FlowServiceService);
      return (await flows.createFlow({ flow, comment: '', idempotencyKey: '' })).flow?.id ?? '';
    };
    const create = async (name: string, flow: string, more: object = {}): Promise<string> => {
      const trigger = { $case: 'manual', value: {} };
      const given: object = { trigger, project: 'sales', ...more };
      const spec = ScheduleSpec.fromPartial({ name, target: { reference: flow }, ...given });
      return (await schedules.createSchedule(CreateScheduleRequest.fromPartial({ spec }))).schedule?.id ?? '';
    };
    const trigger = (id: string) => schedules.triggerSchedule(TriggerScheduleRequest.fromPartial({ id }));
    const tell = async (name: string, more: object): Promise<void> => {
      const channel = { $case: 'webhook', value: { url: `${url}/${name}` } };
      const given: object = { channel, ...more };
      const target = NotificationTarget.fromPartial({ name, ...given });
      await platform.clients.get(NotificationServiceService).createNotificationTarget({ target });
    };
    const heard = (to: string, event: string, title: string): Promise<Told> =>
      until(
        `${event} at ${to}`,
        () =>
          Promise.resolve(told.find((each) => each.to === to && each.event === event && each.title.includes(title))),
        60_000,
      );

    beforeAll(async () => {
      const listener = createServer((request, response) => {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => parts.push(part));
        request.on('end', () => {
          const body = JSON.parse(Buffer.concat(parts).toString()) as Omit<Told, 'to'>;
          told.push({ ...body, to: (request.url ?? '').slice(1) });
          response.end();
        });
      });
      server = listener;
      await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
      platform = await mode.start({ env: { SLUICE_SCHEDULING_WEBHOOK_HOSTS: '127.0.0.1' } });
      schedules = platform.clients.get(ScheduleServiceService);
      const events = ['FAILURE', 'RECOVERY', 'LATE', 'LONG_RUN'].map((event) => `NOTIFICATION_EVENT_${event}`);
      const all = { events, lateAfter: seconds(2), longAfter: seconds(2) };
      await tell('everyone', all);
      await tell('sales', { ...all, scope: { $case: 'project', value: 'sales' }, language: 'zh' });
      await tell('others', { ...all, scope: { $case: 'project', value: 'others' } });
    }, 180_000);
    afterAll(async () => {
      await platform?.close();
      server?.closeAllConnections();
      server?.close();
      // Whoever asked for another project heard nothing of all this.
      expect(told.filter(({ to }) => to === 'others')).toEqual([]);
    }, 60_000);

    test('a failed run is told of, with its error, and so is the run that goes well after it', async () => {
      const flow = await keep(
        rowOfStops('reads', [
          {
            name: 'read',
            bundle: 'cn.piflow.bundle.csv.CsvParser',
            properties: { csvPath: 'hdfs:///late.csv', header: 'true', delimiter: ',', schema: '' },
          },
          { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
        ]),
      );
      const id = await create('reads', flow, { policies: { pauseAfterFailures: 2 } });
      const own = { events: ['NOTIFICATION_EVENT_FAILURE'], scope: { $case: 'scheduleId', value: id } };
      await tell('own', own);
      await trigger(id);
      const failure = await heard('everyone', 'FAILURE', 'reads failed');
      expect(failure.text).toContain('late.csv');
      expect(failure.text).toContain(`sluice schedule why ${id}`);
      expect((await heard('sales', 'FAILURE', 'reads')).title).toBe('reads 运行失败');
      await heard('own', 'FAILURE', 'reads failed');
      told.length = 0;
      await trigger(id);
      expect((await heard('own', 'FAILURE', 'reads failed')).text).toContain('sluice schedule resume');
      await writeFile(join(platform.home, 'files/late.csv'), 'a,b\n1,2\n');
      await trigger(id);
      expect((await heard('everyone', 'RECOVERY', 'reads')).title).toBe('reads succeeds again');
      expect((await heard('sales', 'RECOVERY', 'reads')).title).toBe('reads 已恢复正常');
      expect(told.filter(({ to, event }) => to === 'own' && event === 'RECOVERY')).toEqual([]);
    }, 240_000);

    test('a run that cannot be started is told of', async () => {
      const flow = await keep(mockFlow(1));
      const id = await create('gone', flow);
      await platform.clients.get(FlowServiceService).deleteFlow({ id: flow, expectedVersion: 0, idempotencyKey: '' });
      await trigger(id);
      await heard('everyone', 'FAILURE', 'gone could not be started');
    }, 120_000);

    test('a tick that waits too long is told of while it waits', async () => {
      const pools = platform.clients.get(PoolServiceService);
      await pools.putPool({ name: 'closed', pool: Pool.fromPartial({ slots: 0 }) });
      await trigger(await create('waits', await keep(mockFlow(1)), { policies: { pool: 'closed' } }));
      await heard('everyone', 'LATE', 'waits has waited for');
      await heard('sales', 'LATE', 'waits 已等待');
    }, 120_000);

    test('a run that takes too long is told of while it runs', async () => {
      const slow = rowOfStops('slow', [
        { name: 'slow', bundle: 'test.slow', properties: { rows: 100_000, ms: 10 } },
        { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
      ]);
      await trigger(await create('slow', await keep(slow)));
      await heard('everyone', 'LONG_RUN', 'slow has been running for');
      await heard('sales', 'LONG_RUN', 'slow 已运行');
    }, 120_000);
  });
});
