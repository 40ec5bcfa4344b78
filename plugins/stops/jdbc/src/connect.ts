import { SluiceError, type Connection, type ConnectOptions } from '@sluice/plugin-sdk';
import { connectMysql } from './mysql/connection.js';
import { connectPostgresql } from './postgresql/connection.js';
import type { Target } from './target.js';

/** How long a stop waits for a connection, in milliseconds. */
export const CONNECT_MS = 30_000;

/** Connects to a database by the driver of its protocol. */
export async function connectTarget(target: Target, options: ConnectOptions): Promise<Connection> {
  if (target.driver === 'mysql') return connectMysql(target, options);
  if (target.driver === 'postgresql') return connectPostgresql(target, options);
  if (target.driver !== 'sqlite') throw new SluiceError('NOT_IMPLEMENTED', `there is no driver '${target.driver}'`);
  // The file lies inside the folders that runs may use, whoever names it.
  const path = await options.files?.resolve(target.path, 'write');
  if (path === undefined) throw new SluiceError('FILE_FORBIDDEN', `the file '${target.path}' cannot be used here`);
  // Native code is loaded only by those who need it: it may be barred for this run.
  const { connectSqlite } = await import('./sqlite/connection.js');
  return connectSqlite({ ...target, path }, options);
}
