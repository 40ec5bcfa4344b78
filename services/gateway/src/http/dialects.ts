import { Readable } from 'node:stream';
import type { Logger } from '@sluice/chassis';
import type { Dialect, DialectHandler, DialectReply, DialectRequest, DialectTools } from '../dialect.js';
import { toFailure } from './failure.js';
import { hangUpSignal } from './hang-up.js';
import { bodyText, queryOf, type HttpReply, type HttpRequest, type HttpServer } from './server.js';

/** Mounts a dialect's routes at the root. Its errors are its own: each goes through its mapper. */
export async function mountDialect(
  server: HttpServer,
  dialect: Dialect,
  tools: DialectTools,
  closing: AbortSignal,
): Promise<void> {
  const log = tools.log.child({ dialect: dialect.name });
  await server.register(async (scope) => {
    scope.setErrorHandler((thrown, request, reply) => {
      const own = toDialectRequest(request, reply, closing);
      return sendReply(reply, dialect.failed(toFailure(thrown, own.log), own));
    });
    for (const [method, url, handler] of dialect.routes({ ...tools, log })) {
      scope.route({ method, url, handler: (request, reply) => serve(handler, request, reply, closing) });
    }
  });
}

async function serve(
  handler: DialectHandler,
  request: HttpRequest,
  reply: HttpReply,
  closing: AbortSignal,
): Promise<HttpReply> {
  return sendReply(reply, await handler(toDialectRequest(request, reply, closing)));
}

function toDialectRequest(request: HttpRequest, reply: HttpReply, closing: AbortSignal): DialectRequest {
  let signal: AbortSignal | undefined;
  return {
    path: request.url.split('?', 1)[0] ?? '/',
    params: (request.params ?? {}) as Record<string, string>,
    query: queryOf(request),
    body: bodyText(request),
    headers: request.headers,
    origin: originOf(request),
    log: request.log as Logger,
    get signal() {
      return (signal ??= hangUpSignal(reply.raw, closing));
    },
  };
}

/** How the client reached this port; a client that does not say whom it called came to the port itself. */
export function originOf(request: HttpRequest): string {
  const { host } = request.headers;
  if (host !== undefined) return `http://${host}`;
  const { localAddress = '127.0.0.1', localPort } = request.socket;
  return `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}

/** Sends what a dialect answers. */
export function sendReply(reply: HttpReply, { status, type, body, headers }: DialectReply): HttpReply {
  reply.status(status).type(type);
  if (headers !== undefined) reply.headers(headers);
  if (typeof body === 'string') return reply.send(body);
  if (body instanceof Uint8Array) return reply.send(Buffer.from(body.buffer, body.byteOffset, body.byteLength));
  return reply.send(Readable.from(body, { objectMode: false }));
}
