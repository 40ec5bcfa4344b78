import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { http } from './datasource.js';
import { getUrl } from './get-url.js';
import { httpRead } from './http-read.js';
import { json, serve, type TestServer } from './test-server.test.js';

const SECRET = 'hunter2-planted';
const OPTIONS = { timeoutMs: 3000, signal: new AbortController().signal };

let server: TestServer;
let other: TestServer;
beforeAll(async () => {
  other = await serve({ '/landed': json('[{"a": 1}]') });
  server = await serve({
    '/ok': json('[{"a": 1}]'),
    '/echo': (request, response) => void response.writeHead(400).end(`bad token ${request.headers.authorization}`),
    '/refused': (request, response) => void response.writeHead(401).end(request.headers.authorization),
    '/forbidden': (_, response) => void response.writeHead(403).end(),
    '/later': (_, response, count) => {
      if (count < 3) response.writeHead(503, { 'retry-after': '0' }).end('busy');
      else json('[{"tries": 3}]')({ method: '', url: '', headers: {}, body: '' }, response, count);
    },
    '/mute': () => undefined,
    '/cut': (_, response, count) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      if (count < 2) response.write('[{"a": 1},', () => response.destroy());
      else response.end('[{"a": 1}]'.padEnd(100));
    },
    '/moved': (_, response) => void response.writeHead(302, { location: `${other.url}/landed` }).end(),
  });
});
afterAll(() => Promise.all([server.close(), other.close()]));

const read = (properties: Readonly<Record<string, unknown>>) => runStop(httpRead, { properties });
const failureOf = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => error as Error,
  );

test.each([
  ['name', () => 'http://no-such-host.invalid/x'],
  ['connect', () => 'http://127.0.0.1:1/x'],
  ['tls', () => server.url.replace('http:', 'https:')],
])('a wrong %s is told as that step', async (step, url) => {
  await expect(read({ url: url(), retries: 0 })).rejects.toMatchObject({
    reason: 'CONNECTION_FAILED',
    details: { step },
  });
});

test('no message shows a token, a password or a query', async () => {
  for (const [path, reason] of [
    ['/echo', 'QUERY_FAILED'],
    ['/refused', 'ACCESS_REFUSED'],
  ]) {
    for (const access of [{ token: SECRET }, { user: 'u', password: SECRET }]) {
      const error = await failureOf(read({ url: `${server.url}${path}?key=${SECRET}`, ...access }));
      expect(error).toMatchObject({ reason });
      const shown = JSON.stringify([error?.message, error?.stack, error]);
      expect(shown).not.toContain(SECRET);
      expect(shown).not.toContain(Buffer.from(`u:${SECRET}`).toString('base64'));
    }
  }
  const { log } = await read({ url: `http://u:${SECRET}@${server.url.slice(7)}/ok?key=${SECRET}` });
  expect(log.join()).toContain('/ok answered 200');
  expect(log.join()).not.toContain(SECRET);
});

test('an answer that forbids is told as the step of permission', async () => {
  await expect(read({ url: `${server.url}/forbidden` })).rejects.toMatchObject({
    reason: 'ACCESS_REFUSED',
    details: { step: 'permission', status: '403' },
  });
});

test('a server that asks to come later, or breaks off, is asked again and no row is lost or doubled', async () => {
  expect((await read({ url: `${server.url}/later` })).outputs['']?.rows).toEqual([[3n]]);
  expect((await read({ url: `${server.url}/cut` })).outputs['']?.rows).toEqual([[1n]]);
});

test('an answer that does not come, or is too long, ends the run', async () => {
  const began = Date.now();
  await expect(read({ url: `${server.url}/mute`, timeoutSeconds: 1 })).rejects.toMatchObject({
    reason: 'DEADLINE_EXCEEDED',
  });
  expect(Date.now() - began).toBeLessThan(4000);
  await expect(read({ url: `${server.url}/ok`, maxBytes: 5 })).rejects.toMatchObject({ reason: 'DATA_INVALID' });
});

test('a run that is cancelled ends its request', async () => {
  const abort = new AbortController();
  setTimeout(() => abort.abort(new Error('enough')), 200);
  const running = runStop(getUrl, { properties: { url: `${server.url}/mute` }, signal: abort.signal });
  await expect(running).rejects.toThrow('enough');
});

test('a token goes to its base URL and nowhere else', async () => {
  const access = { baseUrl: `${server.url}/`, token: SECRET };
  await read({ ...access, url: 'ok?x=1' });
  expect(server.seen.at(-1)).toMatchObject({ url: '/ok?x=1', headers: { authorization: `Bearer ${SECRET}` } });
  await read({ ...access, url: '/ok', tokenHeader: 'X-Api-Key' });
  expect(server.seen.at(-1)?.headers).toMatchObject({ 'x-api-key': SECRET });
  await expect(read({ ...access, url: `${other.url}/landed` })).rejects.toMatchObject({ reason: 'PROPERTY_INVALID' });
  await read({ ...access, url: 'moved' });
  expect(other.seen.at(-1)).toMatchObject({ url: '/landed' });
  expect(other.seen.at(-1)?.headers).not.toHaveProperty('authorization');
  await read({ ...access, url: 'moved', tokenHeader: 'X-Api-Key' });
  expect(other.seen.at(-1)?.headers).not.toHaveProperty('x-api-key');
});

test('a datasource says who answers, and why one does not', async () => {
  const connect = (baseUrl: string) =>
    http.connect(
      { baseUrl, user: undefined, password: undefined, token: SECRET, tokenHeader: 'Authorization' },
      OPTIONS,
    );
  const connection = await connect(server.url);
  expect(await connection.about()).toEqual({ product: 'HTTP', version: '' });
  await connection.close();
  await expect(connect(`${server.url}/refused`)).rejects.toMatchObject({ details: { step: 'authentication' } });
  await expect(connect('http://no-such-host.invalid')).rejects.toMatchObject({ details: { step: 'name' } });
});
