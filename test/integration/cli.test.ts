import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { begin, json, lines, run } from '../support/command.js';
import { largestOrders } from '../support/sample-orders.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { ROOT } from '../support/root.js';
import { TEST_PLUGINS } from './modes.js';

const ORDERS = join(ROOT, 'docs/flows/orders.json');
const ID = /application_\d+_\d+/;

describe('sluice with a platform', () => {
  let platform: TestPlatform;
  let folder: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    platform = await startPlatform({ env: { SLUICE_PLUGINS_FOLDERS: TEST_PLUGINS } });
    env = { SLUICE_URL: platform.processes[0]?.grpc ?? '' };
    folder = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
    await writeFile(join(folder, 'slow.json'), JSON.stringify(flowOf('slow', 'test.slow', { rows: 100_000 })));
    await writeFile(join(folder, 'die.json'), JSON.stringify(flowOf('die', 'test.die', { how: 'throw' })));
  }, 60_000);
  afterAll(async () => {
    await platform?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test('run follows a run, sums it up by stop, and ends by its outcome', async () => {
    const good = await run(['run', ORDERS, '--label', 'kind=test', '--debug'], env);
    expect(good.code).toBe(0);
    expect(good.out).toMatch(/read +succeeded +60/);
    expect(good.out).toMatch(/write +succeeded +6/);
    expect(good.err).toMatch(/by-country {2}succeeded/);
    const bad = await run(['run', join(folder, 'die.json')], env);
    expect(bad).toMatchObject({ code: 1, out: expect.stringMatching(/this stop always fails.*STOP_FAILED/) });
  }, 60_000);

  test('a flow with problems is refused with all of them', async () => {
    const document = JSON.stringify({
      name: 'bad',
      stops: [
        { name: 'a', bundle: 'sluice.csv.raed', properties: {} },
        { name: 'b', bundle: 'cn.piflow.bundle.common.Filter', properties: {} },
      ],
      paths: [{ from: 'b', outport: '', inport: '', to: 'x' }],
    });
    const outcome = await run(['run', '-'], env, document);
    expect(outcome.code).toBe(1);
    for (const word of ['STOP_TYPE_UNKNOWN', 'sluice.csv.read', 'PORT_MISSING', 'PATH_STOP_UNKNOWN']) {
      expect(outcome.err).toContain(word);
    }
    const checked = await run(['flow', 'validate', '-', '--json'], env, document);
    expect(checked.code).toBe(1);
    expect((json(checked.out)[0]?.['problems'] as unknown[]).length).toBeGreaterThanOrEqual(3);
  });

  test('--json gives every event as a line, the last one of the end', async () => {
    const { code, out } = await run(['run', ORDERS, '--json'], env);
    expect(code).toBe(0);
    expect(json(out).at(-1)).toMatchObject({ run: { flowName: 'orders', state: 'RUN_STATE_SUCCEEDED' } });
  }, 60_000);

  test.each(['gRPC', 'the JSON API'])(
    'runs are listed, shown and read over %s',
    async (way) => {
      const over = way === 'gRPC' ? env : { SLUICE_URL: platform.http };
      const { out: started } = await run(['run', ORDERS, '--debug', '--detach', '-q', '--label', `way=${way}`], over);
      const id = ID.exec(started)?.[0] ?? '';
      expect(started).toBe(`${id}\n`);
      expect((await run(['runs', 'watch', id], over)).code).toBe(0);
      expect((await run(['runs', '-q', '--label', `way=${way}`, '--state', 'succeeded'], over)).out).toBe(`${id}\n`);
      expect((await run(['runs', '-q', '--label', `way=${way}`, '--state', 'failed'], over)).out).toBe('');
      expect(json((await run(['runs', 'show', id, '--json'], over)).out)).toMatchObject([{ id, flowName: 'orders' }]);
      const rows = await run(['runs', 'rows', id, 'by-country', '--where', "country = 'Japan'", '--json'], over);
      expect(json(rows.out)).toMatchObject([{ rows: { rows: [expect.arrayContaining(['Japan'])] } }]);
      const log = await run(['logs', id, '-f', '--stop', 'write'], over);
      expect(log).toMatchObject({ code: 0, out: expect.stringMatching(/\[write\] SUCCEEDED/) });
      expect(log.out).not.toContain('[read]');
      expect(await run(['runs', 'cancel', id], over)).toMatchObject({
        code: 0,
        out: expect.stringContaining('succeeded'),
      });
      expect((await run(['runs', 'show', 'application_1_1'], over)).code).toBe(3);
    },
    60_000,
  );

  test('a list is read in pages, and --all reads them all', async () => {
    for (let i = 0; i < 3; i++) await run(['run', ORDERS, '-d', '-q', '--label', 'kind=paged'], env);
    const first = await run(['runs', '--label', 'kind=paged', '-n', '2'], env);
    const [, token = ''] = /--page (\S+)/.exec(first.err) ?? [];
    const second = await run(['runs', '-q', '--label', 'kind=paged', '-n', '2', '--page', token], env);
    expect(lines(second.out)).toHaveLength(1);
    expect(first.out).not.toContain(second.out.trim());
    expect(json((await run(['runs', '--label', 'kind=paged', '--all', '--json'], env)).out)).toHaveLength(3);
  }, 60_000);

  test('flows are kept, changed at the expected version, exported, run and deleted', async () => {
    const id = (await run(['flow', 'create', ORDERS, '-q'], env)).out.trim();
    expect((await run(['flow', 'update', id, ORDERS, '--expect', '1', '-m', 'again'], env)).out).toContain('version 2');
    expect((await run(['flow', 'update', id, ORDERS, '--expect', '1'], env)).code).toBe(6);
    expect((await run(['flow', 'versions', id], env)).out).toContain('again');
    expect((await run(['flow', 'list', '-q'], env)).out).toContain(id);
    expect((await run(['flow', 'get', id], env)).out).toMatch(/read +sluice\.csv\.read +→ big-orders/);
    expect((await run(['flow', 'validate', id], env)).code).toBe(0);
    const file = join(folder, 'exported.json');
    expect((await run(['flow', 'export', id, '--format', 'piflow', '-o', file], env)).code).toBe(0);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ flow: { name: 'orders' } });
    const imported = (await run(['flow', 'import', file, '-q'], env)).out.trim();
    expect(imported).toMatch(/^\S+$/);
    expect((await run(['run', `${id}@1`], env)).code).toBe(0);
    expect((await run(['flow', 'delete', id], env)).code).toBe(0);
    expect((await run(['flow', 'get', id], env)).code).toBe(3);
  }, 60_000);

  test('the other samples give the rows that a look at their data gives', async () => {
    for (const name of ['customers', 'readings']) {
      expect((await run(['run', `docs/flows/${name}.json`], env)).code).toBe(0);
    }
    const readRows = async (path: string): Promise<string[]> => {
      const written = join(platform.home, 'files/samples/out', path);
      const [part = ''] = (await readdir(written)).filter((file) => file.startsWith('part-'));
      return lines(await readFile(join(written, part), 'utf8')).slice(1);
    };
    const data = async (file: string): Promise<string[]> =>
      lines(await readFile(join(ROOT, 'docs/flows/data', file), 'utf8'));
    const gold = (await data('customers.csv')).filter((row) => row.endsWith(',gold')).map((row) => row.split(',')[0]);
    const orders = (await data('orders.csv')).slice(1).filter((row) => gold.includes(row.split(',')[1]));
    const ids = (rows: readonly string[], at: number): string[] => rows.map((row) => row.split(',')[at] ?? '').sort();
    expect(ids(await readRows('customers/gold'), 1)).toEqual(ids(orders, 0));
    expect(await readRows('customers/all')).toHaveLength(60);
    const sensors = (await data('sensors.jsonl')).map(
      (line) => JSON.parse(line) as { place: { city: string }; readings: { celsius: number }[] },
    );
    const beijing = sensors.filter(({ place }) => place.city === '北京').flatMap(({ readings }) => readings);
    const highest = Math.max(...beijing.map(({ celsius }) => celsius));
    const [, , row = ''] = await readRows('readings-by-city');
    expect(row.split(',')).toMatchObject({ 0: '北京', 1: String(beijing.length), 3: highest.toFixed(1) });
  }, 60_000);

  test('a preview shows the rows of a port', async () => {
    const { code, out } = await run(['preview', ORDERS, 'big-orders', '-n', '3'], env);
    expect(code).toBe(0);
    expect(lines(out)).toHaveLength(4);
    expect(lines(out)[0]).toMatch(/^order_id +customer_id +country/);
  });

  test('stop types are listed, searched and shown with their properties', async () => {
    const { out } = await run(['stop-types', '--search', 'csv', '-q'], env);
    expect(lines(out)).toContain('sluice.csv.read');
    expect(out).not.toContain('Filter');
    expect((await run(['stop-types', 'sluice.csv.read'], env)).out).toMatch(/path +path +\(required\)/);
    expect(await run(['stop-types', 'sluice.csv.raed'], env)).toMatchObject({
      code: 3,
      err: expect.stringContaining('sluice.csv.read'),
    });
  });

  test('the first Ctrl-C asks, the second cancels', async () => {
    const started = begin(['run', join(folder, 'slow.json')], env);
    await started.seen(/slow {2}running/);
    started.kill('SIGINT');
    await started.seen(/Ctrl-C again/);
    started.kill('SIGINT');
    const { code, out } = await started.ended;
    expect(code).toBe(130);
    expect(out).toContain('cancelled');
  }, 60_000);

  test('SIGTERM leaves the run alone', async () => {
    const started = begin(['run', join(folder, 'slow.json')], env);
    await started.seen(/slow {2}running/);
    started.kill('SIGTERM');
    const { code, err } = await started.ended;
    expect(code).toBe(130);
    const id = ID.exec(err)?.[0] ?? '';
    expect(json((await run(['runs', 'show', id, '--json'], env)).out)).toMatchObject([{ state: 'RUN_STATE_RUNNING' }]);
    await run(['runs', 'cancel', id, '--reason', 'enough'], env);
    expect(await run(['runs', 'watch', id], env)).toMatchObject({ code: 5, out: expect.stringContaining('enough') });
  }, 60_000);

  test('following goes on when the platform is started anew', async () => {
    const started = begin(['run', join(folder, 'slow.json')], env);
    await started.seen(/slow {2}running/);
    await platform.processes[0]?.stop('SIGKILL');
    await started.seen(/does not answer/);
    await platform.restart(0);
    const { code, out } = await started.ended;
    expect({ code, out }).toMatchObject({ code: 1, out: expect.stringMatching(/RUNNER_LOST|RUNNER_DIED/) });
  }, 90_000);
});

