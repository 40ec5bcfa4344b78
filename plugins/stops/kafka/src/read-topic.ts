import { randomUUID } from 'node:crypto';
import { SluiceError, type StopContext } from '@sluice/plugin-sdk';
import type { Admin, Batch, Consumer } from 'kafkajs';
import { clientError, clientOf, openAdmin, WAIT_MS, type Target } from './client.js';

/** A message that was read. */
export interface Message {
  readonly partition: number;
  readonly offset: string;
  readonly value: Buffer | null;
}

/** Where a partition is read from, and up to where: what came later belongs to the next run. */
export interface Range {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

/** Fetches of a broker without a message after which a partition counts as read: its last offsets may be marks only. */
const EMPTY_FETCHES = 2;

/**
 * The part of a topic that is there now.
 *
 * @param group a group of consumers whose offsets count; empty: from the beginning
 */
export async function rangesOf(
  context: Pick<StopContext, 'signal'>,
  target: Target,
  topic: string,
  group: string,
): Promise<readonly Range[]> {
  const admin = await openAdmin(target, { timeoutMs: WAIT_MS, signal: context.signal });
  try {
    await checkTopic(admin, topic);
    const offsets = await admin.fetchTopicOffsets(topic);
    const [kept] = group === '' ? [] : await admin.fetchOffsets({ groupId: group, topics: [topic] });
    return offsets.map(({ partition, low, high }) => {
      const committed = BigInt(kept?.partitions.find((each) => each.partition === partition)?.offset ?? '-1');
      const from = committed < BigInt(low) ? BigInt(low) : committed;
      return { partition, from, to: BigInt(high) };
    });
  } catch (error) {
    throw clientError(target, error, `reading '${topic}'`);
  } finally {
    await admin.disconnect();
  }
}

/** Asking for a topic would make it, at many brokers. */
async function checkTopic(admin: Admin, topic: string): Promise<void> {
  if ((await admin.listTopics()).includes(topic)) return;
  throw new SluiceError('TABLE_NOT_FOUND', `there is no topic '${topic}'`, { details: { topic } });
}

/** Keeps how far a group has read. */
export async function keepOffsets(
  context: Pick<StopContext, 'signal'>,
  target: Target,
  topic: string,
  group: string,
  ranges: readonly Range[],
) {
  const admin = await openAdmin(target, { timeoutMs: WAIT_MS, signal: context.signal });
  try {
    const partitions = ranges.map(({ partition, to }) => ({ partition, offset: String(to) }));
    await admin.setOffsets({ groupId: group, topic, partitions });
  } catch (error) {
    throw clientError(target, error, `keeping how far '${group}' has read`);
  } finally {
    await admin.disconnect();
  }
}

/** The messages of the ranges, of committed transactions only; a batch of a broker at a time is held. */
export async function* messagesOf(
  { signal }: Pick<StopContext, 'signal'>,
  target: Target,
  topic: string,
  ranges: readonly Range[],
): AsyncGenerator<Message> {
  const open = new Map(ranges.filter(({ from, to }) => from < to).map((range) => [range.partition, range]));
  if (open.size === 0) return;
  const kafka = clientOf(target, WAIT_MS);
  const consumer = kafka.consumer({
    // The client reads in groups only.
    groupId: `sluice-${randomUUID()}`,
    readUncommitted: false,
    allowAutoTopicCreation: false,
    maxWaitTimeInMs: 500,
    // A broker that has just begun has no coordinator for seconds.
    retry: { retries: 8, initialRetryTime: 100, maxRetryTime: 2000, restartOnFailure: () => Promise.resolve(false) },
  });
  const feed = new Feed(signal);
  let [idle, leaders] = [new Map<string, number>(), 1];
  consumer.on(consumer.events.CRASH, ({ payload }) =>
    feed.fail(clientError(target, payload.error, `reading '${topic}'`)),
  );
  consumer.on(consumer.events.FETCH, ({ payload }) => {
    const node = String((payload as { readonly nodeId?: unknown }).nodeId);
    idle.set(node, (idle.get(node) ?? 0) + 1);
    if (idle.size >= leaders && [...idle.values()].every((count) => count > EMPTY_FETCHES)) feed.end();
  });
  try {
    leaders = await countLeaders(kafka.admin(), topic, open);
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await start(consumer, topic, ranges, async (batch) => {
      idle = new Map();
      await feed.give(batch);
      idle = new Map();
    });
    while (open.size > 0) {
      const taken = await feed.take();
      if (taken === undefined) return;
      const range = open.get(taken.batch.partition);
      try {
        for (const { offset, value } of range === undefined ? [] : taken.batch.messages) {
          if (BigInt(offset) < (range?.to ?? 0n)) yield { partition: taken.batch.partition, offset, value };
        }
      } finally {
        // Also where the loop is left: the client waits for the batch before it ends.
        taken.done();
      }
      if (range !== undefined && BigInt(taken.batch.lastOffset()) + 1n >= range.to) open.delete(range.partition);
    }
  } catch (error) {
    signal.throwIfAborted();
    throw clientError(target, error, `reading '${topic}'`);
  } finally {
    feed.end();
    // The group of its own goes by itself when the broker forgets it.
    await consumer.disconnect().catch(() => undefined);
  }
}

async function start(
  consumer: Consumer,
  topic: string,
  ranges: readonly Range[],
  take: (batch: Batch) => Promise<void>,
) {
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: true, eachBatch: ({ batch }) => take(batch) });
  for (const { partition, from, to } of ranges) {
    // A partition without anything to read is read from its end, which asks for nothing.
    consumer.seek({ topic, partition, offset: String(from < to ? from : to) });
  }
}

/** How many brokers lead the partitions that are read. */
async function countLeaders(admin: Admin, topic: string, open: ReadonlyMap<number, Range>): Promise<number> {
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics.flatMap(({ partitions }) => partitions.filter(({ partitionId }) => open.has(partitionId)));
    return new Set(found.map(({ leader }) => leader)).size;
  } finally {
    await admin.disconnect();
  }
}

/** A batch that waits until it was taken. */
interface Given {
  readonly batch: Batch;
  done(): void;
}

/** Hands batches from the client, which pushes them, to a loop, which asks for them: the client waits meanwhile. */
class Feed {
  private readonly waiting: Given[] = [];
  private wake: () => void = () => undefined;
  private isEnded = false;
  private failure: Error | undefined;

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.end(), { once: true });
  }

  give(batch: Batch): Promise<void> {
    if (this.isEnded) return Promise.resolve();
    return new Promise((done) => {
      this.waiting.push({ batch, done });
      this.wake();
    });
  }

  /** The next batch; undefined at the end. */
  async take(): Promise<Given | undefined> {
    for (;;) {
      if (this.failure !== undefined) throw this.failure;
      const next = this.waiting.shift();
      if (next !== undefined || this.isEnded) return next;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  fail(error: Error): void {
    this.failure ??= error;
    this.wake();
  }

  end(): void {
    this.isEnded = true;
    for (const { done } of this.waiting.splice(0)) done();
    this.wake();
  }
}
