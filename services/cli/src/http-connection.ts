import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  createFileRegistry,
  fromBinary,
  fromJson,
  getOption,
  toBinary,
  toJson,
  type DescMethod,
  type JsonObject,
  type JsonValue,
} from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import {
  SluiceError,
  fromErrorInfo,
  type CallOptions,
  type Client,
  type Connection,
  type MethodDefinition,
  type ServiceDefinition,
} from '@sluice/chassis';
import { ErrorInfo } from '@sluice/proto/common/v1/problem';

/** The part of a google.api.http annotation that a caller needs. */
interface HttpRule {
  readonly pattern: { readonly case: string | undefined; readonly value?: unknown };
  readonly body: string;
}

/** How long a call with one response may take when its caller says nothing; as over gRPC. */
const DEADLINE_MS = 30_000;

/**
 * Connects to a platform by its JSON API, for where gRPC cannot be reached: through a proxy or a tunnel of one port. The
 * routes come from the contract's annotations, as those of the gateway do.
 *
 * @param url such as `http://127.0.0.1:8002`
 */
export function connectHttp(url: string): Connection {
  const image = readFileSync(createRequire(import.meta.url).resolve('@sluice/proto/image.binpb'));
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
  const http = registry.getExtension('google.api.http');
  const leaving = new AbortController();

  /** The HTTP request that an rpc is, and how its messages are read. */
  const prepare = (method: MethodDefinition, input: unknown, options: CallOptions, fallbackMs: number) => {
    const [, service = '', name = ''] = method.path.split('/');
    const desc = registry.getService(service)?.methods.find((each) => each.name === name);
    if (desc === undefined || http === undefined)
      throw new SluiceError('INTERNAL', `the contract lacks ${method.path}`);
    const message = fromBinary(desc.input, (method.requestSerialize as (value: unknown) => Buffer)(input));
    const json = toJson(desc.input, message, { registry }) as JsonObject;
    const deadlineMs = options.deadlineMs ?? fallbackMs;
    const signals = [leaving.signal, ...(options.signal === undefined ? [] : [options.signal])];
    if (deadlineMs > 0) signals.push(AbortSignal.timeout(deadlineMs));
    const { verb, path, body } = toRequest(getOption(desc, http) as HttpRule, json);
    const send = async (accept: string): Promise<Response> => {
      const headers: Record<string, string> = { accept };
      if (body !== undefined) headers['content-type'] = 'application/json';
      const signal = AbortSignal.any(signals);
      const response = await fetch(`${url}${path}`, {
        method: verb,
        headers,
        signal,
        ...(body === undefined ? {} : { body }),
      });
      if (!response.ok) throw await refusal(response, url);
      return response;
    };
    const read = (value: JsonValue): unknown => decode(method, desc, value, registry);
    return { send, read };
  };
  const failed = (error: unknown, options: CallOptions): unknown => toError(error, url, options);

  const callOnce = async (method: MethodDefinition, input: unknown, options: CallOptions): Promise<unknown> => {
    try {
      const { send, read } = prepare(method, input, options, DEADLINE_MS);
      return read((await (await send('application/json')).json()) as JsonValue);
    } catch (error) {
      throw failed(error, options);
    }
  };
  const stream = async function* (method: MethodDefinition, input: unknown, options: CallOptions): AsyncGenerator {
    try {
      const { send, read } = prepare(method, input, options, 0);
      const response = await send('application/x-ndjson');
      if (response.body === null) return;
      for await (const line of linesOf(response.body)) {
        if (line === '') continue; // A sign of life.
        const value = JSON.parse(line) as JsonValue;
        if (isFailure(value)) throw fromErrorInfo(ErrorInfo.fromJSON(value.error), 'INTERNAL');
        yield read(value);
      }
    } catch (error) {
      throw failed(error, options);
    }
  };
  return {
    get<D extends ServiceDefinition>(definition: D): Client<D> {
      const entries = Object.entries(definition).map(([name, method]) => {
        const call = method.responseStream ? stream : callOnce;
        return [name, (input: unknown, options: CallOptions = {}) => call(method, input, options)] as const;
      });
      return Object.fromEntries(entries) as unknown as Client<D>;
    },
    close() {
      leaving.abort();
      return Promise.resolve();
    },
  };
}

