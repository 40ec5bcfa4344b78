import type { Connection, ConnectionStep, ConnectOptions } from '@sluice/plugin-sdk';
import { connectServer, tellOf } from '../sql/connection.js';
import { AnswerError } from '../sql/http.js';
import { namesOf } from '../sql/names.js';
import type { Dialect } from '../sql/session.js';
import { textLiteral } from '../sql/words.js';
import type { ServerTarget } from '../target.js';
import { openSession } from './session.js';
import { quote, writeRows } from './write.js';

/** Codes of TDengine's errors (source/util/src/terror.c), whose REST interface leaves the upper half out. */
const AUTHENTICATION = [0x0357, 0x0351, 0x0350];
const PERMISSION = [0x0303, 0x0388, 0x2644, 0x0383];

/** A connection to TDengine by its REST interface. */
export async function connectTdengine(target: ServerTarget, options: ConnectOptions): Promise<Connection> {
  const { database } = target;
  const dialect: Dialect = {
    product: 'TDengine',
    quote,
    version: 'SELECT server_version()',
    listing(path, limit) {
      const [name, table] = path;
      if (name === undefined) {
        return {
          sql: `SELECT name FROM information_schema.ins_databases ORDER BY name LIMIT ${limit}`,
          kind: 'database',
        };
      }
      if (table === undefined) {
        const sql = `SELECT table_name FROM information_schema.ins_tables WHERE db_name = ${textLiteral(name)} ORDER BY table_name LIMIT ${limit}`;
        return { sql, kind: 'table' };
      }
      return { sql: `DESCRIBE ${quote(name)}.${quote(table)}`, kind: 'column' };
    },
  };
  const connection = await connectServer(target, options, { dialect, open: openSession, stepOf });
  // Nothing has been sent yet: HTTP has no connection to make.
  await connection.about();
  return {
    ...connection,
    async write(table, rows, given) {
      const session = openSession(target, options);
      try {
        return await writeRows(session, (sql) => namesOf(session, sql), database, table, rows, given);
      } catch (error) {
        options.signal.throwIfAborted();
        throw tellOf(target, { stepOf })(error, `writing to the table ${table}`);
      }
    },
  };
}

function stepOf(error: unknown): ConnectionStep | undefined {
  if (!(error instanceof AnswerError)) {
    return /aborted|socket hang up/i.test((error as Error).message) ? 'connect' : undefined;
  }
  const code = Number(error.word) & 0xffff;
  if (error.status === 401 || AUTHENTICATION.includes(code)) return 'authentication';
  return error.status === 403 || PERMISSION.includes(code) ? 'permission' : undefined;
}
