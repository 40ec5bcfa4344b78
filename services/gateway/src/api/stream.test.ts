import { SluiceError, type Call } from '@sluice/chassis';
import {
  StreamRunLogsResponse,
  WatchRunResponse,
  type StreamRunLogsRequest,
  type WatchRunRequest,
} from '@sluice/proto/execution/v1/run_service';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';
import { withPauses } from './stream.js';

let platform: TestPlatform;
let watch: (request: WatchRunRequest, call: Call) => AsyncIterable<WatchRunResponse>;
let logs: (request: StreamRunLogsRequest, call: Call) => AsyncIterable<StreamRunLogsResponse>;

beforeEach(async () => {
  platform = await startTestPlatform({
    runs: { watchRun: (request, call) => watch(request, call), streamRunLogs: (request, call) => logs(request, call) },
  });
});
afterEach(() => platform.close());

const event = (sequence: bigint, id: string): WatchRunResponse =>
  WatchRunResponse.fromPartial({ event: { sequence, event: { $case: 'run', value: { id } } } });
const forever = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));

/** The events of a server-sent stream: what stands between empty lines. */
async function events(response: Response): Promise<string[]> {
  return (await response.text()).split('\n\n').filter((text) => text !== '');
}

describe('server-sent events', () => {
  test('carry each message with the place to go on from, and say when the stream has ended', async () => {
    watch = async function* () {
      yield event(1n, 'a');
      yield WatchRunResponse.fromPartial({ event: { event: { $case: 'progress', value: { progress: 0.5 } } } });
      yield event(7n, 'a');
    };
    const response = await fetch(`${platform.url}/api/v1/runs/a:watch`);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('content-encoding')).toBeNull();
    const [retry, first, progress, second, end] = await events(response);
    expect(retry).toBe('retry: 2000');
    expect(first).toMatch(/^id: 1\ndata: \{"event":\{"sequence":"1","run":\{"id":"a",/);
    expect(progress).toMatch(/^data: \{"event":\{"sequence":"0","progress":\{"progress":0\.5,/);
    expect(second).toMatch(/^id: 7\n/);
    expect(end).toBe('event: end\ndata: {}');
  });

  test('go on after Last-Event-ID, which goes before the address', async () => {
    const asked: bigint[] = [];
    watch = async function* ({ afterSequence }) {
      asked.push(afterSequence);
      yield event(afterSequence + 1n, 'a');
    };
    const address = `${platform.url}/api/v1/runs/a:watch?after_sequence=3`;
    expect((await events(await fetch(address)))[1]).toMatch(/^id: 4\n/);
    expect((await events(await fetch(address, { headers: { 'last-event-id': '41' } })))[1]).toMatch(/^id: 42\n/);
    expect(asked).toEqual([3n, 41n]);
    expect((await fetch(address, { headers: { 'last-event-id': 'x' } })).status).toBe(400);
  });

  test('of a log have the offset of their last line as id', async () => {
    logs = async function* ({ offset, follow, stop }) {
      yield StreamRunLogsResponse.fromPartial({
        lines: [
          { message: `${offset} ${follow} ${stop}`, offset: 50n },
          { message: 'b', offset: 99n },
        ],
      });
    };
    const response = await fetch(`${platform.url}/api/v1/runs/a/logs?offset=12&follow&stop=s`);
    const [, first] = await events(response);
    expect(first).toMatch(/^id: 99\ndata: .*"message":"12 true s"/);
  });

  test('that are refused at once are an error with its status', async () => {
    watch = async function* ({ id }) {
      yield* [];
      throw new SluiceError('RUN_NOT_FOUND', `there is no run '${id}'`);
    };
    const response = await fetch(`${platform.url}/api/v1/runs/nope:watch`);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      error: { reason: 'RUN_NOT_FOUND', message: "there is no run 'nope'" },
    });
  });

  test('that break off under way end with the error', async () => {
    watch = async function* () {
      yield event(1n, 'a');
      throw new SluiceError('RUNNER_DIED', 'the runner was killed');
    };
    const response = await fetch(`${platform.url}/api/v1/runs/a:watch`);
    expect(response.status).toBe(200);
    const last = (await events(response)).at(-1) ?? '';
    expect(last).toMatch(/^event: failure\ndata: \{"error":\{"code":"UNAVAILABLE","reason":"RUNNER_DIED"/);
  });

  test('cancel the call when the reader goes away', async () => {
    const gone = vi.fn();
    watch = async function* (_request, { signal }) {
      yield event(1n, 'a');
      await forever(signal);
      gone();
    };
    const controller = new AbortController();
    const response = await fetch(`${platform.url}/api/v1/runs/a:watch`, { signal: controller.signal });
    await response.body?.getReader().read();
    expect(gone).not.toHaveBeenCalled();
    controller.abort();
    await vi.waitFor(() => expect(gone).toHaveBeenCalled());
  });

  test('begin before the first message when that lets itself be waited for', async () => {
    watch = async function* (_request, { signal }) {
      await forever(signal);
      yield* [];
    };
    const controller = new AbortController();
    const response = await fetch(`${platform.url}/api/v1/runs/a:watch`, { signal: controller.signal });
    expect(response.status).toBe(200);
    controller.abort();
  });

  test('end when the process closes, without holding it up', async () => {
    watch = async function* (_request, { signal }) {
      yield event(1n, 'a');
      await forever(signal);
    };
    const response = await fetch(`${platform.url}/api/v1/runs/a:watch`);
    const text = response.text();
    const begin = performance.now();
    await platform.close();
    expect(performance.now() - begin).toBeLessThan(2_000);
    expect(await text).toContain('event: failure\ndata: {"error":{"code":"UNAVAILABLE","reason":"SERVICE_UNAVAILABLE"');
  });
});

describe('NDJSON', () => {
  test('is one JSON value a line, an error the last', async () => {
    watch = async function* () {
      yield event(1n, 'a');
      yield event(2n, 'a');
      throw new SluiceError('RUNNER_DIED', 'the runner was killed');
    };
    const response = await fetch(`${platform.url}/api/v1/runs/a:watch`, {
      headers: { accept: 'application/x-ndjson' },
    });
    expect(response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const lines = (await response.text()).trimEnd().split('\n');
    const values = lines.map(
      (line) => JSON.parse(line) as { event?: { sequence: string }; error?: { reason: string } },
    );
    expect(values.map((value) => value.event?.sequence ?? value.error?.reason)).toEqual(['1', '2', 'RUNNER_DIED']);
  });
});

describe('withPauses', () => {
  test('tells when nothing came for a while and loses nothing', async () => {
    const source = (async function* () {
      yield 1;
      await new Promise((resolve) => setTimeout(resolve, 60));
      yield 2;
    })();
    const seen: (number | undefined)[] = [];
    for await (const item of withPauses(source, 25)) seen.push(item);
    expect(seen.filter((item) => item !== undefined)).toEqual([1, 2]);
    expect(seen[1]).toBeUndefined();
  });
});
