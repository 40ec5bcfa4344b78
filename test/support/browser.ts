import { existsSync } from 'node:fs';
import { chromium, type Browser, type Page } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser that pages are tested in: SLUICE_TEST_CHROMIUM, else one that the system has. */
export function findBrowser(): string | undefined {
  const named = process.env['SLUICE_TEST_CHROMIUM'];
  const found = named ?? PLACES.find((path) => existsSync(path));
  if (found === undefined && process.env['SLUICE_TEST_REQUIRE_SERVICES'] === '1') {
    throw new Error('there is no browser to test pages in; install chromium or set SLUICE_TEST_CHROMIUM');
  }
  return found;
}

export function openBrowser(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page, and what its console and its requests complained of so far. */
export async function openPage(
  browser: Browser,
  options: { readonly locale?: string; readonly width?: number } = {},
): Promise<{ readonly page: Page; readonly complaints: string[] }> {
  const { locale = 'en-US', width = 1280 } = options;
  const page = await browser.newPage({ locale, viewport: { width, height: 800 } });
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('requestfailed', (request) => complaints.push(`${request.url()}: ${request.failure()?.errorText ?? ''}`));
  return { page, complaints };
}
