import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODES } from '../../integration/modes.js';
import type { TestPlatform } from '../../support/platform.js';
import { PiflowClient } from './client.js';
import { towns } from './samples.js';

interface Info {
  readonly schedule: {
    readonly id: string;
    readonly state: string;
    readonly entryList: readonly { readonly scheduleEntryId: string; readonly scheduleEntryType: string }[];
  };
}

for (const mode of MODES)
  describe.skipIf(!mode.available)(`the routes of PiFlow about schedules: ${mode.name}`, () => {
    let platform: TestPlatform;
    let client: PiflowClient;

    beforeAll(async () => {
      platform = await mode.start({ env: { SLUICE_TIME_ZONE: 'Asia/Shanghai' } });
      client = new PiflowClient(platform.http);
    }, 90_000);
    afterAll(() => platform?.close(), 60_000);

    const info = async (scheduleId: string): Promise<Info['schedule']> =>
      (JSON.parse((await client.get('/schedule/info', { scheduleId })).text) as Info).schedule;

    it('run a flow by a Quartz expression until it is stopped', async () => {
      const endDate = '2199-01-01 08:00:00';
      const body = { expression: '* * * * * ?', startDate: '', endDate, schedule: towns('每秒', 'RUN') };
      const started = await client.post('/schedule/start', body);
      expect(started.status).toBe(200);
      expect(started.text).toMatch(/^schedule_[0-9a-f-]{36}$/);
      let schedule = await info(started.text);
      for (let tries = 0; schedule.entryList.length < 2 && tries < 100; tries += 1) {
        await delay(100);
        schedule = await info(started.text);
      }
      expect(schedule).toMatchObject({
        id: started.text,
        cronExpression: '* * * * * ?',
        startDate: '',
        endDate,
        state: 'STARTED',
      });
      expect(schedule.entryList[0]).toMatchObject({ scheduleEntryType: 'Flow' });
      const run = await client.ended(schedule.entryList[0]?.scheduleEntryId ?? '');
      expect(run).toMatchObject({ name: '每秒', state: 'COMPLETED' });

      const stopped = await client.post('/schedule/stop', { scheduleId: started.text });
      expect([stopped.status, stopped.text]).toEqual([200, 'Stop schedule ok!']);
      const { state, entryList } = await info(started.text);
      expect(state).toBe('STOPED');
      await delay(2_200);
      expect((await info(started.text)).entryList).toEqual(entryList);
    });

    it('refuse what is wrong in the words of PiFlow, and keep nothing of it', async () => {
      const flows = async (): Promise<number> => {
        const list = (await (await fetch(`${platform.http}/api/v1/flows`)).json()) as { flows?: unknown[] };
        return list.flows?.length ?? 0;
      };
      const before = await flows();
      const { flow } = towns('wrong', 'RUN');
      const expression = '0 0/5 * * * ?';
      const wrong: readonly (readonly [object, number, RegExp])[] = [
        [{ expression: '0 0 0 * * 0', schedule: { flow } }, 500, /^Can not start flow!!!\nSCHEDULE_INVALID/],
        [{ expression: '0 0 0 30 2 ?', schedule: { flow } }, 500, /never be due/],
        [{ expression, startDate: 'soon', schedule: { flow } }, 500, /yyyy-MM-dd HH:mm:ss/],
        [
          { expression, startDate: '2199-01-02 00:00:00', endDate: '2199-01-01 00:00:00', schedule: { flow } },
          500,
          /not after start_time/,
        ],
        [
          { expression, schedule: { flow: { ...flow, stops: [{ name: 'x', bundle: 'no.Such' }] } } },
          500,
          /STOP_TYPE_UNKNOWN/,
        ],
        [
          { expression, schedule: { group: { name: 'g', flows: [] } } },
          501,
          /^Sluice does not schedule groups .+ yet\./,
        ],
        [{ expression }, 500, /Can not start flow!!!/],
      ];
      for (const [body, status, text] of wrong) {
        const answer = await client.post('/schedule/start', body);
        expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(text)]);
      }
      expect(await flows()).toBe(before);
      const unknown = { scheduleId: 'schedule_none' };
      expect((await client.post('/schedule/stop', unknown)).text).toMatch(/^There was an internal server error\./);
      const none = await client.get('/schedule/info', unknown);
      expect([none.status, none.text]).toEqual([
        500,
        expect.stringMatching(/^scheduleId is null or schedule info is error!/),
      ]);
    });
  });
