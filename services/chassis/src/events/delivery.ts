import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { EventMetrics } from '../metrics.js';
import type { Bus, OutgoingEvent, ReceivedEvent, Subscription } from './event.js';

const ATTEMPTS = 10;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 10_000;

/** An event of the outbox. */
export interface StoredEvent extends OutgoingEvent {
  readonly id: string;
  readonly time: Date;
}

/** What carries events: what services see of it, and what the chassis does with it. */
export interface EventBus extends Bus {
  /** Hands events over in order. It rejects when not all of them were taken; those that were may be given again. */
  publish(events: readonly StoredEvent[]): Promise<void>;
  /** Stops to deliver, and waits for what is being handled: the subscribers are about to close. */
  pause(): Promise<void>;
  close(): Promise<void>;
  /** Whether published events outlive this process. */
  readonly isDurable: boolean;
}

/** What deliveries report to. */
export interface DeliveryParts {
  readonly log: Logger;
  readonly metrics: EventMetrics;
  /** Aborted when the process closes: pauses between attempts end. */
  readonly signal: AbortSignal;
}

/**
 * Hands one event to its subscriber until that has handled it, at most ten times with growing pauses. An event that
 * nobody can handle is logged as a dead letter and given up: the database has what it told of.
 *
 * @returns false when the process closes before it was handled.
 */
export async function deliver(
  event: StoredEvent,
  firstAttempt: number,
  subscription: Subscription,
  { log, metrics, signal }: DeliveryParts,
): Promise<boolean> {
  const { durable } = subscription;
  const about = { durable, subject: event.subject, key: event.key, event: event.id };
  for (let attempt = firstAttempt; ; attempt += 1) {
    try {
      const received: ReceivedEvent = { ...event, attempt };
      await subscription.handle(received);
      metrics.handled(durable, 'handled');
      return true;
    } catch (err) {
      if (attempt >= ATTEMPTS) {
        metrics.handled(durable, 'dead');
        log.error({ err, ...about, attempt }, 'an event could not be handled and is given up (dead letter)');
        return true;
      }
      metrics.handled(durable, 'retried');
      log.warn({ err, ...about, attempt }, 'an event could not be handled; it comes again');
    }
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS) * (0.75 + Math.random() / 4);
    await delay(pause, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return false;
  }
}
