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

/** A failure at a step of a connection. */
export function stepError({ host, port }: Place, step: ConnectionStep, cause: unknown): SluiceError {
  const why = cause instanceof Error ? cause.message || String((cause as NodeJS.ErrnoException).code) : String(cause);
  const reason = step === 'authentication' || step === 'permission' ? 'ACCESS_REFUSED' : 'CONNECTION_FAILED';
  const message = `${host}:${port}, step '${step}': ${why}; ${REMEDIES[step]}`;
  return new SluiceError(reason, message, { details: { step, host, port: String(port) }, cause });
}

/** A failure of the socket as an error of Sluice. */
export function socketError(place: Place, error: unknown): SluiceError {
  if (isSluiceError(error)) return error;
  const { code = '' } = error as Partial<Record<'code', string>>;
  return stepError(place, code === 'ENOTFOUND' || code === 'EAI_AGAIN' ? 'name' : 'connect', error);
}

/** What a server refused, as an error of Sluice; `doing` says what was tried. */
export function refusal(place: Place, answer: string, doing: string): SluiceError {
  if (/^CLIENT_ERROR (unauthenticated|authentication failure)/.test(answer)) {
    return stepError(place, 'authentication', answer);
  }
  const remedy = answer.includes('too large') ? '; the server takes values of 1 MB unless its option -I says more' : '';
  return new SluiceError('QUERY_FAILED', `${place.host}:${place.port}: ${doing} failed: ${answer}${remedy}`);
}
