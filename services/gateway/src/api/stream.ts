import { setTimeout as delay } from 'node:timers/promises';
import type { JsonValue } from '@bufbuild/protobuf';
import { toSluiceError } from '@sluice/chassis';
import { errorBody } from '../http/errors.js';

/** How often a stream that has nothing to tell shows that it lives; proxies cut at 30 to 60 seconds. */
const KEEP_ALIVE_MS = 15_000;
/** How long a browser waits before it comes back after a break. */
const RETRY_MS = 2_000;

/** A form in which a stream is written. */
export interface StreamForm {
  readonly type: string;
  /** Written before the first message. */
  readonly start: string;
  message(json: JsonValue, id: string | undefined): string;
  readonly keepAlive: string;
  failure(error: unknown): string;
  /** Written when the stream has ended well. */
  readonly end: string;
}

/**
 * Server-sent events: each message is an event whose id is the place to go on from; `event: end` says that nothing more
 * will come, `event: failure` carries the error that a reply would have had.
 */
export const SERVER_SENT_EVENTS: StreamForm = {
  type: 'text/event-stream; charset=utf-8',
  start: `retry: ${RETRY_MS}\n\n`,
  message: (json, id) => `${id === undefined ? '' : `id: ${id}\n`}data: ${JSON.stringify(json)}\n\n`,
  keepAlive: ': keep-alive\n\n',
  failure: (error) => `event: failure\ndata: ${JSON.stringify(errorBody(toSluiceError(error)))}\n\n`,
  end: 'event: end\ndata: {}\n\n',
};

/** One JSON value a line; an error is a last line with the key `error`. */
export const NDJSON: StreamForm = {
  type: 'application/x-ndjson; charset=utf-8',
  start: '',
  message: (json) => `${JSON.stringify(json)}\n`,
  keepAlive: '\n',
  failure: (error) => `${JSON.stringify(errorBody(toSluiceError(error)))}\n`,
  end: '',
};

/** Items of a stream, with `undefined` whenever nothing came for a while. */
export async function* withPauses<T>(source: AsyncIterable<T>, pauseMs: number): AsyncGenerator<T | undefined, void> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    const advance = (): Promise<IteratorResult<T>> => {
      const promise = iterator.next();
      // It may fail while nobody waits for it yet; whoever waits next hears of it.
      promise.catch(() => undefined);
      return promise;
    };
    let next = advance();
    for (;;) {
      const timer = new AbortController();
      const pause = delay(pauseMs, 'pause' as const, { signal: timer.signal }).catch(() => 'pause' as const);
      const first = await Promise.race([next, pause]).finally(() => timer.abort());
      if (first === 'pause') {
        yield undefined;
        continue;
      }
      if (first.done === true) return;
      yield first.value;
      next = advance();
    }
  } finally {
    // Not awaited: an iterator that waits for its next item answers only when that has come.
    void iterator.return?.(undefined)?.catch(() => undefined);
  }
}

/** The text of a stream. What fails under way is told in the stream, as the status has been sent. */
export async function* writeStream(
  source: AsyncIterable<JsonValue>,
  form: StreamForm,
  idOf: (json: JsonValue) => string | undefined,
  onFailure: (error: unknown) => void,
): AsyncGenerator<string, void> {
  if (form.start !== '') yield form.start;
  try {
    for await (const json of withPauses(source, KEEP_ALIVE_MS)) {
      yield json === undefined ? form.keepAlive : form.message(json, idOf(json));
    }
    if (form.end !== '') yield form.end;
  } catch (error) {
    onFailure(error);
    yield form.failure(error);
  }
}
