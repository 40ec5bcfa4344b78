import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { gunzipSync, gzipSync } from 'node:zlib';
import { SluiceError, type Call } from '@sluice/chassis';
import {
  CancelRunResponse,
  GetRunResponse,
  ListRunsResponse,
  StartRunResponse,
  type ListRunsRequest,
  type StartRunRequest,
} from '@sluice/proto/execution/v1/run_service';
import { RunState } from '@sluice/proto/execution/v1/run';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';

interface ErrorReply {
  readonly error: { code: string; reason: string; message: string; details: object; problems: readonly object[] };
}

let platform: TestPlatform;
let started: StartRunRequest[];
let listed: ListRunsRequest[];
let lastCall: Call | undefined;
let onGetRun: (id: string, call: Call) => Promise<GetRunResponse>;

beforeAll(async () => {
  platform = await startTestPlatform({
    runs: {
      startRun: async (request) => {
        started.push(request);
        return StartRunResponse.fromPartial({ run: { id: 'r1', flowName: 'a', epoch: 9007199254740993n } });
      },
      cancelRun: async ({ id, reason }) => CancelRunResponse.fromPartial({ run: { id, node: reason } }),
      getRun: ({ id }, call) => {
        lastCall = call;
        return onGetRun(id, call);
      },
      listRuns: async (request) => {
        listed.push(request);
        return ListRunsResponse.fromPartial({ runs: [], nextPageToken: '' });
      },
    },
  });
});
afterAll(() => platform.close());
beforeEach(() => {
  started = [];
  listed = [];
  lastCall = undefined;
  onGetRun = async (id) => GetRunResponse.fromPartial({ run: { id, state: RunState.RUN_STATE_RUNNING } });
});

const call = (path: string, init?: RequestInit): Promise<Response> => fetch(platform.url + path, init);
const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  call(path, { method: 'POST', body: JSON.stringify(body), headers });
const failure = async (response: Response): Promise<ErrorReply['error']> =>
  ((await response.json()) as ErrorReply).error;

