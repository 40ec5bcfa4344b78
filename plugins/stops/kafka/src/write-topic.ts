import { createHash } from 'node:crypto';
import type { StopContext } from '@sluice/plugin-sdk';
import kafkajs, { type Message, type Transaction } from 'kafkajs';
import { clientError, clientOf, WAIT_MS, type Target } from './client.js';

type Context = Pick<StopContext, 'signal' | 'beforeCommit' | 'run' | 'stop'>;

/** Messages and characters of one request, at most; brokers take 1 MB in a batch unless told otherwise. */
const MOST_MESSAGES = 1000;
const MOST_CHARACTERS = 200_000;
/** How long a transaction may be open: the most that brokers allow unless told otherwise. */
const TRANSACTION_MS = 900_000;

/**
 * Writes messages in one transaction: consumers that read what is committed see all or none, and a run that is tried again
 * ends the transaction of the try before.
 *
 * @returns the number of messages
 */
export async function writeTopic(
  context: Context,
  target: Target,
  topic: string,
  messages: AsyncIterable<readonly Message[]>,
): Promise<number> {
  const { signal, beforeCommit, run, stop } = context;
  const id = createHash('sha256')
    .update(JSON.stringify([run.id, stop]))
    .digest('hex')
    .slice(0, 24);
  const producer = clientOf(target, WAIT_MS).producer({
    transactionalId: `sluice-${id}`,
    idempotent: true,
    maxInFlightRequests: 1,
    transactionTimeout: TRANSACTION_MS,
    allowAutoTopicCreation: true,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  let rows = 0;
  let transaction: Transaction | undefined;
  try {
    await producer.connect();
    transaction = await producer.transaction();
    for await (const batch of messages) {
      signal.throwIfAborted();
      for (const part of partsOf(batch)) await transaction.send({ topic, messages: part, acks: -1 });
      rows += batch.length;
    }
    await beforeCommit();
    await transaction.commit();
    return rows;
  } catch (error) {
    await transaction?.abort().catch(() => undefined);
    signal.throwIfAborted();
    throw clientError(target, error, `writing '${topic}'`);
  } finally {
    await producer.disconnect().catch(() => undefined);
  }
}

function* partsOf(messages: readonly Message[]): Generator<Message[]> {
  let [part, characters] = [[] as Message[], 0];
  for (const message of messages) {
    const length = message.value?.length ?? 0;
    if (part.length === MOST_MESSAGES || (part.length > 0 && characters + length > MOST_CHARACTERS)) {
      yield part;
      [part, characters] = [[], 0];
    }
    part.push(message);
    characters += length;
  }
  if (part.length > 0) yield part;
}
