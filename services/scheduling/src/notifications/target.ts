import { SluiceError, isSluiceError, type Problem } from '@sluice/chassis';
import type { NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import { NotificationEvent } from '@sluice/proto/scheduling/v1/notification_service';
import { NOTICE_EVENTS, type Interest, type NoticeEvent } from './facts.js';
import { withWebhookSecret } from './target-secret.js';
import type { WebhookHosts } from './webhook-hosts.js';

const DEFAULT_LATE_MS = 5 * 60_000;
const DEFAULT_LONG_MS = 3_600_000;
const LEAST_SECRET = 8;
const MOST_RECIPIENTS = 50;

/** The name of an event in the contract. */
export function toContractEvent(event: NoticeEvent): NotificationEvent {
  return NotificationEvent[`NOTIFICATION_EVENT_${event}`];
}

/** What a target wants to hear, with every default filled in. */
export function interestOf({ scope, events, lateAfter, longAfter }: NotificationTarget): Interest {
  const wanted = NOTICE_EVENTS.filter((event) => events.includes(toContractEvent(event)));
  return {
    scheduleId: scope?.$case === 'scheduleId' ? scope.value : undefined,
    project: scope?.$case === 'project' ? scope.value : undefined,
    events: wanted.length > 0 ? wanted : ['FAILURE', 'RECOVERY'],
    lateMs: lengthOf(lateAfter) ?? DEFAULT_LATE_MS,
    longMs: lengthOf(longAfter) ?? DEFAULT_LONG_MS,
  };
}

function lengthOf(duration: { seconds: bigint; nanos: number } | undefined): number | undefined {
  return duration === undefined ? undefined : Number(duration.seconds) * 1000 + Math.round(duration.nanos / 1e6);
}

/**
 * Checks a target that someone wants stored.
 *
 * @param before the target as it is, whose secret is kept where the new one has none
 * @throws REQUEST_INVALID with every problem found
 */
export function checkTarget(
  target: NotificationTarget,
  hosts: WebhookHosts,
  before?: NotificationTarget,
): NotificationTarget {
  const problems: Problem[] = [];
  const wrong = (property: string, message: string): void =>
    void problems.push({ reason: 'REQUEST_INVALID', message: `${property}: ${message}`, property });
  if (target.name.trim() === '' || target.name.length > 200) wrong('name', 'give 1 to 200 characters');
  if (!['', 'en', 'zh'].includes(target.language)) wrong('language', `'${target.language}' is neither en nor zh`);
  if (target.scope !== undefined && target.scope.value === '')
    wrong(target.scope.$case, 'it is empty; leave it out for all');
  for (const [property, duration] of [
    ['late_after', target.lateAfter],
    ['long_after', target.longAfter],
  ] as const) {
    if ((lengthOf(duration) ?? 1) <= 0) wrong(property, 'it is not longer than 0');
  }
  const channel = checkChannel(target.channel, hosts, before?.channel, wrong);
  if (problems.length > 0) {
    throw new SluiceError('REQUEST_INVALID', problems.map(({ message }) => message).join('; '), { problems });
  }
  return { ...target, channel };
}

type Channel = NotificationTarget['channel'];

function checkChannel(
  channel: Channel,
  hosts: WebhookHosts,
  before: Channel,
  wrong: (property: string, message: string) => void,
): Channel {
  if (channel === undefined) {
    wrong('channel', 'give webhook or email');
    return channel;
  }
  if (channel.$case === 'email') {
    const { recipients } = channel.value;
    if (recipients.length < 1 || recipients.length > MOST_RECIPIENTS)
      wrong('email.recipients', `give 1 to ${MOST_RECIPIENTS}`);
    const strange = recipients.find((each) => !/^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(each));
    if (strange !== undefined) wrong('email.recipients', `'${strange}' is no e-mail address`);
    return channel;
  }
  const { url, secret } = channel.value;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    wrong('webhook.url', `'${url}' is no address that begins with http:// or https://`);
  } else if (parsed.username !== '' || parsed.password !== '') {
    wrong('webhook.url', 'it holds a password, which lists would show; sign with webhook.secret instead');
  } else {
    try {
      hosts.check(url);
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      wrong('webhook.url', error.message);
    }
  }
  if (secret !== '' && secret.length < LEAST_SECRET)
    wrong('webhook.secret', `give at least ${LEAST_SECRET} characters`);
  const kept = secret === '' && before?.$case === 'webhook' && before.value.url === url ? before.value.secret : secret;
  return { $case: 'webhook', value: { ...channel.value, secret: kept } };
}

/** A target as it is given out: without its secret. */
export function withoutSecret(target: NotificationTarget): NotificationTarget {
  return withWebhookSecret(target, '');
}