function decode(
  method: MethodDefinition,
  desc: DescMethod,
  value: JsonValue,
  registry: ReturnType<typeof createFileRegistry>,
): unknown {
  // Fields of a newer platform are passed over, as they are in gRPC.
  const message = fromJson(desc.output, value, { registry, ignoreUnknownFields: true });
  return method.responseDeserialize(Buffer.from(toBinary(desc.output, message)));
}

/** Verb, path with query, and body of a call. */
function toRequest({ pattern, body }: HttpRule, json: JsonObject): { verb: string; path: string; body?: string } {
  const rest = { ...json };
  const path = String(pattern.value).replace(/\{(\w+)\}/g, (_all, name: string) => {
    const key = name.replace(/_(\w)/g, (_found, letter: string) => letter.toUpperCase());
    const value = rest[key];
    delete rest[key];
    return encodeURIComponent(typeof value === 'string' ? value : '');
  });
  const verb = (pattern.case ?? 'get').toUpperCase();
  if (body === '*') return { verb, path, body: JSON.stringify(rest) };
  const query = new URLSearchParams(Object.entries(rest).flatMap(([key, value]) => toQuery(key, value)));
  return { verb, path: query.size === 0 ? path : `${path}?${query.toString()}` };
}

function toQuery(key: string, value: JsonValue): [string, string][] {
  if (Array.isArray(value)) return value.flatMap((item) => toQuery(key, item));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, item]) => toQuery(`${key}.${name}`, item));
  }
  return [[key, String(value)]];
}

function isFailure(value: unknown): value is { error: unknown } {
  return typeof value === 'object' && value !== null && 'error' in value;
}

/** The lines of a body as they come. The connection is given up when the reader goes away. */
async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      const lines = (text + decoder.decode(value, { stream: true })).split('\n');
      text = lines.pop() ?? '';
      yield* lines;
    }
    if (text !== '') yield text;
  } finally {
    // What fails here is the end of a body that nobody reads any more.
    await reader.cancel().catch(() => undefined);
  }
}

/** The error that a reply tells of; one that is not Sluice's tells of what stands between. */
async function refusal(response: Response, url: string): Promise<SluiceError> {
  const text = await response.text();
  try {
    const value: unknown = JSON.parse(text);
    if (isFailure(value)) return fromErrorInfo(ErrorInfo.fromJSON(value.error), 'INTERNAL');
  } catch {
    // No JSON: told below.
  }
  const reason = response.status >= 500 ? 'SERVICE_UNAVAILABLE' : 'REQUEST_INVALID';
  return new SluiceError(reason, `${url} answered ${response.status} and is no Sluice: ${text.slice(0, 200)}`);
}

function toError(error: unknown, url: string, options: CallOptions): unknown {
  if (!(error instanceof Error)) return error;
  if (options.signal?.aborted === true || error.name === 'AbortError') {
    return new SluiceError('CALL_CANCELLED', 'the call was cancelled by its caller', { cause: error });
  }
  if (error.name === 'TimeoutError') {
    return new SluiceError('DEADLINE_EXCEEDED', `${url} did not answer in time`, { cause: error });
  }
  // What fetch and a stream that breaks throw.
  const isBreak = error instanceof TypeError || /terminated|ECONN|EPIPE|socket/i.test(error.message);
  if (!isBreak || error.name === 'SluiceError') return error;
  const why = error.cause instanceof Error ? error.cause.message : error.message;
  const message = `${url} cannot be reached (${why}); see that it runs and that its address is right`;
  return new SluiceError('SERVICE_UNAVAILABLE', message, { cause: error });
}
