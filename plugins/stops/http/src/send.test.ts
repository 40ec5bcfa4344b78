import { afterAll, beforeAll, expect, test } from 'vitest';
import { runStop } from '@sluice/plugin-sdk/testing';
import { httpRequest } from './http-request.js';
import { postUrl } from './post-url.js';
import { serve, type TestServer } from './test-server.test.js';

let server: TestServer;
beforeAll(async () => {
  server = await serve({
    '/in': (request, response) => void response.writeHead(201).end(`got ${request.body.length}`),
    '/full': (_, response, count) => void response.writeHead(count > 1 ? 507 : 200).end('answer'),
  });
});
afterAll(() => server.close());

const TABLE = {
  columns: [
    ['id', 'bigint'],
    ['name', 'string'],
    ['amount', 'decimal(10,2)'],
  ],
  rows: [
    [9007199254740993n, '张"伟', '1.50'],
    [2n, null, null],
    [3n, 'x', '0.00'],
  ],
} as const;

test('rows are sent as arrays of JSON, exact and in order, each request with a key of its own', async () => {
  const before = server.seen.length;
  const properties = { url: `${server.url}/in`, rowsPerRequest: 2, headers: { 'X-From': 'sluice' } };
  const { outputs } = await runStop(httpRequest, { inputs: { '': TABLE }, properties });
  const sent = server.seen.slice(before);
  expect(sent.map(({ body }) => body)).toEqual([
    '[{"id":9007199254740993,"name":"张\\"伟","amount":1.50},{"id":2,"name":null,"amount":null}]',
    '[{"id":3,"name":"x","amount":0.00}]',
  ]);
  expect(sent[0]).toMatchObject({
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-from': 'sluice' },
  });
  const keys = sent.map(({ headers }) => headers['idempotency-key']);
  expect(new Set(keys).size).toBe(2);
  expect(outputs['']).toEqual({
    columns: [
      ['status', 'int'],
      ['body', 'string'],
    ],
    rows: sent.map(({ body }) => [201, `got ${body.length}`]),
  });
  await runStop(httpRequest, { inputs: { '': TABLE }, properties });
  expect(server.seen.slice(-2).map(({ headers }) => headers['idempotency-key'])).toEqual(keys);
});

test('one request has a body and method of its own', async () => {
  const properties = { url: `${server.url}/in`, method: 'put', body: 'a=1', headers: { 'Content-Type': 'text/plain' } };
  await runStop(httpRequest, { properties });
  expect(server.seen.at(-1)).toMatchObject({ method: 'PUT', body: 'a=1', headers: { 'content-type': 'text/plain' } });
});

test('a refusal in between ends the run, and nothing is sent twice', async () => {
  const before = server.seen.length;
  const properties = { url: `${server.url}/full`, rowsPerRequest: 1 };
  await expect(runStop(httpRequest, { inputs: { '': TABLE }, properties })).rejects.toMatchObject({
    reason: 'QUERY_FAILED',
    details: { status: '507' },
  });
  expect(server.seen.length - before).toBe(2);
});

test('a GET with rows is refused before anything is sent', async () => {
  const before = server.seen.length;
  const properties = { url: `${server.url}/in`, method: 'GET' };
  await expect(runStop(httpRequest, { inputs: { '': TABLE }, properties })).rejects.toMatchObject({
    reason: 'PROPERTY_INVALID',
  });
  expect(server.seen.length).toBe(before);
});

test('a file is posted as it is', async () => {
  const files = { 'in/a.json': '{\n"a": 1}\n' };
  const properties = { url: `${server.url}/in`, jsonPath: 'hdfs://any:9000/in/a.json' };
  const { outputs } = await runStop(postUrl, { files, properties });
  expect(server.seen.at(-1)).toMatchObject({ method: 'POST', body: files['in/a.json'] });
  expect(outputs['']?.rows).toEqual([[201, 'got 10']]);
  await expect(runStop(postUrl, { files, properties: { ...properties, jsonPath: '/no.json' } })).rejects.toMatchObject({
    reason: 'FILE_NOT_FOUND',
  });
});
