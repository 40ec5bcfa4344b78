import { setTimeout as delay } from 'node:timers/promises';
import knexFactory, { type Knex } from 'knex';
import type { Logger } from 'pino';
import { certificateRemedy } from '../certificate.js';
import { maskSecret } from '../config/describe.js';
import type { Config } from '../config/settings.js';
import { SluiceError } from '../errors.js';
import { knexLog } from './knex-log.js';
import { codeOf, isConnectionError } from './failures.js';

/** The part of the driver's connection that is used here. */
interface MysqlConnection {
  query(sql: string, done: (error: Error | null) => void): void;
}

/**
 * Every session the same, whatever the server's own settings: READ COMMITTED, as SQLite readers see it and with fewer
 * gap locks; strict mode, so that a value that does not fit is an error and not cut.
 */
const SESSION = `SET SESSION transaction_isolation = 'READ-COMMITTED',
  sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,ERROR_FOR_DIVISION_BY_ZERO',
  time_zone = '+00:00', innodb_lock_wait_timeout = 10`;
/** MariaDB before 11.1 has the variable under its old name. */
const SESSION_MARIADB = SESSION.replace('transaction_isolation', 'tx_isolation');

function prepareConnection(
  connection: MysqlConnection,
  done: (error: Error | null, connection: MysqlConnection) => void,
): void {
  connection.query(SESSION, (error) => {
    if (error === null || codeOf(error) !== 'ER_UNKNOWN_SYSTEM_VARIABLE') return done(error, connection);
    connection.query(SESSION_MARIADB, (second) => done(second, connection));
  });
}

function remedyFor(code: string): string {
  switch (code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_DBACCESS_DENIED_ERROR':
      return 'correct the user and the password in database.url, or grant the user its database';
    case 'ER_BAD_DB_ERROR':
      return 'create the database (CREATE DATABASE ... CHARACTER SET utf8mb4), or correct its name in database.url';
    default:
      return 'see that the server runs and that database.url names its host and port';
  }
}

/** Opens a pool to MySQL or MariaDB, waiting for a server that is still on its way up. */
export async function openMysql(config: Config, log: Logger): Promise<Knex> {
  const { connections, waitMs } = config.database;
  const url = new URL(config.database.url);
  const shown = maskSecret(config.database.url);
  const name = decodeURIComponent(url.pathname.slice(1));
  if (name === '') {
    throw new SluiceError('CONFIG_INVALID', `database.url (${shown}) names no database; end it with /<name>`);
  }
  for (const [parameter, value] of url.searchParams) {
    if (parameter !== 'ssl' || (value !== 'true' && value !== 'false')) {
      throw new SluiceError('CONFIG_INVALID', `database.url has '${parameter}', which is not known; ssl=true is`);
    }
  }
  const connection = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port || 3306),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: name,
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    connectTimeout: 5_000,
    enableKeepAlive: true,
    // Encrypted and verified against the certificates that Node trusts (NODE_EXTRA_CA_CERTS adds to them).
    ...(url.searchParams.get('ssl') === 'true' ? { ssl: {} } : {}),
  };
  const until = Date.now() + waitMs;
  for (let attempt = 0; ; attempt += 1) {
    // A pool that cannot connect says so when a query has waited long enough; asked for directly, it says so at once.
    const knex = knexFactory({
      client: 'mysql2',
      log: knexLog(log),
      connection,
      acquireConnectionTimeout: 15_000,
      pool: { min: 0, max: connections, afterCreate: prepareConnection, createRetryIntervalMillis: 200 },
    });
    const failure = await firstFailure(connection);
    if (failure === undefined) return knex;
    await knex.destroy();
    const code = codeOf(failure);
    if (!isConnectionError(failure) || Date.now() >= until) {
      const message = `the database ${shown} cannot be used: ${failure.message}; ${certificateRemedy(failure.message) ?? remedyFor(code)}`;
      throw new SluiceError('DATABASE_UNAVAILABLE', message, { details: { code }, cause: failure });
    }
    if (attempt % 10 === 0) log.warn({ database: shown, code }, 'the database does not answer yet; waiting for it');
    await delay(500);
  }
}

async function firstFailure(options: object): Promise<Error | undefined> {
  const { createConnection } = await import('mysql2/promise');
  try {
    const connection = await createConnection(options);
    await connection.end();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
