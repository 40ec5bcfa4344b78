import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { SMTPServer } from 'smtp-server';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isSluiceError, Vault, type Database } from '@sluice/chassis';
import { DATABASE_KINDS, freshDatabase, hasDatabase, migrate, type FreshDatabase } from '@sluice/chassis/testing';
import { NotificationEvent, NotificationTarget, WebhookFormat } from '@sluice/proto/scheduling/v1/notification_service';
import { parseZone } from '../cron/index.js';
import { migrations } from '../migrations/index.js';
import { noteCauses } from './causes.js';
import type { TickFacts } from './facts.js';
import { Mailer } from './mailer.js';
import { NotificationStore } from './notification.store.js';
import { Notifier, PAUSES_MS } from './notifier.js';
import { checkTarget } from './target.js';
import { TargetStore } from './target.store.js';
import { postWebhook } from './webhook.js';
import { WebhookHosts } from './webhook-hosts.js';

const FAILED: TickFacts = {
  scheduleId: 's1',
  scheduleName: 'nightly',
  project: 'sales',
  tickKey: 't1',
  dueMs: Date.parse('2026-01-05T01:00:00Z'),
  startMs: Date.parse('2026-01-05T01:00:00Z'),
  isMissed: false,
  firedMs: Date.parse('2026-01-05T01:00:01Z'),
  endedMs: Date.parse('2026-01-05T01:00:31Z'),
  runId: 'application_1',
  end: 'FAILED',
  error: '',
  failures: 2,
  failuresBefore: 1,
  isPaused: true,
};

interface Posted {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Webhooks of tests are on this machine. */
const LOCAL = new WebhookHosts('127.0.0.1, public');

describe.each(DATABASE_KINDS)('notifications on %s', (kind) => {
  let fresh: FreshDatabase;
  let database: Database;
  let hook: Server | undefined;
  let url: string;
  let posted: Posted[];
  let answer: number;
  let nowMs: number;
  let targets: TargetStore;
  let store: NotificationStore;
  let mailer: Mailer;

  const notifier = (): Notifier =>
    new Notifier(targets, store, {
      async deliver({ channel }, delivery) {
        if (channel?.$case === 'webhook') await postWebhook(channel.value, delivery, LOCAL);
        if (channel?.$case === 'email') await mailer.send(channel.value.recipients, delivery);
      },
      errorOf: (run) => Promise.resolve(`no file matches 'x' in ${run}`),
      zone: parseZone('Asia/Shanghai'),
      now: () => nowMs,
      log: pino({ level: 'silent' }),
      retentionDays: 30,
    });
  const webhook = (changes: Partial<NotificationTarget> = {}): Promise<NotificationTarget> => {
    const channel = {
      $case: 'webhook' as const,
      value: { url, format: WebhookFormat.WEBHOOK_FORMAT_SLUICE, secret: '' },
    };
    return targets.create(
      checkTarget(NotificationTarget.fromPartial({ name: 'ops', channel, ...changes }), LOCAL),
      nowMs,
    );
  };
  const happens = (facts: TickFacts): Promise<void> => database.transaction((trx) => noteCauses(trx, [facts]));
  const all = { targetId: '', scheduleId: '', state: undefined };

  beforeEach(async (context) => {
    if (!hasDatabase(kind)) return context.skip();
    fresh = await freshDatabase(kind);
    const opened = await fresh.open();
    await migrate(opened, [{ name: 'scheduling', migrations }]);
    database = opened;
    targets = new TargetStore(database, new Vault([randomBytes(32)]));
    store = new NotificationStore(database);
    mailer = new Mailer('', '');
    [posted, answer, nowMs] = [[], 200, Date.parse('2026-01-05T01:01:00Z')];
    const server = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        posted.push({ headers: request.headers, body: Buffer.concat(parts).toString() });
        response.writeHead(answer, { location: '/elsewhere' }).end(answer === 200 ? '' : 'come back later');
      });
    });
    hook = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  afterEach(async () => {
    // Where the database is not there, neither is the server: a promise that nobody resolves would hang here.
    hook?.closeAllConnections();
    if (hook !== undefined) await new Promise((resolve) => hook?.close(resolve));
    await fresh?.drop();
  });

