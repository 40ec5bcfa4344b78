import type { BrowseEntry, Connection, ConnectOptions } from '@sluice/plugin-sdk';
import { driverError } from '../failures.js';
import type { ServerTarget } from '../target.js';
import { oneStatement } from '../select.js';
import { endSession, openSession, rowsOf, run } from './connect.js';
import { readRows } from './read.js';
import { writeRows } from './write.js';

/** A connection to MySQL, MariaDB, or what speaks their protocol. */
export async function connectMysql(target: ServerTarget, options: ConnectOptions): Promise<Connection> {
  const open = (): ReturnType<typeof openSession> => openSession(target, options);
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
      const [row] = await tell('asking for the version', rowsOf(session, 'SELECT VERSION() AS version'));
      const version = String(row?.['version'] ?? '');
      return { product: /mariadb/i.test(version) ? 'MariaDB' : 'MySQL', version };
    },
    browse: (path, limit) => tell('browsing', browse(session, path, limit)),
    read: (source, given = {}) => readRows(target, session, open, source, given, options.signal),
    write: (table, rows, given) => writeRows(target, session, open, table, rows, given),
    execute: async (statement) => void (await tell('the statement', run(session, oneStatement(statement)))),
    close: () => endSession(session),
  };
}

type Sessions = Awaited<ReturnType<typeof openSession>>;

async function browse(session: Sessions, path: readonly string[], limit: number): Promise<BrowseEntry[]> {
  const [database, table] = path;
  if (database === undefined) {
    const sql = 'SELECT schema_name AS name FROM information_schema.schemata ORDER BY schema_name LIMIT ?';
    const rows = await rowsOf(session, sql, [limit]);
    return rows.map((row) => ({ name: String(row['name']), kind: 'database', type: '', hasChildren: true }));
  }
  if (table === undefined) {
    const rows = await rowsOf(
      session,
      'SELECT table_name AS name, table_type AS kind FROM information_schema.tables WHERE table_schema = ? ORDER BY table_name LIMIT ?',
      [database, limit],
    );
    return rows.map((row) => {
      const kind = /VIEW/.test(String(row['kind'])) ? 'view' : 'table';
      return { name: String(row['name']), kind, type: '', hasChildren: true };
    });
  }
  const rows = await rowsOf(
    session,
    'SELECT column_name AS name, column_type AS type FROM information_schema.columns WHERE table_schema = ? AND table_name = ? ORDER BY ordinal_position LIMIT ?',
    [database, table, limit],
  );
  return rows.map((row) => ({
    name: String(row['name']),
    kind: 'column',
    type: String(row['type']),
    hasChildren: false,
  }));
}
