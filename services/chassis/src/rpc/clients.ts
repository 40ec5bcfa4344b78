import { setTimeout as delay } from 'node:timers/promises';
import { Client as GrpcClient, Metadata, credentials } from '@grpc/grpc-js';
import type { Config } from '../config/settings.js';
import { SluiceError } from '../errors.js';
import type { RpcMetrics } from './metrics.js';
import type { Tracing } from '../tracing.js';
import { callOnce, streamOnce, type Channel } from './call.js';
import type { CallOptions, Client, Clients, MethodDefinition, ServiceDefinition } from './definition.js';
import { fromStatus } from './errors.js';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/** The parts of the platform that clients need. */
export interface ClientParts {
  readonly config: Pick<Config, 'rpc'>;
  readonly metrics: RpcMetrics;
  readonly tracing: Tracing;
  /** The address of a service, `host:port`; settled once it is known. */
  address(service: string): Promise<string>;
}

/** Clients over one connection for each address. */
export class GrpcClients implements Clients {
  readonly #parts: ClientParts;
  readonly #channels = new Map<string, Channel>();
  readonly #clients = new Map<ServiceDefinition, unknown>();

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  get<D extends ServiceDefinition>(definition: D): Client<D> {
    let client = this.#clients.get(definition) as Client<D> | undefined;
    if (client === undefined) {
      const entries = Object.entries(definition).map(([name, method]) => [name, this.#caller(method)]);
      client = Object.freeze(Object.fromEntries(entries)) as Client<D>;
      this.#clients.set(definition, client);
    }
    return client;
  }

  /** Closes every connection; calls under way are cancelled. */
  close(): Promise<void> {
    for (const { client } of this.#channels.values()) client.close();
    return Promise.resolve();
  }

  async #connect(service: string): Promise<Channel> {
    const address = await this.#parts.address(service);
    const present = this.#channels.get(service);
    if (present !== undefined) return present;
    const { maxMessageBytes } = this.#parts.config.rpc;
    // Clients of the same address share one connection: grpc-js keeps them in a pool.
    const client = new GrpcClient(address, credentials.createInsecure(), {
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.max_send_message_length': maxMessageBytes,
      'grpc.keepalive_time_ms': 30_000,
      'grpc.keepalive_timeout_ms': 10_000,
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 5_000,
    });
    const channel = { client, target: `${service} at ${address}` };
    this.#channels.set(service, channel);
    return channel;
  }

  #caller(method: MethodDefinition): (input: unknown, options?: CallOptions) => unknown {
    if (method.responseStream) {
      return (input, options = {}) => this.#stream(method, input, options);
    }
    return (input, options = {}) => this.#single(method, input, options);
  }

  /** A call with one response, made again while the service is unavailable if that does no harm. */
  async #single(method: MethodDefinition, input: unknown, options: CallOptions): Promise<unknown> {
    const { metrics, tracing } = this.#parts;
    const deadline = deadlineOf(options, this.#parts.config.rpc.deadlineMs);
    for (let attempt = 0; ; attempt += 1) {
      try {
        const metadata = options.metadata?.clone() ?? new Metadata();
        const channel = await this.#channel(method, deadline);
        const response = await tracing.call(method.path, metadata, () =>
          callOnce(channel, method, input, { metadata, deadline, signal: options.signal }),
        );
        metrics.called(method.path, 'OK');
        return response;
      } catch (thrown) {
        const error = fromStatus(thrown, method.path);
        metrics.called(method.path, error.code);
        if (!(await this.#mayRetry(method, error, options, attempt, deadline))) throw error;
      }
    }
  }

  async *#stream(
    method: MethodDefinition,
    input: unknown,
    options: CallOptions,
  ): AsyncGenerator<unknown, void, undefined> {
    const deadline = deadlineOf(options, 0);
    for (let attempt = 0; ; attempt += 1) {
      let hasBegun = false;
      try {
        const metadata = options.metadata?.clone() ?? new Metadata();
        const channel = await this.#channel(method, deadline);
        for await (const item of streamOnce(channel, method, input, { metadata, deadline, signal: options.signal })) {
          hasBegun = true;
          yield item;
        }
        this.#parts.metrics.called(method.path, 'OK');
        return;
      } catch (thrown) {
        const error = fromStatus(thrown, method.path);
        this.#parts.metrics.called(method.path, error.code);
        // After the first response the caller has seen a part, and only it knows how to go on from there.
        if (hasBegun || method.requestStream) throw error;
        if (!(await this.#mayRetry(method, error, options, attempt, deadline))) throw error;
      }
    }
  }

  /** The channel, or DEADLINE_EXCEEDED when the address is not known in time: the process may not listen yet. */
  #channel(method: MethodDefinition, deadline: number): Channel | Promise<Channel> {
    const service = method.path.split('.')[1] ?? method.path;
    const present = this.#channels.get(service);
    if (present !== undefined) return present;
    if (!Number.isFinite(deadline)) return this.#connect(service);
    return new Promise((resolve, reject) => {
      const onLate = (): void => {
        const why = 'its address was not known in time: this process does not listen yet';
        reject(new SluiceError('DEADLINE_EXCEEDED', `${method.path} was not called, ${why}`));
      };
      const timer = setTimeout(onLate, Math.max(0, deadline - Date.now()));
      this.#connect(service)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  /** Waits before the next attempt and says yes, or says no. */
  async #mayRetry(
    method: MethodDefinition,
    error: SluiceError,
    options: CallOptions,
    attempt: number,
    deadline: number,
  ): Promise<boolean> {
    if (error.reason !== 'SERVICE_UNAVAILABLE' || attempt >= this.#parts.config.rpc.retries) return false;
    // A stream of requests has been consumed by the first attempt.
    if (method.requestStream || !(options.idempotent ?? isReading(method)) || options.signal?.aborted === true)
      return false;
    // Half of the pause is chance, so that callers that failed together do not come back together.
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
    if (Date.now() + pause >= deadline) return false;
    this.#parts.metrics.retried(method.path);
    try {
      await delay(pause, undefined, options.signal === undefined ? {} : { signal: options.signal });
      return true;
    } catch {
      return false; // Cancelled while it waited: the error of the last attempt is what the caller gets.
    }
  }
}

function isReading(method: MethodDefinition): boolean {
  return /\/(Get|List)[^/]*$/.test(method.path);
}

function deadlineOf(options: CallOptions, fallbackMs: number): number {
  const ms = options.deadlineMs ?? fallbackMs;
  return ms > 0 ? Date.now() + ms : Infinity;
}
