import { expect, onTestFinished, test } from 'vitest';
import { startTestPlatform } from '../testing/test-platform.js';

test('authors find the packages of both SDKs by links', async () => {
  const platform = await startTestPlatform();
  onTestFinished(() => platform.close());
  const page = await (await fetch(`${platform.url}/sdk/`)).text();
  const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, link]) => link ?? '');
  expect(links).toEqual(['plugin-sdk.tgz', 'engine-duckdb.tgz', 'sluice_sdk-1.0.0-py3-none-any.whl']);
  for (const link of links) {
    const content = Buffer.from(await (await fetch(`${platform.url}/sdk/${link}`)).arrayBuffer());
    // The first letters of a gzip and of a zip.
    expect(content.subarray(0, 2).toString('latin1')).toBe(link.endsWith('.whl') ? 'PK' : '\x1f\x8b');
  }
  expect((await fetch(`${platform.url}/sdk/other.whl`)).status).toBe(404);
});
