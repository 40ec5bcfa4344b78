import type { Connection, ConnectOptions } from '@sluice/plugin-sdk';
import type { Target } from './jdbc-url.js';
import { connectMysql } from './mysql/connection.js';
import { connectPostgresql } from './postgresql/connection.js';

/** How long a stop waits for a connection, in milliseconds. */
export const CONNECT_MS = 30_000;

/** Connects to a database by the driver of its protocol. */
export function connectTarget(target: Target, options: ConnectOptions): Promise<Connection> {
  return target.driver === 'mysql' ? connectMysql(target, options) : connectPostgresql(target, options);
}
