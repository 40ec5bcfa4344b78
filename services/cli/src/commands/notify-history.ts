import {
  ListNotificationsRequest,
  ListNotificationsResponse,
  Notification,
  NotificationState,
} from '@sluice/proto/scheduling/v1/notification_service';
import type { Session } from '../session.js';
import { momentIn, printable } from '../terminal/format.js';
import { table } from '../terminal/table.js';
import { readCount } from '../values.js';
import { notificationsOf } from './notify.js';
import { wordOf } from './schedule-spec.js';

const USUAL = 20;

/** The options of `sluice notify history`. */
export interface HistoryOptions {
  readonly state?: string;
  readonly target?: string;
  readonly schedule?: string;
  readonly limit?: string;
  readonly page?: string;
}

/** Lists notifications, the newest first. */
export async function listNotifications(session: Session, options: HistoryOptions): Promise<void> {
  const { state, limit } = options;
  const request = ListNotificationsRequest.fromPartial({
    targetId: options.target ?? '',
    scheduleId: options.schedule ?? '',
    ...(state === undefined ? {} : { state: wordOf('--state', 'NOTIFICATION_STATE', state, NotificationState) }),
    pageSize: limit === undefined ? USUAL : readCount('--limit', limit),
    pageToken: options.page ?? '',
  });
  const found = await (await notificationsOf(session)).listNotifications(request);
  if (session.json) return session.outJson(ListNotificationsResponse.toJSON(found));
  if (session.quiet) return session.out(...found.notifications.map(({ id }) => id));
  const { notify, words } = session.texts;
  if (found.notifications.length === 0) return session.err(notify.noHistory);
  const { columns } = notify;
  const titles = [
    { title: columns.notification, whole: true },
    { title: columns.time, whole: true },
    { title: columns.title },
    { title: columns.state, whole: true },
    { title: columns.tries, align: 'right' as const },
    { title: columns.fault },
  ];
  const rows = found.notifications.map((each) => [
    each.id,
    momentIn(session.width, each.createTime),
    printable(each.title),
    notify.states[each.state.replace('NOTIFICATION_STATE_', '')] ?? '',
    String(each.attempts),
    printable(each.lastError),
  ]);
  session.out(...table(titles, rows, session.width, session.style.dim));
  if (found.nextPageToken !== '') session.err(words.nextPage(found.nextPageToken));
}

/** Sends a notification again that was given up. */
export async function retryNotification(session: Session, _options: object, id: string): Promise<void> {
  const { notification } = await (await notificationsOf(session)).retryNotification({ id });
  if (session.json) session.outJson(Notification.toJSON(notification ?? Notification.create()));
  else if (!session.quiet) session.out(`${session.style.good('✓')} ${session.texts.notify.retrying(id)}`);
}
