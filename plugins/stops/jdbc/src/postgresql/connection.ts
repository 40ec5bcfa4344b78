import type { BrowseEntry, Connection, ConnectOptions } from '@sluice/plugin-sdk';
import { driverError } from '../failures.js';
import type { ServerTarget } from '../target.js';
import { oneStatement } from '../select.js';
import { endSession, openSession, type Session } from './connect.js';
import { readRows } from './read.js';
import { writeRows } from './write.js';

/** A connection to PostgreSQL, or what speaks its protocol. */
export async function connectPostgresql(target: ServerTarget, options: ConnectOptions): Promise<Connection> {
  const open = (): Promise<Session> => openSession(target, options);
  const session = await open();
  const tell = async <T>(doing: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw driverError(target, error, doing);
    }
  };
  return {
    async about() {
      const found = await tell('asking for the version', session.query<{ version: string }>('SELECT version()'));
      const [product = 'PostgreSQL', version = ''] = (found.rows[0]?.version ?? '').split(' ');
      return { product: product.replace(/^\(/, ''), version };
    },
    browse: (path, limit) => tell('browsing', browse(session, path, limit)),
    read: (source, given = {}) => readRows(target, session, open, source, given, options.signal),
    write: (table, rows, given) => writeRows(target, session, table, rows, given),
    execute: async (statement) => void (await tell('the statement', session.query(oneStatement(statement)))),
    close: () => endSession(session),
  };
}

async function browse(session: Session, path: readonly string[], limit: number): Promise<BrowseEntry[]> {
  const [schema, table] = path;
  const ask = async (sql: string, values: readonly unknown[]): Promise<Record<string, string>[]> =>
    (await session.query<Record<string, string>>(sql, [...values, limit])).rows;
  if (schema === undefined) {
    const rows = await ask(
      `SELECT nspname AS name FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_(toast|temp)' ORDER BY nspname LIMIT $1`,
      [],
    );
    return rows.map((row) => ({ name: row['name'] ?? '', kind: 'schema', type: '', hasChildren: true }));
  }
  if (table === undefined) {
    const rows = await ask(
      `SELECT table_name AS name, table_type AS kind FROM information_schema.tables
       WHERE table_schema = $1 ORDER BY table_name LIMIT $2`,
      [schema],
    );
    return rows.map((row) => {
      const kind = row['kind'] === 'VIEW' ? 'view' : 'table';
      return { name: row['name'] ?? '', kind, type: '', hasChildren: true };
    });
  }
  const rows = await ask(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_catalog.pg_attribute
     WHERE attrelid = to_regclass(quote_ident($1) || '.' || quote_ident($2)) AND attnum > 0 AND NOT attisdropped
     ORDER BY attnum LIMIT $3`,
    [schema, table],
  );
  return rows.map((row) => ({ name: row['name'] ?? '', kind: 'column', type: row['type'] ?? '', hasChildren: false }));
}
