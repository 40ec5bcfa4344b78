import { setTimeout as delay } from 'node:timers/promises';
import {
  RetentionPolicy,
  StorageType,
  connect,
  type ConnectionOptions,
  type JetStreamManager,
  type NatsConnection,
} from 'nats';
import type { Logger } from 'pino';
import { maskSecret } from '../config/describe.js';

/** The stream that has the events of every service. */
export const STREAM = 'SLUICE';
const SUBJECTS = ['sluice.v1.>'];
const RETRY_MS = 500;
/** How long the server waits for an answer before it gives an event to another replica. */
export const ACK_WAIT_MS = 30_000;

/** A time as the server wants it. */
export const nanos = (ms: number): number => ms * 1_000_000;

/** `nats://user:password@host:port,...` as the client wants it. */
export function connectionOptions(url: string): ConnectionOptions {
  const urls = url.split(',').map((one) => new URL(one.trim()));
  const user = decodeURIComponent(urls[0]?.username ?? '');
  const pass = decodeURIComponent(urls[0]?.password ?? '');
  return {
    servers: urls.map((one) => one.host),
    name: 'sluice',
    maxReconnectAttempts: -1,
    reconnectTimeWait: RETRY_MS,
    reconnectJitter: 250,
    pingInterval: 10_000,
    maxPingOut: 2,
    timeout: 3_000,
    ...(pass !== '' ? { user, pass } : user !== '' ? { token: user } : {}),
    ...(urls.some((one) => one.protocol === 'tls:') ? { tls: {} } : {}),
  };
}

/** Connects to NATS, however long that takes; gives undefined when the signal is aborted first. */
export async function connectForever(
  url: string,
  log: Logger,
  signal: AbortSignal,
): Promise<NatsConnection | undefined> {
  let last = '';
  while (!signal.aborted) {
    try {
      return await connect(connectionOptions(url));
    } catch (err) {
      const message = err instanceof Error ? err.message : String(err);
      if (message !== last) {
        log.warn({ nats: maskSecret(url), err }, 'NATS cannot be reached; events wait in the outbox until it can');
      }
      last = message;
      await delay(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return undefined;
}

/** Makes the stream, or brings its retention up to date. */
export async function ensureStream(manager: JetStreamManager, retentionHours: number): Promise<void> {
  const config = {
    name: STREAM,
    subjects: SUBJECTS,
    storage: StorageType.File,
    retention: RetentionPolicy.Limits,
    max_age: nanos(retentionHours * 3_600_000),
    duplicate_window: nanos(120_000),
  };
  try {
    await manager.streams.info(STREAM);
  } catch {
    await manager.streams.add(config);
    return;
  }
  await manager.streams.update(STREAM, { subjects: config.subjects, max_age: config.max_age });
}
