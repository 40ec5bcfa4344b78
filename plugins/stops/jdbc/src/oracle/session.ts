import { SluiceError, type ConnectOptions, type Dataset, type Value } from '@sluice/plugin-sdk';
import oracledb from 'oracledb';
import { BATCH_ROWS } from '../columns.js';
import { boundAs } from '../sql/server-texts.js';
import type { Session } from '../sql/session.js';
import { typeWord } from '../sql/words.js';
import type { ServerTarget } from '../target.js';
import { quote } from './dialect.js';
import { fetchedAs, resultColumn } from './types.js';

/** Every session the same: instants in UTC, and texts of numbers and moments of one form. */
const SET_UP =
  "ALTER SESSION SET TIME_ZONE = '+00:00' NLS_NUMERIC_CHARACTERS = '.,' NLS_DATE_FORMAT = 'YYYY-MM-DD HH24:MI:SS' NLS_TIMESTAMP_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF6' NLS_TIMESTAMP_TZ_FORMAT = 'YYYY-MM-DD HH24:MI:SS.FF6 TZH:TZM'";

/** Opens a session. */
export async function openSession(target: ServerTarget, { timeoutMs, signal }: ConnectOptions): Promise<Session> {
  signal.throwIfAborted();
  const { user, password } = target;
  const connection = await oracledb.getConnection({ user, password, connectString: addressOf(target, timeoutMs) });
  // Ends the statement that runs; whoever waits for it is told.
  const onAbort = (): void => void connection.break().catch(() => undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  const execute = async (sql: string): Promise<void> => {
    if (sql !== '') await connection.execute(sql, [], { autoCommit: false });
  };
  await execute(SET_UP);
  return {
    async query(sql) {
      const { resultSet, metaData = [] } = await connection.execute(sql, [], {
        resultSet: true,
        outFormat: oracledb.OUT_FORMAT_ARRAY,
        fetchArraySize: BATCH_ROWS,
        prefetchRows: BATCH_ROWS,
        fetchTypeHandler: (column) => fetchedAs(column.dbType),
      });
      if (resultSet === undefined) return { columns: [], async *rows() {} };
      return {
        columns: metaData.map(resultColumn),
        async *rows() {
          try {
            for (;;) {
              const rows = (await resultSet.getRows(BATCH_ROWS)) as (readonly unknown[])[];
              if (rows.length === 0) return;
              yield rows;
            }
          } finally {
            await resultSet.close().catch(() => undefined); // a connection that is gone has closed it
          }
        },
      };
    },
    execute,
    insert: (table, rows) => insert(connection, table, rows),
    async close() {
      signal.removeEventListener('abort', onAbort);
      await connection.close({ drop: true }).catch(() => undefined); // it may be gone
    },
  };
}

/** The address in the words of Oracle's net services; a database that begins with a colon is a SID, as JDBC writes it. */
function addressOf({ host, port, database, tls }: ServerTarget, timeoutMs: number): string {
  const isSecure = tls === 'require' || tls === 'verify';
  const name = database.startsWith(':') ? `SID=${database.slice(1)}` : `SERVICE_NAME=${database}`;
  for (const part of [host, name]) {
    if (/[()\s"']/.test(part)) throw new SluiceError('PROPERTY_INVALID', 'a host or database of Oracle has no brackets, quotes or spaces'); // prettier-ignore
  }
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000));
  const security = isSecure ? `(SECURITY=(SSL_SERVER_DN_MATCH=${tls === 'verify' ? 'ON' : 'OFF'}))` : '';
  return `(DESCRIPTION=(TRANSPORT_CONNECT_TIMEOUT=${seconds})(CONNECT_TIMEOUT=${seconds})(ADDRESS=(PROTOCOL=${isSecure ? 'TCPS' : 'TCP'})(HOST=${host})(PORT=${port}))(CONNECT_DATA=(${name}))${security})`;
}

/** Adds rows by statements of many rows each. */
async function insert(connection: oracledb.Connection, table: readonly string[], rows: Dataset): Promise<number> {
  const names = rows.columns.map(({ name }) => quote(name)).join(', ');
  const places = rows.columns.map((_, c) => `:${c + 1}`).join(', ');
  const sql = `INSERT INTO ${table.map(quote).join('.')} (${names}) VALUES (${places})`;
  let count = 0;
  for await (const { length, columns: vectors } of rows.batches()) {
    const binds = Array.from({ length }, (_, r) =>
      rows.columns.map(({ name, type }, c) => cellOf(name, type, vectors[c]?.[r] ?? null, count + r + 1)),
    );
    const bindDefs = rows.columns.map(({ type }, c) => bindOf(type, binds, c));
    await connection.executeMany(sql, binds as unknown[][], { bindDefs, autoCommit: false });
    count += length;
  }
  return count;
}

function bindOf(type: string, binds: readonly (readonly unknown[])[], c: number): oracledb.BindDefinition {
  const word = typeWord(type);
  if (word === 'double') return { type: oracledb.DB_TYPE_BINARY_DOUBLE };
  if (word === 'float') return { type: oracledb.DB_TYPE_BINARY_FLOAT };
  const sizes = binds.map((row) => (typeof row[c] === 'string' ? Buffer.byteLength(row[c]) : ((row[c] as Buffer | null)?.length ?? 0))); // prettier-ignore
  const maxSize = sizes.reduce((most, size) => Math.max(most, size), 1);
  return { type: word === 'binary' ? oracledb.DB_TYPE_RAW : oracledb.DB_TYPE_VARCHAR, maxSize };
}

function cellOf(name: string, type: string, value: Value, row: number): string | number | Buffer | null {
  if (value === null) return null;
  const cell = boundAs(type, value);
  if (cell !== undefined) return cell;
  const message = `row ${row}, column '${name}': a ${type} outside the years 1 to 9999 cannot be written`;
  throw new SluiceError('DATA_INVALID', message, { details: { column: name, row: String(row) } });
}
