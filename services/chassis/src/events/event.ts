import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import type { Knex } from 'knex';
import type { ForeignOptions, ForeignSubjects } from './foreign-subjects.js';

/** A message class as ts-proto generates it. */
export interface MessageCodec<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/** A message with the name of its type: what `google.protobuf.Any` holds. */
export interface EventPayload {
  /** The full name of the message's type, such as `sluice.events.v1.RunQueued`. */
  readonly type: string;
  /** The message, encoded. */
  readonly value: Uint8Array;
}

/** An event to be published once the transaction is committed. */
export interface OutgoingEvent {
  /** `sluice.v1.<service>.<noun>.<verb>`. */
  readonly subject: string;
  /** The identifier of the noun. Events of one key arrive in the order in which they were added. */
  readonly key: string;
  readonly payload: EventPayload;
}

/** An event as a subscriber gets it. It may come twice, with the same id. */
export interface ReceivedEvent extends OutgoingEvent {
  readonly id: string;
  /** When it was added to the outbox. */
  readonly time: Date;
  /** Which delivery of this event to this subscriber it is, from 1. */
  readonly attempt: number;
}

/** Where a service writes events in the transaction that makes them true. */
export interface Outbox {
  /** Adds events to the transaction, with one insert. The relay is woken by {@link wake}, or by its sweep each second. */
  add(trx: Knex.Transaction, events: OutgoingEvent | readonly OutgoingEvent[]): Promise<void>;
  /** Tells the relay that a transaction with events was committed. */
  wake(): void;
}

/** One subscriber's wish. */
export interface Subscription {
  /** A subject; `*` stands for one word of it, a last `>` for one or more. */
  readonly subject: string;
  /**
   * The subscriber's name, of letters, digits, `-` and `_`. It stays the same over restarts. Replicas of a service that
   * use the same name share the events among them; each event goes to one of them.
   */
  readonly durable: string;
  /** Handles one event. If it throws, the event comes again later, with growing pauses, at most ten times. */
  handle(event: ReceivedEvent): Promise<void>;
}

/** What carries events from the outbox to subscribers: in process, or NATS JetStream. */
export interface Bus {
  /** Begins to deliver. Events that were published before a durable's first subscription are not delivered to it. */
  subscribe(subscription: Subscription): Promise<void>;
  /** Listens to subjects that are not the platform's. Only NATS has any. */
  foreign(options: ForeignOptions): ForeignSubjects;
}

/**
 * Makes the payload of an event.
 *
 * @example eventPayload('sluice.events.v1.RunQueued', RunQueued, { runId, flowId: '' })
 */
export function eventPayload<T>(type: string, codec: MessageCodec<T>, message: T): EventPayload {
  return { type, value: codec.encode(message).finish() };
}

/** Reads the payload of an event, or gives undefined when it is of another type. */
export function readPayload<T>(event: OutgoingEvent, type: string, codec: MessageCodec<T>): T | undefined {
  return event.payload.type === type ? codec.decode(event.payload.value) : undefined;
}
