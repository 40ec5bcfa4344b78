import type { Writable } from 'node:stream';

/** Settles as `work` does, or rejects with the signal's reason as soon as it is aborted. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    work.catch(() => undefined); // The caller is gone; what the work ends with concerns nobody any more.
    return Promise.reject(signal.reason as Error);
  }
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

/** The items of a stream, until it ends or the signal is aborted, which throws the signal's reason. */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await orAborted(Promise.resolve(iterator.next()), signal);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    // Not awaited: a generator that hangs in a `next` answers to `return` only when that has ended.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}

/** Writes items as fast as the other side takes them. */
export async function writeAll<T>(
  source: AsyncIterable<T> | Iterable<T>,
  target: Pick<Writable, 'write' | 'once' | 'removeListener'>,
  signal: AbortSignal,
): Promise<void> {
  const items = Symbol.asyncIterator in source ? source : asyncItems(source);
  for await (const item of untilAborted(items, signal)) {
    if (target.write(item)) continue;
    let onDrain: () => void = () => undefined;
    const drained = new Promise<void>((resolve) => {
      onDrain = resolve;
      target.once('drain', onDrain);
    });
    try {
      await orAborted(drained, signal);
    } finally {
      target.removeListener('drain', onDrain);
    }
  }
}

async function* asyncItems<T>(source: Iterable<T>): AsyncGenerator<T, void, undefined> {
  yield* source;
}
