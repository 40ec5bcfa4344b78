import type { Registry } from '@sluice/chassis';
import { Histogram } from 'prom-client';

/** What the HTTP port counts. */
export interface HttpMetrics {
  handled(method: string, route: string, status: number, ms: number): void;
}

/** Registers the metrics of the HTTP port. A process has one such port. */
export function openHttpMetrics(registry: Registry): HttpMetrics {
  const handled = new Histogram({
    name: 'sluice_http_handled_seconds',
    help: 'How long HTTP requests took, by route.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    registers: [registry],
  });
  return {
    handled: (method, route, status, ms) => handled.observe({ method, route, status: String(status) }, ms / 1000),
  };
}
