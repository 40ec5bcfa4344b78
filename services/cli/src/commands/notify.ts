import { SluiceError, type Client } from '@sluice/chassis';
import {
  ListNotificationTargetsResponse,
  NotificationEvent,
  NotificationServiceService,
  NotificationTarget,
  TestNotificationTargetResponse,
  WebhookFormat,
} from '@sluice/proto/scheduling/v1/notification_service';
import { toContractJson } from '../contract-json.js';
import { EXIT } from '../exit-codes.js';
import { readSecrets } from '../secret-input.js';
import type { Session } from '../session.js';
import { printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { durationOf } from '../values.js';
import { wordOf } from './schedule-spec.js';

const PACKAGE = 'sluice.scheduling.v1';
const ALL = 500;

/** The options of `sluice notify add` and `edit`. */
export interface TargetOptions {
  readonly name?: string;
  readonly webhook?: string;
  readonly format?: string;
  readonly secret?: boolean;
  readonly secretFile?: string;
  readonly email?: readonly string[];
  readonly on?: readonly string[];
  readonly schedule?: string;
  readonly project?: string;
  readonly lateAfter?: string;
  readonly longAfter?: string;
  readonly language?: string;
  readonly disable?: boolean;
  readonly enable?: boolean;
}

export async function notificationsOf(session: Session): Promise<Client<typeof NotificationServiceService>> {
  return (await session.connect()).get(NotificationServiceService);
}

/** Adds a target. */
export async function addTarget(session: Session, options: TargetOptions, name: string): Promise<void> {
  const target = await withOptions(session, NotificationTarget.create({ name }), options);
  if (target.channel === undefined) {
    throw new SluiceError('REQUEST_INVALID', 'say how it is told: --webhook URL, or --email ADDRESS');
  }
  tellSaved(session, (await (await notificationsOf(session)).createNotificationTarget({ target })).target);
}

/** Changes a target; what the options do not name stays. */
export async function editTarget(session: Session, options: TargetOptions, id: string): Promise<void> {
  const client = await notificationsOf(session);
  const { target: before = NotificationTarget.create() } = await client.getNotificationTarget({ id });
  const target = await withOptions(session, { ...before, name: options.name ?? before.name }, options);
  const request = { id, target, expectedVersion: before.version };
  tellSaved(session, (await client.updateNotificationTarget(request)).target);
}

/** Lists targets, the newest first. */
export async function listTargets(session: Session): Promise<void> {
  const found = await (await notificationsOf(session)).listNotificationTargets({ pageSize: ALL, pageToken: '' });
  if (session.json)
    return session.outJson(
      toContractJson(`${PACKAGE}.ListNotificationTargetsResponse`, ListNotificationTargetsResponse, found),
    );
  if (session.quiet) return session.out(...found.targets.map(({ id }) => id));
  const { notify } = session.texts;
  if (found.targets.length === 0) return session.err(notify.none);
  const { columns } = notify;
  const titles = [
    { title: columns.id, whole: true },
    ...[columns.name, columns.about, columns.events, columns.channel].map((title) => ({ title })),
  ];
  const rows = found.targets.map((target) => [
    target.id,
    `${printable(target.name)}${target.disabled ? ` (${notify.off})` : ''}`,
    aboutText(session, target),
    eventsText(session, target),
    printable(channelText(target)),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
}

/** Shows one target. */
export async function showTarget(session: Session, _options: object, id: string): Promise<void> {
  const { target = NotificationTarget.create() } = await (await notificationsOf(session)).getNotificationTarget({ id });
  if (session.json) return session.outJson(toContractJson(`${PACKAGE}.NotificationTarget`, NotificationTarget, target));
  const { columns, off } = session.texts.notify;
  const facts: [string, string][] = [
    [columns.id, target.id],
    [columns.name, printable(target.name)],
    [columns.about, aboutText(session, target)],
    [columns.events, eventsText(session, target)],
    [columns.channel, printable(channelText(target))],
    [columns.state, target.disabled ? off : ''],
  ];
  for (const [name, value] of facts) if (value !== '') session.out(`${session.style.dim(name)}  ${value}`);
}

/** Deletes a target. */
export async function removeTarget(session: Session, _options: object, id: string): Promise<void> {
  await (await notificationsOf(session)).deleteNotificationTarget({ id });
  if (session.json) session.outJson({});
  else if (!session.quiet) session.out(session.texts.notify.removed(id));
}

/** Sends a sample; the exit code is 1 when it was not taken. */
export async function testTarget(session: Session, _options: object, id: string): Promise<void> {
  const found = await (await notificationsOf(session)).testNotificationTarget({ id });
  if (!found.taken) session.exitWith(EXIT.failed);
  if (session.json) return session.outJson(TestNotificationTargetResponse.toJSON(found));
  const { texts, style } = session;
  if (found.taken) session.out(`${style.good('✓')} ${texts.notify.taken}`);
  else session.out(`${style.bad('✗')} ${texts.notify.refused(printable(found.error))}`);
}

async function withOptions(
  session: Session,
  base: NotificationTarget,
  options: TargetOptions,
): Promise<NotificationTarget> {
  const { on, schedule, project, lateAfter, longAfter, language } = options;
  return {
    ...base,
    events:
      on === undefined ? base.events : on.map((word) => wordOf('--on', 'NOTIFICATION_EVENT', word, NotificationEvent)),
    scope: scopeOf(schedule, project) ?? base.scope,
    lateAfter: lateAfter === undefined ? base.lateAfter : durationOf('--late-after', lateAfter),
    longAfter: longAfter === undefined ? base.longAfter : durationOf('--long-after', longAfter),
    language: language ?? base.language,
    channel: await channelOf(session, base.channel, options),
    disabled: options.disable === true || (base.disabled && options.enable !== true),
  };
}

function scopeOf(schedule: string | undefined, project: string | undefined): NotificationTarget['scope'] {
  if (schedule !== undefined && project !== undefined) {
    throw new SluiceError('REQUEST_INVALID', '--schedule and --project exclude each other');
  }
  if (schedule !== undefined) return { $case: 'scheduleId', value: schedule };
  return project === undefined ? undefined : { $case: 'project', value: project };
}

type Channel = NotificationTarget['channel'];

async function channelOf(session: Session, base: Channel, options: TargetOptions): Promise<Channel> {
  const { webhook, email, format, secret, secretFile } = options;
  if (webhook !== undefined && email !== undefined) {
    throw new SluiceError('REQUEST_INVALID', '--webhook and --email exclude each other: a target is told in one way');
  }
  if (email !== undefined) return { $case: 'email', value: { recipients: [...email] } };
  const before = base?.$case === 'webhook' ? base.value : undefined;
  const url = webhook ?? before?.url;
  if (url === undefined) return base;
  const given = await readSecrets(session, {
    ...(secret === true ? { secret: ['secret'] } : {}),
    ...(secretFile === undefined ? {} : { secretFile: [`secret=${secretFile}`] }),
  });
  const posted =
    format === undefined
      ? (before?.format ?? WebhookFormat.WEBHOOK_FORMAT_UNSPECIFIED)
      : wordOf('--format', 'WEBHOOK_FORMAT', format, WebhookFormat);
  return { $case: 'webhook', value: { url, format: posted, secret: given['secret'] ?? '' } };
}

function tellSaved(session: Session, saved: NotificationTarget | undefined): void {
  const target = saved ?? NotificationTarget.create();
  if (session.json) return session.outJson(toContractJson(`${PACKAGE}.NotificationTarget`, NotificationTarget, target));
  if (session.quiet) return session.out(target.id);
  session.out(`${session.style.good('✓')} ${session.texts.notify.saved(target.id, printable(target.name))}`);
}

function aboutText({ texts }: Session, { scope }: NotificationTarget): string {
  return scope === undefined ? texts.notify.everything : printable(scope.value);
}

function eventsText({ texts }: Session, { events }: NotificationTarget): string {
  const words = events.length === 0 ? ['FAILURE', 'RECOVERY'] : events.map((each) => eventWord(each));
  return words.map((word) => texts.notify.events[word] ?? word).join(', ');
}

/** An event without the prefix that the contract needs. */
export function eventWord(event: NotificationEvent): string {
  return event.replace('NOTIFICATION_EVENT_', '');
}

function channelText({ channel }: NotificationTarget): string {
  return channel?.$case === 'email' ? channel.value.recipients.join(', ') : (channel?.value.url ?? '');
}
