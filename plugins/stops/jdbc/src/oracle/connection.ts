import type { Connection, ConnectionStep, ConnectOptions } from '@sluice/plugin-sdk';
import { connectServer } from '../sql/connection.js';
import type { ServerTarget } from '../target.js';
import { DIALECT } from './dialect.js';
import { openSession } from './session.js';

/** Codes of Oracle's errors and of its driver's, by step. A service that the listener does not know is a wrong name. */
const STEPS: readonly (readonly [ConnectionStep, RegExp])[] = [
  ['authentication', /^ORA-(01005|01017|28000|28001|01045)$/],
  ['permission', /^(ORA-(12514|12505|12521|01031|00990)|NJS-51[789])$/],
  ['name', /^NJS-530$/],
  ['tls', /^NJS-(505|507)$/],
  ['connect', /^(NJS-(500|501|503|510|511|521)|ORA-(03113|03114|03135|125\d\d|01033|01034|01089))$/],
];

/** A connection to Oracle, without its client libraries. */
export function connectOracle(target: ServerTarget, options: ConnectOptions): Promise<Connection> {
  return connectServer(target, options, { dialect: DIALECT, open: openSession, stepOf });
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const { code = '', message = '' } = error as { readonly code?: string; readonly message?: string };
  // What failed at one of several addresses stands inside.
  if (/ENOTFOUND|EAI_AGAIN/.test(message)) return 'name';
  if (/certificate|\b(SSL|TLS)\b/i.test(message)) return 'tls';
  const own = code === '' ? (/^(ORA|NJS)-\d+/.exec(message)?.[0] ?? '') : code;
  return STEPS.find(([, codes]) => codes.test(own))?.[0];
}
