import {
  isSluiceError,
  pageOf,
  pageSize,
  readPageToken,
  SluiceError,
  type Handlers,
  type RpcServer,
} from '@sluice/chassis';
import type { Notification } from '@sluice/proto/scheduling/v1/notification_service';
import { NotificationServiceService, NotificationState } from '@sluice/proto/scheduling/v1/notification_service';
import type { NotificationRecord } from './notification-record.js';
import type { NotificationStore } from './notification.store.js';
import type { Notifier } from './notifier.js';
import { checkTarget, toContractEvent, withoutSecret } from './target.js';
import type { TargetStore } from './target.store.js';
import type { WebhookHosts } from './webhook-hosts.js';

/** What answers the calls. */
export interface NotificationParts {
  readonly targets: TargetStore;
  readonly notifications: NotificationStore;
  readonly notifier: Notifier;
  readonly hosts: WebhookHosts;
  readonly now: () => number;
}

/** Mounts NotificationService. */
export function mountNotifications(server: RpcServer, parts: NotificationParts): void {
  const { targets, notifications, notifier, hosts, now } = parts;
  const handlers: Handlers<typeof NotificationServiceService> = {
    async createNotificationTarget({ target }) {
      if (target === undefined) throw new SluiceError('REQUEST_INVALID', 'the request has no target');
      return { target: withoutSecret(await targets.create(checkTarget(target, hosts), now())) };
    },
    async updateNotificationTarget({ id, target, expectedVersion }) {
      if (target === undefined) throw new SluiceError('REQUEST_INVALID', 'the request has no target');
      const stored = await targets.update(id, expectedVersion, (before) => checkTarget(target, hosts, before));
      return { target: withoutSecret(stored) };
    },
    async getNotificationTarget({ id }) {
      return { target: withoutSecret(await targets.get(id)) };
    },
    async listNotificationTargets(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const place = readPageToken(request.pageToken, ['targets'], ['number', 'string']);
      const after = place === undefined ? undefined : { createdMs: place[0], id: place[1] };
      const found = await targets.list(after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, ['targets'], ({ id, createTime }) => [
        createTime?.getTime() ?? 0,
        id,
      ]);
      return { targets: items.map(withoutSecret), nextPageToken };
    },
    async deleteNotificationTarget({ id }) {
      await targets.remove(id);
      return {};
    },
    async testNotificationTarget({ id }) {
      const target = await targets.get(id);
      try {
        await notifier.test(target);
        return { taken: true, error: '' };
      } catch (error) {
        if (!isSluiceError(error) || error.reason !== 'NOTIFICATION_REFUSED') throw error;
        return { taken: false, error: error.message };
      }
    },
    async listNotifications(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const filter = { targetId: request.targetId, scheduleId: request.scheduleId, state: fromState(request.state) };
      const scope = ['notifications', filter];
      const place = readPageToken(request.pageToken, scope, ['number', 'string']);
      const after = place === undefined ? undefined : { createdMs: place[0], id: place[1] };
      const found = await notifications.list(filter, after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, scope, ({ createdMs, id }) => [createdMs, id]);
      return { notifications: items.map(toNotification), nextPageToken };
    },
    async retryNotification({ id }) {
      return { notification: toNotification(await notifications.retry(id, now())) };
    },
  };
  server.add(NotificationServiceService, handlers);
}

function fromState(state: NotificationState): NotificationRecord['state'] | undefined {
  const states = ['PENDING', 'SENT', 'DEAD'] as const;
  return states.find((each) => NotificationState[`NOTIFICATION_STATE_${each}`] === state);
}

function toNotification(record: NotificationRecord): Notification {
  const time = (ms: number | undefined): Date | undefined => (ms === undefined ? undefined : new Date(ms));
  return {
    id: record.id,
    targetId: record.targetId,
    event: toContractEvent(record.event),
    scheduleId: record.facts.scheduleId,
    tickKey: record.facts.tickKey,
    runId: record.facts.runId,
    title: record.title,
    text: record.text,
    state: NotificationState[`NOTIFICATION_STATE_${record.state}`],
    attempts: record.attempts,
    lastError: record.lastError,
    createTime: time(record.createdMs),
    sendTime: time(record.sentMs),
    nextTime: time(record.nextMs),
  };
}
