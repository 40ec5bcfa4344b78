import type {
  CallOptions as GrpcCallOptions,
  Client as GrpcClient,
  ClientDuplexStream,
  ClientReadableStream,
  ClientUnaryCall,
  ClientWritableStream,
  Metadata,
} from '@grpc/grpc-js';
import { SluiceError } from '../errors.js';
import type { MethodDefinition } from './definition.js';
import { fromStatus } from './errors.js';
import { writeAll } from './streams.js';

/** A connection to a service. */
export interface Channel {
  readonly client: GrpcClient;
  /** Whom it reaches, for messages: `execution at 127.0.0.1:8003`. */
  readonly target: string;
}

/** How one attempt of a call is made. */
export interface AttemptOptions {
  readonly metadata: Metadata;
  /** Epoch milliseconds; Infinity for none. */
  readonly deadline: number;
  readonly signal: AbortSignal | undefined;
}

type Serialize = (value: unknown) => Buffer;
type Input = AsyncIterable<unknown> | Iterable<unknown>;

function abortError(signal: AbortSignal): SluiceError {
  return new SluiceError('CALL_CANCELLED', 'the call was cancelled by its caller', { cause: signal.reason });
}

/**
 * Sends the caller's requests until they or the call end. What the caller's own source throws goes to `onFailure`; the
 * service hears a cancel.
 */
function sendAll(
  input: Input,
  call: ClientWritableStream<unknown> | ClientDuplexStream<unknown, unknown>,
  onFailure: (error: unknown) => void,
): void {
  const ended = new AbortController();
  call.on('status', () => ended.abort(new SluiceError('CALL_CANCELLED', 'the call has ended')));
  writeAll(input, call, ended.signal).then(
    () => call.end(),
    (error: unknown) => {
      if (!ended.signal.aborted) onFailure(error);
      call.cancel();
    },
  );
}

/** One attempt of a call with one response. */
export function callOnce(
  { client, target }: Channel,
  method: MethodDefinition,
  input: unknown,
  { metadata, deadline, signal }: AttemptOptions,
): Promise<unknown> {
  if (signal?.aborted === true) return Promise.reject(abortError(signal));
  return new Promise((resolve, reject) => {
    const { path, responseDeserialize: deserialize } = method;
    const serialize = method.requestSerialize as Serialize;
    const options: GrpcCallOptions = { deadline };
    let call: ClientUnaryCall | ClientWritableStream<unknown>;
    const onAbort = (): void => call.cancel();
    const done = (error: unknown, response: unknown): void => {
      signal?.removeEventListener('abort', onAbort);
      if (error === null) resolve(response);
      else reject(signal?.aborted === true ? abortError(signal) : fromStatus(error, target));
    };
    if (method.requestStream) {
      const stream = client.makeClientStreamRequest(path, serialize, deserialize, metadata, options, done);
      sendAll(input as Input, stream, (error) => reject(error as Error));
      call = stream;
    } else {
      call = client.makeUnaryRequest(path, serialize, deserialize, input, metadata, options, done);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** One attempt of a call that streams its responses. It is cancelled when its reader goes away. */
export async function* streamOnce(
  { client, target }: Channel,
  method: MethodDefinition,
  input: unknown,
  { metadata, deadline, signal }: AttemptOptions,
): AsyncGenerator<unknown, void, undefined> {
  if (signal?.aborted === true) throw abortError(signal);
  const { path, responseDeserialize: deserialize } = method;
  const serialize = method.requestSerialize as Serialize;
  const options: GrpcCallOptions = { deadline };
  let ownFailure: unknown;
  let call: ClientReadableStream<unknown>;
  if (method.requestStream) {
    const duplex = client.makeBidiStreamRequest(path, serialize, deserialize, metadata, options);
    sendAll(input as Input, duplex, (error) => (ownFailure = error));
    call = duplex;
  } else {
    call = client.makeServerStreamRequest(path, serialize, deserialize, input, metadata, options);
  }
  // A cancelled call emits an error after its reader is gone; without a listener that would end the process.
  call.on('error', () => undefined);
  const onAbort = (): void => call.cancel();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    for await (const item of call) yield item;
  } catch (error) {
    if (ownFailure !== undefined) throw ownFailure;
    if (signal?.aborted) throw abortError(signal);
    throw fromStatus(error, target);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    call.cancel();
  }
}
