import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request } from 'node:http';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';
import { isLoopback } from './guard.js';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await startTestPlatform();
});
afterAll(() => platform.close());

/** fetch sets Host and Origin itself; a request of http sends what it is told. */
function statusOf(headers: Record<string, string>, method = 'GET', path = '/health/live'): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(platform.url + path, { method, headers, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', reject).end();
  });
}

describe('the gateway', () => {
  test.each(['0.0.0.0', '::', '192.168.7.7', 'sluice.example.com'])(
    'refuses to start on %s and says why and what to do',
    async (host) => {
      await expect(startTestPlatform({ environment: { SLUICE_HTTP_HOST: host } })).rejects.toMatchObject({
        reason: 'START_FAILED',
        message: expect.stringMatching(
          /is not served on .* there are no users yet.*SLUICE_HTTP_HOST=127\.0\.0\.1/,
        ) as string,
      });
    },
  );

  test('starts on every name of the loopback interface', async () => {
    const other = await startTestPlatform({ environment: { SLUICE_HTTP_HOST: 'localhost' } });
    expect((await fetch(`${other.url}/health/live`)).status).toBe(200);
    await other.close();
  });

  test('says whose port is taken', async () => {
    const { port } = new URL(platform.url);
    await expect(startTestPlatform({ environment: { SLUICE_HTTP_PORT: port } })).rejects.toMatchObject({
      reason: 'START_FAILED',
      message: expect.stringContaining('or set SLUICE_HTTP_PORT') as string,
    });
  });

  test('serves tools that are no browsers, whichever name of this machine they use', async () => {
    for (const host of ['127.0.0.1', 'localhost:9999', '[::1]:8002', 'LOCALHOST', 'sluice.localhost:1']) {
      expect(await statusOf({ host }), host).toBe(200);
    }
  });

  test('refuses names that a page elsewhere could let point here', async () => {
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example:80',
      'localhost.evil.example',
      '10.0.0.1',
      'a@localhost',
    ]) {
      expect(await statusOf({ host }), host).toBe(403);
    }
  });

  test('serves its own pages and refuses pages of others', async () => {
    const { host } = new URL(platform.url);
    expect(await statusOf({ host, origin: `http://${host}` })).toBe(200);
    for (const origin of [
      'http://evil.example',
      'null',
      `http://localhost:1`,
      `http://${host}.evil.example`,
      'file://',
    ]) {
      expect(await statusOf({ host, origin }), origin).toBe(403);
      expect(await statusOf({ host, origin }, 'POST', '/api/v1/runs'), origin).toBe(403);
    }
  });

  test('refuses what other sites make a browser load, but not that one follows a link', async () => {
    const { host } = new URL(platform.url);
    const image = { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' };
    expect(await statusOf(image)).toBe(403);
    expect(await statusOf({ ...image, 'sec-fetch-site': 'same-site' })).toBe(403);
    const link = { host, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
    expect(await statusOf(link)).toBe(200);
    expect(await statusOf(link, 'POST', '/api/v1/runs')).toBe(403);
    expect(await statusOf({ ...link, 'sec-fetch-dest': 'iframe' })).toBe(403);
    expect(await statusOf({ ...image, 'sec-fetch-site': 'same-origin' })).toBe(200);
  });

  test('sends headers that keep browsers from guessing and embedding, and none that opens it to others', async () => {
    const { headers } = await fetch(`${platform.url}/health/live`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('isLoopback', () => {
  test('knows the addresses of this machine and no others', () => {
    expect(
      ['127.0.0.1', '127.9.9.9', '::1', '[::1]', 'localhost', 'a.localhost'].filter((host) => !isLoopback(host)),
    ).toEqual([]);
    expect(
      ['0.0.0.0', '::', '10.0.0.1', '127.0.0.1.nip.io', 'localhosts', '', '128.0.0.1', '127.1'].filter(isLoopback),
    ).toEqual([]);
  });
});
