import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { RpcMetrics } from './rpc/metrics.js';

/** What the outbox and the bus count. */
export interface EventMetrics {
  published(count: number): void;
  publishFailed(): void;
  handled(durable: string, outcome: 'handled' | 'retried' | 'dead'): void;
  backlog(rows: number): void;
}

/** The metrics of a process. */
export interface Metrics {
  readonly registry: Registry;
  readonly rpc: RpcMetrics;
  readonly events: EventMetrics;
}

/** Metrics with their labels bound: binding them anew costs more than counting, and there are few. */
class Labelled<T> {
  readonly #bind: (path: string, code: string) => T;
  readonly #bound = new Map<string, T>();

  constructor(bind: (path: string, code: string) => T) {
    this.#bind = bind;
  }

  of(path: string, code: string): T {
    const key = `${path} ${code}`;
    let metric = this.#bound.get(key);
    if (metric === undefined) this.#bound.set(key, (metric = this.#bind(path, code)));
    return metric;
  }
}

/** Makes the registry of a process with the metrics of Node and of the chassis. */
export function openMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'sluice_' });
  const registers = [registry];
  const handled = new Histogram({
    name: 'sluice_rpc_handled_seconds',
    help: 'How long gRPC calls took in this server.',
    labelNames: ['path', 'code'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers,
  });
  const called = new Counter({
    name: 'sluice_rpc_calls_total',
    help: 'gRPC calls made by this process.',
    labelNames: ['path', 'code'],
    registers,
  });
  const retried = new Counter({
    name: 'sluice_rpc_retries_total',
    help: 'gRPC calls made again because a service was unavailable.',
    labelNames: ['path'],
    registers,
  });
  const published = new Counter({ name: 'sluice_events_published_total', help: 'Events published.', registers });
  const failed = new Counter({
    name: 'sluice_events_publish_failures_total',
    help: 'Times that a batch of events could not be published and was kept.',
    registers,
  });
  const delivered = new Counter({
    name: 'sluice_events_deliveries_total',
    help: 'Deliveries of events to subscribers of this process.',
    labelNames: ['durable', 'outcome'],
    registers,
  });
  const backlog = new Gauge({
    name: 'sluice_outbox_backlog',
    help: 'Events in the outbox that were not published when it was last looked at.',
    registers,
  });
  const handlers = new Labelled((path, code) => handled.labels(path, code));
  const callers = new Labelled((path, code) => called.labels(path, code));
  return {
    registry,
    rpc: {
      handled: (path, code, ms) => handlers.of(path, code).observe(ms / 1000),
      called: (path, code) => callers.of(path, code).inc(),
      retried: (path) => retried.inc({ path }),
    },
    events: {
      published: (count) => published.inc(count),
      publishFailed: () => failed.inc(),
      handled: (durable, outcome) => delivered.inc({ durable, outcome }),
      backlog: (rows) => backlog.set(rows),
    },
  };
}
