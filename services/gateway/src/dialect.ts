import type { IncomingHttpHeaders } from 'node:http';
import type { Clients, Config, Logger, SluiceError } from '@sluice/chassis';

/** A foreign REST surface, mounted at its native paths at the root of the HTTP port. */
export interface Dialect {
  /** The name in logs and metrics, such as `piflow`. */
  readonly name: string;
  /** The verb and path table; called once, before the port is opened. */
  routes(tools: DialectTools): readonly DialectRoute[];
  /** What a client of this dialect gets for an error that a handler threw. The gateway adds nothing to it. */
  failed(error: SluiceError, request: DialectRequest): DialectReply;
  /** What the foreign system answers for a path it does not know; the first dialect that has one answers for all. */
  readonly unknown?: DialectReply | undefined;
}

/** What the gateway gives a dialect to work with. */
export interface DialectTools {
  /** Typed clients: `clients.get(RunServiceService).startRun(...)`. */
  readonly clients: Clients;
  readonly config: Config;
  /** The gateway's log, with the dialect's name on every line. */
  readonly log: Logger;
  /** The version of Sluice, such as `0.1.0`. */
  readonly version: string;
}

/** A path as fastify writes it: `/flow/info`, `/apis/:org/tasks`. */
export type DialectRoute = readonly [method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, DialectHandler];

export type DialectHandler = (request: DialectRequest) => Promise<DialectReply> | DialectReply;

/** A request as it came, read no further than a dialect needs. */
export interface DialectRequest {
  /** The path without the query, as sent. */
  readonly path: string;
  /** The values of the path's `:names`, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The raw body as UTF-8 text, whatever its content type; empty when there is none. */
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
  /** How the client reached this port, such as `http://127.0.0.1:8002`: the start of addresses in replies. */
  readonly origin: string;
  /** The log with the request's id on every line. */
  readonly log: Logger;
  /** Aborted when the client hangs up. */
  readonly signal: AbortSignal;
}

export interface DialectReply {
  readonly status: number;
  /** The content type, such as `text/plain; charset=UTF-8`. */
  readonly type: string;
  readonly body: string | Uint8Array | AsyncIterable<string | Uint8Array>;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}
