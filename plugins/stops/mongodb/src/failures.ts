import { isSluiceError, SluiceError, type ConnectionStep } from '@sluice/plugin-sdk';

const REMEDIES: Readonly<Record<ConnectionStep, string>> = {
  name: 'check the host name',
  connect: 'check host and port, and whether the server runs',
  tls: 'check the TLS setting and the certificate of the server',
  authentication: 'check user, password and the database that knows the user',
  permission: 'check what the user may do',
};
/** Codes of MongoDB's errors (src/mongo/base/error_codes.yml). */
const AUTHENTICATION = [11, 18, 334];
const PERMISSION = [13];

/**
 * Any failure of the driver as an error of Sluice.
 *
 * @param place the addresses, as messages show them
 * @param doing what was tried, such as `reading 'shop.orders'`
 */
export function clientError(place: string, error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const cause = rootOf(error);
  const message = cause instanceof Error ? cause.message || nameOf(cause) : String(cause);
  const step = stepOf(cause) ?? (isNetwork(error) ? 'connect' : undefined);
  if (step === undefined)
    return new SluiceError('QUERY_FAILED', `${place}: ${doing} failed: ${message}`, { cause: error });
  const reason = step === 'authentication' || step === 'permission' ? 'ACCESS_REFUSED' : 'CONNECTION_FAILED';
  const text = `${place}, step '${step}': ${message}; ${REMEDIES[step]}`;
  return new SluiceError(reason, text, { details: { step, address: place }, cause: error });
}

/** What the driver wraps: a server that was not found says why not only inside. */
function rootOf(error: unknown): unknown {
  const { reason, cause } = error as { readonly reason?: { readonly servers?: unknown }; readonly cause?: unknown };
  if (reason?.servers instanceof Map) {
    for (const server of reason.servers.values() as Iterable<{ readonly error?: unknown }>) {
      if (server.error !== undefined && server.error !== null) return rootOf(server.error);
    }
  }
  return cause instanceof Error ? rootOf(cause) : error;
}

function nameOf(error: Error): string {
  return String((error as NodeJS.ErrnoException).code ?? error.name);
}

function isNetwork(error: unknown): boolean {
  return error instanceof Error && /Network|ServerSelection|NotConnected|PoolCleared|Topology/.test(error.name);
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const { code } = error as { readonly code?: unknown };
  if (typeof code === 'number') {
    if (AUTHENTICATION.includes(code)) return 'authentication';
    return PERMISSION.includes(code) ? 'permission' : undefined;
  }
  const text = String(code ?? '');
  if (text === 'ENOTFOUND' || text === 'EAI_AGAIN') return 'name';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(text)) return 'tls';
  return /^(ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)/.test(text) ? 'connect' : undefined;
}
