import {
  AckPolicy,
  DeliverPolicy,
  type ConsumerConfig,
  type ConsumerMessages,
  type JetStreamClient,
  type JetStreamManager,
} from 'nats';
import { ACK_WAIT_MS, nanos } from './nats-connection.js';

/**
 * Makes a durable consumer of a stream that begins with the next message of a subject, or leaves the one that is there
 * where it stands.
 */
export async function ensureConsumer(
  manager: JetStreamManager,
  stream: string,
  durable: string,
  subject: string,
  more: Partial<ConsumerConfig>,
): Promise<void> {
  const present = await manager.consumers.info(stream, durable).catch(() => undefined);
  if (present === undefined) {
    await manager.consumers.add(stream, {
      durable_name: durable,
      filter_subject: subject,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ACK_WAIT_MS),
      deliver_policy: DeliverPolicy.New,
      max_deliver: -1,
      ...more,
    });
  } else if (present.config.filter_subject !== subject) {
    await manager.consumers.update(stream, durable, { filter_subject: subject });
  }
}

/** Takes the messages of a durable consumer, at most so many ahead of what is handled. */
export async function consumeDurable(
  jetstream: JetStreamClient,
  stream: string,
  durable: string,
  prefetch: number,
): Promise<ConsumerMessages> {
  const consumer = await jetstream.consumers.get(stream, durable);
  // Short requests: a server that forgot one in its restart is asked again soon.
  return consumer.consume({ max_messages: prefetch, expires: 5_000, abort_on_missing_resource: true });
}
