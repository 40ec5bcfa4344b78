import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Event } from '@sluice/proto/events/v1/event';
import { Events, type ConsumerMessages, type JetStreamClient, type JsMsg, type NatsConnection } from 'nats';
import type { Config } from '../config/settings.js';
import { SluiceError } from '../errors.js';
import { deliver, type DeliveryParts, type EventBus, type StoredEvent } from './delivery.js';
import type { Subscription } from './event.js';
import type { ForeignOptions, ForeignSubjects } from './foreign-subjects.js';
import { KeyedQueue } from './keyed-queue.js';
import { ACK_WAIT_MS, STREAM, connectForever, ensureStream } from './nats-connection.js';
import { consumeDurable, ensureConsumer } from './nats-consumer.js';
import { NatsSubjects } from './nats-subjects.js';
import { checkDurable, subjectMatcher } from './subject.js';

const CONCURRENCY = 16;
/** How many events a subscriber takes ahead of what it handles. */
const PREFETCH = 256;
const PUBLISH_TIMEOUT_MS = 5_000;
/** How long a start waits for NATS before it goes on without. */
const START_WAIT_MS = 1_000;
const TYPE_PREFIX = 'type.googleapis.com/';

function encode(event: StoredEvent): Uint8Array {
  const { id, subject, key, time, payload } = event;
  const any = { typeUrl: `${TYPE_PREFIX}${payload.type}`, value: Buffer.from(payload.value) };
  return Event.encode({ id, subject, key, time, payload: any }).finish();
}

function decode(message: JsMsg): StoredEvent {
  const { id, subject, key, time, payload } = Event.decode(message.data);
  const type = payload?.typeUrl.replace(TYPE_PREFIX, '') ?? '';
  return { id, subject, key, time: time ?? new Date(0), payload: { type, value: payload?.value ?? new Uint8Array() } };
}

/** The bus over NATS JetStream. While NATS is away, events wait in the outbox and subscribers wait for it to be back. */
class NatsBus implements EventBus {
  readonly isDurable = true;
  readonly #config: Config;
  readonly #parts: Omit<DeliveryParts, 'signal'>;
  readonly #closing = new AbortController();
  readonly #subscriptions: Subscription[] = [];
  readonly #queues: KeyedQueue[] = [];
  readonly #streams = new Set<ConsumerMessages>();
  readonly #unanswered = new Set<JsMsg>();
  #connection: NatsConnection | undefined;
  #jetstream: JetStreamClient | undefined;
  #isConnected = false;
  #beat: NodeJS.Timeout | undefined;

