import { createHmac, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { Client } from '@sluice/chassis';
import { FlowServiceService, ImportFlowRequest } from '@sluice/proto/catalog/v1/flow_service';
import { Flow } from '@sluice/proto/common/v1/flow';
import {
  CreateDatasourceRequest,
  DatasourceServiceService,
  UpdateDatasourceRequest,
} from '@sluice/proto/datasource/v1/datasource_service';
import { SetVariableRequest, VariableServiceService } from '@sluice/proto/datasource/v1/variable_service';
import { RunState, StopState, type Run } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { NotificationServiceService, NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import { CreateScheduleRequest, ScheduleServiceService } from '@sluice/proto/scheduling/v1/schedule_service';
import { mockFlow, rowOfStops, startRequest, waitForEnd } from '../bench/flows.js';
import { descendants } from '../bench/processes.js';
import type { TestPlatform } from '../support/platform.js';
import { filesWith, holds, tablesWith, toldBy } from '../support/secret-search.js';
import { MODES } from './modes.js';

const MARIADB = process.env['SLUICE_TEST_MARIADB_URL'] ?? '';
const POSTGRESQL = process.env['SLUICE_TEST_POSTGRESQL_URL'] ?? '';
const SECRET = `Planted-${randomBytes(9).toString('hex')}`;

describe.each(MODES)('datasources: $name', (mode) => {
  describe.skipIf(!mode.available || MARIADB === '' || POSTGRESQL === '')('on MariaDB and PostgreSQL', () => {
    const name = `t_${randomBytes(6).toString('hex')}`;
    let platform: TestPlatform;
    let runs: Client<typeof RunServiceService>;
    let datasources: Client<typeof DatasourceServiceService>;
    let variables: Client<typeof VariableServiceService>;
    const seen: string[] = [];

    /** Keeps every reply, so that the search for secrets covers them. */
    const note = <T>(value: T): T => {
      seen.push(JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)));
      return value;
    };
    const maria = async (...statements: string[]): Promise<unknown[]> => {
      const session = await createConnection(MARIADB);
      const results: unknown[] = [];
      for (const each of statements) results.push((await session.query(each))[0]);
      await session.end();
      return results;
    };
    const postgres = async (statement: string, database = name): Promise<Record<string, unknown>[]> => {
      const url = new URL(POSTGRESQL);
      url.pathname = `/${database}`;
      const session = new pg.Client({ connectionString: url.href });
      await session.connect();
      const { rows } = await session.query<Record<string, unknown>>(statement);
      await session.end();
      return rows;
    };
    const start = async (flow: object, more: object = {}): Promise<Run> => {
      const { run } = await runs.startRun(startRequest(flow, more));
      return note(await waitForEnd(runs, run?.id ?? ''));
    };
    const failureOf = async (work: Promise<unknown>): Promise<string> => {
      const error = (await work.catch((each: unknown) => each)) as Error & { problems?: unknown };
      return note(`${error.message} ${JSON.stringify(error.problems ?? [])}`);
    };
    const update = (request: object) => datasources.updateDatasource(UpdateDatasourceRequest.fromPartial(request));

    beforeAll(async () => {
      platform = await mode.start();
      runs = platform.clients.get(RunServiceService);
      datasources = platform.clients.get(DatasourceServiceService);
      variables = platform.clients.get(VariableServiceService);
      await maria(
        `CREATE DATABASE ${name} CHARACTER SET utf8mb4`,
        `CREATE USER '${name}'@'%' IDENTIFIED BY '${SECRET}'`,
        `GRANT ALL ON ${name}.* TO '${name}'@'%'`,
        `CREATE TABLE ${name}.orders (id INT PRIMARY KEY, customer VARCHAR(40), amount DECIMAL(12,2), at DATETIME(6))`,
        `INSERT INTO ${name}.orders SELECT seq, concat('客户', seq % 7), seq / 100, '2026-01-01 00:00:00.000001' + INTERVAL seq SECOND FROM seq_1_to_10000`,
      );
      await postgres(`CREATE DATABASE ${name}`, 'postgres');
      await postgres(`CREATE USER ${name} PASSWORD '${SECRET}'`);
      await postgres(`GRANT ALL ON SCHEMA public TO ${name}`);
    }, 60_000);
    afterAll(async () => {
      await platform?.close();
      await maria(`DROP DATABASE IF EXISTS ${name}`, `DROP USER IF EXISTS '${name}'@'%'`);
      await postgres(`DROP DATABASE ${name} WITH (FORCE)`, 'postgres');
      await postgres(`DROP USER ${name}`, 'postgres');
    }, 60_000);

    const where = (url: string) => ({
      host: new URL(url).hostname,
      port: new URL(url).port,
      database: name,
      user: name,
    });
    const transform = {
      name: 'sum',
      bundle: 'cn.piflow.bundle.common.ExecuteSQLStop',
      properties: {
        viewName: 'o',
        sql: 'SELECT customer, count(*) AS n, sum(amount) AS total, max(at) AS last FROM o GROUP BY customer',
      },
    };
    const flow = rowOfStops('totals', [
      { name: 'read', bundle: 'sluice.table.read', properties: { datasource: 'Shop', table: 'orders' } },
      transform,
      {
        name: 'write',
        bundle: 'sluice.table.write',
        properties: { datasource: 'reports', table: 'totals', mode: 'overwrite' },
      },
    ]);

    test('two datasources are made, tested, browsed and sampled; their passwords are never given', async () => {
      for (const [source, type, url] of [
        ['shop', 'mariadb', MARIADB],
        ['reports', 'postgres', POSTGRESQL],
      ] as const) {
        const { datasource } = note(
          await datasources.createDatasource(
            CreateDatasourceRequest.fromPartial({
              name: source,
              type,
              properties: { ...where(url), password: SECRET },
            }),
          ),
        );
        expect(datasource).toMatchObject({ name: source, secrets: ['password'], version: 1 });
        expect(Object.keys(datasource?.properties ?? {})).not.toContain('password');
        const tested = note(await datasources.testDatasource({ name: source, timeoutMs: 0 }));
        expect(tested).toMatchObject({ passed: true, product: type === 'mariadb' ? 'MariaDB' : 'PostgreSQL' });
        expect(tested.latencyMs).toBeGreaterThan(0);
      }
      const entries = note(
        await datasources.browseDatasource({ name: 'shop', path: [name, 'orders'], limit: 0 }),
      ).entries;
      expect(entries.map((each) => [each.name, each.type])).toEqual([
        ['id', 'int(11)'], ['customer', 'varchar(40)'], ['amount', 'decimal(12,2)'], ['at', 'datetime(6)'],
      ]); // prettier-ignore
      const sample = note(await datasources.sampleRows({ name: 'shop', table: 'orders', limit: 1 }));
      expect(sample.rows?.rows).toEqual([[1, '客户1', '0.01', '2026-01-01 00:00:01.000001']]);
    });

    test('rows go from MariaDB through SQL to PostgreSQL', async () => {
      const run = await start(flow);
      expect(run.error).toBeUndefined();
      expect(run.state).toBe(RunState.RUN_STATE_SUCCEEDED);
      const rows = await postgres('SELECT customer, n, total::text, last::text FROM totals ORDER BY customer');
      expect(rows).toHaveLength(7);
      expect(rows[0]).toEqual({ customer: '客户0', n: '1428', total: '71421.42', last: '2026-01-01 02:46:36.000001' });
    });

    test('a request with an idempotency key is done once, and another one with that key is refused', async () => {
      const request = (password: string) =>
        CreateDatasourceRequest.fromPartial({
          name: 'once',
          type: 'mariadb',
          properties: { ...where(MARIADB), password },
          idempotencyKey: 'make-once',
        });
      const made = await Promise.all([1, 2, 3].map(() => datasources.createDatasource(request(SECRET))));
      made.forEach(note);
      expect(new Set(made.map((each) => JSON.stringify(each))).size).toBe(1);
      await expect(datasources.createDatasource(request(`${SECRET}-other`))).rejects.toMatchObject({
        reason: 'IDEMPOTENCY_KEY_REUSED',
      });
      const change = { name: 'once', expectedVersion: 1, description: 'twice', idempotencyKey: 'change-once' };
      const changed = await update(change);
      expect(changed.datasource?.version).toBe(2);
      expect(note(await update(change))).toEqual(changed);
      await datasources.deleteDatasource({ name: 'once', force: false });
    });

    test('runners that spoke to databases are used again', async () => {
      const children = (): number[] => platform.processes.flatMap(({ pid }) => descendants(pid)).sort();
      expect((await start(flow)).error).toBeUndefined();
      const before = children();
      expect((await start(flow)).error).toBeUndefined();
      const after = children();
      expect(before.filter((pid) => !after.includes(pid))).toEqual([]);
    });

    test('a flow that is bound is sound where it is checked and brought in, without any secret', async () => {
      await variables.setVariable(
        SetVariableRequest.fromPartial({ name: 'SECRET_LIMIT', type: 'integer', value: '3', secret: true }),
      );
      const bound = rowOfStops('bound', [
        {
          name: 'read',
          bundle: 'cn.piflow.bundle.jdbc.MysqlRead',
          properties: { sql: 'select * from orders' },
          datasource: 'shop',
        },
        {
          name: 'write',
          bundle: 'sluice.table.write',
          properties: { datasource: 'reports', table: '${NOT_THERE}', mode: 'overwrite' },
        },
      ]);
      const sound = JSON.parse(JSON.stringify(bound).replace('${NOT_THERE}', 't${SECRET_LIMIT}')) as object;
      const flows = platform.clients.get(FlowServiceService);
      const check = async (each: object): Promise<string[]> => {
        const found = note(await flows.validateFlow({ source: { $case: 'document', value: JSON.stringify(each) } }));
        return found.problems.map(({ reason, message }) => `${reason} ${message}`);
      };
      expect(await check(sound)).toEqual([]);
      const [problem = '', ...others] = await check(bound);
      expect(problem).toContain("there is no variable 'NOT_THERE'");
      expect(others).toEqual([]);
      const lost = await check(JSON.parse(JSON.stringify(sound).replace('"shop"', '"shopp"')) as object);
      expect(lost.join()).toContain("there is no datasource 'shopp'");
      const request = ImportFlowRequest.fromPartial({ document: JSON.stringify(sound) });
      const imported = note(await flows.importFlow(request));
      expect(imported.problems).toEqual([]);
      await variables.deleteVariable({ name: 'SECRET_LIMIT', project: '' });
      await flows.deleteFlow({ id: imported.flow?.id ?? '', expectedVersion: 0, idempotencyKey: '' });
    });

    test("PiFlow's stops take a datasource as a whole, and what stood in them stays kept", async () => {
      const [bound, alone] = ['mysql', 'own'].map((kind) =>
        rowOfStops(kind, [
          {
            name: 'read',
            bundle: 'cn.piflow.bundle.jdbc.MysqlRead',
            properties: {
              url: 'jdbc:mysql://nowhere.invalid/x',
              user: 'nobody',
              password: 'not-the-planted-one',
              sql: 'select * from orders',
            },
            ...(kind === 'own' ? {} : { datasource: 'SHOP' }),
          },
          {
            name: 'write',
            bundle: 'cn.piflow.bundle.jdbc.PostgresqlWrite',
            properties: { dbtable: 'copied', saveMode: 'Overwrite' },
            datasource: 'reports',
          },
        ]),
      );
      expect((await start(bound as object)).error).toBeUndefined();
      expect(await postgres('SELECT count(*)::int AS n FROM copied')).toEqual([{ n: 10000 }]);
      const unbound = await start(alone as object);
      expect(unbound.error).toMatchObject({ reason: 'CONNECTION_FAILED' });
      expect(unbound.stops.map(({ state }) => state)).toContain(StopState.STOP_STATE_FAILED);
    });

    test("PiFlow's flows with addresses of their own run unchanged, from one database to the other and back", async () => {
      const own = (kind: 'mysql' | 'postgresql', url: string) => ({
        url: `jdbc:${kind}://${new URL(url).host}/${name}?useUnicode=true&characterEncoding=utf-8`,
        driver: kind === 'mysql' ? 'com.mysql.jdbc.Driver' : 'org.postgresql.Driver',
        user: new URL(url).username,
        password: new URL(url).password,
      });
      const there = rowOfStops('there', [
        {
          name: 'MysqlRead',
          bundle: 'cn.piflow.bundle.jdbc.MysqlRead',
          properties: { ...own('mysql', MARIADB), sql: 'select id, customer, amount, at from orders where id <= 500;' },
        },
        {
          name: 'SelectField',
          bundle: 'cn.piflow.bundle.common.SelectField',
          properties: { columnNames: 'id,customer,amount' },
        },
        {
          name: 'PostgresqlWrite',
          bundle: 'cn.piflow.bundle.jdbc.PostgresqlWrite',
          properties: { ...own('postgresql', POSTGRESQL), dbtable: 'piflow_orders', saveMode: 'Overwrite' },
        },
      ]);
      const back = rowOfStops('back', [
        {
          name: 'PostgresqlRead',
          bundle: 'cn.piflow.bundle.jdbc.PostgresqlRead',
          properties: { ...own('postgresql', POSTGRESQL), tableName: 'piflow_orders', selectedContent: 'id, amount' },
        },
        {
          name: 'MysqlWrite',
          bundle: 'cn.piflow.bundle.jdbc.MysqlWrite',
          properties: { ...own('mysql', MARIADB), dbtable: 'piflow_amounts', saveMode: 'Append' },
        },
      ]);
      expect((await start(there)).error).toBeUndefined();
      expect((await start(back)).error).toBeUndefined();
      expect(await postgres('SELECT count(*)::int AS n, sum(amount)::text AS total FROM piflow_orders')).toEqual([
        { n: 500, total: '1252.50' },
      ]);
      const [rows] = await maria(
        `SELECT count(*) AS n, cast(sum(amount) AS char) AS total FROM ${name}.piflow_amounts`,
      );
      expect(rows).toEqual([{ n: 500, total: '1252.50' }]);
    });

    test('a changed password is picked up by the next run with no restart; a wrong one is told as that step', async () => {
      const next = `${SECRET}-2`;
      await postgres(`ALTER USER ${name} PASSWORD '${next}'`);
      const failed = await start(flow);
      expect(failed.error).toMatchObject({ reason: 'ACCESS_REFUSED' });
      const tested = note(await datasources.testDatasource({ name: 'reports', timeoutMs: 0 }));
      expect(tested).toMatchObject({ passed: false, reason: 'ACCESS_REFUSED' });
      expect(tested.steps.map(({ step, verdict }) => `${step} ${verdict.replace('TEST_VERDICT_', '')}`)).toEqual([
        'name PASSED', 'connect PASSED', 'tls NOT_USED', 'authentication FAILED', 'permission NOT_TRIED',
      ]); // prettier-ignore
      const saved = note(await update({ name: 'reports', expectedVersion: 1, properties: { password: next } }));
      expect(saved.datasource?.version).toBe(2);
      expect((await start(flow)).error).toBeUndefined();
      await expect(update({ name: 'reports', expectedVersion: 1, description: 'x' })).rejects.toMatchObject({
        code: 'ABORTED',
        details: { version: '2' },
      });
    });

    test('keys are rotated while the platform runs', async () => {
      const rotated = note(await datasources.rotateKeys({}));
      expect(rotated.count).toBeGreaterThanOrEqual(2);
      expect((await start(flow)).error).toBeUndefined();
    });

    test('variables fill flows: of the platform, its project, the flow and the run, secret ones too', async () => {
      const set = (request: object) => variables.setVariable(SetVariableRequest.fromPartial(request)).then(note);
      await set({ name: 'TABLE', value: 'orders' });
      await set({ name: 'TABLE', project: 'p', value: '${PREFIX}ders' });
      await set({ name: 'PREFIX', project: 'p', value: 'or' });
      await set({ name: 'KEY', value: SECRET, secret: true });
      await expect(set({ name: 'N', type: 'integer', value: 'x' })).rejects.toMatchObject({
        reason: 'REQUEST_INVALID',
      });
      const listed = note(await variables.listVariables({ project: '' }));
      expect(listed.variables.map((each) => [each.name, each.project, each.value])).toEqual([
        ['KEY', '', ''], ['PREFIX', 'p', 'or'], ['TABLE', '', 'orders'], ['TABLE', 'p', '${PREFIX}ders'],
      ]); // prettier-ignore
      const { url, user } = { url: `jdbc:mariadb://${new URL(MARIADB).host}/${name}`, user: name };
      const made = rowOfStops('vars', [
        {
          name: 'read',
          bundle: 'cn.piflow.bundle.jdbc.MysqlRead',
          properties: {
            url,
            user,
            password: '${KEY}',
            sql: 'select * from ${TABLE} where id <= ${LIMIT:-3} -- $${TABLE}',
          },
        },
        {
          name: 'write',
          bundle: 'sluice.table.write',
          properties: { datasource: 'reports', table: 'vars', mode: 'overwrite' },
        },
      ]);
      expect((await start({ ...made, labels: { project: 'p' } })).error).toBeUndefined();
      expect(await postgres('SELECT count(*)::int AS n FROM vars')).toEqual([{ n: 3 }]);
      expect((await start(made, { variables: { LIMIT: '5' } })).error).toBeUndefined();
      expect(await postgres('SELECT count(*)::int AS n FROM vars')).toEqual([{ n: 5 }]);
      const broken = JSON.parse(JSON.stringify(made).replace('${TABLE} where', '${TABEL} ${KEY} where')) as object;
      const message = await failureOf(runs.startRun(startRequest(broken)));
      expect(message).toContain("stop 'read', property 'sql': there is no variable 'TABEL'; did you mean 'TABLE'");
    });

    test('a datasource in use is not deleted unless it is forced, and a flow with it then fails before it runs', async () => {
      const flows = platform.clients.get(FlowServiceService);
      const { flow: kept } = note(
        await flows.createFlow({ flow: Flow.fromJSON(flow), comment: '', idempotencyKey: '' }),
      );
      const { uses } = note(await datasources.getDatasourceUsage({ name: 'shop' }));
      expect(uses).toEqual([{ flowId: kept?.id, flowName: 'totals', stops: ['read'], schedules: [] }]);
      const schedules = platform.clients.get(ScheduleServiceService);
      const spec = {
        name: 'nightly',
        trigger: { $case: 'cron' as const, value: { expression: '0 0 3 1 1 ? 2090', zone: 'UTC' } },
        target: { kind: 'flow', reference: kept?.id ?? '' },
      };
      await schedules.createSchedule(CreateScheduleRequest.fromPartial({ spec }));
      expect((await datasources.getDatasourceUsage({ name: 'shop' })).uses[0]?.schedules).toEqual(['nightly']);
      expect(await failureOf(datasources.deleteDatasource({ name: 'shop', force: false }))).toContain(
        "'totals' (read)",
      );
      await datasources.deleteDatasource({ name: 'shop', force: true });
      const message = await failureOf(runs.startRun(startRequest(flow)));
      expect(message).toContain("there is no datasource 'Shop'");
      expect(message).toContain('DATASOURCE_NOT_FOUND');
    });

    test('hooks and webhooks that sign keep their secret sealed', async () => {
      const schedules = platform.clients.get(ScheduleServiceService);
      const hook = { source: { $case: 'hook' as const, value: { secret: SECRET, signed: true } } };
      const spec = { name: 'push', trigger: { $case: 'event' as const, value: hook } };
      const { flow: kept } = await platform.clients
        .get(FlowServiceService)
        .createFlow({ flow: Flow.fromPartial(mockFlow(1)), comment: '', idempotencyKey: '' });
      const target = { reference: kept?.id ?? '' };
      const { schedule } = note(
        await schedules.createSchedule(CreateScheduleRequest.fromPartial({ spec: { ...spec, target } })),
      );
      const id = schedule?.id ?? '';
      await schedules.pauseSchedule({ id, reason: 'only the secret counts here' });
      note(await schedules.listScheduleChanges({ id, pageSize: 10, pageToken: '' }));
      const body = '{"ref":"main"}';
      const signature = `sha256=${createHmac('sha256', SECRET).update(body).digest('hex')}`;
      const call = (sign: string): Promise<Response> => {
        const headers = { 'x-hub-signature-256': sign };
        return fetch(`${platform.http}/api/v1/hooks/${id}`, { method: 'POST', headers, body });
      };
      const taken = await call(signature);
      expect([taken.status, note(await taken.json())]).toMatchObject([200, { accepted: true }]);
      expect((await call(signature.replace(/.$/, (last) => (last === '0' ? '1' : '0')))).status).toBe(403);
      const channel = { $case: 'webhook' as const, value: { url: 'https://hooks.example.com/x', secret: SECRET } };
      const notified = NotificationTarget.fromPartial({ name: 'ops', channel });
      const targets = platform.clients.get(NotificationServiceService);
      note(await targets.createNotificationTarget({ target: notified }));
    });

    test('no secret stands in any reply, log, file of the home folder, argument or environment', async () => {
      for (const each of (await runs.listRuns(ListRunsRequest.fromPartial({ pageSize: 50 }))).runs) {
        for await (const lines of runs.streamRunLogs({ id: each.id, stop: '', offset: 0n, follow: false })) note(lines);
        note(await runs.getRun({ id: each.id }));
      }
      seen.push(...(await toldBy(platform)));
      expect(seen.filter((text) => holds(text, SECRET))).toEqual([]);
      expect(await filesWith(platform.home, SECRET)).toEqual([]);
      if (platform.database !== undefined) expect(await tablesWith(platform.database, SECRET)).toEqual([]);
    });
  });
});
