import { messageOf, type Connection, type ConnectionStep, type ConnectOptions } from '@sluice/plugin-sdk';
import { connectServer } from '../sql/connection.js';
import type { ServerTarget } from '../target.js';
import { DIALECT } from './dialect.js';
import { openSession } from './session.js';

/** Numbers of Dameng's errors: logins that fail, and what a user may not do or that is not there. */
const AUTHENTICATION = [-2501, -2500, -2507, -2508];
const PERMISSION = [-5567, -2103, -2106];

/** A connection to Dameng by the driver that an operator has uploaded. */
export function connectDameng(target: ServerTarget, options: ConnectOptions): Promise<Connection> {
  return connectServer(target, options, { dialect: DIALECT, open: openSession, stepOf, why });
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const { errCode, message = '' } = error as { readonly errCode?: unknown; readonly message?: string };
  const code = Number(errCode);
  if (AUTHENTICATION.includes(code)) return 'authentication';
  if (PERMISSION.includes(code)) return 'permission';
  if (/ENOTFOUND|EAI_AGAIN|getaddrinfo/.test(message)) return 'name';
  // 6001 and its neighbours are the driver's own, of sockets.
  return /ECONN|ETIMEDOUT|EPIPE|no answer|socket|6001|6002|6010|6021/i.test(message) ? 'connect' : undefined;
}

/** What the driver says, in one line. */
function why(error: unknown): string {
  return messageOf(error).replace(/\s*\n\s*(Error: )?/g, ': ');
}