  constructor(config: Config, parts: Omit<DeliveryParts, 'signal'>) {
    this.#config = config;
    this.#parts = parts;
    setMaxListeners(0, this.#closing.signal); // Every delivery that waits listens.
  }

  /** Connects in the background, and waits for it a moment. */
  async open(): Promise<void> {
    const opening = this.#connect();
    const { signal } = this.#closing;
    await Promise.race([opening, delay(START_WAIT_MS, undefined, { signal, ref: false }).catch(() => undefined)]);
    // An event that waits in this process for its turn must not be given to another replica meanwhile.
    this.#beat = setInterval(() => this.#unanswered.forEach((message) => message.working()), ACK_WAIT_MS / 3);
    this.#beat.unref();
  }

  async subscribe(subscription: Subscription): Promise<void> {
    const { durable, subject } = subscription;
    checkDurable(durable);
    subjectMatcher(subject);
    const other = this.#subscriptions.find((one) => one.durable === durable && one.subject !== subject);
    if (other !== undefined) {
      const message = `the subscription '${durable}' is to '${other.subject}' already; give that to '${subject}' another name`;
      throw new SluiceError('START_FAILED', message);
    }
    this.#subscriptions.push(subscription);
    const queue = new KeyedQueue(CONCURRENCY);
    this.#queues.push(queue);
    if (this.#isConnected) await this.#ensure(subscription).catch(() => undefined); // Tried again when it consumes.
    void this.#consumeForever(subscription, queue);
  }

  foreign(options: ForeignOptions): ForeignSubjects {
    return new NatsSubjects(options, this.#parts.log, () => (this.#isConnected ? this.#connection : undefined));
  }

  async publish(events: readonly StoredEvent[]): Promise<void> {
    const jetstream = this.#jetstream;
    if (jetstream === undefined || !this.#isConnected) {
      throw new SluiceError('BUS_UNAVAILABLE', 'NATS is not connected; see that it runs and that nats.url is right');
    }
    const byKey = new Map<string, StoredEvent[]>();
    for (const event of events) {
      const list = byKey.get(event.key);
      if (list === undefined) byKey.set(event.key, [event]);
      else list.push(event);
    }
    // Keys side by side; the events of one key one after the other, so that a failure cannot turn their order round.
    const results = await Promise.allSettled(
      [...byKey.values()].map(async (list) => {
        for (const event of list) {
          await jetstream.publish(event.subject, encode(event), { msgID: event.id, timeout: PUBLISH_TIMEOUT_MS });
        }
      }),
    );
    const failed = results.find((result) => result.status === 'rejected');
    if (failed === undefined) return;
    const cause: unknown = failed.reason;
    // The stream may be gone with the server's disk; then it is made anew for the next attempt.
    await this.#ensure().catch(() => undefined);
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new SluiceError('BUS_UNAVAILABLE', `NATS did not take an event: ${why}`, { cause });
  }

  async pause(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#streams].map((messages) => messages.close()));
    await Promise.all(this.#queues.map((queue) => queue.until(1)));
    this.#unanswered.forEach((message) => message.nak());
    this.#unanswered.clear();
  }

  async close(): Promise<void> {
    await this.pause();
    clearInterval(this.#beat);
    const connection = this.#connection;
    this.#isConnected = false;
    if (connection === undefined || connection.isClosed()) return;
    // Flushing tells the server of the last acknowledgements; a server that is away will give those events again.
    await Promise.race([connection.flush().catch(() => undefined), delay(1_000, undefined, { ref: false })]);
    await connection.close();
  }

  async #connect(): Promise<void> {
    const { log } = this.#parts;
    const { signal } = this.#closing;
    const connection = await connectForever(this.#config.nats.url, log, signal);
    if (connection === undefined) return;
    if (signal.aborted) return connection.close();
    this.#connection = connection;
    this.#jetstream = connection.jetstream();
    void this.#watch(connection);
    for (let last = ''; !signal.aborted;) {
      try {
        await this.#ensure();
        for (const subscription of this.#subscriptions) await this.#ensure(subscription);
        this.#isConnected = true;
        log.info({ server: connection.getServer() }, 'connected to NATS');
        return;
      } catch (err) {
        const message = err instanceof Error ? err.message : String(err);
        if (message !== last) {
          log.error({ err }, 'NATS has no JetStream that can be used; start nats-server with -js. Trying again');
        }
        last = message;
        await delay(1_000, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #watch(connection: NatsConnection): Promise<void> {
    const { log } = this.#parts;
    for await (const { type, data } of connection.status()) {
      if (type === Events.Disconnect) {
        this.#isConnected = false;
        log.warn({ server: data }, 'NATS is away; events wait in the outbox until it is back');
      } else if (type === Events.Reconnect) {
        this.#isConnected = true;
        log.info({ server: data }, 'NATS is back');
      }
    }
  }

  /** Makes sure of the stream, or of a subscription's consumer. */
  async #ensure(subscription?: Subscription): Promise<void> {
    const manager = await (this.#connection as NatsConnection).jetstreamManager();
    if (subscription === undefined) await ensureStream(manager, this.#config.events.retentionHours);
    else await ensureConsumer(manager, STREAM, subscription.durable, subscription.subject, { max_ack_pending: 2_000 });
  }

  async #consumeForever(subscription: Subscription, queue: KeyedQueue): Promise<void> {
    const { signal } = this.#closing;
    const { durable } = subscription;
    while (!signal.aborted) {
      try {
        if (this.#jetstream !== undefined && this.#isConnected)
          await this.#consume(this.#jetstream, subscription, queue);
      } catch (err) {
        this.#parts.log.debug({ err, durable }, 'a subscription broke off; it begins again');
        if (this.#isConnected) {
          await this.#ensure()
            .then(() => this.#ensure(subscription))
            .catch((cause: unknown) =>
              this.#parts.log.warn({ err: cause, durable }, 'a subscription cannot be renewed'),
            );
        }
      }
      await delay(200, undefined, { signal }).catch(() => undefined);
    }
  }

  async #consume(jetstream: JetStreamClient, subscription: Subscription, queue: KeyedQueue): Promise<void> {
    const messages = await consumeDurable(jetstream, STREAM, subscription.durable, PREFETCH);
    this.#streams.add(messages);
    try {
      for await (const message of messages) {
        this.#unanswered.add(message);
        this.#take(message, subscription, queue);
        await queue.until(PREFETCH);
      }
    } finally {
      this.#streams.delete(messages);
    }
  }

  #take(message: JsMsg, subscription: Subscription, queue: KeyedQueue): void {
    const { log, metrics } = this.#parts;
    const { signal } = this.#closing;
    let event: StoredEvent;
    try {
      event = decode(message);
    } catch (err) {
      metrics.handled(subscription.durable, 'dead');
      log.error({ err, subject: message.subject }, 'a message on the bus is no event of Sluice; it is given up');
      this.#unanswered.delete(message);
      message.term();
      return;
    }
    queue.push(event.key, async () => {
      const isDone =
        !signal.aborted && (await deliver(event, message.info.deliveryCount, subscription, { log, metrics, signal }));
      this.#unanswered.delete(message);
      if (isDone) message.ack();
      else message.nak();
    });
  }
}

/** Opens the bus over NATS. It does not wait for long for a server that is away. */
export async function openNatsBus(config: Config, parts: Omit<DeliveryParts, 'signal'>): Promise<EventBus> {
  const bus = new NatsBus(config, parts);
  await bus.open();
  return bus;
}
