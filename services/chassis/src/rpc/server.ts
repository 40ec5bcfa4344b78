import type { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import {
  Server,
  ServerCredentials,
  setLogger,
  status,
  type Metadata,
  type ServiceDefinition as GrpcServiceDefinition,
  type ServerDuplexStream,
  type ServerReadableStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type StatusObject,
  type UntypedServiceImplementation,
  type sendUnaryData,
} from '@grpc/grpc-js';
import { HealthImplementation } from 'grpc-health-check';
import type { Logger } from 'pino';
import { SluiceError } from '../errors.js';
import type { Config } from '../config/settings.js';
import type { RpcMetrics } from './metrics.js';
import type { Tracing } from '../tracing.js';
import type { Call, Handlers, MethodDefinition, RpcServer, ServiceDefinition } from './definition.js';
import { toStatus } from './errors.js';
import { addReflection } from './reflection.js';
import { untilAborted, writeAll } from './streams.js';

const CLOCK_SLACK_MS = 50;
const END_GRACE_MS = 5;

type AnyCall =
  | ServerUnaryCall<unknown, unknown>
  | ServerReadableStream<unknown, unknown>
  | ServerWritableStream<unknown, unknown>
  | ServerDuplexStream<unknown, unknown>;

/** How every handler looks once the shapes of its messages no longer matter. */
type UntypedHandler = (input: unknown, call: Call) => Promise<unknown> | AsyncIterable<unknown>;

/** The parts of the platform that the server reports to. */
export interface RpcServerParts {
  readonly config: Config;
  readonly log: Logger;
  readonly metrics: RpcMetrics;
  readonly tracing: Tracing;
}

/** The call as a handler sees it; the signal is made only for handlers that look at it. */
class ServerCall implements Call {
  readonly metadata: Metadata;
  readonly #call: AnyCall;
  #controller: AbortController | undefined;
  #hasEnded = false;

  constructor(call: AnyCall) {
    this.#call = call;
    this.metadata = call.metadata;
  }

  get peer(): string {
    return this.#call.getPeer();
  }

  get deadline(): Date | undefined {
    const deadline = this.#call.getDeadline();
    if (deadline instanceof Date) return deadline;
    return Number.isFinite(deadline) ? new Date(deadline) : undefined;
  }

  get signal(): AbortSignal {
    if (this.#controller !== undefined) return this.#controller.signal;
    const controller = new AbortController();
    this.#controller = controller;
    const abort = (): void => {
      // grpc-js tells of a cancel after every call that has ended, the good ones too.
      if (!this.#hasEnded) controller.abort(this.#whyAborted());
    };
    const call: EventEmitter = this.#call;
    if (this.#call.cancelled) abort();
    else call.on('cancelled', abort);
    return controller.signal;
  }

  /** Ends the handler: the process closes. */
  abort(reason: SluiceError): void {
    void this.signal;
    if (!this.#hasEnded) this.#controller?.abort(reason);
  }

  /** Says that the handler has ended: from then on the caller's going away concerns nobody. */
  end(): void {
    this.#hasEnded = true;
  }

  #whyAborted(): SluiceError {
    const { deadline } = this;
    // The caller's clock runs out first, and its cancel overtakes the deadline that the server counts for itself.
    return deadline !== undefined && deadline.getTime() <= Date.now() + CLOCK_SLACK_MS
      ? new SluiceError('DEADLINE_EXCEEDED', 'the deadline of the call has passed')
      : new SluiceError('CALL_CANCELLED', 'the caller cancelled the call or is gone');
  }
}

/**
 * The requests of a stream. Read to its end, the stream stays open, as responses are written to the same one. A client
 * on Node that breaks off ends the stream first and resets it in another packet, so the end counts a moment later. That
 * makes half an upload passing for a whole unlikely, not impossible: the last message has to say that it is the last.
 */
async function* requestsOf(call: Readable, signal: AbortSignal): AsyncGenerator<unknown, void, undefined> {
  yield* untilAborted({ [Symbol.asyncIterator]: () => call.iterator({ destroyOnReturn: false }) }, signal);
  await new Promise((resolve) => setTimeout(resolve, END_GRACE_MS));
  signal.throwIfAborted();
}

/** The gRPC server of a process: handlers, health, reflection, the error mapping and metrics. */
export class GrpcServer implements RpcServer {
  readonly #parts: RpcServerParts;
  readonly #server: Server;
  readonly #health: HealthImplementation;
  readonly #services: string[] = [];
  /** The calls that stream responses: they may last for ever, so a close has to end them. */
  readonly #streams = new Set<ServerCall>();

  constructor(parts: RpcServerParts) {
    this.#parts = parts;
    const remark = (...words: unknown[]): void => parts.log.debug({ from: 'grpc' }, words.map(String).join(' '));
    // grpc-js would write to standard error, beside the log; what fails is thrown as well.
    setLogger({ error: remark, info: remark, debug: remark });
    const { maxMessageBytes } = parts.config.rpc;
    this.#server = new Server({
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
    });
    this.#health = new HealthImplementation({ '': 'NOT_SERVING' });
    this.#health.addToServer(this.#server);
  }

  add<D extends ServiceDefinition>(definition: D, handlers: Handlers<D>): void {
    const implementation: UntypedServiceImplementation = {};
    for (const [name, method] of Object.entries(definition)) {
      const handler = handlers[name] as UntypedHandler | undefined;
      if (handler === undefined) {
        throw new SluiceError('START_FAILED', `${method.path} has no handler; add '${name}' to the handlers`);
      }
      implementation[name] = this.#adapt(method, handler.bind(handlers));
    }
    const service = Object.values(definition)[0]?.path.split('/')[1];
    if (service === undefined) throw new SluiceError('START_FAILED', 'a service definition has no rpc');
    // The shapes of the messages were checked against the handlers above; grpc-js wants them forgotten.
    this.#server.addService(definition as unknown as GrpcServiceDefinition, implementation);
    this.#services.push(service);
    this.#health.setStatus(service, 'SERVING');
  }

  /** Listens and gives the address, `host:port`, at which clients on this machine reach the server. */
  async listen(): Promise<string> {
    const { host, port } = this.#parts.config.grpc;
    addReflection(this.#server, this.#services);
    const literal = host.includes(':') ? `[${host}]` : host;
    const bound = await new Promise<number>((resolve, reject) => {
      this.#server.bindAsync(`${literal}:${port}`, ServerCredentials.createInsecure(), (error, boundPort) => {
        if (error === null) return resolve(boundPort);
        const remedy = 'see whether another process uses it (another `sluice up`?), or set SLUICE_GRPC_PORT';
        reject(
          new SluiceError('START_FAILED', `gRPC cannot listen on ${literal}:${port}: ${error.message}; ${remedy}`, {
            cause: error,
          }),
        );
      });
    });
    this.#health.setStatus('', 'SERVING');
    const isAny = host === '0.0.0.0' || host === '::';
    return `${isAny ? '127.0.0.1' : literal}:${bound}`;
  }

  /** Takes no more calls, ends streams, lets other calls end for up to `graceMs`, then cuts them off. */
  async close(graceMs: number): Promise<void> {
    this.#health.setStatus('', 'NOT_SERVING');
    for (const service of this.#services) this.#health.setStatus(service, 'NOT_SERVING');
    const closing = new SluiceError('SERVICE_UNAVAILABLE', 'the service is closing; call again in a moment');
    for (const call of this.#streams) call.abort(closing);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.#server.forceShutdown(), graceMs);
      this.#server.tryShutdown(() => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#server.forceShutdown();
  }

  #adapt(method: MethodDefinition, handler: UntypedHandler): UntypedServiceImplementation[string] {
    const { metrics, tracing, log } = this.#parts;
    const run = async (
      call: AnyCall,
      work: (serverCall: ServerCall) => Promise<void>,
    ): Promise<Partial<StatusObject> | undefined> => {
      const begin = performance.now();
      let failure: Partial<StatusObject> | undefined;
      const guarded = async (): Promise<void> => {
        const serverCall = new ServerCall(call);
        try {
          await work(serverCall);
        } catch (thrown) {
          failure = toStatus(thrown, log, method.path);
          throw thrown;
        } finally {
          serverCall.end();
        }
      };
      await tracing.serve(method.path, call.metadata, guarded).catch(() => undefined);
      metrics.handled(method.path, status[failure?.code ?? status.OK] ?? 'UNKNOWN', performance.now() - begin);
      return failure;
    };

    if (method.responseStream) {
      return (call: ServerWritableStream<unknown, unknown> | ServerDuplexStream<unknown, unknown>) => {
        call.on('error', (err) => log.debug({ err, method: method.path }, 'a stream broke off'));
        void run(call, async (serverCall) => {
          const input = method.requestStream
            ? requestsOf(call as ServerDuplexStream<unknown, unknown>, serverCall.signal)
            : (call as ServerWritableStream<unknown, unknown>).request;
          this.#streams.add(serverCall);
          try {
            await writeAll(handler(input, serverCall) as AsyncIterable<unknown>, call, serverCall.signal);
          } finally {
            this.#streams.delete(serverCall);
          }
        }).then((failure) => {
          if (failure === undefined) call.end();
          else call.emit('error', failure);
        });
      };
    }
    return (
      call: ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>,
      callback: sendUnaryData<unknown>,
    ) => {
      let response: unknown;
      void run(call, async (serverCall) => {
        const input = method.requestStream
          ? requestsOf(call as ServerReadableStream<unknown, unknown>, serverCall.signal)
          : (call as ServerUnaryCall<unknown, unknown>).request;
        response = await (handler(input, serverCall) as Promise<unknown>);
      }).then((failure) => callback(failure ?? null, response));
    };
  }
}
