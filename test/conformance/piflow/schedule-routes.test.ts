import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODES } from '../../integration/modes.js';
import type { TestPlatform } from '../../support/platform.js';
import { PiflowClient } from './client.js';
import { towns } from './samples.js';

const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d CST \d{4}$/;

interface ScheduleInfo {
  readonly id: string;
  readonly cronExpression: string;
  readonly startDate: string;
  readonly endDate: string;
  readonly state: string;
  readonly createTime: string;
  readonly updateTime: string;
  readonly entryList: readonly { readonly scheduleEntryId: string; readonly scheduleEntryType: string }[];
}

for (const mode of MODES)
  describe.skipIf(!mode.available)(mode.name, () => {
    let platform: TestPlatform;
    let client: PiflowClient;

    beforeAll(async () => {
      platform = await mode.start({ env: { SLUICE_TIME_ZONE: 'Asia/Shanghai' } });
      client = new PiflowClient(platform.http);
    }, 90_000);
    afterAll(() => platform?.close(), 60_000);

    const start = (more: object): ReturnType<PiflowClient['post']> =>
      client.post('/schedule/start', { startDate: '', endDate: '', schedule: towns('towns', 'RUN'), ...more });

    async function info(scheduleId: string): Promise<ScheduleInfo> {
      const answer = await client.get('/schedule/info', { scheduleId });
      expect(answer.status).toBe(200);
      return (JSON.parse(answer.text) as { schedule: ScheduleInfo }).schedule;
    }

    describe('the routes of PiFlow about schedules', () => {
      it('start a flow each second until they are told to stop', async () => {
        const started = await start({ expression: '* * * * * ?' });
        expect([started.status, started.text]).toEqual([200, expect.stringMatching(/^schedule_[0-9a-f-]{36}$/)]);
        const id = started.text;
        while ((await info(id)).entryList.length < 2) await delay(200);
        const running = await info(id);
        expect(running).toMatchObject({
          id,
          cronExpression: '* * * * * ?',
          startDate: '',
          endDate: '',
          state: 'STARTED',
        });
        expect([running.createTime, running.updateTime]).toEqual([
          expect.stringMatching(DATE),
          expect.stringMatching(DATE),
        ]);
        const [first] = running.entryList;
        expect(first?.scheduleEntryType).toBe('Flow');
        const run = await client.ended(first?.scheduleEntryId ?? '');
        expect([run.name, run.state]).toEqual(['towns', 'COMPLETED']);

        const stopped = await client.post('/schedule/stop', { scheduleId: id });
        expect([stopped.status, stopped.text]).toEqual([200, 'Stop schedule ok!']);
        const { entryList } = await info(id);
        await delay(2_500);
        expect(await info(id)).toMatchObject({ state: 'STOPED', entryList });
      }, 30_000);

      it('keep the dates between which flows start, in the time of Shanghai', async () => {
        const dates = { startDate: '2099-01-01 08:00:00', endDate: '2099-12-31 23:59:59' };
        const { text: id } = await start({ expression: '0 0/5 * * * ?', ...dates });
        expect(await info(id)).toMatchObject({ ...dates, state: 'STARTED', entryList: [] });
        const answer = await fetch(`${platform.http}/api/v1/schedules/${id}`);
        const { schedule } = (await answer.json()) as { schedule: { nextTime: string } };
        expect(schedule.nextTime).toBe('2099-01-01T00:00:00Z');
      });

      it('say what is wrong, and keep nothing of it', async () => {
        const flows = async (): Promise<string> => (await fetch(`${platform.http}/api/v1/flows`)).text();
        const before = await flows();
        const wrong = await start({ expression: '61 * * * * ?' });
        expect([wrong.status, wrong.text]).toEqual([500, expect.stringMatching(/^Can not start flow!!!\n.*61/)]);
        const dates = await start({ expression: '0 0 8 * * ?', startDate: 'tomorrow' });
        expect([dates.status, dates.text]).toEqual([500, expect.stringMatching(/startDate.*yyyy-MM-dd HH:mm:ss/)]);
        const turned = { startDate: '2099-01-02 00:00:00', endDate: '2099-01-01 00:00:00' };
        expect((await start({ expression: '0 0 8 * * ?', ...turned })).status).toBe(500);
        expect(await flows()).toBe(before);
        const none = await client.get('/schedule/info');
        expect(none.text).toMatch(/^scheduleId is null or schedule info is error!\n/);
        const unknown = await client.get('/schedule/info', { scheduleId: 'schedule_0' });
        expect(unknown.text).toMatch(/^scheduleId is null or schedule info is error!\n.*schedule_0/);
        expect((await client.post('/schedule/stop', { scheduleId: 'schedule_0' })).status).toBe(500);
      });

      it('answer 501 for a group', async () => {
        const answer = await start({ expression: '0 0 8 * * ?', schedule: { group: { name: 'g' } } });
        expect([answer.status, answer.reason]).toEqual([501, 'NOT_IMPLEMENTED']);
        expect(answer.text).toMatch(/^Sluice does not run groups of flows yet\. .+\.$/);
      });
    });
  });
