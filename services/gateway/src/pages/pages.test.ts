import { SluiceError, type Call } from '@sluice/chassis';
import { ListFlowsResponse } from '@sluice/proto/catalog/v1/flow_service';
import { ListStopsResponse } from '@sluice/proto/catalog/v1/stop_service';
import { LogLevel, Run, RunState, StopState } from '@sluice/proto/execution/v1/run';
import {
  ListRunsResponse,
  StreamRunLogsResponse,
  type StreamRunLogsRequest,
} from '@sluice/proto/execution/v1/run_service';
import { Schedule, ScheduleState, Tick, TickOutcome } from '@sluice/proto/scheduling/v1/schedule';
import { ListSchedulesResponse, ListTicksResponse } from '@sluice/proto/scheduling/v1/schedule_service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../testing/test-platform.js';
import { wordsFor } from './words.js';

const at = (second: number): Date => new Date(Date.UTC(2026, 10, 21, 10, 0, second));
const RUN = Run.fromPartial({
  id: 'application_1_0001',
  flowName: '<b>orders</b> & 订单',
  state: RunState.RUN_STATE_FAILED,
  createTime: at(0),
  startTime: at(1),
  endTime: at(4),
  engine: 'duckdb',
  error: { reason: 'STOP_FAILED', message: 'it failed' },
  stops: [
    { name: 'read', stopType: 'sluice.csv.read', state: StopState.STOP_STATE_SUCCEEDED, outputs: [{ rows: 12345n }] },
    {
      name: 'write',
      stopType: 'sluice.csv.write',
      state: StopState.STOP_STATE_FAILED,
      inputs: [{ rows: 12000n }],
      rejectedRows: 345n,
    },
  ],
});
const TICK = Tick.fromPartial({
  dueTime: at(0),
  outcome: TickOutcome.TICK_OUTCOME_SKIPPED,
  reason: 'PAUSED',
  message: 'the schedule is paused: <b>',
});
const SCHEDULE = Schedule.fromPartial({
  id: 'schedule_1',
  state: ScheduleState.SCHEDULE_STATE_PAUSED,
  stateReason: 'repairs',
  warning: 'its flow is gone',
  lastTick: TICK,
  failures: 3,
  spec: {
    name: '<i>nightly</i>',
    target: { reference: 'flow_1' },
    trigger: { $case: 'event', value: { source: { $case: 'subject', value: 'orders.>' } } },
  },
});
const LINES = [
  { time: at(1), level: LogLevel.LOG_LEVEL_INFO, stop: 'read', message: 'rows <1> & 中文', offset: 10n },
  { time: at(2), level: LogLevel.LOG_LEVEL_WARN, stop: '', message: 'slow', offset: 20n },
  { time: at(3), level: LogLevel.LOG_LEVEL_ERROR, stop: 'write', message: 'it failed', offset: 30n },
];
const TEXT = [
  '2026-11-21T10:00:01.000Z INFO  [read] rows <1> & 中文\n',
  '2026-11-21T10:00:02.000Z WARN  slow\n',
  '2026-11-21T10:00:03.000Z ERROR [write] it failed\n',
];

let platform: TestPlatform;
let logsAsked: StreamRunLogsRequest[] = [];

beforeAll(async () => {
  platform = await startTestPlatform({
    runs: {
      listRuns: async () => ListRunsResponse.fromPartial({ runs: [{ ...RUN, stops: [] }] }),
      getRun: async ({ id }) => {
        if (id !== RUN.id) throw new SluiceError('RUN_NOT_FOUND', `there is no run '${id}'`);
        return { run: RUN };
      },
      streamRunLogs: async function* (request: StreamRunLogsRequest, _call: Call) {
        logsAsked.push(request);
        const lines = LINES.filter(({ stop }) => request.stop === '' || request.stop === stop);
        yield StreamRunLogsResponse.fromPartial({ lines });
      },
    },
    schedules: {
      listSchedules: async () => ListSchedulesResponse.fromPartial({ schedules: [SCHEDULE] }),
      getSchedule: async ({ id }) => {
        if (id !== SCHEDULE.id) throw new SluiceError('SCHEDULE_NOT_FOUND', `there is no schedule '${id}'`);
        return { schedule: SCHEDULE };
      },
      previewSchedule: async () => {
        throw new SluiceError('DATABASE_UNAVAILABLE', 'the database is away');
      },
      listTicks: async () => ListTicksResponse.fromPartial({ ticks: [TICK] }),
    },
    flows: { listFlows: async () => ListFlowsResponse.fromPartial({}) },
    stops: {
      listStops: async ({ pageToken }) =>
        pageToken === ''
          ? ListStopsResponse.fromPartial({ stops: [{ name: 'a' }, { name: 'b' }], nextPageToken: 'more' })
          : ListStopsResponse.fromPartial({ stops: [{ name: 'c' }] }),
    },
  });
});
afterAll(() => platform.close());

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(platform.url + path, { headers });
const page = async (path: string, language = 'en'): Promise<string> =>
  (await get(path, { accept: 'text/html,*/*;q=0.8', 'accept-language': language })).text();

