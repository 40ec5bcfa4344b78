import { FTPError } from 'basic-ftp';
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

/**
 * Any failure of the client as an error of Sluice.
 *
 * @param doing what was tried, such as `downloading '/a'`, or `securing`
 */
export function clientError({ host, port }: Place, error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const message =
    error instanceof Error ? error.message || String((error as NodeJS.ErrnoException).code) : String(error);
  const step = stepOf(error, doing);
  if (step === undefined) {
    return new SluiceError('QUERY_FAILED', `${host}:${port}: ${doing} failed: ${message}`, { cause: error });
  }
  const reason = step === 'authentication' || step === 'permission' ? 'ACCESS_REFUSED' : 'CONNECTION_FAILED';
  const text = `${host}:${port}, step '${step}': ${message}; ${REMEDIES[step]}`;
  return new SluiceError(reason, text, { details: { step, host, port: String(port) }, cause: error });
}

function stepOf(error: unknown, doing: string): ConnectionStep | undefined {
  if (error instanceof FTPError) {
    // Any refusal of TLS: servers without it answer 500, 502, 504, 534, or that one should log in first.
    if (doing === 'securing') return 'tls';
    if (error.code === 530) return 'authentication';
    return error.code === 421 ? 'connect' : undefined;
  }
  const { code = '', message = '' } = error as Partial<Record<'code' | 'message', string>>;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name';
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)) return 'tls';
  if (/^(ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)/.test(code)) return 'connect';
  return /Timeout|closed|User closed|FIN packet/i.test(message) ? 'connect' : undefined;
}