describe('sluice up', () => {
  test('the first start shows the sample, the second does not, and SIGTERM closes in order', async () => {
    const home = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
    const env = {
      SLUICE_HOME: join(home, 'new'),
      SLUICE_GRPC_PORT: '0',
      SLUICE_HTTP_PORT: '0',
      SLUICE_LOG_FORMAT: 'json',
    };
    try {
      const first = begin(['up'], env);
      await first.seen(/npx sluice runs/);
      first.kill('SIGTERM');
      const { code, err } = await first.ended;
      expect({ code, err }).toMatchObject({ code: 0, err: expect.stringMatching(/country +orders +total/) });
      expect(err).toContain((await largestOrders()).split(',')[2]);
      const second = begin(['up'], env);
      await second.seen(/is ready after/);
      second.kill('SIGINT');
      const again = await second.ended;
      expect(again.code).toBe(0);
      expect(again.err).not.toContain('country');
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  }, 90_000);
});

function flowOf(name: string, bundle: string, properties: object): object {
  const write = {
    name: 'write',
    bundle: 'cn.piflow.bundle.csv.CsvSave',
    properties: {
      csvSavePath: `hdfs:///out/${name}`,
      header: 'true',
      delimiter: ',',
      partition: '1',
      saveMode: 'overwrite',
    },
  };
  const paths = [{ from: name, outport: '', inport: '', to: 'write' }];
  const isSource = bundle === 'test.slow';
  return { name, stops: [{ name, bundle, properties }, ...(isSource ? [write] : [])], paths: isSource ? paths : [] };
}
