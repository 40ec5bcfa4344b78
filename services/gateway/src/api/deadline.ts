import type { IncomingHttpHeaders } from 'node:http';
import { SluiceError } from '@sluice/chassis';

const GRPC_UNITS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000001 };
const OWN_UNITS: Readonly<Record<string, number>> = { '': 1_000, s: 1_000, ms: 1, m: 60_000, h: 3_600_000 };
const LONGEST_MS = 2 ** 31 - 1;

/**
 * How long the caller waits, in milliseconds, from `Grpc-Timeout: 500m` (gRPC's form: a whole number of H, M, S, m, u or
 * n) or `X-Request-Timeout: 30` (seconds; also `500ms`, `2m`); undefined when it says nothing.
 *
 * @throws REQUEST_INVALID for another form.
 */
export function deadlineOf(headers: IncomingHttpHeaders): number | undefined {
  const grpc = headers['grpc-timeout'];
  if (typeof grpc === 'string') {
    return toMs('Grpc-Timeout', grpc, /^(\d{1,8})([HMSmun])$/, GRPC_UNITS, '500m or 30S');
  }
  const own = headers['x-request-timeout'];
  if (typeof own !== 'string') return undefined;
  return toMs('X-Request-Timeout', own, /^(\d{1,10}(?:\.\d{1,3})?)(ms|s|m|h|)$/, OWN_UNITS, '30 or 500ms');
}

function toMs(
  header: string,
  text: string,
  form: RegExp,
  units: Readonly<Record<string, number>>,
  example: string,
): number {
  const [, amount, unit = ''] = form.exec(text.trim()) ?? [];
  const ms = Math.ceil(Number(amount) * (units[unit] ?? Number.NaN));
  if (ms >= 1) return Math.min(ms, LONGEST_MS);
  throw new SluiceError('REQUEST_INVALID', `the header ${header} is '${text}'; write a time such as ${example}`);
}
