import { createHmac } from 'node:crypto';
import { request as http } from 'node:http';
import { request as https } from 'node:https';
import { SluiceError, isSluiceError } from '@sluice/chassis';
import { WebhookFormat, type WebhookChannel } from '@sluice/proto/scheduling/v1/notification_service';
import type { Delivery } from './delivery.js';
import type { WebhookHosts } from './webhook-hosts.js';

/** How long a webhook may take to answer. */
const TIMEOUT_MS = 10_000;
const SHOWN_ANSWER = 200;

/** Posts a notification; rejects with NOTIFICATION_REFUSED unless it was taken with an answer of 2xx. */
export async function postWebhook(
  { url, format, secret }: WebhookChannel,
  delivery: Delivery,
  hosts: WebhookHosts,
): Promise<void> {
  const body = JSON.stringify(bodyOf(format, delivery));
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': 'Sluice',
    'sluice-notification-id': delivery.id,
  };
  if (secret !== '') headers['sluice-signature'] = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
  let answer: Answer;
  try {
    hosts.check(url);
    answer = await post(url, headers, body, hosts);
  } catch (error) {
    if (isSluiceError(error)) throw new SluiceError('NOTIFICATION_REFUSED', error.message, { cause: error });
    throw new SluiceError('NOTIFICATION_REFUSED', `the webhook did not answer: ${told(error)}`, { cause: error });
  }
  const { status, text } = answer;
  if (status >= 200 && status < 300) return;
  throw new SluiceError('NOTIFICATION_REFUSED', `the webhook answered ${status}${text === '' ? '' : `: ${text}`}`);
}

interface Answer {
  readonly status: number;
  /** Its beginning; the rest is not read. */
  readonly text: string;
}

/** One POST. A redirect is an answer like any other: it could lead where nobody allowed the facts to go. */
function post(url: string, headers: Record<string, string>, body: string, hosts: WebhookHosts): Promise<Answer> {
  const send = url.startsWith('https:') ? https : http;
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const request = send(url, { method: 'POST', headers, signal, lookup: hosts.lookup, agent: false }, (answer) => {
      const { statusCode: status = 0 } = answer;
      answer.on('error', reject);
      answer.once('end', () => resolve({ status, text: '' }));
      answer.once('data', (part: Buffer) => {
        resolve({ status, text: part.toString('utf8').slice(0, SHOWN_ANSWER).trim() });
        answer.destroy();
      });
    });
    request.on('error', reject);
    request.end(body);
  });
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

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `nothing came within ${TIMEOUT_MS / 1000} s`;
  return error.cause instanceof Error ? error.cause.message : error.message;
}
