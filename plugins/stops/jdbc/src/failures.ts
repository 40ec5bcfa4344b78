import {
  connectionError,
  isSluiceError,
  SluiceError,
  socketStep,
  type ConnectionStep,
  type DriverErrors,
} from '@sluice/plugin-sdk';
import type { ServerTarget } from './target.js';

const remedies = {
  connect: 'check host and port, and whether the server runs and lets this machine in',
  permission: 'check the name, and what the user may do',
};

/** How messages show a database, and what is to be done about the steps. */
export function placeErrors({ host, port, database, user }: ServerTarget): DriverErrors {
  const place = `${host}:${port}${database === '' ? '' : `/${database.replace(/^:/, '')}`}`;
  return {
    remedies,
    shown: (step) => (step === 'authentication' || step === 'permission' ? `${place} as '${user}'` : place),
  };
}

/** A failure at a step of a connection. The text of the cause is the server's and holds no password. */
export function stepError(target: ServerTarget, step: ConnectionStep, cause: unknown): SluiceError {
  return connectionError(target, step, cause, placeErrors(target));
}

const BY_CODE: Readonly<Record<string, ConnectionStep>> = {
  PROTOCOL_CONNECTION_LOST: 'connect',
  HANDSHAKE_NO_SSL_SUPPORT: 'tls',
  HANDSHAKE_SSL_ERROR: 'tls',
  ER_ACCESS_DENIED_ERROR: 'authentication',
  ER_ACCESS_DENIED_NO_PASSWORD_ERROR: 'authentication',
  ER_NOT_SUPPORTED_AUTH_MODE: 'authentication',
  ER_HOST_NOT_PRIVILEGED: 'authentication',
  '28P01': 'authentication',
  '28000': 'authentication',
  ER_DBACCESS_DENIED_ERROR: 'permission',
  ER_BAD_DB_ERROR: 'permission',
  ER_TABLEACCESS_DENIED_ERROR: 'permission',
  ER_COLUMNACCESS_DENIED_ERROR: 'permission',
  ER_SPECIFIC_ACCESS_DENIED_ERROR: 'permission',
  '42501': 'permission',
  '3D000': 'permission',
  '57P01': 'connect',
  '57P02': 'connect',
  '57P03': 'connect',
  '53300': 'connect',
};

/** Whether an error of a driver says that the server knows no TLS at all. */
export function hasNoTls(error: unknown): boolean {
  const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string };
  return code === 'HANDSHAKE_NO_SSL_SUPPORT' || /server does not support SSL/i.test(message);
}

/** The step at which a driver's error belongs; undefined for an error about a statement. */
export function stepOf(error: unknown): ConnectionStep | undefined {
  const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string };
  if (code in BY_CODE) return BY_CODE[code];
  const step = socketStep(error);
  if (step !== undefined) return step;
  if (/SSL|certificate/i.test(message) && !/^[0-9A-Z]{5}$/.test(code) && !code.startsWith('ER_')) return 'tls';
  if (/SASL|password must be a string/i.test(message)) return 'authentication';
  if (/Connection terminated|connection is in closed state|timeout expired/i.test(message)) return 'connect';
  return undefined;
}

/** Any failure of a driver as an error of Sluice; `doing` says what was tried, such as `reading from table t`. */
export function driverError(target: ServerTarget, error: unknown, doing: string): SluiceError {
  if (isSluiceError(error)) return error;
  const step = stepOf(error);
  if (step !== undefined) return stepError(target, step, error);
  const { sqlMessage, message, detail, where, code } = error as Partial<Record<string, string>>;
  const parts = [sqlMessage ?? message ?? String(error), detail, where].filter((each) => each !== undefined);
  return new SluiceError('QUERY_FAILED', `${doing} failed: ${parts.join('; ')}`, {
    details: { serverCode: String(code ?? '') },
    cause: error,
  });
}
