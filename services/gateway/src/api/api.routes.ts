import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { fromBinary, toJson, type JsonValue } from '@bufbuild/protobuf';
import { SluiceError, type CallOptions, type Clients, type Logger } from '@sluice/chassis';
import type { Contract, Method } from '../contract/contract.js';
import type { Binding } from '../contract/http-rule.js';
import { logBreak } from '../http/failure.js';
import { hangUpSignal } from '../http/hang-up.js';
import { bodyText, queryOf, type HttpReply, type HttpRequest, type HttpServer } from '../http/server.js';
import { deadlineOf } from './deadline.js';
import { readRequest, type ReadRequest } from './request.js';
import { findResume, placeOf, resumeAt } from './resume.js';
import { NDJSON, SERVER_SENT_EVENTS, writeStream, type StreamForm } from './stream.js';

/** How long a stream may be silent before its reply begins; until then an error still has a status of its own. */
const FIRST_MESSAGE_MS = 500;

/** What the routes of the API work with. */
export interface ApiParts {
  readonly contract: Contract;
  readonly clients: Clients;
  /** The largest message that services take, in bytes. */
  readonly maxMessageBytes: number;
  /** Aborted when the process closes: streams end then. */
  readonly closing: AbortSignal;
}

type RawCall = (request: Buffer, options: CallOptions) => Promise<Buffer>;
type RawStream = (request: Buffer, options: CallOptions) => AsyncIterable<Buffer>;

/** Adds a route for each HTTP form of each rpc of the contract. */
export function mountApi(server: HttpServer, parts: ApiParts): void {
  for (const method of parts.contract.methods) {
    const serve = method.streams ? streamHandler(method, parts) : singleHandler(method, parts);
    for (const binding of method.bindings) {
      server.route({
        method: binding.verb,
        url: binding.route,
        handler: (request, reply) => serve(binding, request, reply),
      });
    }
  }
}

type Serve = (binding: Binding, request: HttpRequest, reply: HttpReply) => Promise<HttpReply>;

function singleHandler(method: Method, parts: ApiParts): Serve {
  const call = parts.clients.get(method.definition).call as unknown as RawCall;
  const { output } = method.desc;
  return async (binding, request, reply) => {
    const { bytes, json } = read(method, binding, request, parts);
    const response = await call(bytes, {
      deadlineMs: deadlineOf(request.headers),
      signal: hangUpSignal(reply.raw, parts.closing),
      // With a key, the service gives the first reply again. Else the verb decides, as it does for HTTP.
      idempotent: binding.verb === 'GET' || Boolean(json['idempotencyKey'] ?? json['idempotency_key']),
    });
    const { registry } = parts.contract;
    const body = toJson(output, fromBinary(output, response), { registry, alwaysEmitImplicit: true });
    return reply.type('application/json; charset=utf-8').header('cache-control', 'no-store').send(JSON.stringify(body));
  };
}

function streamHandler(method: Method, parts: ApiParts): Serve {
  const call = parts.clients.get(method.definition).call as unknown as RawStream;
  const { input, output } = method.desc;
  const { registry } = parts.contract;
  const resume = findResume(input, output);
  return async (binding, request, reply) => {
    const form = formOf(request);
    const { bytes } = read(method, binding, request, parts, (query) => {
      const last = request.headers['last-event-id'];
      if (typeof last === 'string' && last !== '') resumeAt(resume, last, query);
    });
    const signal = hangUpSignal(reply.raw, parts.closing);
    const responses = call(bytes, { deadlineMs: deadlineOf(request.headers), signal });
    const messages = await begin(toMessages(responses));
    async function* toMessages(source: AsyncIterable<Buffer>): AsyncGenerator<JsonValue, void> {
      try {
        for await (const one of source) {
          yield toJson(output, fromBinary(output, one), { registry, alwaysEmitImplicit: true });
        }
      } catch (error) {
        // Whoever reads on should know that it is this server that closes, and come back.
        throw parts.closing.aborted ? parts.closing.reason : error;
      }
    }
    const idOf = (json: JsonValue): string | undefined => (resume === undefined ? undefined : placeOf(resume, json));
    const text = writeStream(messages, form, idOf, (error) => logBreak(error, request.log as Logger));
    return reply
      .type(form.type)
      .headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' })
      .send(Readable.from(text, { objectMode: false }));
  };
}

function read(
  method: Method,
  binding: Binding,
  request: HttpRequest,
  parts: ApiParts,
  change: (query: URLSearchParams) => void = () => undefined,
): ReadRequest {
  const query = queryOf(request);
  change(query);
  const key = request.headers['idempotency-key'];
  const found = readRequest(method, binding, parts.contract.registry, {
    params: request.params as Record<string, string>,
    query,
    body: bodyText(request),
    idempotencyKey: typeof key === 'string' ? key : undefined,
  });
  if (found.bytes.length <= parts.maxMessageBytes) return found;
  const message = `the request has ${found.bytes.length} bytes; services take ${parts.maxMessageBytes}: send less, or raise rpc.maxMessageBytes`;
  throw new SluiceError('REQUEST_TOO_LARGE', message, { details: { limitBytes: String(parts.maxMessageBytes) } });
}

function formOf(request: HttpRequest): StreamForm {
  return request.headers.accept?.includes('application/x-ndjson') === true ? NDJSON : SERVER_SENT_EVENTS;
}

/** Waits a moment for the first message, so that a call that is refused at once throws here. */
async function begin<T>(source: AsyncGenerator<T, void>): Promise<AsyncGenerator<T, void>> {
  const first = source.next();
  first.catch(() => undefined);
  await Promise.race([first, delay(FIRST_MESSAGE_MS, undefined, { ref: false })]);
  return (async function* () {
    try {
      const { value, done } = await first;
      if (done === true) return;
      yield value;
      yield* source;
    } finally {
      await source.return();
    }
  })();
}
