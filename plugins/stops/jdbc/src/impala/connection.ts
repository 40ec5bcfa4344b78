import { messageOf, type Connection, type ConnectionStep, type ConnectOptions } from '@sluice/plugin-sdk';
import { connectServer } from '../sql/connection.js';
import type { Dialect } from '../sql/session.js';
import type { ServerTarget } from '../target.js';
import { openSession } from './session.js';

const DIALECT: Dialect = {
  product: 'Impala',
  quote,
  version: 'SELECT version()',
  listing(path) {
    const [database, table] = path;
    if (database === undefined) return { sql: 'SHOW DATABASES', kind: 'database' };
    if (table === undefined) return { sql: `SHOW TABLES IN ${quote(database)}`, kind: 'table' };
    return { sql: `DESCRIBE ${quote(database)}.${quote(table)}`, kind: 'column' };
  },
};

function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** A connection to a server of the HiveServer2 protocol: Impala, Spark SQL, Hive. */
export async function connectImpala(target: ServerTarget, options: ConnectOptions): Promise<Connection> {
  const connection = await connectServer(target, options, { dialect: DIALECT, open: openSession, stepOf, why });
  const about = async () => {
    const { version } = await connection.about();
    return { product: /impala/i.test(version) ? 'Impala' : 'HiveServer2', version };
  };
  return { ...connection, about };
}

/** What the server says, without the stack of its Java. */
function why(error: unknown): string {
  return messageOf(error)
    .replace(/\n.*$/s, '')
    .replace(/^org\.apache\.hive\.\S+Exception: /, '');
}

function stepOf(error: unknown): ConnectionStep | undefined {
  const message = why(error);
  if (/certificate|\b(SSL|TLS)\b/i.test(message)) return 'tls';
  if (/Invalid username or password|Error validating|authentication|SASL/i.test(message)) return 'authentication';
  if (/AuthorizationException|does not have privileges|SCHEMA_NOT_FOUND|Database does not exist/i.test(message)) {
    return 'permission';
  }
  return /closed|timed out|no answer|hang up/i.test(message) ? 'connect' : undefined;
}
