import { createHmac } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mockFlow, rowOfStops } from '../bench/flows.js';
import { json, lines, run, type Outcome } from '../support/command.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { until } from '../support/until.js';
import { TEST_PLUGINS } from './modes.js';

interface Posted {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

describe('sluice schedule, backfill, calendar, pool, event and notify', () => {
  let platform: TestPlatform;
  let folder: string;
  let hook: Server;
  let hookUrl: string;
  let flow: string;
  const posted: Posted[] = [];
  let answer = 200;

  const sluice = (args: readonly string[], input?: string): Promise<Outcome> =>
    run(args, { SLUICE_URL: platform.processes[0]?.grpc ?? '' }, input);
  /** What a command prints, which has to go well. */
  const printed = async (...args: string[]): Promise<string> => {
    const { code, out, err } = await sluice(args);
    expect({ args, code, err: code === 0 ? '' : err }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  const jsonOf = async (...args: string[]): Promise<Record<string, unknown>> =>
    json(await printed(...args, '--json'))[0] ?? {};
  const create = async (...args: string[]): Promise<string> =>
    (await printed('schedule', 'create', '--flow', flow, ...args, '-q')).trim();
  const keep = async (document: object): Promise<string> => {
    const file = join(folder, 'flow.json');
    await writeFile(file, JSON.stringify(document));
    return (await printed('flow', 'create', file, '-q')).trim().split('@')[0] ?? '';
  };
  const ticksOf = async (id: string): Promise<Record<string, unknown>[]> =>
    ((await jsonOf('schedule', 'ticks', id))['ticks'] ?? []) as Record<string, unknown>[];

  beforeAll(async () => {
    hook = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        posted.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
        response.writeHead(answer).end(answer === 200 ? '' : 'not now');
      });
    });
    await new Promise<void>((resolve) => hook.listen(0, '127.0.0.1', resolve));
    hookUrl = `http://127.0.0.1:${(hook.address() as AddressInfo).port}/hook`;
    folder = await mkdtemp(join(tmpdir(), 'sluice-schedule-'));
    const env = {
      SLUICE_PLUGINS_FOLDERS: TEST_PLUGINS,
      SLUICE_SCHEDULING_WEBHOOK_HOSTS: '127.0.0.1',
      SLUICE_TIME_ZONE: 'Asia/Shanghai',
    };
    platform = await startPlatform({ env });
    flow = await keep(mockFlow(5));
  }, 120_000);
  afterAll(async () => {
    await platform?.close();
    hook?.closeAllConnections();
    if (hook !== undefined) await new Promise((resolve) => hook.close(resolve));
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }, 60_000);

