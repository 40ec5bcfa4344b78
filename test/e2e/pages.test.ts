import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';
import { CreateScheduleRequest, ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mockFlow, startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import { findBrowser, openBrowser, openPage } from '../support/browser.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';

const path = findBrowser();

describe.skipIf(path === undefined)('in a browser', () => {
  let browser: Browser;
  let platform: TestPlatform;
  let runs: RunClient;

  beforeAll(async () => {
    [browser, platform] = await Promise.all([openBrowser(path ?? ''), startPlatform()]);
    runs = platform.clients.get(RunServiceService);
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.close();
  }, 60_000);

  async function run(flow: object): Promise<string> {
    const { run: started } = await runs.startRun(startRequest(flow));
    await waitForEnd(runs, started?.id ?? '');
    return started?.id ?? '';
  }

  test('the first page shows the services and a run that ends while it is open, and leads to its log', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(platform.http);
    expect(await page.title()).toBe('Sluice');
    const services = await page.locator('#services').innerText();
    for (const service of ['catalog', 'execution']) expect(services).toMatch(new RegExp(`${service}\\s+serving`));
    expect(await page.locator('#runs').innerText()).toContain('Nothing has run yet');

    const id = await run(mockFlow(10));
    const row = page.locator('#runs tbody tr').first();
    await row.waitFor();
    expect(await row.innerText()).toMatch(/succeeded\s+mock/);
    await row.getByRole('link').first().click();
    await page.waitForURL(`**/runs/${id}`);
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/MockData[^]*ShowData/);
    expect(text).toContain('| title');
    expect(text).toMatch(/run SUCCEEDED after/);
    expect(complaints).toEqual([]);
    await page.close();
  }, 30_000);

  test('a run that failed says why, with its stop', async () => {
    const flow = {
      name: 'broken',
      stops: [{ name: 'read', bundle: 'sluice.csv.read', properties: { path: 'hdfs:///nobody.csv' } }],
      paths: [],
    };
    const id = await run(flow);
    const { page, complaints } = await openPage(browser);
    await page.goto(`${platform.http}/runs/${id}`);
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/failed/i);
    expect(text).toContain("there is no file 'hdfs:///nobody.csv'");
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a Chinese reader reads Chinese, and can change the language', async () => {
    const { page, complaints } = await openPage(browser, { locale: 'zh-CN' });
    await page.goto(platform.http);
    expect(await page.locator('html').getAttribute('lang')).toMatch(/^zh/);
    expect(await page.locator('h2').first().innerText()).toMatch(/[\u4e00-\u9fff]/);
    await page.getByRole('link', { name: 'English' }).click();
    await page.locator('html[lang=en]').waitFor();
    await page.reload();
    expect(await page.locator('html').getAttribute('lang')).toBe('en');
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('schedules show when they are due and why they did not run, and can be run and paused', async () => {
    const flows = platform.clients.get(FlowServiceService);
    const flow = Flow.fromPartial(mockFlow(5));
    const kept = (await flows.createFlow({ flow, comment: '', idempotencyKey: '' })).flow?.id ?? '';
    const schedules = platform.clients.get(ScheduleServiceService);
    const spec = ScheduleSpec.fromPartial({
      name: '<nightly>',
      target: { reference: kept },
      trigger: { $case: 'cron', value: { expression: '0 0 3 * * ?', zone: 'UTC' } },
    });
    const { schedule } = await schedules.createSchedule(CreateScheduleRequest.fromPartial({ spec }));
    const { page, complaints } = await openPage(browser);
    await page.goto(`${platform.http}/schedules`);
    const row = page.locator('#schedules tbody tr').first();
    expect(await row.innerText()).toMatch(/active\s+<nightly>\s+0 0 3 \* \* \? UTC/);
    await row.getByRole('link').first().click();
    await page.waitForURL(`**/schedules/${schedule?.id}`);
    expect(await page.locator('main').innerText()).toMatch(/will run[^]*It was not due yet/);
    await page.getByRole('button', { name: 'Run now' }).click();
    await page.locator('td .state-succeeded').waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'Resume' }).waitFor();
    expect(await page.locator('main').innerText()).toMatch(/skipped\s+the schedule is paused/);
    expect((await schedules.getSchedule({ id: schedule?.id ?? '' })).schedule?.state).toBe('SCHEDULE_STATE_PAUSED');
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByRole('button', { name: 'Pause' }).waitFor();
    expect(complaints).toEqual([]);
    await page.locator('td a[href^="/runs/"]').first().click();
    await page.waitForURL('**/runs/application_*');
    await page.close();
    const { page: chinese } = await openPage(browser, { locale: 'zh-CN' });
    await chinese.goto(`${platform.http}/schedules/${schedule?.id}`);
    expect(await chinese.locator('main').innerText()).toContain('立即运行');
    await chinese.close();
  }, 60_000);

  test('nothing is wider than a phone', async () => {
    const id = await run(mockFlow(10));
    const { page } = await openPage(browser, { width: 360 });
    for (const place of ['/', '/schedules', `/runs/${id}`, '/api/docs', '/nowhere']) {
      await page.goto(platform.http + place);
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
      expect(`${place}: ${Math.max(0, wide)} px too wide`).toBe(`${place}: 0 px too wide`);
    }
    await page.close();
  }, 30_000);

  test('the API reference lists every service, and a page that is not there says so', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${platform.http}/api/docs`);
    const text = await page.locator('main').innerText();
    for (const route of ['/api/v1/runs', '/api/v1/flows', '/api/v1/stops']) expect(text).toContain(route);
    expect(complaints).toEqual([]);
    const response = await page.goto(`${platform.http}/nowhere`);
    expect(response?.status()).toBe(404);
    expect(await page.locator('main').innerText()).toContain('no such page');
    await page.close();
  });
});
