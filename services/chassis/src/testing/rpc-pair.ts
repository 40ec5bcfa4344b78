import { pino, type Logger } from 'pino';
import { openMetrics } from '../metrics.js';
import { GrpcClients } from '../rpc/clients.js';
import type { Handlers, ServiceDefinition } from '../rpc/definition.js';
import { GrpcServer } from '../rpc/server.js';
import { NO_TRACING } from '../tracing.js';
import { testConfig } from './fresh-database.js';

/** Servers and clients of one test, closed together. */
export class RpcPair {
  readonly #log: Logger;
  readonly #closings: (() => Promise<void>)[] = [];

  constructor(log: Logger = pino({ level: 'silent' })) {
    this.#log = log;
  }

  /** Serves a service on a port, by default any free one, with messages of at most 1 MiB. */
  async serve<D extends ServiceDefinition>(
    definition: D,
    handlers: Handlers<D>,
    port = 0,
  ): Promise<{ address: string; server: GrpcServer }> {
    const config = testConfig({ 'grpc.port': port, 'rpc.maxMessageBytes': 2 ** 20 });
    const server = new GrpcServer({ config, log: this.#log, metrics: openMetrics().rpc, tracing: NO_TRACING });
    server.add(definition, handlers);
    const address = await server.listen();
    this.#closings.push(() => server.close(100));
    return { address, server };
  }

  /** Clients of whatever is at an address, with messages of at most 2 MiB. */
  clientsAt(address: string): GrpcClients {
    const clients = new GrpcClients({
      config: testConfig({ 'rpc.maxMessageBytes': 2 ** 21 }),
      metrics: openMetrics().rpc,
      tracing: NO_TRACING,
      address: () => Promise.resolve(address),
    });
    this.#closings.push(() => clients.close());
    return clients;
  }

  /** Closes everything, the last first. */
  async close(): Promise<void> {
    for (const close of this.#closings.splice(0).reverse()) await close();
  }
}