describe('/schedules', () => {
  test('lists schedules with what became of them last, and escapes what users named', async () => {
    const text = await page('/schedules');
    expect(text).toMatch(
      /paused<\/span>[^]*href="\/schedules\/schedule_1">&lt;i&gt;nightly[^]*orders\.&gt;[^]*skipped/,
    );
    expect(text).toContain('data-post="/api/v1/schedules/schedule_1:resume"');
    expect(await page('/schedules', 'zh')).toContain('已暂停');
  });

  test('shows one with the reasons of its times, and what cannot be had', async () => {
    const text = await page('/schedules/schedule_1');
    for (const word of ['repairs', 'its flow is gone', 'the schedule is paused: &lt;b&gt;', 'the database is away']) {
      expect(text).toContain(word);
    }
    expect((await get('/schedules/none', { accept: 'text/html' })).status).toBe(404);
  });
});

describe('/', () => {
  const java = { accept: 'text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2', 'user-agent': 'Java/1.8.0_392' };
  test.each([[{}], [{ accept: 'text/plain' }], [{ accept: '*/*' }], [java]])(
    'says Get OK! to PiFlow’s clients %j',
    async (headers) => {
      const response = await get('/', headers);
      expect(response.headers.get('content-type')).toBe('text/plain; charset=UTF-8');
      expect(await response.text()).toBe('Get OK!');
    },
  );

  test('shows browsers version, health, stop types and the last runs with their rows', async () => {
    const text = await page('/');
    expect(text).toContain('Version 0.1.0');
    expect(text).toMatch(/<b>catalog<\/b> serving · \d+ ms/);
    expect(text).toMatch(/<b>execution<\/b> serving · \d+ ms/);
    expect(text).toContain('<b>3</b> stop types');
    expect(text).toContain('href="/runs/application_1_0001"');
    expect(text).toContain('12,000');
    expect(text).toContain('3.0 s');
    expect(text).toContain('failed');
    expect(text).toContain('href="/api/docs"');
  });

  test('escapes what users named', async () => {
    const text = await page('/');
    expect(text).toContain('&lt;b&gt;orders&lt;/b&gt; &amp; 订单');
    expect(text).not.toContain('<b>orders');
  });

  test('answers HEAD, as the health does', async () => {
    for (const path of ['/', '/health', '/health/live']) {
      const response = await fetch(platform.url + path, { method: 'HEAD' });
      expect([path, response.status, await response.text()]).toEqual([path, 200, '']);
    }
  });

  test('keeps the language that was asked for', async () => {
    const cookie = (await get('/?lang=zh', { accept: 'text/html' })).headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^sluice-lang=zh; Path=\/;/);
    const text = await (await get('/', { accept: 'text/html', cookie: cookie.split(';')[0] ?? '' })).text();
    expect(text).toContain('最近的运行');
  });

  test('speaks Chinese to who prefers it, or asks for it', async () => {
    expect(await page('/', 'zh-CN,zh;q=0.9,en;q=0.8')).toContain('最近的运行');
    expect(await page('/', 'de,en;q=0.8,zh;q=0.5')).toContain('Last runs');
    expect(await page('/?lang=zh', 'en')).toContain('最近的运行');
  });
});

