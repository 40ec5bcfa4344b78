import type { Connection, ConnectionStep, ConnectOptions } from '@sluice/plugin-sdk';
import { connectServer } from '../sql/connection.js';
import { AnswerError } from '../sql/http.js';
import type { Dialect } from '../sql/session.js';
import { doubleQuote, textLiteral } from '../sql/words.js';
import type { ServerTarget } from '../target.js';
import { openSession } from './session.js';

const DIALECT: Dialect = {
  product: 'openLooKeng',
  quote: doubleQuote,
  version: 'SELECT node_version FROM system.runtime.nodes WHERE coordinator LIMIT 1',
  listing(path, limit) {
    const [catalog, schema, table] = path;
    if (catalog === undefined) return { sql: 'SHOW CATALOGS', kind: 'catalog' };
    const from = `${doubleQuote(catalog)}.information_schema`;
    if (schema === undefined) {
      return { sql: `SELECT schema_name FROM ${from}.schemata ORDER BY 1 LIMIT ${limit}`, kind: 'schema' };
    }
    const where = `table_schema = ${textLiteral(schema)}`;
    if (table === undefined) {
      const sql = `SELECT table_name, table_type FROM ${from}.tables WHERE ${where} ORDER BY 1 LIMIT ${limit}`;
      return { sql, kind: 'table' };
    }
    const sql = `SELECT column_name, data_type FROM ${from}.columns WHERE ${where} AND table_name = ${textLiteral(table)} ORDER BY ordinal_position LIMIT ${limit}`;
    return { sql, kind: 'column' };
  },
};

/** A connection to a coordinator of openLooKeng or Presto. */
export async function connectPresto(target: ServerTarget, options: ConnectOptions): Promise<Connection> {
  const connection = await connectServer(target, options, { dialect: DIALECT, open: openSession, stepOf });
  // Nothing has been sent yet: HTTP has no connection to make.
  await connection.execute?.('SELECT 1');
  return connection;
}

function stepOf(error: unknown): ConnectionStep | undefined {
  if (error instanceof AnswerError) {
    if (error.status === 401) return 'authentication';
    if (error.status === 403 || error.word === 'PERMISSION_DENIED') return 'permission';
    return /^(CATALOG_NOT_FOUND|SCHEMA_NOT_FOUND)$/.test(error.word) ? 'permission' : undefined;
  }
  return /aborted|socket hang up/i.test((error as Error).message) ? 'connect' : undefined;
}