  test('a failure is posted once, with its facts, signed, in the words of the target', async () => {
    const channel = {
      $case: 'webhook' as const,
      value: { url, format: WebhookFormat.WEBHOOK_FORMAT_UNSPECIFIED, secret: 'a long secret' },
    };
    await webhook({ language: 'zh', channel });
    await happens(FAILED);
    await notifier().work();
    await notifier().work();
    expect(posted).toHaveLength(1);
    const [{ headers, body }] = posted as [Posted];
    expect(JSON.parse(body)).toMatchObject({
      event: 'FAILURE',
      title: 'nightly 运行失败',
      schedule: { id: 's1', name: 'nightly', project: 'sales' },
      tick: { key: 't1', dueTime: '2026-01-05T01:00:00.000Z' },
      run: { id: 'application_1', end: 'FAILED', error: "no file matches 'x' in application_1" },
      failures: 2,
      paused: true,
    });
    expect((JSON.parse(body) as { text: string }).text).toContain('计划时间：2026-01-05T09:00:00+08:00');
    expect(headers['sluice-signature']).toBe(
      `sha256=${createHmac('sha256', 'a long secret').update(body).digest('hex')}`,
    );
    const [record] = await store.list(all, undefined, 10);
    expect(record).toMatchObject({ state: 'SENT', attempts: 1, sentMs: nowMs, nextMs: undefined });
    expect(headers['sluice-notification-id']).toBe(record?.id);
  });

  test('two processes send once', async () => {
    await webhook();
    await happens(FAILED);
    await Promise.all([notifier().work(), notifier().work(), notifier().work()]);
    expect(posted).toHaveLength(1);
  });

  test('what was not taken is tried with growing pauses, given up, and sent when someone asks', async () => {
    await webhook();
    answer = 503;
    await happens(FAILED);
    const one = notifier();
    await one.work();
    for (const pause of PAUSES_MS) {
      nowMs += pause - 1;
      const before = posted.length;
      await one.work();
      expect(posted.length).toBe(before);
      nowMs += 1;
      await one.work();
      expect(posted.length).toBe(before + 1);
    }
    const [dead] = await store.list({ ...all, state: 'DEAD' }, undefined, 10);
    expect(dead).toMatchObject({ attempts: 7, lastError: 'the webhook answered 503: come back later' });
    answer = 200;
    await store.retry(dead?.id ?? '', nowMs);
    await one.work();
    expect(await store.get(dead?.id ?? '')).toMatchObject({ state: 'SENT', attempts: 1, lastError: '' });
    await expect(store.retry(dead?.id ?? '', nowMs)).rejects.toSatisfy(isSluiceError);
  });

  test('a redirect is not followed', async () => {
    await webhook();
    answer = 302;
    await happens(FAILED);
    await notifier().work();
    expect(posted).toHaveLength(1);
    expect((await store.list(all, undefined, 1))[0]?.lastError).toContain('answered 302');
  });

  test('a target hears of its schedule or project, and of what it asked for', async () => {
    await webhook({ scope: { $case: 'scheduleId', value: 's2' } });
    await webhook({ scope: { $case: 'project', value: 'sales' } });
    await webhook({ events: [NotificationEvent.NOTIFICATION_EVENT_RECOVERY] });
    await webhook({ disabled: true });
    await happens(FAILED);
    await happens({ ...FAILED, tickKey: 't2', end: 'SUCCEEDED', failures: 0, failuresBefore: 2, isPaused: false });
    await happens({ ...FAILED, tickKey: 't3', end: 'SUCCEEDED', failures: 0, failuresBefore: 0, isPaused: false });
    await notifier().work();
    const events = posted.map(({ body }) => JSON.parse(body) as { event: string; tick: { key: string } });
    expect(events.map(({ event, tick }) => `${event} ${tick.key}`).sort()).toEqual([
      'FAILURE t1',
      'RECOVERY t2',
      'RECOVERY t2',
    ]);
  });

