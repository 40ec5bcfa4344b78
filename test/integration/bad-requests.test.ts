import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RunState } from '@sluice/proto/execution/v1/run';
import { GetRowsRequest, ListRunsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { rowOfStops, startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { TEST_PLUGINS } from './modes.js';

const people = { name: 'read', bundle: 'sluice.csv.read', properties: { path: 'hdfs:///people.csv', header: true } };

let platform: TestPlatform;
let runs: RunClient;

beforeAll(async () => {
  platform = await startPlatform({ env: { SLUICE_PLUGINS_FOLDERS: TEST_PLUGINS } });
  runs = platform.clients.get(RunServiceService);
  await writeFile(join(platform.home, 'files/people.csv'), 'id,name\n1,Ann\n2,Bob\n');
}, 60_000);
afterAll(() => platform?.close());

describe('requests', () => {
  const post = async (path: string, body: string) => {
    const answer = await fetch(`${platform.http}${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json' },
    });
    return { status: answer.status, text: await answer.text() };
  };
  const countRuns = async () => (await runs.listRuns(ListRunsRequest.fromPartial({ pageSize: 1000 }))).runs.length;

  test.each([
    ['/api/v1/runs', 400, /no JSON: line 1, column 34/],
    ['/api/v1/flows:preview', 400, /no JSON: line 1, column 34/],
    ['/flow/start', 500, /Can not start flow!\nFLOW_UNREADABLE: the flow is not JSON: .*line 1, column 34/], // as PiFlow
  ])('malformed JSON is refused by %s', async (path, code, words) => {
    const before = await countRuns();
    const { status, text } = await post(path, '{"flow": {"name": "a", "stops": [');
    expect([status, text]).toEqual([code, expect.stringMatching(words)]);
    expect(await countRuns()).toBe(before);
  });

  test('a malformed document inside a request names the place', async () => {
    const source = { $case: 'document', value: '{"flow": {"name" "a"}}' } as const;
    await expect(runs.startRun({ ...startRequest({}), source })).rejects.toMatchObject({
      reason: 'FLOW_UNREADABLE',
      message: expect.stringMatching(/JSON/) as string,
    });
  });

  test.each([
    ['/api/v1/runs', 413],
    ['/flow/start', 500], // as PiFlow
  ])('a body that is too large is refused by %s', async (path, code) => {
    const body = `{"flow": "${'x'.repeat(65 * 2 ** 20)}"}`;
    // A connection that is closed too early hides the reply, now and then.
    for (let time = 0; time < 4; time++) {
      const { status, text } = await post(path, body);
      expect([status, text]).toEqual([code, expect.stringMatching(/larger than 64 MiB/)]);
    }
  });

  test('a message that is too large for gRPC is refused', async () => {
    const flow = rowOfStops('x'.repeat(17 * 2 ** 20), [people]);
    await expect(runs.startRun(startRequest(flow))).rejects.toMatchObject({
      code: 'RESOURCE_EXHAUSTED',
      reason: 'REQUEST_TOO_LARGE',
    });
  });

  test('every problem of a flow is told at once over HTTP, with the nearest names', async () => {
    const flow = rowOfStops('bad', [
      { name: 'a', bundle: 'cn.piflow.bundle.csv.CsvParsr', properties: {} },
      { name: 'b', bundle: 'cn.piflow.bundle.common.SelectField', properties: {} },
      { name: 'b', bundle: 'sluice.csv.read', properties: { path: 'hdfs:///people.csv', header: 'perhaps' } },
    ]);
    const { status, text } = await post('/api/v1/runs', JSON.stringify({ document: JSON.stringify({ flow }) }));
    expect(status).toBe(400);
    for (const reason of ['STOP_TYPE_UNKNOWN', 'PROPERTY_MISSING', 'STOP_NAME_DUPLICATE', 'PROPERTY_INVALID'])
      expect(text).toContain(reason);
    expect(text).toContain('cn.piflow.bundle.csv.CsvParser');
  });

  test('an unknown run is said so by every door', async () => {
    const id = 'application_1_1';
    const error = { code: 'NOT_FOUND', reason: 'RUN_NOT_FOUND' };
    await expect(runs.cancelRun({ id, reason: '' })).rejects.toMatchObject(error);
    await expect(waitForEnd(runs, id)).rejects.toMatchObject(error);
    await expect(runs.getRows(GetRowsRequest.fromPartial({ runId: id, stop: 'a' }))).rejects.toMatchObject(error);
    for (const path of ['', ':watch', '/logs', '/rows?stop=a']) {
      const answer = await fetch(`${platform.http}/api/v1/runs/${id}${path}`);
      expect([path, answer.status, await answer.text()]).toEqual([path, 404, expect.stringContaining(id)]);
    }
  });

  test('a run that has ended stays as it is when it is cancelled', async () => {
    const { run } = await runs.startRun(startRequest(rowOfStops('short', [people])));
    const id = run?.id ?? '';
    const ended = await waitForEnd(runs, id);
    const answers = [await post(`/api/v1/runs/${id}:cancel`, '{}'), await post(`/api/v1/runs/${id}:cancel`, '{}')];
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect((await runs.getRun({ id })).run).toMatchObject({ state: ended.state, endTime: ended.endTime });
  });

  test('two starts at once with one key are one run', async () => {
    const asked = startRequest(rowOfStops('once', [people]), { idempotencyKey: 'bad-input-once' });
    const answers = await Promise.all(Array.from({ length: 8 }, () => runs.startRun(asked)));
    expect(new Set(answers.map(({ run }) => run?.id)).size).toBe(1);
    await waitForEnd(runs, answers[0]?.run?.id ?? '');
  });

  test('a client that hangs up while it watches leaves the run alone', async () => {
    const slow = { name: 'slow', bundle: 'test.slow', properties: { rows: 60, ms: 10 } };
    const { run } = await runs.startRun(startRequest(rowOfStops('watched', [slow])));
    const id = run?.id ?? '';
    for (const path of [':watch', '/logs?follow=true']) {
      const controller = new AbortController();
      const answer = await fetch(`${platform.http}/api/v1/runs/${id}${path}`, { signal: controller.signal });
      expect(answer.status).toBe(200);
      await answer.body?.getReader().read();
      controller.abort();
    }
    expect((await waitForEnd(runs, id)).state).toBe(RunState.RUN_STATE_SUCCEEDED);
  });

  test('a client that hangs up in the middle of its request starts nothing', async () => {
    const before = await countRuns();
    const { hostname, port } = new URL(platform.http);
    const headers = { 'content-type': 'application/json', 'content-length': '1000' };
    const half = request({ hostname, port, path: '/api/v1/runs', method: 'POST', headers });
    const closed = new Promise((resolve) => half.once('close', resolve));
    half.on('error', () => undefined); // hanging up is what is tested
    half.write('{"document": "');
    await new Promise((resolve) => setTimeout(resolve, 100));
    half.destroy();
    await closed;
    expect((await fetch(`${platform.http}/`)).status).toBe(200);
    expect(await countRuns()).toBe(before);
  });
});
