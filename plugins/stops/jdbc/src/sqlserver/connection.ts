import type { Connection, ConnectionStep, ConnectOptions } from '@sluice/plugin-sdk';
import { connectServer } from '../sql/connection.js';
import type { ServerTarget } from '../target.js';
import { DIALECT } from './dialect.js';
import { openSession } from './session.js';

/** Numbers of SQL Server's errors (sys.messages): logins that fail, and what a login may not use. */
const AUTHENTICATION = [18452, 18456, 18470, 18486, 18487, 18488];
const PERMISSION = [229, 230, 262, 297, 300, 911, 916, 4060];

/** A connection to SQL Server. */
export function connectSqlserver(target: ServerTarget, options: ConnectOptions): Promise<Connection> {
  return connectServer(target, options, { dialect: DIALECT, open: openSession, stepOf });
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const failed = error as { readonly code?: unknown; readonly number?: unknown; readonly message?: unknown };
  const { cause } = error as { readonly cause?: unknown };
  const number = Number(failed.number ?? (cause as { readonly number?: unknown } | undefined)?.number);
  if (AUTHENTICATION.includes(number)) return 'authentication';
  if (PERMISSION.includes(number)) return 'permission';
  const code = String(failed.code ?? '');
  if (code === 'ELOGIN') return 'authentication';
  const message = String(failed.message ?? '');
  if (code === 'EENCRYPT' || /certificate|self.signed|\b(SSL|TLS)\b/i.test(message)) return 'tls';
  if (/ENOTFOUND|EAI_AGAIN|getaddrinfo/.test(message)) return 'name';
  return /^(ESOCKET|ETIMEOUT|ECONNCLOSED|EINSTLOOKUP)$/.test(code) ? 'connect' : undefined;
}
