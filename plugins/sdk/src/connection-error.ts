import type { ConnectionStep } from './define-datasource.js';
import { isSluiceError, SluiceError, type Reason } from './errors.js';

/** Where a server is. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What a driver knows about its errors besides what sockets and TLS say. */
export interface DriverErrors {
  /** The step that an error names; undefined: that of its code, or none. */
  readonly stepOf?: ((error: unknown) => ConnectionStep | undefined) | undefined;
  /** What went wrong in the server's words; default the error's message. It must hold no secret. */
  readonly why?: ((error: unknown) => string) | undefined;
  /** What to do about a step, where the driver knows more than the common remedy. */
  readonly remedies?: Readonly<Partial<Record<ConnectionStep, string>>> | undefined;
  /** The reason of an error that belongs to no step; default QUERY_FAILED. */
  readonly reasonOf?: ((error: unknown) => Reason | undefined) | undefined;
  /** How messages show the place; default `host:port`. */
  readonly shown?: ((step: ConnectionStep | undefined) => string) | undefined;
}

const REMEDIES: Readonly<Record<ConnectionStep, string>> = {
  name: 'check the host name',
  connect: 'check host and port, and whether the server runs',
  tls: 'check the TLS setting and the certificate of the server',
  authentication: 'check user and password',
  permission: 'check what the user may do',
};

/**
 * A failure at a step of a connection: ACCESS_REFUSED where the server knows who asks or wants to, else CONNECTION_FAILED.
 * The details have the step and the place.
 *
 * @param place the server, or several as messages show them
 * @param cause an error, or the server's words; they must hold no secret
 */
export function connectionError(
  place: Place | string,
  step: ConnectionStep,
  cause: unknown,
  { why = messageOf, remedies = {}, shown }: DriverErrors = {},
): SluiceError {
  const reason = step === 'authentication' || step === 'permission' ? 'ACCESS_REFUSED' : 'CONNECTION_FAILED';
  const text = `${shown?.(step) ?? shownPlace(place)}, step '${step}': ${why(cause)}; ${remedies[step] ?? REMEDIES[step]}`;
  const where = typeof place === 'string' ? { address: place } : { host: place.host, port: String(place.port) };
  return new SluiceError(reason, text, { details: { step, ...where }, cause });
}

/**
 * Any failure of a driver as an error of Sluice: that of a step where there is one, else QUERY_FAILED.
 *
 * @param doing what was tried, such as `reading 'orders'`
 */
export function driverError(
  place: Place | string,
  error: unknown,
  doing: string,
  errors: DriverErrors = {},
): SluiceError {
  if (isSluiceError(error)) return error;
  const step = errors.stepOf?.(error) ?? socketStep(error);
  if (step !== undefined) return connectionError(place, step, error, errors);
  const text = `${errors.shown?.(step) ?? shownPlace(place)}: ${doing} failed: ${(errors.why ?? messageOf)(error)}`;
  return new SluiceError(errors.reasonOf?.(error) ?? 'QUERY_FAILED', text, { cause: error });
}

/** The step that the code of an error of a socket, of name resolution or of TLS names; undefined for any other. */
export function socketStep(error: unknown): ConnectionStep | undefined {
  const code = String((error as { readonly code?: unknown } | null)?.code ?? '');
  if (/^(ENOTFOUND|EAI_AGAIN)$/.test(code)) return 'name';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)) return 'tls';
  return /^(ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)/.test(code) ? 'connect' : undefined;
}

/** The message of an error; its code or name where it has none. */
export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as NodeJS.ErrnoException).code ?? error.name);
}

function shownPlace(place: Place | string): string {
  return typeof place === 'string' ? place : `${place.host}:${place.port}`;
}
