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
  tls: 'check the TLS setting and the certificate of the server; for SFTP its key',
  authentication: 'check user and password',
  permission: 'check what the user may do',
};

/** A failure at a step of a connection. */
export function stepError({ host, port }: Place, step: ConnectionStep, cause: unknown): SluiceError {
  const reason = step === 'authentication' || step === 'permission' ? 'ACCESS_REFUSED' : 'CONNECTION_FAILED';
  const text = `${host}:${port}, step '${step}': ${messageOf(cause)}; ${REMEDIES[step]}`;
  return new SluiceError(reason, text, { details: { step, host, port: String(port) }, cause });
}

/**
 * Any failure of the FTP client as an error of Sluice.
 *
 * @param doing what was tried, such as `downloading '/a'`, or `securing`
 */
export function ftpError(place: Place, error: unknown, doing: string): SluiceError {
  return errorOf(place, error, doing, ftpStep(error, doing));
}

/** Any failure of the SSH client as an error of Sluice. */
export function sshError(place: Place, error: unknown, doing: string): SluiceError {
  return errorOf(place, error, doing, sshStep(error));
}

/** Any failure of either client. */
export function clientError(place: Place & { readonly protocol: string }, error: unknown, doing: string): SluiceError {
  return place.protocol === 'ftp' ? ftpError(place, error, doing) : sshError(place, error, doing);
}

function errorOf(place: Place, error: unknown, doing: string, step: ConnectionStep | undefined): SluiceError {
  if (isSluiceError(error)) return error;
  if (step !== undefined) return stepError(place, step, error);
  const message = `${place.host}:${place.port}: ${doing} failed: ${messageOf(error)}`;
  return new SluiceError('QUERY_FAILED', message, { cause: error });
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || String((error as NodeJS.ErrnoException).code);
}

function ftpStep(error: unknown, doing: string): ConnectionStep | undefined {
  if (error instanceof FTPError) {
    // Any refusal of TLS: servers without it answer 500, 502, 504, 534, or that one should log in first.
    if (doing === 'securing') return 'tls';
    if (error.code === 530) return 'authentication';
    return error.code === 421 ? 'connect' : undefined;
  }
  const { code = '', message = '' } = error as Partial<Record<'code' | 'message', string>>;
  if (/^(ERR_TLS|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO|ERR_SSL|EPROTO|HOSTNAME_MISMATCH)/.test(code)) return 'tls';
  return socketStep(code) ?? (/Timeout|closed|User closed|FIN packet/i.test(message) ? 'connect' : undefined);
}

/** SFTP's answer that something is not allowed. */
const PERMISSION_DENIED = 3;

function sshStep(error: unknown): ConnectionStep | undefined {
  const { code = '', message = '', level = '' } = error as Partial<Record<'code' | 'message' | 'level', string>>;
  if ((code as unknown) === PERMISSION_DENIED) return 'permission';
  if (level === 'client-authentication' || /privateKey|passphrase/i.test(message)) return 'authentication';
  // What a server is, is checked by its key, and that is agreed on first.
  if (level === 'handshake' || /host denied|handshake failed|no matching/i.test(message)) return 'tls';
  if (level === 'client-timeout' || level === 'protocol') return 'connect';
  return (
    socketStep(String(code)) ??
    (/closed|Keepalive timeout|not connected|Timed out/i.test(message) ? 'connect' : undefined)
  );
}

function socketStep(code: string): ConnectionStep | undefined {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name';
  return /^(ECONN|EPIPE|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT)/.test(code) ? 'connect' : undefined;
}
