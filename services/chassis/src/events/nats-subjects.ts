import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { RetentionPolicy, type ConsumerMessages, type JetStreamManager, type NatsConnection } from 'nats';
import type { Logger } from 'pino';
import type { ForeignMessage, ForeignOptions, ForeignSubjects } from './foreign-subjects.js';
import { STREAM, nanos } from './nats-connection.js';
import { consumeDurable, ensureConsumer } from './nats-consumer.js';

/** How many messages of one subject that no stream keeps may wait here. */
const MOST_WAITING = 10_000;
const PREFETCH = 200;
/** How often a message that no stream keeps is handled before it is given up, with growing pauses. */
const ATTEMPTS = 6;
const FIRST_PAUSE_MS = 100;
const AGAIN_MS = 1_000;
/** A stream forgets a consumer that nobody has asked for so long. */
const FORGET_MS = 7 * 86_400_000;

/** One subject that is listened to. */
interface Listening {
  /** Stops; with `forget` the stream no longer keeps the group's place. */
  stop(forget: boolean): Promise<void>;
}

/**
 * Listens over NATS. Where a stream of the server keeps a subject, messages are taken from there, so that those are not
 * lost that come while nobody listens; else they are heard while they are published.
 */
export class NatsSubjects implements ForeignSubjects {
  readonly #options: ForeignOptions;
  readonly #log: Logger;
  readonly #connection: () => NatsConnection | undefined;
  readonly #closing = new AbortController();
  readonly #listening = new Map<string, Listening>();
  #changing: Promise<void> = Promise.resolve();

  /** @param connection gives the bus' connection; undefined while NATS is away */
  constructor(options: ForeignOptions, log: Logger, connection: () => NatsConnection | undefined) {
    this.#options = options;
    this.#log = log;
    this.#connection = connection;
  }

  /** How many subjects are listened to now. */
  get size(): number {
    return this.#listening.size;
  }

  listen(patterns: readonly string[]): Promise<void> {
    // One change at a time: two at once would listen twice.
    this.#changing = this.#changing.then(() => this.#change(new Set(patterns)));
    return this.#changing;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#changing;
    await Promise.all([...this.#listening.values()].map((listening) => listening.stop(false)));
  }

  async #change(patterns: ReadonlySet<string>): Promise<void> {
    const connection = this.#connection();
    if (connection === undefined || this.#closing.signal.aborted) return;
    for (const [pattern, listening] of this.#listening) {
      if (patterns.has(pattern)) continue;
      this.#listening.delete(pattern);
      await listening.stop(true);
    }
    for (const pattern of patterns) {
      if (this.#listening.has(pattern)) continue;
      try {
        this.#listening.set(pattern, await this.#begin(connection, pattern));
      } catch (err) {
        this.#log.warn({ err, subject: pattern }, 'a subject cannot be listened to yet');
      }
    }
  }

  async #begin(connection: NatsConnection, pattern: string): Promise<Listening> {
    const manager = await connection.jetstreamManager();
    const stream = await keeperOf(manager, pattern);
    if (stream !== undefined) return this.#consume(connection, manager, stream, pattern);
    const listening = this.#hear(connection, pattern);
    await connection.flush();
    return listening;
  }

  /** Hears what is published. */
  #hear(connection: NatsConnection, pattern: string): Listening {
    const { group, overflow } = this.#options;
    let waiting = 0;
    let last = Promise.resolve();
    const subscription = connection.subscribe(pattern, {
      // Of all subscriptions of one queue that match, whatever their subjects, one gets a message.
      queue: nameOf(group, pattern),
      callback: (err, message) => {
        if (err !== null) return this.#log.warn({ err, subject: pattern }, 'a subject cannot be listened to');
        if (waiting >= MOST_WAITING) return overflow(pattern);
        waiting += 1;
        const { subject, data, headers } = message;
        const heard = { pattern, subject, id: headers?.get('Nats-Msg-Id') ?? '', data };
        last = last.then(() => this.#try(heard)).finally(() => (waiting -= 1));
      },
    });
    this.#log.info({ subject: pattern }, 'listening to a subject that no stream keeps');
    return {
      stop: async () => {
        subscription.unsubscribe();
        await last;
      },
    };
  }

  async #try(message: ForeignMessage): Promise<void> {
    const { handle } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await handle(message);
      } catch (err) {
        const about = { err, subject: message.subject, event: message.id, attempt };
        if (attempt === ATTEMPTS || this.#closing.signal.aborted) {
          this.#log.error(about, 'an event could not be handled and is given up (dead letter)');
          return;
        }
        this.#log.warn(about, 'an event could not be handled; it is tried again');
      }
      const pause = FIRST_PAUSE_MS * 2 ** (attempt - 1);
      await delay(pause, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  /** Takes messages from a stream. */
  async #consume(
    connection: NatsConnection,
    manager: JetStreamManager,
    stream: string,
    pattern: string,
  ): Promise<Listening> {
    const durable = nameOf(this.#options.group, pattern);
    const limits = { max_ack_pending: PREFETCH * 4, inactive_threshold: nanos(FORGET_MS) };
    await ensureConsumer(manager, stream, durable, pattern, limits);
    const messages = await consumeDurable(connection.jetstream(), stream, durable, PREFETCH);
    this.#log.info({ subject: pattern, stream }, 'listening to a subject by the stream that keeps it');
    const listening: Listening = {
      stop: async (forget) => {
        await messages.close();
        await taking;
        if (forget) await manager.consumers.delete(stream, durable).catch(() => undefined); // Another process was first.
      },
    };
    const taking = this.#take(messages, stream, pattern)
      .catch((err: unknown) =>
        this.#log.warn({ err, subject: pattern, stream }, 'a stream broke off; it is looked for again'),
      )
      .finally(() => {
        if (this.#listening.get(pattern) === listening) this.#listening.delete(pattern);
      });
    return listening;
  }

  async #take(messages: ConsumerMessages, stream: string, pattern: string): Promise<void> {
    const { handle } = this.#options;
    for await (const message of messages) {
      const { subject, data, headers, info } = message;
      const named = headers?.get('Nats-Msg-Id') ?? '';
      const id = named === '' ? `${stream}/${info.streamSequence}` : named;
      try {
        await handle({ pattern, subject, id, data });
        message.ack();
      } catch (err) {
        this.#log.warn({ err, subject, event: id, attempt: info.deliveryCount }, 'an event could not be handled');
        message.nak(AGAIN_MS);
      }
    }
  }
}

/** What the processes of a group call their share of a subject. */
function nameOf(group: string, pattern: string): string {
  return `${group}-${createHash('sha256').update(pattern).digest('hex').slice(0, 16)}`;
}

/** The stream that keeps all of a subject and lets several readers read; undefined where there is none. */
async function keeperOf(manager: JetStreamManager, pattern: string): Promise<string | undefined> {
  for await (const name of manager.streams.names(pattern)) {
    if (name === STREAM) continue;
    const { config } = await manager.streams.info(name);
    // What is read from a work queue is gone for the programs that it is for.
    if (config.retention === RetentionPolicy.Workqueue) continue;
    if (config.subjects.some((subject) => covers(subject, pattern))) return name;
  }
  return undefined;
}

/** Whether every subject that a pattern stands for is one that a wider pattern stands for. */
export function covers(wide: string, pattern: string): boolean {
  const [wider, words] = [wide.split('.'), pattern.split('.')];
  for (const [place, word] of words.entries()) {
    const other = wider[place];
    if (other === '>') return true;
    if (other === undefined || word === '>' || (other !== '*' && other !== word)) return false;
  }
  return wider.length === words.length;
}
