import { createHmac } from 'node:crypto';
import { SluiceError } from '@sluice/chassis';
import { WebhookFormat, type WebhookChannel } from '@sluice/proto/scheduling/v1/notification_service';
import type { Delivery } from './delivery.js';

/** How long a webhook may take to answer. */
const TIMEOUT_MS = 10_000;
const SHOWN_ANSWER = 200;

/** Posts a notification; rejects with NOTIFICATION_REFUSED unless it was taken with an answer of 2xx. */
export async function postWebhook({ url, format, secret }: WebhookChannel, delivery: Delivery): Promise<void> {
  const body = JSON.stringify(bodyOf(format, delivery));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'user-agent': 'Sluice',
    'sluice-notification-id': delivery.id,
  };
  if (secret !== '') headers['sluice-signature'] = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  let answer: Response;
  try {
    // A redirect could lead where nobody allowed the facts to go.
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    answer = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' });
  } catch (error) {
    throw new SluiceError('NOTIFICATION_REFUSED', `the webhook did not answer: ${told(error)}`, { cause: error });
  }
  const text = await firstOf(answer);
  if (answer.ok) return;
  throw new SluiceError(
    'NOTIFICATION_REFUSED',
    `the webhook answered ${answer.status}${text === '' ? '' : `: ${text}`}`,
  );
}

function bodyOf(format: WebhookFormat, { id, event, title, text, facts }: Delivery): object {
  if (format === WebhookFormat.WEBHOOK_FORMAT_SLACK) return { text };
  if (format === WebhookFormat.WEBHOOK_FORMAT_DINGTALK) return { msgtype: 'text', text: { content: text } };
  return { id, event, title, text, ...factsOf(facts) };
}

function factsOf(facts: Delivery['facts']): object {
  if (facts === undefined) return {};
  const time = (ms: number | undefined): string | undefined =>
    ms === undefined ? undefined : new Date(ms).toISOString();
  return {
    schedule: { id: facts.scheduleId, name: facts.scheduleName, project: facts.project },
    tick: { key: facts.tickKey, dueTime: time(facts.dueMs), fireTime: time(facts.firedMs), missed: facts.isMissed },
    run:
      facts.runId === ''
        ? undefined
        : { id: facts.runId, end: facts.end, endTime: time(facts.endedMs), error: facts.error },
    failures: facts.failures,
    paused: facts.isPaused,
  };
}

/** The beginning of an answer; the rest is not read. */
async function firstOf(answer: Response): Promise<string> {
  const reader = answer.body?.getReader();
  if (reader === undefined) return '';
  try {
    const { value } = await reader.read();
    return Buffer.from((value as Uint8Array | undefined) ?? [])
      .toString('utf8')
      .slice(0, SHOWN_ANSWER)
      .trim();
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return `nothing came within ${TIMEOUT_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
