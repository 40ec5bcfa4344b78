import type { Metadata } from '@grpc/grpc-js';

/** One rpc of a service definition as ts-proto generates it for grpc-js. */
export interface MethodDefinition {
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (value: never) => Buffer;
  readonly requestDeserialize: (value: Buffer) => unknown;
  readonly responseSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (value: Buffer) => unknown;
}

/** The rpcs of one service, by name: `RunServiceService` and its like. */
export type ServiceDefinition = Readonly<Record<string, MethodDefinition>>;

/** What a handler knows of the call besides the request. */
export interface Call {
  /** Aborted when the caller cancels, hangs up, or its deadline passes. */
  readonly signal: AbortSignal;
  /** When the caller gives up; undefined when it never does. */
  readonly deadline: Date | undefined;
  readonly metadata: Metadata;
  /** The caller's address, such as `127.0.0.1:41234`. */
  readonly peer: string;
}

type Request<M> = M extends { requestDeserialize: (value: Buffer) => infer T } ? T : never;
type Response<M> = M extends { responseDeserialize: (value: Buffer) => infer T } ? T : never;

type Handler<M extends MethodDefinition> = M['requestStream'] extends true
  ? M['responseStream'] extends true
    ? (requests: AsyncIterable<Request<M>>, call: Call) => AsyncIterable<Response<M>>
    : (requests: AsyncIterable<Request<M>>, call: Call) => Promise<Response<M>>
  : M['responseStream'] extends true
    ? (request: Request<M>, call: Call) => AsyncIterable<Response<M>>
    : (request: Request<M>, call: Call) => Promise<Response<M>>;

/** A function for each rpc of a service. A stream's iterator is closed (`return`) when the caller is gone. */
export type Handlers<D extends ServiceDefinition> = { readonly [K in keyof D]: Handler<D[K]> };

/** Where services mount their handlers. */
export interface RpcServer {
  /** Mounts a service; it is called once the process listens. */
  add<D extends ServiceDefinition>(definition: D, handlers: Handlers<D>): void;
}

/** How one call is made. */
export interface CallOptions {
  /**
   * Milliseconds until the call fails with DEADLINE_EXCEEDED. The default is `rpc.deadlineMs` for a call with one
   * response and none for a stream.
   */
  readonly deadlineMs?: number | undefined;
  /** Cancels the call. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether the call may be made again when the service is UNAVAILABLE. The default is true for rpcs whose name begins
   * with `Get` or `List`, false for all others. Say true for a call with an idempotency key.
   */
  readonly idempotent?: boolean | undefined;
  /** Metadata to send along. */
  readonly metadata?: Metadata | undefined;
}

type Caller<M extends MethodDefinition> = M['requestStream'] extends true
  ? M['responseStream'] extends true
    ? (requests: AsyncIterable<Request<M>> | Iterable<Request<M>>, options?: CallOptions) => AsyncIterable<Response<M>>
    : (requests: AsyncIterable<Request<M>> | Iterable<Request<M>>, options?: CallOptions) => Promise<Response<M>>
  : M['responseStream'] extends true
    ? (request: Request<M>, options?: CallOptions) => AsyncIterable<Response<M>>
    : (request: Request<M>, options?: CallOptions) => Promise<Response<M>>;

/** A function for each rpc of a service. What fails throws a SluiceError as the service threw it. */
export type Client<D extends ServiceDefinition> = { readonly [K in keyof D]: Caller<D[K]> };

/** Clients of services, at the addresses that the settings name. */
export interface Clients {
  /** The client of a service; it connects at its first call. The same one is given each time. */
  get<D extends ServiceDefinition>(definition: D): Client<D>;
}
