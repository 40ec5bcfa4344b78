import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { StopServiceService } from '@sluice/proto/catalog/v1/stop_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mockFlow } from '../bench/flows.js';
import { findBrowser, openBrowser, openPage } from '../support/browser.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';

const path = findBrowser();
const FORK = 'cn.piflow.bundle.common.Fork';
/** A folder into which the pages are written as pictures, for somebody to look at. */
const PICTURES = process.env['SLUICE_TEST_PICTURES'];

describe.skipIf(path === undefined)('the pages of stop types in a browser', () => {
  let browser: Browser;
  let platform: TestPlatform;

  beforeAll(async () => {
    [browser, platform] = await Promise.all([openBrowser(path ?? ''), startPlatform()]);
    const flows = platform.clients.get(FlowServiceService);
    for (let i = 0; i < 3; i++)
      await flows.createFlow({ flow: Flow.fromPartial(mockFlow(i + 1)), comment: '', idempotencyKey: '' });
  }, 60_000);
  afterAll(async () => {
    await browser?.close();
    await platform?.close();
  }, 60_000);

  const listed = async (): Promise<string[]> => {
    const stops = platform.clients.get(StopServiceService);
    const request = { group: '', query: '', pageSize: 1000, pageToken: '', includeHidden: false, countUses: false };
    return (await stops.listStops(request)).stops.map(({ name }) => name);
  };
  const picture = (name: string): string => `${PICTURES}/${name}.png`;

  test('all stop types are shown by group with icons and the number of flows that use them', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(platform.http);
    await page.getByRole('link', { name: 'Stop types', exact: true }).click();
    await page.waitForURL('**/stops');
    const row = page.locator('#group-Common tbody tr', { hasText: 'cn.piflow.bundle.common.MockData' });
    expect(await row.locator('.number').innerText()).toBe('3');
    const shown = await page.evaluate<number>("document.querySelector('img.stop-icon').naturalWidth");
    expect(shown).toBeGreaterThan(0);
    if (PICTURES !== undefined)
      await page.screenshot({ path: picture('stops'), clip: { x: 0, y: 0, width: 1280, height: 800 } });
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a button hides a stop type from users, and shows it again; a group likewise', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${platform.http}/stops`);
    await page
      .locator('#group-Common tr', { hasText: FORK })
      .getByRole('button', { name: `Hide ${FORK}` })
      .click();
    const hidden = page.locator('#group-Common tr.hidden-stop', { hasText: FORK });
    await hidden.waitFor();
    expect(await listed()).not.toContain(FORK);
    if (PICTURES !== undefined) await page.screenshot({ path: picture('stops-hidden') });
    await hidden.getByRole('button', { name: `Show ${FORK}` }).click();
    await hidden.waitFor({ state: 'detached' });
    expect(await listed()).toContain(FORK);
    await page.getByRole('button', { name: 'Hide CSV', exact: true }).click();
    await page.waitForURL('**/stops#group-CSV');
    await page.locator('#group-CSV h2 .badge').waitFor();
    expect((await listed()).some((name) => name.startsWith('cn.piflow.bundle.csv.'))).toBe(false);
    await page.getByRole('button', { name: 'Show CSV', exact: true }).click();
    await page.locator('#group-CSV h2 .badge').waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('each stop type has a page with its properties, an example and the flows that use it', async () => {
    const { page, complaints } = await openPage(browser);
    await page.goto(`${platform.http}/stops/cn.piflow.bundle.common.MockData`);
    const text = await page.locator('main').innerText();
    expect(text).toMatch(/schema[^]*required[^]*count/i);
    expect(text).toContain('"bundle": "cn.piflow.bundle.common.MockData"');
    expect(text.match(/mock × 1/g)).toHaveLength(3);
    if (PICTURES !== undefined) await page.screenshot({ path: picture('stop'), fullPage: true });
    expect(complaints).toEqual([]);
    const missing = await page.goto(`${platform.http}/stops/cn.piflow.bundle.common.MockDatta`);
    expect(missing?.status()).toBe(404);
    expect(await page.locator('main').innerText()).toContain("did you mean 'cn.piflow.bundle.common.MockData'");
    await page.close();
  });

  test('a Chinese reader reads Chinese, and nothing is wider than a phone', async () => {
    const { page } = await openPage(browser, { locale: 'zh-CN', width: 360 });
    for (const place of ['/stops', '/stops/cn.piflow.bundle.common.MockData']) {
      await page.goto(platform.http + place);
      const wide = await page.evaluate<number>('document.documentElement.scrollWidth - window.innerWidth');
      expect(`${place}: ${Math.max(0, wide)} px too wide`).toBe(`${place}: 0 px too wide`);
    }
    expect(await page.locator('h2').first().innerText()).toBe('属性');
    if (PICTURES !== undefined) await page.screenshot({ path: picture('stop-zh') });
    await page.close();
  });
});
