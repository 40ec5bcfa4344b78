import type { Client, Database, Platform, Vault } from '@sluice/chassis';
import type { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { parseZone } from '../cron/index.js';
import { Mailer } from './mailer.js';
import { mountNotifications } from './notification.rpc.js';
import { NotificationStore } from './notification.store.js';
import { Notifier } from './notifier.js';
import { TargetStore } from './target.store.js';
import { postWebhook } from './webhook.js';
import { WebhookHosts } from './webhook-hosts.js';

/** What notifications need of the service around them. */
export interface NotificationSurroundings {
  readonly database: Database;
  /** What seals the secrets of targets. */
  readonly vault: Vault;
  /** The zone whose clock texts show. */
  readonly zone: string;
  readonly runs: Client<typeof RunServiceService>;
  readonly now: () => number;
}

/** Wires notifications: mounts their calls, and begins to send once the process listens. */
export function startNotifications(platform: Platform, around: NotificationSurroundings): void {
  const { config, lifecycle, log, rpc } = platform;
  const targets = new TargetStore(around.database, around.vault);
  const notifications = new NotificationStore(around.database);
  const mailer = new Mailer(config.scheduling.mailUrl, config.scheduling.mailFrom);
  const hosts = new WebhookHosts(config.scheduling.webhookHosts);
  const notifier = new Notifier(targets, notifications, {
    async deliver({ channel }, delivery) {
      if (channel?.$case === 'webhook') await postWebhook(channel.value, delivery, hosts);
      if (channel?.$case === 'email') await mailer.send(channel.value.recipients, delivery);
    },
    async errorOf(id) {
      const { run } = await around.runs.getRun({ id });
      return run?.error?.message ?? '';
    },
    zone: parseZone(around.zone),
    now: around.now,
    log,
    retentionDays: config.scheduling.retentionDays,
  });
  mountNotifications(rpc, { targets, notifications, notifier, hosts, now: around.now });
  lifecycle.onListening('notifications', () => {
    notifier.start();
    lifecycle.onClose('notifications', () => notifier.close());
  });
}
