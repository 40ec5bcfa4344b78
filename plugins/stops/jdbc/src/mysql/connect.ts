import type { ConnectOptions } from '@sluice/plugin-sdk';
import mysql, { type Connection as Session, type QueryOptions, type RowDataPacket } from 'mysql2';
import { driverError, stepError } from '../failures.js';
import type { ServerTarget } from '../target.js';

export type { Session };

/** Every session the same: UTC, so that instants stay what they are; strict, so that nothing is cut. */
const SET_UP =
  "SET SESSION time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', net_write_timeout = 3600";

/** Opens a session. A server that accepts and does not answer is given up after the time. */
export async function openSession(target: ServerTarget, { timeoutMs, signal }: ConnectOptions): Promise<Session> {
  signal.throwIfAborted();
  const { host, port, user, password, database, tls } = target;
  const session = mysql.createConnection({
    host,
    port,
    user,
    password,
    ...(database === '' ? {} : { database }),
    charset: 'utf8mb4',
    connectTimeout: timeoutMs,
    supportBigNumbers: true,
    // Texts only where a number would lose digits.
    bigNumberStrings: false,
    dateStrings: true,
    // Parsed, long numbers would lose digits.
    jsonStrings: true,
    multipleStatements: false,
    ...(tls === 'off' ? {} : { ssl: { rejectUnauthorized: tls === 'verify' } }),
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      session.on('error', reject);
      timer = setTimeout(() => reject(stepError(target, 'connect', `no answer within ${timeoutMs} ms`)), timeoutMs);
      session.connect((error) => (error === null ? resolve() : reject(error)));
    });
    // Later failures are told by the statements that they end.
    session.removeAllListeners('error');
    session.on('error', () => undefined);
    await run(session, SET_UP);
    return session;
  } catch (error) {
    session.destroy();
    throw driverError(target, error, 'connecting');
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a statement and gives what the driver gives for it. */
export function run(
  session: Session,
  statement: string | QueryOptions,
  values: readonly (string | number)[] = [],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = typeof statement === 'string' ? { sql: statement } : statement;
    session.query({ ...options, values: [...values] }, (error, result) =>
      error === null ? resolve(result) : reject(error),
    );
  });
}

/** The rows of a small query. */
export async function rowsOf(
  session: Session,
  sql: string,
  values: readonly (string | number)[] = [],
): Promise<RowDataPacket[]> {
  return (await run(session, sql, values)) as RowDataPacket[];
}

/** Ends a session and waits until its socket is gone. */
export async function endSession(session: Session): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1000);
    session.end(() => {
      clearTimeout(timer);
      resolve();
    });
  });
  session.destroy();
  // The handle of the socket is closed in the next turns of the loop.
  await new Promise((resolve) => setImmediate(resolve));
}

/** A name of a table or column as a word of SQL. */
export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
