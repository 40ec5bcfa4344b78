import { FTPError } from 'basic-ftp';
import { driverError, type ConnectionStep, type Place, type SluiceError } from '@sluice/plugin-sdk';

const remedies = { tls: 'check the TLS setting and the certificate of the server; for SFTP its key' };

/**
 * Any failure of the FTP client as an error of Sluice.
 *
 * @param doing what was tried, such as `downloading '/a'`, or `securing`
 */
export function ftpError(place: Place, error: unknown, doing: string): SluiceError {
  return driverError(place, error, doing, { stepOf: () => ftpStep(error, doing), remedies });
}

/** Any failure of the SSH client as an error of Sluice. */
export function sshError(place: Place, error: unknown, doing: string): SluiceError {
  return driverError(place, error, doing, { stepOf: sshStep, remedies });
}

/** Any failure of either client. */
export function clientError(place: Place & { readonly protocol: string }, error: unknown, doing: string): SluiceError {
  return place.protocol === 'ftp' ? ftpError(place, error, doing) : sshError(place, error, doing);
}

function ftpStep(error: unknown, doing: string): ConnectionStep | undefined {
  if (error instanceof FTPError) {
    // Any refusal of TLS: servers without it answer 500, 502, 504, 534, or that one should log in first.
    if (doing === 'securing') return 'tls';
    if (error.code === 530) return 'authentication';
    return error.code === 421 ? 'connect' : undefined;
  }
  const { code, message = '' } = error as Partial<Record<'code' | 'message', string>>;
  return code === undefined && /Timeout|closed|User closed|FIN packet/i.test(message) ? 'connect' : undefined;
}

/** SFTP's answer that something is not allowed. */
const PERMISSION_DENIED = 3;

function sshStep(error: unknown): ConnectionStep | undefined {
  const { code, message = '', level = '' } = error as Partial<Record<'code' | 'message' | 'level', string>>;
  if ((code as unknown) === PERMISSION_DENIED) return 'permission';
  if (level === 'client-authentication' || /privateKey|passphrase/i.test(message)) return 'authentication';
  // What a server is, is checked by its key, and that is agreed on first.
  if (level === 'handshake' || /host denied|handshake failed|no matching/i.test(message)) return 'tls';
  if (level === 'client-timeout' || level === 'protocol') return 'connect';
  return typeof code !== 'string' && /closed|Keepalive timeout|not connected|Timed out/i.test(message)
    ? 'connect'
    : undefined;
}
