import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { json, lines, run } from '../support/command.js';
import { largestOrders } from '../support/sample-orders.js';
import { ROOT } from '../support/root.js';

const ORDERS = join(ROOT, 'docs/flows/orders.json');

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
    for (const service of ['catalog', 'datasource', 'execution', 'scheduling'])
      expect([service, checks.get(service)]).toEqual([service, 'failed']);
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
    const folder = await mkdtemp(join(tmpdir(), 'sluice-sql-'));
    const file = join(folder, 'orders.sql');
    await writeFile(file, query);
    const explained = await run(['sql', ...view, '--explain', file]);
    await rm(folder, { recursive: true });
    expect(explained.out).toMatch(
      /^query\n {2}body: select\n[^]*call count {2}bigint\n[^]*\n\nn {2}bigint\nhalf {2}double\n\nSELECT /,
    );
    expect((await run(['sql', file])).err).toContain(`the file '${file}' cannot be read`);
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
      expect(lines(await readFile(join(written, part), 'utf8'))[1]).toBe(await largestOrders());
      expect(await readdir(scratch)).toEqual([]);
      expect(await readdir(home)).toEqual(['files']);
    } finally {
      await rm(home, { recursive: true, force: true });
      await rm(scratch, { recursive: true, force: true });
    }
  }, 60_000);
});