  test('where nobody wants to hear, nothing is written', async () => {
    await happens(FAILED);
    expect(await store.causes(10)).toEqual([]);
  });

  test('what waits or runs too long is told while it does, once', async () => {
    const events = [NotificationEvent.NOTIFICATION_EVENT_LATE, NotificationEvent.NOTIFICATION_EVENT_LONG_RUN];
    await webhook({ events, lateAfter: { seconds: 60n, nanos: 0 }, longAfter: { seconds: 120n, nanos: 0 } });
    await addSchedule(database);
    await addTick(database, 'waits', { state: 'WAITING', start_ms: nowMs - 61_000 });
    await addTick(database, 'runs', {
      state: 'FIRED',
      run_state: 'ACTIVE',
      start_ms: nowMs - 121_000,
      fired_ms: nowMs - 120_000,
    });
    await addTick(database, 'fresh', {
      state: 'FIRED',
      run_state: 'ACTIVE',
      start_ms: nowMs - 1000,
      fired_ms: nowMs - 1000,
    });
    const one = notifier();
    await one.work();
    nowMs += 6000;
    await one.work();
    const titles = posted.map(({ body }) => (JSON.parse(body) as { title: string }).title).sort();
    expect(titles).toEqual(['nightly has been running for 2 min', 'nightly has waited for 61 s']);
    // The end of the long run tells nothing new.
    await happens({
      ...FAILED,
      end: 'SUCCEEDED',
      failuresBefore: 0,
      tickKey: 'runs',
      endedMs: nowMs,
      firedMs: nowMs - 126_000,
    });
    await one.work();
    expect(posted).toHaveLength(2);
  });

