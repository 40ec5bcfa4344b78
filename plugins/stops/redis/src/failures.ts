import { isSluiceError, SluiceError, type ConnectionStep } from '@sluice/plugin-sdk';

/** Where a server is. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

const REMEDIES: Readonly<Record<ConnectionStep, string>> = {
  name: 'check the host name',
  connect: 'check host and port, and whether the server runs',
  tls: 'check the TLS setting and the certificate of the server',
  authentication: 'check user and password',
  permission: 'check what the user may do',
};

/** A failure at a step of a connection. What a Redis server answers holds no password. */
export function stepError({ host, port }: Place, step: ConnectionStep, cause: unknown): SluiceError {
  const why = cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
  const reason = step === 'authentication' || step === 'permission' ? 'ACCESS_REFUSED' : 'CONNECTION_FAILED';
  const message = `${host}:${port}, step '${step}': ${why}; ${REMEDIES[step]}`;
  return new SluiceError(reason, message, { details: { step, host, port: String(port) }, cause });
}

/** Any failure of the client as an error of Sluice; `doing` says what was tried, such as `reading the key 'a'`. */
export function clientError(place: Place, error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const step = stepOf(error);
  if (step !== undefined) return stepError(place, step, error);
  const message = error instanceof Error ? error.message : String(error);
  return new SluiceError('QUERY_FAILED', `${doing} failed: ${message}`, { cause: error });
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const { code = '', message = '', name = '' } = error as Partial<Record<'code' | 'message' | 'name', string>>;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)) return 'tls';
  if (/^(WRONGPASS|NOAUTH|ERR AUTH|ERR invalid password|ERR Client sent AUTH)/.test(message)) return 'authentication';
  if (message.startsWith('NOPERM')) return 'permission';
  if (/^(ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)/.test(code)) return 'connect';
  // The client's own errors have no codes.
  if (/Timeout|Closed|Offline|Disconnects|RootNodes|Reconnect/.test(`${name}${error?.constructor.name ?? ''}`))
    return 'connect';
  return /Socket closed|client is closed|Connection timeout/i.test(message) ? 'connect' : undefined;
}