describe('/runs/{id}', () => {
  test('shows states, counts, the error and the end of the log', async () => {
    const text = await page('/runs/application_1_0001');
    expect(text).toContain('<code>STOP_FAILED</code> it failed');
    expect(text).toMatch(/read<\/td>\s*<td><code>sluice\.csv\.read<\/code>/);
    expect(text).toContain('12,345');
    expect(text).toContain('345');
    expect(text).toContain('[read] rows &lt;1&gt; &amp; 中文');
    expect(text).toContain('data-refresh="0"');
  });

  test('of a run that is not there is a page that says so', async () => {
    const response = await get('/runs/nope', { accept: 'text/html' });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('there is no run &#39;nope&#39;');
    const plain = await get('/runs/nope/log');
    expect([plain.status, await plain.text()]).toEqual([404, "RUN_NOT_FOUND: there is no run 'nope'\n"]);
  });

  test('/log is the log as text, of one stop or of one level if asked', async () => {
    const response = await get('/runs/application_1_0001/log');
    expect(response.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(await response.text()).toBe(TEXT.join(''));
    expect(await (await get('/runs/application_1_0001/log?stop=write')).text()).toBe(TEXT[2]);
    expect(await (await get('/runs/application_1_0001/log?level=WARN')).text()).toBe(`${TEXT[1]}${TEXT[2]}`);
    logsAsked = [];
    await (await get('/runs/application_1_0001/log?follow=true')).text();
    expect(logsAsked[0]?.follow).toBe(true);
  });
});

describe('/node/containerlogs/{id}', () => {
  const pre = async (path: string): Promise<string> => {
    const response = await get(`/node/containerlogs/${RUN.id}${path}`);
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    return /<pre>([\s\S]*)<\/pre>/.exec(await response.text())?.[1] ?? '';
  };
  const all = TEXT.join('').replace('<1> &', '&lt;1&gt; &amp;');

  test('has the whole log as stdout and warnings and errors as stderr, inside of pre', async () => {
    expect(await pre('/stdout/?start=0')).toBe(all);
    expect(await pre('/stdout')).toBe(all);
    expect(await pre('/stderr/?start=0')).toBe(`${TEXT[1]}${TEXT[2]}`);
  });

  test('counts start and end in bytes, from the end when negative, as YARN does', async () => {
    const bytes = Buffer.from(TEXT.join(''));
    expect(await pre('/stdout/?start=60')).toBe(bytes.subarray(60).toString());
    expect(await pre('/stdout/?start=-20')).toBe(bytes.subarray(-20).toString());
    expect(await pre('/stdout/?start=0&end=24')).toBe('2026-11-21T10:00:01.000Z');
    expect(await pre('/stdout/?start=9999')).toBe('');
    expect((await get(`/node/containerlogs/${RUN.id}/stdout/?start=x`)).status).toBe(400);
  });

  test('lists the two and knows no other', async () => {
    expect(await page(`/node/containerlogs/${RUN.id}`)).toContain(`/node/containerlogs/${RUN.id}/stderr/?start=0`);
    expect((await get(`/node/containerlogs/${RUN.id}/syslog/?start=0`)).status).toBe(404);
    expect((await get('/node/containerlogs/nope/stdout/?start=0')).status).toBe(404);
  });
});

describe('pages while services are away', () => {
  test('say what cannot be shown and why, and readiness is refused', async () => {
    const lame = await startTestPlatform({ environment: { SLUICE_CATALOG_ADDRESS: '127.0.0.1:1' } });
    const text = await (await fetch(`${lame.url}/`, { headers: { accept: 'text/html' } })).text();
    expect(text).toContain('The stop types cannot be counted: catalog at 127.0.0.1:1 cannot be reached');
    expect(text).toMatch(/<b>execution<\/b> not reachable/);
    const ready = await fetch(`${lame.url}/health/ready`);
    expect(ready.status).toBe(503);
    expect(await ready.json()).toMatchObject({
      status: 'NOT_SERVING',
      services: { catalog: { status: 'NOT_SERVING' } },
    });
    expect((await fetch(`${lame.url}/health/live`)).status).toBe(200);
    await lame.close();
  });
});

describe('health', () => {
  test('is ready when every service answers', async () => {
    const response = await get('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      services: { catalog: { status: 'SERVING' }, execution: { status: 'SERVING' } },
    });
    expect(await (await get('/metrics')).text()).toContain('sluice_rpc_calls_total');
  });
});

describe('wordsFor', () => {
  test('follows the order of the wishes', () => {
    expect(wordsFor('en;q=0.5, zh-TW;q=0.8', null).lang).toBe('zh');
    expect(wordsFor('fr', null).lang).toBe('en');
    expect(wordsFor(undefined, null).lang).toBe('en');
    expect(wordsFor('zh', 'en').lang).toBe('en');
  });
});
