import { SluiceError } from '@sluice/chassis';
import { GetRunResponse, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Dialect, DialectRequest } from '../dialect.js';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

const TEXT = 'text/plain; charset=UTF-8';
let platform: TestPlatform;
let seen: DialectRequest | undefined;
const hungUp = vi.fn();

/** A dialect of nobody, with one route of each kind. */
const dialect: Dialect = {
  name: 'test',
  routes: ({ clients, version }) => [
    [
      'GET',
      '/flow/info',
      async (request) => {
        seen = request;
        const { run } = await clients.get(RunServiceService).getRun({ id: request.query.get('appID') ?? '' });
        return { status: 200, type: TEXT, body: `${run?.flowName} ${version}`, headers: { 'x-their': 'own' } };
      },
    ],
    [
      'POST',
      '/flow/start/:group',
      (request) => {
        seen = request;
        return { status: 201, type: 'application/octet-stream', body: Buffer.from([1, 2, 3]) };
      },
    ],
    [
      'GET',
      '/flow/stream',
      () => ({
        status: 200,
        type: TEXT,
        body: (async function* () {
          yield 'a';
          yield 'b';
        })(),
      }),
    ],
    [
      'GET',
      '/flow/wait',
      ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            hungUp();
            reject(signal.reason as Error);
          });
        }),
    ],
    [
      'GET',
      '/flow/bug',
      () => {
        throw new TypeError('secret of the house');
      },
    ],
  ],
  failed: ({ code, reason, message }, { path }) => ({
    status: 500,
    type: TEXT,
    body: `Fail! ${path} ${code} ${reason} ${message}`,
  }),
  unknown: { status: 404, type: TEXT, body: 'Unknown resource!' },
};

beforeAll(async () => {
  platform = await startTestPlatform({
    dialects: [dialect],
    runs: {
      getRun: async ({ id }) => {
        if (id === '') throw new SluiceError('RUN_NOT_FOUND', 'there is no such run');
        return GetRunResponse.fromPartial({ run: { id, flowName: `flow of ${id}` } });
      },
    },
  });
});
afterAll(() => platform.close());

describe('a dialect', () => {
  test('is served at its own paths with typed clients', async () => {
    const response = await fetch(`${platform.url}/flow/info?appID=r1&x=%E4%B8%AD`);
    expect(await response.text()).toBe('flow of r1 0.1.0');
    expect(response.headers.get('content-type')).toBe(TEXT);
    expect(response.headers.get('x-their')).toBe('own');
    expect(seen).toMatchObject({ path: '/flow/info', body: '', origin: platform.url });
    expect(seen?.query.get('x')).toBe('中');
  });

  test('gets the body as it came, whatever its type says, and answers bytes', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json']) {
      const response = await fetch(`${platform.url}/flow/start/g%201`, {
        method: 'POST',
        body: '\uFEFF{"流":\n 1',
        headers: { 'content-type': type },
      });
      expect(response.status).toBe(201);
      expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([1, 2, 3]);
      expect(seen).toMatchObject({ body: '{"流":\n 1', params: { group: 'g 1' } });
    }
  });

  test('may stream its answer', async () => {
    expect(await (await fetch(`${platform.url}/flow/stream`)).text()).toBe('ab');
  });

  test('maps its errors itself, those of the gateway too', async () => {
    const unknown = await fetch(`${platform.url}/flow/info`);
    expect(unknown.status).toBe(500);
    expect(await unknown.text()).toBe('Fail! /flow/info NOT_FOUND RUN_NOT_FOUND there is no such run');
    const huge = await fetch(`${platform.url}/flow/start/g`, { method: 'POST', body: 'x'.repeat(64 * 2 ** 20 + 1) });
    expect(await huge.text()).toContain('REQUEST_TOO_LARGE');
    const foreign = await fetch(`${platform.url}/flow/info`, { headers: { 'sec-fetch-site': 'cross-site' } });
    expect(await foreign.text()).toContain('ORIGIN_FORBIDDEN');
  });

  test('tells its clients nothing of faults inside', async () => {
    const text = await (await fetch(`${platform.url}/flow/bug`)).text();
    expect(text).toContain('INTERNAL something went wrong inside the gateway');
    expect(text).not.toContain('secret of the house');
    expect(JSON.stringify(platform.logLines)).toContain('secret of the house');
  });

  test('hears when its client hangs up', async () => {
    const controller = new AbortController();
    const response = fetch(`${platform.url}/flow/wait`, { signal: controller.signal });
    setTimeout(() => controller.abort(), 100);
    await expect(response).rejects.toThrow();
    await vi.waitFor(() => expect(hungUp).toHaveBeenCalled());
  });

  test('says what its clients expect at unknown paths, while the API and browsers get their own', async () => {
    const plain = await fetch(`${platform.url}/no/such`);
    expect([plain.status, await plain.text()]).toEqual([404, 'Unknown resource!']);
    const api = await fetch(`${platform.url}/api/v1/nothing`);
    expect(await api.json()).toMatchObject({ error: { reason: 'ROUTE_NOT_FOUND' } });
    const browser = await fetch(`${platform.url}/no/such`, { headers: { accept: 'text/html' } });
    expect(browser.status).toBe(404);
    expect(await browser.text()).toContain('<h1>Not found</h1>');
  });
});
