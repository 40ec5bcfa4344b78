import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { begin, json, lines, run } from '../support/command.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { ROOT } from '../support/root.js';
import { TEST_PLUGINS } from './modes.js';

const ORDERS = join(ROOT, 'docs/flows/orders.json');
const ID = /application_\d+_\d+/;

describe('sluice without a platform', () => {
  test('says its version and its help', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, out: '0.1.0\n', err: '' });
    const { code, out } = await run(['--help']);
    expect(code).toBe(0);
    expect(out).toMatch(/Usage: sluice[\s\S]*\n {2}run [\s\S]*\n {2}doctor /);
    expect((await run(['--help'], { LANG: 'zh_CN.UTF-8' })).out).toContain('用法：');
  });

  test('wrong usage ends with 2 and says what was meant', async () => {
    expect(await run(['rnu'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/unknown command 'rnu'[\s\S]*run/),
    });
    expect(await run(['runs', '--stat', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining('--state') });
    expect(await run(['run'])).toMatchObject({ code: 2 });
    expect(await run(['serve', 'catalogue'])).toMatchObject({ code: 2, err: expect.stringContaining('execution') });
  });

  test('a platform that is not there ends with 4 and says how to start one', async () => {
    const env = { SLUICE_URL: '127.0.0.1:1' };
    expect(await run(['runs'], env)).toMatchObject({
      code: 4,
      out: '',
      err: expect.stringMatching(/127\.0\.0\.1:1[\s\S]*sluice up/),
    });
    const { code, err } = await run(['runs', '--json', '--url', 'http://127.0.0.1:1']);
    expect(code).toBe(4);
    expect(json(err)).toMatchObject([{ error: { code: 'UNAVAILABLE', reason: 'SERVICE_UNAVAILABLE' } }]);
  });

  test('a file that is not there ends with 3', async () => {
    expect(await run(['run', 'no/such.json'])).toMatchObject({ code: 3, err: expect.stringContaining('no/such.json') });
  });

  test('config shows values with their sources and masks secrets', async () => {
    const env = { SLUICE_DATABASE_URL: 'mysql://me:hidden@db.example/sluice', SLUICE_HTTP_PORT: '1234' };
    const { code, out, err } = await run(['config', '--json'], env);
    expect(code).toBe(0);
    expect(out + err).not.toContain('hidden');
    const settings = json(out);
    expect(settings.find(({ key }) => key === 'http.port')).toMatchObject({ value: 1234, source: 'environment' });
    expect(settings.find(({ key }) => key === 'grpc.port')).toMatchObject({ value: 8003, source: 'default' });
    expect(await run(['config'], { SLUICE_HTP_PORT: '1' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('SLUICE_HTTP_PORT'),
    });
  });

  test('doctor finds what is wrong and says what to do', async () => {
    const env = { SLUICE_URL: '127.0.0.1:1', SLUICE_NATS_URL: 'nats://127.0.0.1:1', SLUICE_HTTP_PORT: '0' };
    const { code, out } = await run(['doctor', '--json'], env);
    expect(code).toBe(1);
    const checks = new Map(json(out).map((check) => [check['name'], check['state']]));
    expect(checks.get('Node')).toBe('ok');
    expect(checks.get('NATS')).toBe('failed');
    expect(checks.get('execution')).toBe('failed');
    expect(checks.get('database')).toBe('ok');
  });

  const mariadb = process.env['SLUICE_TEST_MARIADB_URL'];
  test.skipIf(mariadb === undefined)('doctor logs in to the database', async () => {
    const found = async (url: URL): Promise<Record<string, unknown> | undefined> => {
      const { out } = await run(['doctor', '--json'], { SLUICE_DATABASE_URL: url.href, SLUICE_HTTP_PORT: '0' });
      return json(out).find((check) => check['name'] === 'database');
    };
    const url = new URL(mariadb ?? '');
    expect(await found(url)).toMatchObject({ state: 'ok', found: `${url.host} takes our login` });
    url.password = 'wrong';
    expect(await found(url)).toMatchObject({ state: 'failed', found: expect.stringContaining('Access denied') });
    url.port = '1';
    expect(await found(url)).toMatchObject({
      state: 'failed',
      found: expect.stringContaining('see that the server runs'),
    });
  });

  const mysql = process.env['SLUICE_TEST_MYSQL_URL'];
  test.skipIf(mysql === undefined)('doctor reaches MySQL over TLS when its authority is trusted', async () => {
    const url = new URL(mysql ?? '');
    // MySQL 8 makes an authority of its own at its first start, and keeps its certificate beside the data.
    const connection = await createConnection(url.href);
    const [rows] = await connection
      .query<RowDataPacket[]>('SELECT @@datadir AS folder')
      .finally(() => connection.end());
    const authority = join(String(rows[0]?.['folder']), 'ca.pem');
    url.searchParams.set('ssl', 'true');
    const found = async (env: Readonly<Record<string, string>>): Promise<Record<string, unknown> | undefined> => {
      const { out } = await run(['doctor', '--json'], { SLUICE_DATABASE_URL: url.href, SLUICE_HTTP_PORT: '0', ...env });
      return json(out).find((check) => check['name'] === 'database');
    };
    expect(await found({})).toMatchObject({
      state: 'failed',
      found: expect.stringMatching(/certificate.*NODE_EXTRA_CA_CERTS/),
    });
    expect(await found({ NODE_EXTRA_CA_CERTS: authority })).toMatchObject({ state: 'ok' });
  });

  test('sql answers Spark SQL over files, explains it, and refuses by name', async () => {
    const view = ['--view', `o=${join(ROOT, 'docs/flows/data/orders.csv')}`];
    const query = 'SELECT count(*) AS n, 7 / 2 AS half FROM o';
    const answer = await run(['sql', ...view, '--format', 'json', query]);
    const rows = lines(await readFile(join(ROOT, 'docs/flows/data/orders.csv'), 'utf8')).length - 1;
    expect(json(answer.out)).toEqual([{ n: String(rows), half: '3.5' }]);
    expect((await run(['sql', ...view, '--explain', query])).out).toMatch(
      /^query\n {2}body: select\n[^]*call count {2}bigint\n[^]*\n\nn {2}bigint\nhalf {2}double\n\nSELECT /,
    );
    const questions = ['{"sql": "SELECT 1 + 1 AS x"}', '{"sql": "SELECT frobnicate(1)"}', 'nonsense'];
    const answers = json((await run(['sql', '--stdin'], {}, questions.join('\n'))).out);
    expect(answers[0]).toEqual({ schema: [['x', 'int']], rows: [['2']] });
    expect(answers.slice(1).map((each) => (each['error'] as { reason: string }).reason)).toEqual([
      'SQL_UNSUPPORTED',
      'REQUEST_INVALID',
    ]);
    expect((await run(['sql', 'SELECT 1; SELECT 2'])).err).toContain('[SQL_STATEMENTS]');
  });

  test('cron explains expressions and answers lines, without a platform', async () => {
    const from = ['--zone', 'Asia/Shanghai', '--from', '2024-02-28T10:15'];
    expect((await run(['cron', 'next', '0 15 10 * * ?', '-n', '2', ...from])).out).toBe(
      '2024-02-29T10:15:00+08:00\n2024-03-01T10:15:00+08:00\n',
    );
    expect((await run(['cron', 'explain', '0 9 * * 1-5', '--grammar', 'unix'])).out).toMatch(
      /^At 09:00, on Monday to Friday\nin UTC\n\n(\d{4}-\d\d-\d\dT09:00:00Z {2}[A-Z][a-z]+day\n){5}$/,
    );
    expect(await run(['cron', 'next', '0 0 0 30 2 ?'])).toEqual({ code: 0, out: '', err: 'it never comes\n' });
    expect((await run(['cron', 'next', '0 0 25 * * ?'])).err).toContain('field 3 (hours), column 5');
    const question = { expr: '0 0 12 * * ?', zone: 'UTC', from: '2024-01-15T10:00:00Z', count: 2 };
    const answers = json((await run(['cron', 'next', '--stdin'], {}, `${JSON.stringify(question)}\n\nnonsense`)).out);
    expect(answers[0]).toEqual({ next: ['2024-01-15T12:00:00Z', '2024-01-16T12:00:00Z'] });
    expect(answers[1]).toMatchObject({ error: { reason: 'REQUEST_INVALID' } });
    expect((await run(['cron', 'next'])).err).toContain('--stdin');
  });

  test('--local runs a flow in one process, on the files of the settings, and leaves nothing behind', async () => {
    const home = await mkdtemp(join(tmpdir(), 'sluice-cli-'));
    const scratch = await mkdtemp(join(tmpdir(), 'sluice-cli-tmp-'));
    try {
      const env = { SLUICE_HOME: home, TMPDIR: scratch };
      const { code, out, err } = await run(['run', ORDERS, '--local'], env);
      expect({ code, out, err }).toMatchObject({ code: 0, out: expect.stringMatching(/write +succeeded +6/) });
      const written = join(home, 'files/samples/out/orders-by-country');
      const [part = ''] = (await readdir(written)).filter((name) => name.startsWith('part-'));
      expect(lines(await readFile(join(written, part), 'utf8'))[1]).toBe(await expectedFirst());
      expect(await readdir(scratch)).toEqual([]);
      expect(await readdir(home)).toEqual(['files']);
    } finally {
      await rm(home, { recursive: true, force: true });
      await rm(scratch, { recursive: true, force: true });
    }
  }, 60_000);
});

/** The country with the largest total among orders of more than 200, worked out here. */
async function expectedFirst(): Promise<string> {
  const [, ...rows] = lines(await readFile(join(ROOT, 'docs/flows/data/orders.csv'), 'utf8'));
  const totals = new Map<string, { orders: number; cents: number; latest: string }>();
  for (const row of rows) {
    const [, , country = '', , quantity, price, day = ''] = row.split(',');
    const cents = Math.round(Number(quantity) * Number(price) * 100);
    if (cents <= 20_000) continue;
    const sum = totals.get(country) ?? { orders: 0, cents: 0, latest: '' };
    const latest = day > sum.latest ? day : sum.latest;
    totals.set(country, { orders: sum.orders + 1, cents: sum.cents + cents, latest });
  }
  const [first] = [...totals].sort(([, a], [, b]) => b.cents - a.cents);
  if (first === undefined) throw new Error('no order is large enough');
  const [country, { orders, cents, latest }] = first;
  return `${country},${orders},${(cents / 100).toFixed(2)},${latest}`;
}

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
      expect(err).toContain((await expectedFirst()).split(',')[2]);
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
