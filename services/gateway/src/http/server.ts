import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import { SluiceError, type Logger } from '@sluice/chassis';
import fastify, { LogController, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { errorBody, statusOf } from './errors.js';
import { toFailure } from './failure.js';
import type { IdleConnections } from './connections.js';
import { checkOrigin } from './guard.js';
import * as limits from './limits.js';
import type { HttpMetrics } from './metrics.js';

export type HttpServer = FastifyInstance<Server, IncomingMessage, ServerResponse, Logger>;
export type HttpRequest = FastifyRequest;
export type HttpReply = FastifyReply;

/** Only what this server serves may be loaded by its pages, and nothing may embed them. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

/** What web servers count when a client hung up. */
const HUNG_UP = 499;

/** Makes the HTTP server with all that concerns every request; routes are added to it. */
export async function createServer(log: Logger, metrics: HttpMetrics): Promise<HttpServer> {
  const server: HttpServer = fastify({
    loggerInstance: log,
    logController: new LogController({ requestIdLogLabel: 'request', disableRequestLogging: true }),
    genReqId: (request) => requestId(request.headers['x-request-id']),
    bodyLimit: limits.BODY_LIMIT_BYTES,
    requestTimeout: limits.REQUEST_TIMEOUT_MS,
    keepAliveTimeout: limits.IDLE_TIMEOUT_MS,
    http: { maxHeaderSize: limits.HEADER_LIMIT_BYTES, headersTimeout: limits.HEADERS_TIMEOUT_MS },
    routerOptions: { maxParamLength: limits.PARAMETER_LIMIT },
    exposeHeadRoutes: false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    forceCloseConnections: 'idle',
    clientErrorHandler: refuseGarbage,
    frameworkErrors: (error, request, reply) => sendError(error, request as HttpRequest, reply as HttpReply),
  });
  // Bodies are read by who serves the route: as JSON by the API, as their clients meant them by the dialects.
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  await server.register(compress, {
    encodings: ['br', 'gzip'],
    requestEncodings: ['gzip', 'br', 'identity'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  });
  server.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id).headers(SECURITY_HEADERS);
    // The reply's own event: the framework's hook is left out when the client hangs up.
    reply.raw.once('close', () => account(request, reply, metrics));
    try {
      checkOrigin(request.method, request.headers);
      done();
    } catch (error) {
      done(error as Error);
    }
  });
  server.addHook('onSend', (request, reply, payload, done) => {
    if (reply.statusCode >= 400 && !request.raw.complete) drain(request, reply);
    done(null, payload);
  });
  server.setErrorHandler(sendError);
  return server;
}

/**
 * Opens the port.
 *
 * @throws START_FAILED when it is taken or may not be opened.
 */
export async function listen(server: HttpServer, host: string, port: number): Promise<string> {
  try {
    await server.listen({ host, port, listenTextResolver: (address) => `HTTP is served on ${address}` });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const remedy = 'see whether another process uses it (another `sluice up`?), or set SLUICE_HTTP_PORT';
    throw new SluiceError('START_FAILED', `HTTP cannot listen on ${host}:${port}: ${why}; ${remedy}`, { cause });
  }
  const address = server.server.address();
  const name = host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host;
  return `http://${name}:${typeof address === 'object' ? (address?.port ?? port) : port}`;
}

/** Takes no more requests, lets those under way end for a while, then cuts them off. */
export async function close(server: HttpServer, idle: IdleConnections): Promise<void> {
  const timer = setTimeout(() => server.server.closeAllConnections(), limits.CLOSE_GRACE_MS);
  try {
    const closed = server.close();
    idle.close();
    await closed;
  } finally {
    clearTimeout(timer);
  }
}

/** The body of a request as text; bytes that are no UTF-8 become replacement characters. */
export function bodyText(request: HttpRequest): string {
  const { body } = request;
  if (!Buffer.isBuffer(body)) return '';
  const text = body.toString('utf8');
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

/** The query of a request; the router has read no more than the path. */
export function queryOf(request: HttpRequest): URLSearchParams {
  const { url } = request;
  const at = url.indexOf('?');
  return new URLSearchParams(at < 0 ? '' : url.slice(at + 1));
}

/** Sends an error as the JSON API does. */
export function sendError(thrown: unknown, request: HttpRequest, reply: HttpReply): void {
  const error = toFailure(thrown, request.log as Logger);
  const allow = error.details['allow'];
  if (allow !== undefined) reply.header('allow', allow);
  if (error.code === 'UNAVAILABLE') reply.header('retry-after', '1');
  void reply
    .status(statusOf(error))
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(errorBody(error)));
}

/** Messages are checked by their descriptors. Without these the framework loads compilers of its own, 100 ms. */
function noSchemas(): never {
  throw new SluiceError('INTERNAL', 'routes of the gateway have no schemas');
}

/**
 * Takes the rest of a body that nobody will read, for a while. A connection that is closed with bytes unread is reset,
 * and a client that still sends would see that instead of the reply.
 */
function drain({ raw }: HttpRequest, reply: HttpReply): void {
  reply.removeHeader('connection');
  const timer = setTimeout(() => raw.destroy(), limits.DRAIN_MS).unref();
  raw.once('close', () => clearTimeout(timer));
  raw.unpipe().resume();
}

function account(request: HttpRequest, reply: HttpReply, metrics: HttpMetrics): void {
  const { url: route = 'none' } = request.routeOptions;
  const status = reply.raw.writableFinished ? reply.statusCode : HUNG_UP;
  metrics.handled(request.method, route, status, reply.elapsedTime);
  // Without the query, which may hold what is nobody's business.
  const [path] = request.url.split('?', 1);
  request.log.debug({ method: request.method, path, status, ms: Math.round(reply.elapsedTime) }, 'served');
}

function requestId(given: string | string[] | undefined): string {
  return typeof given === 'string' && /^[\w.:-]{1,64}$/.test(given) ? given : randomUUID();
}

/** Answers what is no HTTP, or too much of it; no request exists yet. */
function refuseGarbage(error: Error & { code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy();
  let status = 400;
  let failure = new SluiceError('REQUEST_INVALID', `this is no HTTP request: ${error.message}`);
  if (error.code === 'HPE_HEADER_OVERFLOW') {
    status = 431;
    const message = `the headers are larger than ${limits.HEADER_LIMIT_BYTES / 2 ** 10} KiB; send less`;
    failure = new SluiceError('REQUEST_TOO_LARGE', message, {
      details: { limitBytes: String(limits.HEADER_LIMIT_BYTES) },
    });
  } else if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') {
    status = 408;
    failure = new SluiceError('DEADLINE_EXCEEDED', 'the request did not come in time');
  }
  const body = JSON.stringify(errorBody(failure));
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-type: application/json; charset=utf-8`;
  socket.end(`${head}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`);
}