describe('the JSON API', () => {
  test('calls the service and writes its reply as proto3 JSON with default values', async () => {
    const response = await post('/api/v1/runs', { document: '{}', labels: { team: 'a' } });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const { run } = (await response.json()) as { run: Record<string, unknown> };
    expect(run).toMatchObject({
      id: 'r1',
      epoch: '9007199254740993',
      state: 'RUN_STATE_UNSPECIFIED',
      stops: [],
      labels: {},
    });
    expect(run).not.toHaveProperty('endTime');
    expect(started[0]).toMatchObject({ source: { $case: 'document', value: '{}' }, labels: { team: 'a' } });
  });

  test('takes values from the path, before a verb too', async () => {
    const got = (await (await call('/api/v1/runs/a%20b%2Fc')).json()) as { run: { id: string } };
    expect(got.run.id).toBe('a b/c');
    const cancelled = (await (await post('/api/v1/runs/r7:cancel', { reason: 'why' })).json()) as { run: object };
    expect(cancelled.run).toMatchObject({ id: 'r7', node: 'why' });
  });

  test('takes values from the query', async () => {
    expect((await call('/api/v1/runs?states=failed&labels[team]=a&page_size=3')).status).toBe(200);
    expect(listed[0]).toMatchObject({ states: [RunState.RUN_STATE_FAILED], labels: { team: 'a' }, pageSize: 3 });
  });

  test('takes Idempotency-Key from the header', async () => {
    await post('/api/v1/runs', { document: '{}' }, { 'idempotency-key': 'once' });
    expect(started[0]?.idempotencyKey).toBe('once');
  });

  test('gives the error of the service with its status', async () => {
    onGetRun = async (id) => {
      const problems = [{ reason: 'PORT_UNKNOWN', message: 'no such port', stop: 's', line: 3 }] as const;
      throw new SluiceError('RUN_NOT_FOUND', `there is no run '${id}'`, { details: { run: id }, problems });
    };
    const response = await call('/api/v1/runs/r9');
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: {
        code: 'NOT_FOUND',
        reason: 'RUN_NOT_FOUND',
        message: "there is no run 'r9'",
        details: { run: 'r9' },
        problems: [{ reason: 'PORT_UNKNOWN', message: 'no such port', stop: 's', line: 3 }],
      },
    });
  });

  test('keeps what nobody foresaw inside and gives an id under which the log has it', async () => {
    onGetRun = async () => {
      throw new Error('password=hunter2');
    };
    const response = await call('/api/v1/runs/r9');
    expect(response.status).toBe(500);
    const { reason, message, details } = await failure(response);
    expect(reason).toBe('INTERNAL');
    expect(message).not.toContain('hunter2');
    expect(platform.logLines.some((line) => line['errorId'] === (details as { errorId: string }).errorId)).toBe(true);
  });

  test.each([
    ['grpc-timeout', '150m'],
    ['x-request-timeout', '0.15'],
    ['x-request-timeout', '150ms'],
  ])('passes the deadline of %s: %s on', async (name, value) => {
    onGetRun = () => new Promise(() => undefined);
    const response = await call('/api/v1/runs/r1', { headers: { [name]: value } });
    expect(response.status).toBe(504);
    expect((await failure(response)).reason).toBe('DEADLINE_EXCEEDED');
    const left = (lastCall?.deadline?.getTime() ?? 0) - Date.now();
    expect(left).toBeLessThanOrEqual(150);
  });

  test('refuses a deadline that is none', async () => {
    const response = await call('/api/v1/runs/r1', { headers: { 'x-request-timeout': 'soon' } });
    expect(response.status).toBe(400);
    expect((await failure(response)).message).toContain("X-Request-Timeout is 'soon'; write a time such as 30");
  });

  test('cancels the call when the client hangs up', async () => {
    const cancelled = new Promise<unknown>((resolve) => {
      onGetRun = (_id, { signal }) => {
        signal.addEventListener('abort', () => resolve((signal.reason as SluiceError).reason));
        return new Promise(() => undefined);
      };
    });
    const controller = new AbortController();
    const response = call('/api/v1/runs/r1', { signal: controller.signal });
    await vi.waitFor(() => expect(lastCall).toBeDefined());
    controller.abort();
    await expect(response).rejects.toThrow();
    expect(await cancelled).toBe('CALL_CANCELLED');
  });

  test('gives REQUEST_TOO_LARGE with the limit for a body beyond it', async () => {
    const response = await call('/api/v1/runs', { method: 'POST', body: ' '.repeat(64 * 2 ** 20 + 1) });
    expect(response.status).toBe(413);
    expect(await failure(response)).toMatchObject({
      reason: 'REQUEST_TOO_LARGE',
      message: expect.stringContaining('larger than 64 MiB') as string,
      details: { limitBytes: String(64 * 2 ** 20) },
    });
  });

  test('gives REQUEST_TOO_LARGE with the limit for a message that services would not take', async () => {
    const response = await post('/api/v1/runs', { document: 'x'.repeat(17 * 2 ** 20) });
    expect(response.status).toBe(413);
    expect(await failure(response)).toMatchObject({
      reason: 'REQUEST_TOO_LARGE',
      message: expect.stringContaining('rpc.maxMessageBytes') as string,
      details: { limitBytes: String(16 * 2 ** 20) },
    });
    expect(started).toEqual([]);
  });

  test('says what a path takes when it does not take the verb', async () => {
    const response = await call('/api/v1/runs', { method: 'DELETE' });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe('GET, POST');
    expect((await failure(response)).message).toBe('/api/v1/runs does not take DELETE; it takes GET, POST');
  });

  test('names the nearest path for one that is not there', async () => {
    const response = await call('/api/v1/rnus');
    expect(response.status).toBe(404);
    expect((await failure(response)).message).toContain("did you mean '/api/v1/runs'");
  });

  test('refuses a path that is not encoded as paths are', async () => {
    const response = await call('/api/v1/runs/%E4%ZZ');
    expect(response.status).toBe(400);
    expect((await failure(response)).reason).toBe('REQUEST_INVALID');
  });

  test('compresses replies and takes compressed requests', async () => {
    onGetRun = async (id) => GetRunResponse.fromPartial({ run: { id, flowName: 'long '.repeat(1000) } });
    const { headers, body } = await raw('/api/v1/runs/r1', { 'accept-encoding': 'gzip' });
    expect(headers['content-encoding']).toBe('gzip');
    expect(body.length).toBeLessThan(1000);
    expect(JSON.parse(gunzipSync(body).toString())).toMatchObject({ run: { id: 'r1' } });

    const zipped = gzipSync(JSON.stringify({ document: 'zipped' }));
    const response = await call('/api/v1/runs', {
      method: 'POST',
      body: zipped,
      headers: { 'content-encoding': 'gzip', 'content-type': 'application/json' },
    });
    expect(response.status).toBe(200);
    expect(started[0]?.source).toEqual({ $case: 'document', value: 'zipped' });
  });

  test('gives each request an id, takes one that the client made, and logs it', async () => {
    const own = (await call('/api/v1/runs')).headers.get('x-request-id') ?? '';
    expect(own).toMatch(/^[0-9a-f-]{36}$/);
    const given = await call('/api/v1/runs', { headers: { 'x-request-id': 'mine-1' } });
    expect(given.headers.get('x-request-id')).toBe('mine-1');
    await vi.waitFor(() => {
      const line = platform.logLines.find((one) => one['request'] === 'mine-1' && one['msg'] === 'served');
      expect(line).toMatchObject({ method: 'GET', path: '/api/v1/runs', status: 200 });
    });
  });

  test('counts requests by route', async () => {
    await call('/api/v1/runs/some-id');
    const text = await (await call('/metrics')).text();
    expect(text).toMatch(
      /sluice_http_handled_seconds_count\{method="GET",route="\/api\/v1\/runs\/:id",status="200"\} \d+/,
    );
    expect(text).not.toContain('some-id');
  });

  test('takes a client that leaves in the middle of its body for no fault of its own', async () => {
    const { port } = new URL(platform.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      'POST /api/v1/runs HTTP/1.1\r\nhost: localhost\r\nx-request-id: left\r\ncontent-length: 100\r\n\r\n{"a"',
    );
    await new Promise((resolve) => setTimeout(resolve, 100));
    socket.destroy();
    await vi.waitFor(() => {
      const lines = platform.logLines.filter((line) => line['request'] === 'left');
      expect(lines).toEqual([expect.objectContaining({ level: 'debug', msg: 'served', status: 499 })]);
    });
  });

  test('says to what is no HTTP that it is none', async () => {
    const { port } = new URL(platform.url);
    const socket = connect(Number(port), '127.0.0.1').end('hello\r\n\r\n');
    let answer = '';
    for await (const chunk of socket) answer += String(chunk);
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(answer).toContain('"reason":"REQUEST_INVALID","message":"this is no HTTP request');
  });

  test('refuses headers that are too large', async () => {
    const response = await call('/api/v1/runs', { headers: { 'x-much': 'x'.repeat(40_000) } });
    expect(response.status).toBe(431);
    expect((await failure(response)).reason).toBe('REQUEST_TOO_LARGE');
  });
});

function raw(
  path: string,
  headers: Record<string, string>,
): Promise<{ headers: NodeJS.Dict<string | string[]>; body: Buffer }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(platform.url + path, { headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject).end();
  });
}
