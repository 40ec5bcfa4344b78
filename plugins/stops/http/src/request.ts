import { createWriteStream } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { isSluiceError, SluiceError } from '@sluice/plugin-sdk';
import { requestError, shownUrl, statusError, withoutSecrets } from './failures.js';

/** What is asked of a server. */
export interface HttpRequest {
  readonly url: URL;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Texts that no message may show. */
  readonly secrets: readonly string[];
}

export interface RequestLimits {
  /** For one try, answer included. */
  readonly timeoutSeconds: number;
  /** A longer answer is refused. */
  readonly maxBytes: number;
  /** How often a request that got no answer, or was told to come later, is sent again. */
  readonly retries: number;
  readonly signal: AbortSignal;
}

/** An answer whose body is in a file. */
export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly bytes: number;
  /** What the server calls itself; empty where it does not. */
  readonly server: string;
}

/** Answers that ask to come again. */
const LATER = [429, 502, 503, 504];
const REDIRECTS = [301, 302, 303, 307, 308];
const MOST_REDIRECTS = 10;
const LONGEST_PAUSE = 30_000;
/** Bytes of a refusal that its message shows. */
const SHOWN = 300;

/**
 * Sends a request and keeps the answer in a file, never whole in memory.
 *
 * @throws CONNECTION_FAILED and ACCESS_REFUSED with their step, QUERY_FAILED for another answer than success,
 *   DATA_INVALID for one too large, DEADLINE_EXCEEDED
 */
export async function sendRequest(request: HttpRequest, path: string, limits: RequestLimits): Promise<Answer> {
  for (let retry = 0; ; retry++) {
    try {
      return await tryOnce(request, path, limits);
    } catch (error) {
      limits.signal.throwIfAborted();
      const pause = pauseAfter(error, retry);
      if (retry >= limits.retries || pause === undefined) throw error;
      await sleep(pause, undefined, { signal: limits.signal });
    }
  }
}

/** How long to wait before the next try, in milliseconds; undefined where another try would end the same. */
function pauseAfter(error: unknown, retry: number): number | undefined {
  if (!isSluiceError(error)) return undefined;
  const { status = '', retryAfter = '', step = '' } = error.details;
  if (error.reason === 'QUERY_FAILED' && !LATER.includes(Number(status))) return undefined;
  if (error.reason === 'CONNECTION_FAILED' && step !== 'connect') return undefined;
  if (error.reason !== 'QUERY_FAILED' && error.reason !== 'CONNECTION_FAILED') return undefined;
  const asked = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1000 : 0;
  return Math.min(Math.max(asked, 250 * 2 ** retry), LONGEST_PAUSE);
}

async function tryOnce(request: HttpRequest, path: string, limits: RequestLimits): Promise<Answer> {
  const { url, method, secrets } = request;
  const deadline = AbortSignal.timeout(limits.timeoutSeconds * 1000);
  const signal = AbortSignal.any([limits.signal, deadline]);
  try {
    const response = await follow(request, signal);
    if (!response.ok) throw await refusal(request, response);
    const bytes = await save(response, path, url, limits.maxBytes, signal);
    const header = (name: string): string => response.headers.get(name) ?? '';
    return { status: response.status, contentType: header('content-type'), bytes, server: header('server') };
  } catch (error) {
    if (isSluiceError(error) || limits.signal.aborted) throw error;
    if (deadline.aborted) {
      const message = `${method} ${shownUrl(url)} took longer than ${limits.timeoutSeconds} s; raise timeoutSeconds`;
      throw new SluiceError('DEADLINE_EXCEEDED', message, { cause: error });
    }
    if ((error as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new SluiceError('DISK_FULL', 'the disk is full', { cause: error });
    }
    const failed = requestError(url, error);
    throw new SluiceError(failed.reason, withoutSecrets(failed.message, secrets), { details: failed.details });
  }
}

/**
 * Sends the request and, for GET, goes where redirects lead. To another server go no headers but Accept: fetch itself would
 * take all but Authorization along, and a token may stand in any.
 */
async function follow(request: HttpRequest, signal: AbortSignal): Promise<Response> {
  const { method, body } = request;
  let [url, headers] = [request.url, request.headers];
  for (let redirects = 0; ; redirects++) {
    // A connection that stays open would keep the runner from being used again.
    const all = { ...headers, connection: 'close' };
    const content = body === undefined ? {} : { body };
    const response = await fetch(url, { method, headers: all, signal, redirect: 'manual', ...content });
    const location = response.headers.get('location') ?? '';
    if (!REDIRECTS.includes(response.status) || method !== 'GET' || redirects >= MOST_REDIRECTS) return response;
    if (!URL.canParse(location, url.href)) return response;
    await response.body?.cancel();
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol)) return response;
    if (next.origin !== request.url.origin) headers = { accept: headers['accept'] ?? '*/*' };
    url = next;
  }
}

async function refusal({ method, url, secrets }: HttpRequest, response: Response): Promise<SluiceError> {
  let head = '';
  const decoder = new TextDecoder();
  // Leaving the loop gives up the rest of the answer.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    head += decoder.decode(chunk, { stream: true });
    if (head.length >= SHOWN) break;
  }
  const error = statusError(method, url, response, withoutSecrets(head.slice(0, SHOWN), secrets));
  const retryAfter = response.headers.get('retry-after') ?? '';
  return new SluiceError(error.reason, error.message, { details: { ...error.details, retryAfter } });
}

async function save(response: Response, path: string, url: URL, most: number, signal: AbortSignal): Promise<number> {
  let bytes = 0;
  const counter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      const message = `${shownUrl(url)} answers more than ${most} bytes; raise maxBytes`;
      done(bytes > most ? new SluiceError('DATA_INVALID', message) : null, chunk);
    },
  });
  const source = response.body === null ? Readable.from([]) : Readable.fromWeb(response.body as ReadableStream);
  await pipeline(source, counter, createWriteStream(path), { signal });
  return bytes;
}
