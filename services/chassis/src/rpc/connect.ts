import { SETTINGS } from '../config/settings.js';
import { openMetrics } from '../metrics.js';
import { openTracing } from '../tracing.js';
import { GrpcClients } from './clients.js';
import type { Clients } from './definition.js';

/** Clients of a program that is not a service. */
export interface Connection extends Clients {
  /** Closes every connection; calls under way are cancelled. */
  close(): Promise<void>;
}

/**
 * Connects to a platform, for the command line and for tests.
 *
 * @param address `host:port` of its gRPC, or an address for each service by name
 */
export async function connect(address: string | Readonly<Record<string, string>>): Promise<Connection> {
  const rpc = {
    maxMessageBytes: SETTINGS['rpc.maxMessageBytes'].fallback(''),
    deadlineMs: SETTINGS['rpc.deadlineMs'].fallback(''),
    retries: SETTINGS['rpc.retries'].fallback(''),
  };
  return new GrpcClients({
    config: { rpc },
    metrics: openMetrics().rpc,
    tracing: await openTracing('', 'sluice'),
    address: (service) => Promise.resolve(typeof address === 'string' ? address : (address[service] ?? '')),
  });
}
