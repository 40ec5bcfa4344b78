import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MODES } from '../../integration/modes.js';
import type { TestPlatform } from '../../support/platform.js';
import { PiflowClient, type FlowInfo } from './client.js';
import { routesOfReadme } from './readme.js';
import { endless, towns } from './samples.js';

const TEXT = 'text/plain; charset=utf-8';
const DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d CST \d{4}$/;
const UNKNOWN = 'application_1_0001';

for (const mode of MODES)
  describe.skipIf(!mode.available)(mode.name, () => {
    let platform: TestPlatform;
    let client: PiflowClient;
    let done: FlowInfo;

    beforeAll(async () => {
      platform = await mode.start({ env: { SLUICE_TIME_ZONE: 'Asia/Shanghai' } });
      client = new PiflowClient(platform.http);
      done = await client.run(towns('towns', 'DEBUG'));
    }, 90_000);
    afterAll(() => platform?.close(), 60_000);

    describe('the routes of PiFlow about stops', () => {
      it('answer "Get OK!" to its clients at /', async () => {
        expect((await client.get('/')).text).toBe('Get OK!');
        const plain = await fetch(platform.http, { headers: { accept: 'text/plain' } });
        expect([plain.status, await plain.text()]).toEqual([200, 'Get OK!']);
      });

      it('list groups and stops as texts with commas', async () => {
        const groups = await client.get('/stop/groups');
        expect([groups.status, groups.type.toLowerCase()]).toEqual([200, TEXT]);
        expect(listOf(groups.text, 'groups')).toEqual(expect.arrayContaining(['CSV', 'Common', 'Json']));

        const stops = listOf((await client.get('/stop/list')).text, 'stops');
        expect(stops).toEqual(
          expect.arrayContaining(['cn.piflow.bundle.common.Fork', 'cn.piflow.bundle.csv.CsvParser']),
        );
        expect(new Set(stops).size).toBe(stops.length);

        const pairs = listOf((await client.get('/stop/listWithGroup')).text, 'stopWithGroup');
        expect(pairs).toEqual(expect.arrayContaining(['Common:cn.piflow.bundle.common.Fork']));
        expect(new Set(pairs.map((pair) => pair.split(':')[1]))).toEqual(new Set(stops));
      });

      it('tell of each stop in the shape of StopInfo', async () => {
        for (const bundle of listOf((await client.get('/stop/list')).text, 'stops')) {
          const answer = await client.get('/stop/info', { bundle });
          expect(answer.status, bundle).toBe(200);
          const { StopInfo: info } = JSON.parse(answer.text) as { StopInfo: Record<string, unknown> };
          expect(Object.keys(info), bundle).toEqual([
            'name',
            'bundle',
            'owner',
            'inports',
            'outports',
            'groups',
            'isCustomized',
            'isDataSource',
            'visualizationType',
            'description',
            'icon',
            'properties',
          ]);
          expect(info['bundle']).toBe(bundle);
          expect(Buffer.from(String(info['icon']), 'base64').subarray(1, 4).toString(), bundle).toBe('PNG');
          for (const property of info['properties'] as Record<string, unknown>[]) {
            expect(['true', 'false'], bundle).toContain(property['required']);
            expect(['true', 'false'], bundle).toContain(property['sensitive']);
            expect(Array.isArray(property['allowableValues']), bundle).toBe(true);
            expect(['Text', 'Sql', 'Python', 'Scala', 'Shell'], bundle).toContain(property['language']);
          }
        }
      });

      it('say the ports of a stop in the words of PiFlow', async () => {
        const ports = async (bundle: string): Promise<unknown[]> => {
          const { StopInfo: info } = JSON.parse((await client.get('/stop/info', { bundle })).text) as {
            StopInfo: Record<string, unknown>;
          };
          return [info['name'], info['inports'], info['outports'], info['isCustomized']];
        };
        expect(await ports('cn.piflow.bundle.csv.CsvParser')).toEqual(['CsvParser', 'Default', 'Default', 'false']);
        expect(await ports('cn.piflow.bundle.common.Join')).toEqual(['Join', 'Left,Right', 'Default', 'false']);
        expect(await ports('cn.piflow.bundle.common.Fork')).toEqual(['Fork', 'Default', 'Any', 'false']);
        expect(await ports('cn.piflow.bundle.common.Merge')).toEqual(['Merge', 'Any', 'Default', 'false']);
        expect(await ports('cn.piflow.bundle.common.Route')).toEqual(['Route', 'Default', 'Route', 'true']);
      });

      it('find a stop by the misspelt name of the manual, and say which are near a wrong one', async () => {
        const found = await client.get('/stop/info', { bundle: 'cn.PiFlow .bundle.csv.CsvParser' });
        expect(found.text).toContain('"bundle":"cn.piflow.bundle.csv.CsvParser"');

        const wrong = await client.get('/stop/info', { bundle: 'cn.piflow.bundle.csv.CsvParsr' });
        expect([wrong.status, wrong.reason]).toEqual([500, 'STOP_NOT_FOUND']);
        expect(wrong.text).toMatch(/^getPropertyDescriptor or getIcon Method Not Implemented Error!\n/);
        expect(wrong.text).toContain("'cn.piflow.bundle.csv.CsvParser'");

        const none = await client.get('/stop/info');
        expect([none.status, none.reason]).toEqual([500, 'REQUEST_INVALID']);
        expect(none.text).toMatch(/^There was an internal server error\.\n/);
      });
    });

    describe('the routes of PiFlow about flows', () => {
      it('start a flow with an id that looks like one of YARN', async () => {
        const answer = await client.post('/flow/start', towns('started', 'RUN'));
        expect([answer.status, answer.type.toLowerCase()]).toEqual([200, TEXT]);
        const { flow } = JSON.parse(answer.text) as { flow: { id: string; pid: string } };
        expect(flow.id).toMatch(/^application_\d{13}_\d{4,}$/);
        expect(flow.pid).toMatch(/^process_[0-9a-f-]{36}_\d+$/);
        expect(Object.keys(flow)).toEqual(['id', 'pid']);
        expect(await client.ended(flow.id)).toMatchObject({ pid: flow.pid, name: 'started', state: 'COMPLETED' });
      });

      it('tell of a flow that has ended', async () => {
        const { text } = await client.get('/flow/info', { appID: done.id });
        expect(text).toContain('\n\t"flow"');
        const { flow } = JSON.parse(text) as { flow: FlowInfo };
        expect(Object.keys(flow)).toEqual(['id', 'pid', 'name', 'state', 'startTime', 'endTime', 'progress', 'stops']);
        expect(flow).toMatchObject({ id: done.id, name: 'towns', state: 'COMPLETED', progress: '100' });
        expect(flow.startTime).toMatch(DATE);
        expect(flow.endTime).toMatch(DATE);
        expect(flow.stops.map((each) => Object.keys(each))).toEqual([['stop'], ['stop']]);
        expect(flow.stops[0]?.stop).toMatchObject({ name: '城镇', state: 'COMPLETED' });
        expect((flow.stops[0]?.stop as { startTime?: string }).startTime).toMatch(DATE);
      });

      it('tell progress in the words of the server and of the manual', async () => {
        const { text } = await client.get('/flow/progress', { appID: done.id });
        const said = { appId: done.id, name: 'towns', state: 'COMPLETED' };
        expect(JSON.parse(text)).toEqual({
          FlowInfo: { ...said, progress: '100' },
          flow: { ...said, progress: '100%' },
        });
      });

      it('tell of the log as YARN does, with pages that this platform serves', async () => {
        const { text } = await client.get('/flow/log', { appID: done.id });
        const { app } = JSON.parse(text) as { app: Record<string, string | number> };
        expect(app).toMatchObject({
          id: done.id,
          name: 'towns',
          state: 'FINISHED',
          finalStatus: 'SUCCEEDED',
          progress: 100,
        });
        expect(app['amContainerLogs']).toBe(`${platform.http}/node/containerlogs/${done.id}`);
        for (const stream of ['stdout', 'stderr']) {
          const page = await fetch(`${String(app['amContainerLogs'])}/${stream}/?start=0`);
          expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('<pre')]);
        }
        expect((await fetch(String(app['trackingUrl']))).status).toBe(200);
      });

      it('name the folder and columns of debug data', async () => {
        const { text } = await client.get('/flow/debugData', { appID: done.id, stopName: '城镇', port: 'default' });
        const { schema, debugDataPath } = JSON.parse(text) as { schema: string; debugDataPath: string };
        expect(schema).toBe('town,people');
        expect(debugDataPath).toBe(`file://${platform.home}/files/user/piflow/debug/${done.id}/城镇/default`);
        expect(await client.debugRows(done.id, '城镇')).toEqual([
          { town: '江南', people: '120' },
          { town: 'North', people: '7' },
        ]);
        expect((await readFile(`${debugDataPath.slice(7)}_schema`, 'utf8')).trimEnd()).toBe('town,people');
      });

      it('know the columns of debug data whose schema file is out of reach', async () => {
        const { id } = await client.run(towns('out of reach', 'DEBUG'));
        await rm(join(platform.home, 'files/user/piflow/debug', id), { recursive: true });
        const { text } = await client.get('/flow/debugData', { appID: id, stopName: '城镇' });
        expect(JSON.parse(text)).toMatchObject({ schema: 'town,people' });
      });

      it('draw charts of the rows that a debug run kept', async () => {
        const chart = (visualizationType: string): Promise<string> =>
          client
            .get('/flow/visualizationData', { appID: done.id, stopName: '城镇', visualizationType })
            .then(({ text }) => text);
        expect(JSON.parse(await chart('LINECHART'))).toEqual({
          xAxis: { type: 'town', data: ['江南', 'North'] },
          series: [{ name: 'people', type: 'line', stack: '', data: ['120', '7'] }],
          legent: ['people'],
        });
        expect(JSON.parse(await chart('TABLE'))).toMatchObject({ schema: ['town', 'people'] });
        expect(await chart('NONE')).toBe('');
      });

      it('give a folder for test data that flows can read', async () => {
        const { text } = await client.get('/flow/testDataPath');
        expect(text).toBe(`file://${platform.home}/files/user/piflow/testData/`);
        await writeFile(join(text.slice(7), 'rows.csv'), 'a☔1\nb☔2\n');
        const properties = { csvPath: `${text}rows.csv`, header: 'false', delimiter: '☔', schema: 'name,n' };
        const stops = [{ uuid: '1', name: 'Test', bundle: 'cn.piflow.bundle.csv.CsvParser', properties }];
        const { id } = await client.run({ flow: { name: 'test data', uuid: '1', runMode: 'DEBUG', stops, paths: [] } });
        expect(await client.debugRows(id, 'Test')).toEqual([
          { name: 'a', n: '1' },
          { name: 'b', n: '2' },
        ]);
      });

      it('stop a flow that runs, and say ok again when it has ended', async () => {
        const id = await client.start(endless());
        while ((await client.info(id)).state === 'ACCEPTED') await delay(10);
        expect(await client.post('/flow/stop', { appID: id })).toMatchObject({ status: 200, text: 'ok' });
        const info = await client.ended(id);
        expect(info.state).toBe('KILLED');
        expect(info.stops.map(({ stop }) => stop.state)).not.toContain('STARTED');
        expect(await client.post('/flow/stop', { appID: id })).toMatchObject({ status: 200, text: 'ok' });
        const { app } = JSON.parse((await client.get('/flow/log', { appID: id })).text) as { app: object };
        expect(app).toMatchObject({ state: 'KILLED', finalStatus: 'KILLED' });
      });

      it('tell of a flow that failed, and why', async () => {
        const flow = towns('no such file', 'RUN');
        const broken = { ...(flow.flow.stops[0] as object), bundle: 'cn.piflow.bundle.csv.CsvParser' };
        const properties = { csvPath: 'hdfs:///nowhere.csv', header: 'true', delimiter: ',', schema: '' };
        const info = await client.ended(
          await client.start({ flow: { ...flow.flow, stops: [{ ...broken, properties }, flow.flow.stops[1]] } }),
        );
        expect(info.state).toBe('FAILED');
        expect(info.stops.map(({ stop }) => stop.state)).toEqual(['FAILED', 'INIT']);
        expect(await client.diagnostics(info.id)).toContain('nowhere.csv');
      });

      it('answer 200 and FAILED for a flow that nobody knows, as there', async () => {
        const answer = await client.get('/flow/info', { appID: UNKNOWN });
        expect([answer.status, answer.reason]).toEqual([200, 'RUN_NOT_FOUND']);
        const flow = { id: UNKNOWN, name: '', state: 'FAILED', startTime: '', endTime: '', stops: [] };
        expect(JSON.parse(answer.text)).toEqual({ flow });
      });

      it.each([
        ['/flow/info', {}, 'appID is null or flow run failed!'],
        ['/flow/progress', {}, 'appID is null or flow run failed!'],
        ['/flow/progress', { appID: UNKNOWN }, 'appID is null or flow run failed!'],
        ['/flow/log', {}, 'appID is null or flow does not exist!'],
        ['/flow/log', { appID: UNKNOWN }, 'appID is null or flow does not exist!'],
        ['/flow/checkpoints', {}, 'appID is null or flow does not exist!'],
        ['/flow/checkpoints', { appID: UNKNOWN }, 'appID is null or flow does not exist!'],
        ['/flow/debugData', {}, 'appID is null or stop does not have debug data!'],
        ['/flow/debugData', { appID: UNKNOWN, stopName: 'x' }, 'appID is null or stop does not have debug data!'],
        ['/flow/visualizationData', {}, 'appID is null or stop does not have visualization data!'],
      ])('fail with the text of PiFlow: %s %j', async (path, query, text) => {
        const answer = await client.get(path, query);
        expect([answer.status, answer.type.toLowerCase()]).toEqual([500, TEXT]);
        expect(answer.text.split('\n')[0]).toBe(text);
        expect(answer.text.split('\n')[1]).toMatch(/^(REQUEST_INVALID|RUN_NOT_FOUND): /);
      });

      it.each([
        [{ stopName: 'Nowhere' }, 'STOP_NOT_FOUND'],
        [{ stopName: '../..' }, 'STOP_NOT_FOUND'],
        [{ stopName: '城镇', port: '../default' }, 'ROWS_NOT_FOUND'],
        [{ stopName: '城镇', port: 'other' }, 'ROWS_NOT_FOUND'],
      ])('have no debug data where a run kept none: %j', async (query, reason) => {
        const answer = await client.get('/flow/debugData', { appID: done.id, ...query });
        expect([answer.status, answer.reason]).toEqual([500, reason]);
        expect(answer.text.split('\n')[0]).toBe('appID is null or stop does not have debug data!');
      });

      it('have no debug data of a run that is no debug run', async () => {
        const { id } = await client.run(towns('no debug', 'RUN'));
        const answer = await client.get('/flow/debugData', { appID: id, stopName: '城镇' });
        expect([answer.status, answer.reason]).toEqual([500, 'ROWS_NOT_FOUND']);
        const chart = { appID: id, stopName: '城镇', visualizationType: 'TABLE' };
        expect((await client.get('/flow/visualizationData', chart)).text.split('\n')[0]).toBe(
          'appID is null or stop does not have visualization data!',
        );
      });

      it.each([
        ['', 'FLOW_UNREADABLE'],
        ['{"flow":', 'FLOW_UNREADABLE'],
        ['[]', 'FLOW_INVALID'],
        ['{"flow":{"name":"empty","uuid":"1","stops":[],"paths":[]}}', 'FLOW_EMPTY'],
      ])('refuse to start what is no flow: %s', async (body, reason) => {
        const answer = await client.post('/flow/start', body);
        expect([answer.status, answer.reason]).toEqual([500, reason]);
        expect(answer.text.split('\n')[0]).toBe('Can not start flow!');
      });

      it.each([
        ['{}', 500, 'There was an internal server error.'],
        ['', 500, 'There was an internal server error.'],
        [`{"appID":"${UNKNOWN}"}`, 500, 'Can not found process Error!'],
      ])('refuse to stop what does not run: %s', async (body, status, text) => {
        const answer = await client.post('/flow/stop', body);
        expect([answer.status, answer.text.split('\n')[0]]).toEqual([status, text]);
      });
    });

    describe('the other routes of PiFlow', () => {
      it('tell of the cores, the memory and the disk of this machine', async () => {
        const { text } = await client.get('/resource/info');
        const { resource } = JSON.parse(text) as {
          resource: Record<'cpu' | 'memory' | 'hdfs', Record<string, number>>;
        };
        const { cpu, memory, hdfs } = resource;
        expect(cpu['totalVirtualCores']).toBeGreaterThan(0);
        expect(cpu['totalVirtualCores']).toBe(
          (cpu['allocatedVirtualCores'] ?? 0) + (cpu['remainingVirtualCores'] ?? 0),
        );
        expect(memory['totalMemoryGB']).toBeGreaterThan(0);
        expect(memory['totalMemoryGB']).toBeCloseTo(
          (memory['allocatedMemoryGB'] ?? 0) + (memory['remainingMemoryGB'] ?? 0),
          1,
        );
        expect(hdfs['TotalCapacityGB']).toBeGreaterThan(0);
        expect(hdfs['TotalCapacityGB']).toBeCloseTo(
          (hdfs['allocatedCapacityGB'] ?? 0) + (hdfs['remainingCapacityGB'] ?? 0),
          1,
        );
      });

      it('answer 404 for a path that PiFlow does not know', async () => {
        expect(await client.get('/flow/nothing')).toMatchObject({ status: 404, text: 'Unknown resource!' });
        expect(await client.get('/flow/start')).toMatchObject({ status: 404, text: 'Unknown resource!' });
      });

      const documented = routesOfReadme();

      it('are written down, with those that are not served yet', () => {
        expect(documented.filter(({ state }) => state === 'not').length).toBeGreaterThan(0);
        expect(documented.map(({ path }) => path)).toEqual(expect.arrayContaining(['/', '/flow/start', '/group/info']));
      });

      it.each(documented.filter(({ state }) => state === 'not'))(
        'answer 501 with a sentence for what is not there yet: $method $path',
        async ({ method, path }) => {
          const answer = method === 'GET' ? await client.get(path) : await client.post(path, {});
          expect([answer.status, answer.reason]).toEqual([501, 'NOT_IMPLEMENTED']);
          expect(answer.text).toMatch(/^Sluice does not .+ yet\. .+\.$/);
        },
      );

      it.each(documented.filter(({ state }) => state !== 'not'))(
        'are served where the README says so: $method $path',
        async ({ method, path }) => {
          const answer = method === 'GET' ? await client.get(path) : await client.post(path, {});
          expect([200, 500]).toContain(answer.status);
        },
      );

      it('answer 403 to a web page elsewhere', async () => {
        const init = { method: 'POST', body: '{}', headers: { origin: 'http://elsewhere.example' } };
        const answer = await fetch(`${client.url}/flow/start`, init);
        expect([answer.status, answer.headers.get('sluice-error-reason')]).toEqual([403, 'ORIGIN_FORBIDDEN']);
      });

      it('answer 501 for a flow that is to go on from a checkpoint, and for a group', async () => {
        const flow = towns('resumed', 'RUN');
        const resumed = { flow: { ...flow.flow, checkpoint: '城镇', checkpointParentProcessId: done.id } };
        expect(await client.post('/flow/start', resumed)).toMatchObject({ status: 501, reason: 'NOT_IMPLEMENTED' });
        const group = { group: { name: 'g', uuid: '1', flows: [flow], conditions: [] } };
        expect(await client.post('/flow/start', group)).toMatchObject({ status: 501, reason: 'NOT_IMPLEMENTED' });
      });
    });
  });

function listOf(text: string, key: string): string[] {
  return ((JSON.parse(text) as Record<string, string>)[key] ?? '').split(',');
}