  test('an e-mail reaches every recipient over a real mail server, and a title cannot add headers', async () => {
    const mails: { to: string[]; data: string }[] = [];
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      onRcptTo: ({ address }, _session, done) => done(address.startsWith('gone') ? new Error('no such user') : null),
      onData: (stream, session, done) => {
        let data = '';
        stream.on('data', (part: Buffer) => (data += part.toString()));
        stream.on('end', () => {
          mails.push({ to: session.envelope.rcptTo.map(({ address }) => address), data });
          done();
        });
      },
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      mailer = new Mailer(
        `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
        'Sluice <sluice@example.com>',
      );
      const recipients = ['ops@example.com', 'dev@example.com'];
      await webhook({ channel: { $case: 'email', value: { recipients } } });
      await happens({ ...FAILED, scheduleName: 'nightly\r\nBcc: thief@example.com' });
      await notifier().work();
      expect(mails.map(({ to }) => to)).toEqual([recipients]);
      expect(mails[0]?.data).toContain('Subject: nightly Bcc: thief@example.com failed');
      expect(mails[0]?.data).not.toMatch(/^Bcc:/m);
      expect(mails[0]?.data).toContain('sluice logs application_1');
      await webhook({ channel: { $case: 'email', value: { recipients: ['gone@example.com'] } } });
      await happens({ ...FAILED, tickKey: 't9' });
      await notifier().work();
      const [refused] = await store.list({ ...all, state: 'PENDING' }, undefined, 10);
      expect(refused?.lastError).toContain('no such user');
    } finally {
      await new Promise<void>((resolve) => server.close(() => resolve()));
    }
  });

  test('without a mail server the dead letter says which settings are missing', async () => {
    await webhook({ channel: { $case: 'email', value: { recipients: ['a@b.c'] } } });
    await happens(FAILED);
    await notifier().work();
    expect((await store.list(all, undefined, 1))[0]?.lastError).toContain('scheduling.mailUrl');
  });

  test('targets change with their expected version, keep their secret, and are removed with what they wait for', async () => {
    const channel = {
      $case: 'webhook' as const,
      value: { url, format: WebhookFormat.WEBHOOK_FORMAT_UNSPECIFIED, secret: 'a long secret' },
    };
    const made = await webhook({ channel });
    const blank = {
      ...made,
      channel: {
        $case: 'webhook' as const,
        value: { url, format: WebhookFormat.WEBHOOK_FORMAT_UNSPECIFIED, secret: '' },
      },
    };
    const changed = await targets.update(made.id, 1, (before) =>
      checkTarget({ ...blank, name: 'night' }, LOCAL, before),
    );
    expect(changed).toMatchObject({ version: 2, name: 'night', channel: { value: { secret: 'a long secret' } } });
    await expect(targets.update(made.id, 1, (before) => before)).rejects.toMatchObject({ reason: 'VERSION_CONFLICT' });
    answer = 500;
    await happens(FAILED);
    await notifier().work();
    await targets.remove(made.id);
    expect(await store.list(all, undefined, 10)).toEqual([]);
    await expect(targets.get(made.id)).rejects.toMatchObject({ reason: 'NOTIFICATION_NOT_FOUND' });
  });
});

test.each([
  [{ name: '' }, 'name: give 1 to 200'],
  [
    {
      channel: {
        $case: 'webhook',
        value: { url: 'ftp://x', format: WebhookFormat.WEBHOOK_FORMAT_UNSPECIFIED, secret: '' },
      },
    },
    'webhook.url',
  ],
  [
    {
      channel: {
        $case: 'webhook',
        value: { url: 'http://u:p@x', format: WebhookFormat.WEBHOOK_FORMAT_UNSPECIFIED, secret: '' },
      },
    },
    'holds a password',
  ],
  [
    {
      channel: {
        $case: 'webhook',
        value: { url: 'http://x', format: WebhookFormat.WEBHOOK_FORMAT_UNSPECIFIED, secret: 'short' },
      },
    },
    'webhook.secret',
  ],
  [{ channel: { $case: 'email', value: { recipients: ['nobody'] } } }, "'nobody' is no e-mail address"],
  [{ channel: { $case: 'email', value: { recipients: [] } } }, 'give 1 to 50'],
  [{ language: 'fr' }, "'fr' is neither en nor zh"],
] as const)('a target with %j is refused', (changes, why) => {
  const channel = { $case: 'email', value: { recipients: ['a@b.c'] } };
  expect(() =>
    checkTarget({ ...NotificationTarget.create({ name: 'ops' }), channel, ...changes } as NotificationTarget, LOCAL),
  ).toThrow(why);
});

async function addSchedule({ knex }: Database): Promise<void> {
  await knex('scheduling_schedules').insert({
    id: 's1',
    version: 1,
    state: 'ACTIVE',
    state_reason: '',
    name: 'nightly',
    project: 'sales',
    kind: 'cron',
    target_type: 'flow',
    target_reference: 'f1',
    pool: '',
    created_ms: 0,
    updated_ms: 0,
    warning: '',
    request_digest: '',
    calendars: '',
    spec: '{}',
  });
}

async function addTick({ knex }: Database, key: string, changes: Readonly<Record<string, unknown>>): Promise<void> {
  await knex('scheduling_ticks').insert({
    id: `s1.${key}`,
    schedule_id: 's1',
    tick_key: key,
    source: 'TIME',
    shard: 0,
    due_ms: changes['start_ms'],
    logical_ms: changes['start_ms'],
    reason: '',
    message: '',
    live: 1,
    pool: '',
    slots: 1,
    priority: 0,
    schedule_version: 1,
    node: '',
    retries: 0,
    variables: '{}',
    rules: '[]',
    ...changes,
  });
}
