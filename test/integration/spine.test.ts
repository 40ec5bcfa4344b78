import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '@sluice/chassis';
import { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import { RunOptions, RunState, StopState, type LogLine, type Run } from '@sluice/proto/execution/v1/run';
import { GetRowsRequest, ListRunsRequest, RowsKind, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { rowOfStops, runFlow, startRequest, waitForEnd } from '../bench/flows.js';
import type { TestPlatform } from '../support/platform.js';
import { MODES } from './modes.js';

const PEOPLE =
  'id,name,city,age\n1,Ann,Berlin,30\n2,"Bob, jr",Paris,\n3,余,Berlin,55\n4,Dan,Paris,20\n5,Eve,Berlin,41\n';

const read = (path: string) => ({
  name: 'read',
  bundle: 'cn.piflow.bundle.csv.CsvParser',
  properties: { csvPath: path, header: 'true', delimiter: ',', schema: '' },
});
const filter = { name: 'filter', bundle: 'cn.piflow.bundle.common.Filter', properties: { condition: 'age > 25' } };
const sql = {
  name: 'sql',
  bundle: 'cn.piflow.bundle.common.ExecuteSQLStop',
  properties: {
    viewName: 'people',
    sql: 'SELECT city, count(*) AS n, sum(age) AS age FROM people GROUP BY city ORDER BY city',
  },
};
const write = (path: string) => ({
  name: 'write',
  bundle: 'cn.piflow.bundle.csv.CsvSave',
  properties: { csvSavePath: path, header: 'true', delimiter: ',', partition: '1', saveMode: 'overwrite' },
});

describe.each(MODES)('a platform: $name', (mode) => {
  describe.skipIf(!mode.available)('when its services are there', () => {
    let platform: TestPlatform;
    let runs: Client<typeof RunServiceService>;

    beforeAll(async () => {
      platform = await mode.start();
      runs = platform.clients.get(RunServiceService);
      await mkdir(join(platform.home, 'files/in'), { recursive: true });
      await writeFile(join(platform.home, 'files/in/people.csv'), PEOPLE);
    }, 60_000);
    afterAll(() => platform?.close(), 60_000);

    const rowsOf = async (folder: string): Promise<string> => {
      const files = (await readdir(join(platform.home, 'files', folder))).filter((name) => name.startsWith('part-'));
      const texts = await Promise.all(
        files.map((name) => readFile(join(platform.home, 'files', folder, name), 'utf8')),
      );
      return texts.join('');
    };
    const logOf = async (id: string, stop = ''): Promise<LogLine[]> => {
      const lines: LogLine[] = [];
      const request = { id, stop, offset: 0n, follow: true };
      for await (const message of runs.streamRunLogs(request)) lines.push(...message.lines);
      return lines;
    };
    const stopOf = (run: Run, name: string) => run.stops.find((stop) => stop.name === name);
    const start = (flow: object, more = {}) => runs.startRun(startRequest(flow, more));

    test('CSV -> filter -> SQL -> CSV gives the right rows, states and counts', async () => {
      const flow = rowOfStops('people', [
        read('hdfs://any:9000/in/people.csv'),
        filter,
        sql,
        write('hdfs:///out/people'),
      ]);
      const run = await runFlow(runs, flow);
      expect(await rowsOf('out/people')).toBe('city,n,age\nBerlin,3,126\n');
      expect(run).toMatchObject({ flowName: 'people', attempt: 1, engine: 'duckdb', progress: 1, error: undefined });
      expect(run.stops.map((stop) => [stop.name, stop.state])).toEqual(
        ['read', 'filter', 'sql', 'write'].map((name) => [name, StopState.STOP_STATE_SUCCEEDED]),
      );
      expect(stopOf(run, 'write')?.inputs).toMatchObject([{ port: '', rows: 1n }]);
      expect(stopOf(run, 'read')?.outputs).toMatchObject([{ port: '', rows: 5n }]);
      const log = await logOf(run.id);
      expect(log.at(-1)?.message).toMatch(/^run SUCCEEDED after [\d.]+ s$/);
      expect((await logOf(run.id, 'write')).every((line) => line.stop === 'write')).toBe(true);
    });

    test('a run with exact accounting counts every edge', async () => {
      const flow = rowOfStops('exact', [read('hdfs:///in/people.csv'), filter, write('hdfs:///out/exact')]);
      const run = await runFlow(runs, flow, { options: RunOptions.fromPartial({ exactAccounting: true }) });
      expect(run.stops.map((stop) => [stop.name, stop.outputs.map((out) => out.rows)])).toEqual([
        ['read', [5n]],
        ['filter', [3n]],
        ['write', []],
      ]);
    });

    test('a flow of the catalog runs at its version, with variables', async () => {
      const flows = platform.clients.get(FlowServiceService);
      const flow = Flow.fromPartial({
        name: 'kept',
        environmentVariable: { '${MIN}': '50' },
        ...rowOfStops('kept', [
          read('hdfs:///in/people.csv'),
          { ...filter, properties: { condition: 'age > ${MIN}' } },
          write('hdfs:///out/${WHERE}'),
        ]),
      });
      const { flow: kept } = await flows.createFlow({ flow, comment: '', idempotencyKey: '' });
      const reference = { $case: 'reference', value: { id: kept?.id ?? '', version: 0 } } as const;
      const { run } = await runs.startRun({ ...startRequest({}), source: reference, variables: { WHERE: 'old' } });
      expect((await waitForEnd(runs, run?.id ?? '')).flow).toEqual({ id: kept?.id, version: 1 });
      expect(await rowsOf('out/old')).toBe('id,name,city,age\n3,余,Berlin,55\n');
      const listed = await runs.listRuns(ListRunsRequest.fromPartial({ flowId: kept?.id ?? '' }));
      expect(listed.runs.map((each) => each.id)).toEqual([run?.id]);
    });

    test('every problem of a flow is told at once and nothing is stored', async () => {
      const flow = {
        name: 'bad',
        stops: [
          { name: 'a', bundle: 'cn.piflow.bundle.csv.CsvParsr', properties: {} },
          { name: 'b', bundle: 'cn.piflow.bundle.common.Filter', properties: {} },
          { name: 'b', bundle: 'cn.piflow.bundle.common.Fork', properties: {} },
          { name: 'c', bundle: 'cn.piflow.bundle.common.Filter', properties: { condition: '${NONE} > 1' } },
        ],
        paths: [
          { from: 'b', outport: '', inport: '', to: 'c' },
          { from: 'c', outport: '', inport: '', to: 'b' },
          { from: 'c', outport: '', inport: '', to: 'x' },
        ],
      };
      const before = (await runs.listRuns(ListRunsRequest.fromPartial({}))).runs.length;
      const error = await start(flow).then(
        () => undefined,
        (e: unknown) => e as { code: string; problems: { reason: string }[] },
      );
      expect(error?.code).toBe('INVALID_ARGUMENT');
      expect(new Set(error?.problems.map((problem) => problem.reason))).toEqual(
        new Set([
          'STOP_TYPE_UNKNOWN',
          'PROPERTY_MISSING',
          'STOP_NAME_DUPLICATE',
          'VARIABLE_UNKNOWN',
          'FLOW_CYCLE',
          'PATH_STOP_UNKNOWN',
        ]),
      );
      expect((await runs.listRuns(ListRunsRequest.fromPartial({}))).runs.length).toBe(before);
    });

    test('a second start with the same key is the same run', async () => {
      const flow = rowOfStops('once', [read('hdfs:///in/people.csv'), write('hdfs:///out/once')]);
      const first = await start(flow, { idempotencyKey: 'once' });
      const second = await start(flow, { idempotencyKey: 'once' });
      expect(second.run?.id).toBe(first.run?.id);
      const other = rowOfStops('other', [read('hdfs:///in/people.csv')]);
      await expect(start(other, { idempotencyKey: 'once' })).rejects.toMatchObject({
        reason: 'IDEMPOTENCY_KEY_REUSED',
      });
      await waitForEnd(runs, first.run?.id ?? '');
    });

    test('a run that runs is cancelled, by any node, and cancelling again changes nothing', async () => {
      const { run } = await start(
        rowOfStops('long', [
          { name: 'slow', bundle: 'test.slow', properties: { rows: 10_000 } },
          write('hdfs:///out/long'),
        ]),
      );
      const id = run?.id ?? '';
      await until(async () => (await runs.getRun({ id })).run?.state === RunState.RUN_STATE_RUNNING);
      await runs.cancelRun({ id, reason: 'enough' });
      const ended = await waitForEnd(runs, id);
      expect(ended).toMatchObject({ state: RunState.RUN_STATE_CANCELLED, error: { reason: 'RUN_CANCELLED' } });
      expect((await runs.cancelRun({ id, reason: '' })).run?.endTime).toEqual(ended.endTime);
      await expect(readdir(join(platform.home, 'files/out/long'))).rejects.toThrow('ENOENT');
    });

    test('debug runs keep the rows of every port, and rows are read in pages', async () => {
      const flow = {
        ...rowOfStops('debug', [read('hdfs:///in/people.csv'), filter, write('hdfs:///out/debug')]),
        runMode: 'DEBUG',
      };
      const run = await runFlow(runs, flow);
      const ask = (more: Partial<GetRowsRequest>) =>
        runs.getRows(GetRowsRequest.fromPartial({ runId: run.id, stop: 'filter', ...more }));
      const first = await ask({ pageSize: 2 });
      expect(first.rows?.columns).toEqual([
        { name: 'id', type: 'int' },
        { name: 'name', type: 'string' },
        { name: 'city', type: 'string' },
        { name: 'age', type: 'int' },
      ]);
      expect(first.rows?.rows).toEqual([
        [1, 'Ann', 'Berlin', 30],
        [3, '余', 'Berlin', 55],
      ]);
      expect(first.totalRows).toBe(3n);
      const second = await ask({ pageSize: 2, pageToken: first.nextPageToken });
      expect(second).toMatchObject({ rows: { rows: [[5, 'Eve', 'Berlin', 41]] }, nextPageToken: '' });
      const some = await ask({ stop: 'read', columns: ['name'], condition: 'age IS NULL' });
      expect(some.rows?.rows).toEqual([['Bob, jr']]);
      await expect(ask({ stop: 'nobody' })).rejects.toMatchObject({ reason: 'STOP_NOT_FOUND' });
      const folder = join(platform.home, 'files/user/piflow/debug', run.id, 'filter');
      expect(await readFile(join(folder, 'default_schema'), 'utf8')).toBe('id,name,city,age\n');
      expect(await rowsOf(join('user/piflow/debug', run.id, 'filter', 'default'))).toContain('{"id":3,"name":"余"');
    });

    test('a preview gives the rows of a port and runs no stop that writes', async () => {
      const flow = rowOfStops('preview', [read('hdfs:///in/people.csv'), filter, write('hdfs:///out/preview')]);
      const source = { $case: 'document', value: JSON.stringify({ flow }) } as const;
      const { rows } = await runs.previewFlow({ source, stop: 'filter', port: '', limit: 2, variables: {} });
      expect(rows?.rows).toEqual([
        [1, 'Ann', 'Berlin', 30],
        [3, '余', 'Berlin', 55],
      ]);
      await expect(
        runs.previewFlow({ source, stop: 'write', port: '', limit: 2, variables: {} }),
      ).rejects.toMatchObject({
        reason: 'PREVIEW_WRITES',
      });
      await expect(readdir(join(platform.home, 'files/out/preview'))).rejects.toThrow('ENOENT');
    });

    test('rows that a reader refuses are counted and can be read', async () => {
      await writeFile(join(platform.home, 'files/in/bad.csv'), 'id,age\n1,30\nx,40\n3\n4,50\n');
      const flow = rowOfStops('rejects', [
        {
          name: 'read',
          bundle: 'sluice.csv.read',
          properties: { path: 'hdfs:///in/bad.csv', header: true, schema: 'id INT, age INT', mode: 'DROPMALFORMED' },
        },
        write('hdfs:///out/rejects'),
      ]);
      const run = await runFlow(runs, flow);
      expect(await rowsOf('out/rejects')).toBe('id,age\n1,30\n4,50\n');
      expect(stopOf(run, 'read')?.rejectedRows).toBe(2n);
      const { rows } = await runs.getRows(
        GetRowsRequest.fromPartial({ runId: run.id, kind: RowsKind.ROWS_KIND_REJECTED, columns: ['stop', 'line'] }),
      );
      expect(rows?.rows).toEqual([
        ['read', '3'],
        ['read', '4'],
      ]);
    });

    test.each([
      ['throw', 'STOP_FAILED', 'this stop always fails'],
      ['late', 'STOP_FAILED', 'thrown where nobody waits'],
      ['reject', 'STOP_FAILED', 'rejected where nobody waits'],
      ['exit', 'RUNNER_DIED', 'exit code 7'],
      ['kill', 'RUNNER_DIED', 'signal SIGKILL'],
      ['heap', 'OUT_OF_MEMORY', 'memory'],
    ])(
      'a stop that ends by %s fails its own run with %s, and the next run is untouched',
      async (how, reason, words) => {
        const { run } = await start(rowOfStops('bad', [{ name: 'die', bundle: 'test.die', properties: { how } }]), {
          options: RunOptions.fromPartial({ memoryBytes: how === 'heap' ? 64n << 20n : 0n }),
        });
        const ended = await waitForEnd(runs, run?.id ?? '');
        expect(ended).toMatchObject({ state: RunState.RUN_STATE_FAILED, error: { reason } });
        expect(ended.error?.message).toContain(words);
        await runFlow(
          runs,
          rowOfStops('next', [{ name: 'wait', bundle: 'test.wait', properties: { ms: 1 } }, write('hdfs:///out/next')]),
        );
      },
      60_000,
    );

    test('a stop that leaves traces is alone with them', async () => {
      const flow = {
        ...rowOfStops('trace', [{ name: 'leave', bundle: 'test.leave', properties: {} }]),
        runMode: 'DEBUG',
      };
      const seen = [];
      for (let i = 0; i < 4; i++) {
        const run = await runFlow(runs, flow);
        const { rows } = await runs.getRows(GetRowsRequest.fromPartial({ runId: run.id, stop: 'leave' }));
        seen.push(rows?.rows[0]);
      }
      expect(seen.map((row) => row?.slice(0, 2))).toEqual(Array.from({ length: 4 }, () => ['none', 'none']));
      expect(new Set(seen.map((row) => row?.[2])).size).toBe(4);
    });

    test('a run whose attempt dies is tried again where it may be', async () => {
      const once = join(platform.home, 'files/died-once');
      const { run } = await start(
        rowOfStops('again', [{ name: 'die', bundle: 'test.die', properties: { how: 'exit', once } }]),
        {
          options: RunOptions.fromPartial({ maxAttempts: 2 }),
        },
      );
      expect(await waitForEnd(runs, run?.id ?? '')).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED, attempt: 2 });
    });

    test('a run that takes longer than its limit ends', async () => {
      const { run } = await start(
        rowOfStops('slow', [{ name: 'wait', bundle: 'test.wait', properties: { ms: 60_000 } }]),
        {
          options: RunOptions.fromPartial({ timeout: { seconds: 0n, nanos: 300_000_000 } }),
        },
      );
      expect(await waitForEnd(runs, run?.id ?? '')).toMatchObject({ error: { reason: 'RUN_TIMEOUT' } });
    });

    test('an unknown run is said so', async () => {
      await expect(runs.getRun({ id: 'application_1_1' })).rejects.toMatchObject({
        code: 'NOT_FOUND',
        reason: 'RUN_NOT_FOUND',
      });
    });
  });
});

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 10_000; Date.now() < end;) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('it did not happen within 10 s');
}