  test('a schedule is created, shown, listed, changed, paused, resumed, run and deleted', async () => {
    const made = await sluice(['schedule', 'create', '--name', 'nightly', '--flow', flow, '--cron', '0 0 3 * * ?']);
    expect(made).toMatchObject({ code: 0, err: expect.stringContaining('due next at') });
    const [id = ''] = /schedule_[0-9a-f-]+/.exec(made.out) ?? [];
    expect(await jsonOf('schedule', 'get', id)).toMatchObject({
      id,
      version: 1,
      state: 'SCHEDULE_STATE_ACTIVE',
      spec: { name: 'nightly', cron: { expression: '0 0 3 * * ?' }, target: { reference: flow } },
    });
    expect(await printed('schedule', 'list', '--search', 'nightly')).toMatch(/nightly +0 0 3 \* \* \? +active/);
    const listed = await jsonOf('schedule', 'list', '--search', 'nightly');
    expect((listed['schedules'] as { id: string }[]).map((each) => each.id)).toEqual([id]);

    await printed('schedule', 'update', id, '--cron', '0 30 3 * * ?', '--description', 'later', '--rate', '2/1h');
    expect(await jsonOf('schedule', 'get', id)).toMatchObject({
      version: 2,
      spec: {
        name: 'nightly',
        description: 'later',
        cron: { expression: '0 30 3 * * ?' },
        policies: { rateLimit: { count: 2, per: '3600s' } },
      },
    });
    const stale = await sluice(['schedule', 'update', id, '--name', 'x', '--expect', '1']);
    expect(stale).toMatchObject({ code: 6, err: expect.stringContaining('VERSION_CONFLICT') });

    expect(await printed('schedule', 'pause', id, '--reason', 'holidays')).toContain('is paused');
    expect(await printed('schedule', 'get', id)).toContain('paused (holidays)');
    expect(await printed('schedule', 'resume', id)).toContain('goes on');

    const tick = await jsonOf('schedule', 'trigger', id, '--var', 'A=1', '--key', 'k1');
    expect(await jsonOf('schedule', 'trigger', id, '--var', 'A=1', '--key', 'k1')).toMatchObject({ id: tick['id'] });
    const [fired] = await until('its run', async () => {
      const ticks = await ticksOf(id);
      return ticks[0]?.['runState'] === 'SUCCEEDED' ? ticks : undefined;
    });
    expect(fired).toMatchObject({ outcome: 'TICK_OUTCOME_FIRED', variables: { A: '1' } });
    expect(await printed('schedule', 'why', id)).toMatch(/it ran: [^]*✓ +start +the run/);
    expect(await printed('schedule', 'why', id, '--lang', 'zh')).toContain('已执行');
    expect(await jsonOf('schedule', 'why', id)).toMatchObject({ due: true, tick: { id: tick['id'] } });
    expect(await printed('schedule', 'ticks', id, '--outcome', 'fired')).toMatch(/fired \(succeeded\)/);
    expect((await sluice(['schedule', 'ticks', id, '--outcome', 'missed'])).err).toContain('no ticks');

    const { spec } = await jsonOf('schedule', 'get', id);
    await writeFile(join(folder, 'copy.json'), JSON.stringify(spec));
    const copy = (await printed('schedule', 'create', join(folder, 'copy.json'), '--name', 'copy', '-q')).trim();
    expect((await jsonOf('schedule', 'get', copy))['spec']).toEqual({ ...(spec as object), name: 'copy' });

    expect(await printed('schedule', 'delete', id)).toContain(`${id} is deleted`);
    expect(await sluice(['schedule', 'get', id])).toMatchObject({
      code: 3,
      err: expect.stringContaining('SCHEDULE_NOT_FOUND'),
    });
  }, 120_000);

  test('what is wrong with a schedule is said, with what would be right', async () => {
    const refused = async (args: readonly string[], code: number, ...words: string[]): Promise<void> => {
      const found = await sluice(['schedule', ...args]);
      expect({ args, code: found.code, err: found.err }).toMatchObject({ args, code });
      for (const word of words) expect(found.err).toContain(word);
    };
    const base = ['create', '--name', 'bad', '--flow', flow];
    await refused([...base, '--cron', '0 0 25 * * ?'], 1, 'SCHEDULE_INVALID', 'cron.expression', 'hours', '0-23');
    await refused([...base, '--cron', '0 0 0 30 2 ?'], 1, 'never be due');
    await refused([...base, '--cron', '0 0 3 * * ?', '--zone', 'Mars/Base'], 1, 'cron.zone', 'Mars/Base');
    await refused([...base, '--cron', '0 0 3 * * ?', '--every', '5m'], 2, '--cron and --every exclude each other');
    await refused([...base], 1, 'give one of cron, interval');
    await refused([...base, '--every', 'often'], 2, "'often' is not a time such as 90s");
    await refused([...base, '--after', 'schedule_none'], 3, 'schedule_none');
    await refused([...base, '--cron', '0 0 3 * * ?', '--overlap', 'maybe'], 2, 'allow, skip, queue, cancel-previous');
    await refused([...base, '--cron', '0 0 3 * * ?', '--calendar', 'none'], 3, "there is no calendar 'none'");
    await refused([...base, '--cron', '0 0 3 * * ?', '--pool', 'none'], 3, "there is no pool 'none'");
    await refused([...base, '--folder', '/etc'], 1, 'FILE_FORBIDDEN', 'files.roots');
    await refused([...base, '--subject', 'sluice.mine'], 1, 'event.subject', 'orders.created');
    await refused([...base, '--subject', 'orders', '--filter', '=x'], 2, 'path=value');
    await refused(['create', '--name', 'x', '--flow', 'flow_none', '--manual'], 3, 'flow_none');
    await refused(['create', 'no/such.json'], 3, 'no/such.json');
    await refused(['why', 'schedule_none'], 3, 'SCHEDULE_NOT_FOUND');
    await writeFile(join(folder, 'typo.json'), JSON.stringify({ name: 'x', corn: { expression: '0 0 3 * * ?' } }));
    await refused(['create', join(folder, 'typo.json')], 2, 'corn');
    await writeFile(join(folder, 'wrong.json'), '{"name": ');
    await refused(['create', join(folder, 'wrong.json')], 2, 'holds no schedule as JSON');
    const problems = json((await sluice(['schedule', ...base, '--cron', 'x', '--zone', 'y', '--json'])).err)[0];
    expect((problems?.['error'] as { problems: unknown[] }).problems).toHaveLength(2);
  }, 120_000);

