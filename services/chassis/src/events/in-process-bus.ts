import { setMaxListeners } from 'node:events';
import { SluiceError } from '../errors.js';
import { deliver, type DeliveryParts, type EventBus, type StoredEvent } from './delivery.js';
import type { Subscription } from './event.js';
import type { ForeignSubjects } from './foreign-subjects.js';
import { KeyedQueue } from './keyed-queue.js';
import { checkDurable, subjectMatcher } from './subject.js';

/** How many events one subscriber handles at a time, each of another key. */
const CONCURRENCY = 16;
/** How many events may wait for one subscriber before the outbox is left to hold the rest. */
const BACKLOG = 10_000;

interface Subscriber {
  readonly subscriptions: Subscription[];
  readonly queue: KeyedQueue;
  next: number;
  matches(subject: string): boolean;
  readonly pattern: string;
}

/**
 * The bus inside one process. What waits here is lost with the process: the sweeps of the services find in the database
 * what an event would have told them.
 */
export class InProcessBus implements EventBus {
  readonly isDurable = false;
  readonly #parts: Omit<DeliveryParts, 'signal'>;
  readonly #closing = new AbortController();
  readonly #subscribers = new Map<string, Subscriber>();

  constructor(parts: Omit<DeliveryParts, 'signal'>) {
    this.#parts = parts;
    setMaxListeners(0, this.#closing.signal); // Every delivery that waits listens.
  }

  async subscribe(subscription: Subscription): Promise<void> {
    const { durable, subject } = subscription;
    checkDurable(durable);
    const matches = subjectMatcher(subject);
    const present = this.#subscribers.get(durable);
    if (present === undefined) {
      const queue = new KeyedQueue(CONCURRENCY);
      this.#subscribers.set(durable, { subscriptions: [subscription], queue, next: 0, matches, pattern: subject });
    } else if (present.pattern === subject) {
      present.subscriptions.push(subscription);
    } else {
      const message = `the subscription '${durable}' is to '${present.pattern}' already; give that to '${subject}' another name`;
      throw new SluiceError('START_FAILED', message);
    }
  }

  foreign(): ForeignSubjects {
    return { listen: () => Promise.resolve(), close: () => Promise.resolve() };
  }

  async publish(events: readonly StoredEvent[]): Promise<void> {
    for (const subscriber of this.#subscribers.values()) {
      for (const event of events) if (subscriber.matches(event.subject)) this.#enqueue(subscriber, event);
      await subscriber.queue.until(BACKLOG);
    }
  }

  async pause(): Promise<void> {
    const queues = [...this.#subscribers.values()].map(({ queue }) => queue);
    // What waits for another attempt ends here; what is handled for the first time is waited for.
    this.#closing.abort();
    await Promise.all(queues.map((queue) => queue.until(1)));
  }

  close(): Promise<void> {
    return this.pause();
  }

  #enqueue(subscriber: Subscriber, event: StoredEvent): void {
    const { subscriptions, queue } = subscriber;
    queue.push(event.key, async () => {
      const subscription = subscriptions[(subscriber.next += 1) % subscriptions.length] as Subscription;
      await deliver(event, 1, subscription, { ...this.#parts, signal: this.#closing.signal });
    });
  }
}
