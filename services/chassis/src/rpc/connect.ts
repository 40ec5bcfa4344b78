import { SETTINGS } from '../config/settings.js';
import { NO_RPC_METRICS } from './metrics.js';
import { NO_TRACING } from '../tracing.js';
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
  const { GrpcClients } = await import('./clients.js');
  return new GrpcClients({
    config: { rpc },
    metrics: NO_RPC_METRICS,
    tracing: NO_TRACING,
    address: (service) => Promise.resolve(typeof address === 'string' ? address : (address[service] ?? '')),
  });
}
