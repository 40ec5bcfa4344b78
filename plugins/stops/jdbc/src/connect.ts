import { isSluiceError, SluiceError, type Connection, type ConnectOptions } from '@sluice/plugin-sdk';
import { connectClickhouse } from './clickhouse/connection.js';
import { hasNoTls } from './failures.js';
import { connectMysql } from './mysql/connection.js';
import { connectPostgresql } from './postgresql/connection.js';
import { connectPresto } from './presto/connection.js';
import { connectTdengine } from './tdengine/connection.js';
import type { ServerTarget, Target } from './target.js';

/** How long a stop waits for a connection, in milliseconds. */
export const CONNECT_MS = 30_000;

/** Connects to a database by the driver of its protocol. */
export async function connectTarget(target: Target, options: ConnectOptions): Promise<Connection> {
  if (target.driver === 'mysql') return preferringTls(target, (each) => connectMysql(each, options));
  if (target.driver === 'postgresql') return preferringTls(target, (each) => connectPostgresql(each, options));
  if (target.driver === 'clickhouse') {
    return connectClickhouse({ ...target, tls: target.tls === 'prefer' ? 'off' : target.tls }, options);
  }
  // Drivers are loaded by those who need them: they take their time.
  if (target.driver === 'sqlserver') {
    const { connectSqlserver } = await import('./sqlserver/connection.js');
    return connectSqlserver(target, options);
  }
  if (target.driver === 'oracle') {
    const { connectOracle } = await import('./oracle/connection.js');
    return connectOracle(target, options);
  }
  if (target.driver === 'dameng') {
    const { connectDameng } = await import('./dameng/connection.js');
    return connectDameng(target, options);
  }
  if (target.driver === 'presto') return connectPresto(target, options);
  if (target.driver === 'tdengine') return connectTdengine(target, options);
  if (target.driver === 'impala') {
    const { connectImpala } = await import('./impala/connection.js');
    return connectImpala(target, options);
  }
  if (target.driver !== 'sqlite' && target.driver !== 'duckdb') {
    throw new SluiceError('NOT_IMPLEMENTED', `there is no driver '${target.driver}'`);
  }
  // The file lies inside the folders that runs may use, whoever names it.
  const path = await options.files?.resolve(target.path, 'write');
  if (path === undefined) throw new SluiceError('FILE_FORBIDDEN', `the file '${target.path}' cannot be used here`);
  // Native code is loaded only by those who need it: it may be barred for this run.
  if (target.driver === 'duckdb') {
    const { connectDuckdb } = await import('./duckdb/connection.js');
    return connectDuckdb({ ...target, path }, options);
  }
  const { connectSqlite } = await import('./sqlite/connection.js');
  return connectSqlite({ ...target, path }, options);
}

/** What `prefer` says: encrypted, unless the server says that it cannot. A handshake that fails is no such word. */
async function preferringTls(
  target: ServerTarget,
  connect: (target: ServerTarget) => Promise<Connection>,
): Promise<Connection> {
  if (target.tls !== 'prefer') return connect(target);
  try {
    return await connect({ ...target, tls: 'require' });
  } catch (error) {
    if (isSluiceError(error) && hasNoTls(error.cause)) return connect({ ...target, tls: 'off' });
    throw error;
  }
}