  test('calendars and pools are stored, shown, and kept while a schedule names them', async () => {
    const set = ['calendar', 'set', 'work', '--weekdays-off', 'sat,sun', '--off', '2026-10-01..2026-10-07'];
    expect(await printed(...set, '--on', '2026-10-10', '-m', 'offices')).toContain('7 days off, 1 days on');
    expect(await printed('calendar', 'list')).toMatch(/work +Asia\/Shanghai +Sat Sun +7 +1 +offices/);
    expect(await printed('calendar', 'show', 'work')).toMatch(/2026-10-01\.\.2026-10-07/);
    const ics = [
      ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'BEGIN:VEVENT', 'DTSTART;VALUE=DATE:20261225', 'SUMMARY:Christmas'],
      ...['END:VEVENT', 'BEGIN:VEVENT', 'DTSTART:20261224T180000Z', 'SUMMARY:party', 'END:VEVENT', 'END:VCALENDAR', ''],
    ];
    await writeFile(join(folder, 'days.ics'), ics.join('\r\n'));
    const imported = await sluice(['calendar', 'import', 'feasts', join(folder, 'days.ics')]);
    expect(imported).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 days off'),
      err: /1 events were left out/,
    });
    expect(await jsonOf('calendar', 'show', 'feasts')).toMatchObject({ daysOff: ['2026-12-25'] });
    expect(await sluice(['calendar', 'set', 'x', '--off', '2026-02-30'])).toMatchObject({ code: 2 });
    expect(await sluice(['calendar', 'show', 'none'])).toMatchObject({ code: 3 });

    expect(await printed('pool', 'set', 'small', '1')).toContain('small has 1 slots');
    const id = await create('--name', 'p', '--cron', '0 0 9 * * ?', '--calendar', 'work', '--pool', 'small');
    const preview = await printed('schedule', 'preview', id, '--from', '2026-10-06T00:00', '-n', '6');
    expect(lines(preview).slice(1)).toEqual([
      expect.stringMatching(/10-06 .*skipped +the calendar 'work' excludes the day/),
      expect.stringMatching(/10-07 .*skipped/),
      expect.stringMatching(/10-08 .*would run/),
      expect.stringMatching(/10-09 .*would run/),
      expect.stringMatching(/10-10 .*would run/), // a Saturday that is worked
      expect.stringMatching(/10-11 .*skipped/),
    ]);
    expect(await jsonOf('pool', 'list')).toMatchObject({ pools: [{ name: 'small', slots: 1 }] });
    for (const noun of ['calendar', 'pool']) {
      const used = await sluice([noun, 'remove', noun === 'pool' ? 'small' : 'work']);
      expect(used).toMatchObject({ code: 1, err: expect.stringContaining(id) });
    }
    await printed('schedule', 'delete', id);
    await printed('calendar', 'remove', 'work');
    await printed('pool', 'remove', 'small');
    expect((await sluice(['pool', 'list'])).err).toContain('sluice pool set');
  }, 120_000);

  test('a backfill is planned, started, watched, paused, resumed and cancelled', async () => {
    const id = await create('--name', 'days', '--cron', '0 0 3 * * ?');
    const week = ['--from', '2026-10-01', '--to', '2026-10-08'];
    expect(await printed('backfill', 'plan', id, ...week)).toContain('7 of 7 would run');
    const asked = await sluice(['backfill', 'start', id, ...week]);
    expect(asked).toMatchObject({ code: 0, err: expect.stringContaining('--yes') });
    const started = await jsonOf('backfill', 'start', id, ...week, '--parallel', '3', '--yes');
    const backfill = String(started['id']);
    await until('its end', async () => {
      const { state } = await jsonOf('backfill', 'get', backfill);
      return state === 'BACKFILL_STATE_SUCCEEDED' ? true : undefined;
    });
    expect(await printed('backfill', 'get', backfill)).toMatch(/succeeded +7\/7/);
    expect(await printed('backfill', 'list', '--schedule', id)).toMatch(/succeeded +7\/7/);
    expect(await printed('backfill', 'plan', id, ...week)).toContain('0 of 7 would run');
    expect(await printed('backfill', 'plan', id, ...week, '--again')).toContain('7 of 7 would run');

    const slow = await keep(
      rowOfStops('slow', [
        { name: 'slow', bundle: 'test.slow', properties: { rows: 100_000, ms: 10 } },
        { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
      ]),
    );
    const long = (
      await printed('schedule', 'create', '--name', 'long', '--flow', slow, '--cron', '0 0 3 * * ?', '-q')
    ).trim();
    const other = (await printed('backfill', 'start', long, ...week, '--yes', '-q')).trim();
    expect(await printed('backfill', 'pause', other)).toContain('paused');
    expect(await printed('backfill', 'resume', other)).toContain('running');
    expect(await printed('backfill', 'cancel', other)).toContain('cancelled');
    await until('the end of its runs', async () => {
      const { items = [] } = (await jsonOf('backfill', 'get', other)) as { items?: { state: string }[] };
      return items.every(({ state }) => /CANCELLED|SKIPPED/.test(state)) ? true : undefined;
    });

    expect(await sluice(['backfill', 'plan', 'schedule_none', ...week])).toMatchObject({ code: 3 });
    expect(await sluice(['backfill', 'plan', id, '--from', '2026-10-08', '--to', '2026-10-01'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/from|to/),
    });
    expect(await sluice(['backfill', 'plan', id])).toMatchObject({ code: 2, err: expect.stringContaining('--from') });
    expect(await sluice(['backfill', 'get', 'backfill_none'])).toMatchObject({ code: 3 });
  }, 180_000);

  test('an event is published to those who listen, and a hook takes its secret from standard input', async () => {
    const id = await create('--name', 'orders', '--subject', 'cli.orders.*', '--filter', 'total>100');
    expect(await printed('schedule', 'get', id)).toContain('event cli.orders.*');
    expect(await printed('event', 'publish', 'cli.orders.new', '{"total": 99}')).toContain('filters');
    const taken = await jsonOf('event', 'publish', 'cli.orders.new', '{"total": 101}', '--id', 'o1');
    const again = await jsonOf('event', 'publish', 'cli.orders.new', '{"total": 101}', '--id', 'o1');
    const ids = [taken, again].map((each) => (each['receipts'] as { tick: { id: string } }[])[0]?.tick.id);
    expect(new Set(ids).size).toBe(1);
    const [tick] = await ticksOf(id);
    expect(tick?.['variables']).toMatchObject({ SLUICE_EVENT_ID: 'o1', SLUICE_EVENT_SUBJECT: 'cli.orders.new' });
    expect((await sluice(['event', 'publish', 'cli.nobody', '{}'])).err).toContain('no schedule listens to cli.nobody');
    expect(await sluice(['event', 'publish', 'sluice.v1.x', '{}'])).toMatchObject({ code: 2 });
    expect(await sluice(['event', 'publish', 'cli.orders.new', '[1]'])).toMatchObject({ code: 3 });

    const made = await sluice(
      ['schedule', 'create', '--name', 'h', '--flow', flow, '--hook', '-q'],
      'my hook secret\n',
    );
    expect(made.code).toBe(0);
    const call = (secret: string): Promise<Response> =>
      fetch(`${platform.http}/api/v1/schedules/${made.out.trim()}:receive`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ secret, payload: {} }),
      });
    expect((await call('wrong secret')).status).toBe(403);
    expect((await call('my hook secret')).status).toBe(200);
    await printed('schedule', 'update', made.out.trim(), '--name', 'renamed');
    expect((await call('my hook secret')).status).toBe(200);
    const signed = await sluice(
      ['schedule', 'create', '--name', 's', '--flow', flow, '--hook', '--signed', '--filter', 'ref=main', '-q'],
      'my hook secret\n',
    );
    await printed('schedule', 'update', signed.out.trim(), '--name', 'renamed');
    const send = async (body: string, secret: string): Promise<Response> =>
      fetch(`${platform.http}/api/v1/hooks/${signed.out.trim()}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          'x-github-delivery': 'd1',
          'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
        },
        body,
      });
    expect((await send('ref=main', 'wrong secret')).status).toBe(403);
    expect(await (await send('ref=other', 'my hook secret')).json()).toMatchObject({ accepted: false });
    for (let i = 0; i < 2; i++) expect((await send('ref=main', 'my hook secret')).status).toBe(200);
    expect(await ticksOf(signed.out.trim())).toMatchObject([
      { variables: { SLUICE_EVENT: '{"ref":"main"}', SLUICE_EVENT_ID: 'd1' } },
    ]);
    const short = await sluice(['schedule', 'create', '--name', 'h', '--flow', flow, '--hook'], 'short\n');
    expect(short).toMatchObject({ code: 1, err: expect.stringContaining('event.hook.secret') });
  }, 120_000);

  test('a target is told of a failed run, with its signature, and what is wrong with a target is said', async () => {
    const added = await sluice(['notify', 'add', 'ops', '--webhook', hookUrl, '--secret', '-q'], 'a webhook secret\n');
    expect(added).toMatchObject({ code: 0, err: '' });
    const target = added.out.trim();
    expect(await printed('notify', 'list')).toMatch(/ops +all schedules +failure, recovery +http:/);
    expect(await jsonOf('notify', 'show', target)).toMatchObject({ webhook: { url: hookUrl } });
    expect(await printed('notify', 'show', target)).not.toContain('secret');
    expect(await printed('notify', 'test', target)).toContain('it was taken');
    answer = 503;
    expect(await sluice(['notify', 'test', target])).toMatchObject({ code: 1, out: expect.stringContaining('503') });
    answer = 200;

    const broken = await keep({
      name: 'broken',
      stops: [{ name: 'read', bundle: 'sluice.csv.read', properties: { path: 'hdfs:///nobody.csv' } }],
      paths: [],
    });
    const id = (await printed('schedule', 'create', '--name', 'fails', '--flow', broken, '--manual', '-q')).trim();
    posted.length = 0;
    await printed('schedule', 'trigger', id);
    const told = await until('the notification', async () => posted[0]);
    const body = JSON.parse(told.body) as { event: string; text: string; run: { error: string } };
    expect(body).toMatchObject({ event: 'FAILURE', title: 'fails failed', schedule: { id } });
    expect(body.text).toContain('nobody.csv');
    const signature = createHmac('sha256', 'a webhook secret').update(told.body).digest('hex');
    expect(told.headers['sluice-signature']).toBe(`sha256=${signature}`);
    expect(await printed('notify', 'history', '--schedule', id)).toMatch(/fails failed +sent +1/);
    const { notifications } = await jsonOf('notify', 'history', '--schedule', id);
    const [sent] = notifications as { id: string }[];
    expect(await sluice(['notify', 'retry', sent?.id ?? ''])).toMatchObject({ code: 1 });
    expect((await sluice(['notify', 'history', '--state', 'dead'])).err).toContain('no notifications');

    await printed('notify', 'edit', target, '--on', 'late', '--language', 'zh', '--disable');
    expect(await jsonOf('notify', 'show', target)).toMatchObject({
      version: 2,
      language: 'zh',
      disabled: true,
      events: ['NOTIFICATION_EVENT_LATE'],
    });
    expect(await printed('notify', 'remove', target)).toContain('is deleted');
    expect(await sluice(['notify', 'show', target])).toMatchObject({ code: 3 });
    expect(await sluice(['notify', 'add', 'x'])).toMatchObject({ code: 2, err: expect.stringContaining('--webhook') });
    expect(await sluice(['notify', 'add', 'x', '--webhook', 'http://169.254.169.254/'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('scheduling.webhookHosts'),
    });
    expect(await sluice(['notify', 'add', 'x', '--email', 'nobody'])).toMatchObject({ code: 2 });
  }, 120_000);
});
