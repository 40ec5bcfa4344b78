import type { Vault } from '@sluice/chassis';
import type { NotificationTarget } from '@sluice/proto/scheduling/v1/notification_service';
import { openText, sealText } from '../secrets/sealed-text.js';

/** What the secret of a notification target is sealed for. */
export function targetScope(targetId: string): string {
  return `notification target:${targetId}`;
}

/** The secret that a target signs with; empty for none. */
export function webhookSecretOf({ channel }: NotificationTarget): string {
  return channel?.$case === 'webhook' ? channel.value.secret : '';
}

/** The target with another secret, or a text in its place. One that has no webhook stays as it is. */
export function withWebhookSecret(target: NotificationTarget, secret: string): NotificationTarget {
  const { channel } = target;
  return channel?.$case === 'webhook'
    ? { ...target, channel: { $case: 'webhook', value: { ...channel.value, secret } } }
    : target;
}

/** A target as it is stored: its secret sealed. */
export function sealTarget(vault: Vault, target: NotificationTarget): NotificationTarget {
  const secret = webhookSecretOf(target);
  return secret === '' ? target : withWebhookSecret(target, sealText(vault, targetScope(target.id), secret));
}

/** A stored target as it is used: with its secret. */
export function openTarget(vault: Vault, stored: NotificationTarget): NotificationTarget {
  const text = webhookSecretOf(stored);
  return text === '' ? stored : withWebhookSecret(stored, openText(vault, targetScope(stored.id), text));
}
