import type { ConnectOptions } from '@sluice/plugin-sdk';
import pg from 'pg';
import { driverError, stepError } from '../failures.js';
import type { ServerTarget } from '../target.js';

export type Session = pg.Client;

/** Opens a session. A server that accepts and does not answer is given up after the time. */
export async function openSession(target: ServerTarget, { timeoutMs, signal }: ConnectOptions): Promise<Session> {
  signal.throwIfAborted();
  const { host, port, user, password, database, tls, searchPath } = target;
  // A space or backslash of a value is escaped, or it would begin another option.
  const path = searchPath === undefined ? '' : ` -c search_path=${searchPath.replace(/[\\\s]/g, '\\$&')}`;
  const session = new pg.Client({
    host,
    port,
    user,
    password,
    database: database === '' ? user : database,
    connectionTimeoutMillis: timeoutMs,
    application_name: 'sluice',
    // Every session the same, whatever the environment of the process says: times in UTC and in ISO's form.
    options: `-c timezone=UTC -c datestyle=ISO -c extra_float_digits=3 -c bytea_output=hex -c client_encoding=UTF8${path}`,
    ssl: tls === 'off' ? false : { rejectUnauthorized: tls === 'verify' },
  });
  // Later failures are told by the statements that they end.
  session.on('error', () => undefined);
  try {
    await session.connect();
    return session;
  } catch (error) {
    await session.end().catch(() => undefined); // there may be nothing to end
    const isLate = error instanceof Error && /timeout expired/.test(error.message);
    throw isLate
      ? stepError(target, 'connect', `no answer within ${timeoutMs} ms`)
      : driverError(target, error, 'connecting');
  }
}

/** Ends a session and waits until its socket is gone. */
export async function endSession(session: Session): Promise<void> {
  await session.end().catch(() => undefined); // the server may have ended it before
  // The handle of the socket is closed in the next turns of the loop.
  await new Promise((resolve) => setImmediate(resolve));
}

/** Gives a session up at once, whatever it does. */
export function breakSession(session: Session): void {
  (session as unknown as { readonly connection: { readonly stream: { destroy(): void } } }).connection.stream.destroy();
}

/** A name of a table or column as a word of SQL. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
