import { SluiceError, type ConnectOptions, type Dataset, type Value } from '@sluice/plugin-sdk';
import { BATCH_ROWS } from '../columns.js';
import { boundAs } from '../sql/server-texts.js';
import type { Session } from '../sql/session.js';
import { typeWord } from '../sql/words.js';
import type { ServerTarget } from '../target.js';
import { quote } from './dialect.js';
import { loadDriver, type DamengConnection, type DamengDriver } from './driver.js';
import { isBinary, isLarge, resultColumn } from './types.js';

/** Opens a session; times are in UTC. */
export async function openSession(target: ServerTarget, options: ConnectOptions): Promise<Session> {
  const { timeoutMs, signal } = options;
  const driver = await loadDriver(options);
  signal.throwIfAborted();
  const { host, port, user, password, database, tls } = target;
  if (tls === 'require' || tls === 'verify') {
    const message =
      'the driver of Dameng takes TLS from certificates in a folder, which Sluice does not give it; set tls to off (passwords are encrypted all the same)';
    throw new SluiceError('PROPERTY_INVALID', message, { details: { property: 'tls' } });
  }
  const place = host.includes(':') ? `[${host}]` : host;
  const connection = await inTime(
    driver.getConnection({
      connectString: `${place}:${port}`,
      user,
      password,
      ...(database === '' ? {} : { schema: database }),
      appName: 'sluice',
      autoCommit: false,
      connectTimeout: timeoutMs,
      localTimezone: 0,
      language: 'en',
    }),
    timeoutMs,
  );
  const close = (): Promise<void> => connection.close().catch(() => undefined); // it may be gone
  // The driver ends no statement: whoever waits for it is told by the end of the connection.
  const onAbort = (): void => void close();
  signal.addEventListener('abort', onAbort, { once: true });
  return {
    query: (sql) => query(driver, connection, sql),
    async execute(sql) {
      if (sql !== '') await connection.execute(sql, [], { autoCommit: false });
    },
    insert: (table, rows) => insert(driver, connection, table, rows),
    async close() {
      signal.removeEventListener('abort', onAbort);
      await close();
    },
  };
}

/** A server that accepts and does not answer is given up after the time; what comes later is closed. */
async function inTime(opening: Promise<DamengConnection>, timeoutMs: number): Promise<DamengConnection> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    return await Promise.race([opening, late]);
  } catch (error) {
    void opening.then((each) => each.close()).catch(() => undefined); // the first error is the one to tell
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Every cell comes as bytes or as the text that the server writes: numbers and dates of JavaScript lose digits. */
async function query(driver: DamengDriver, connection: DamengConnection, sql: string) {
  const { metaData: described = [] } = await connection.getStatementInfo(sql);
  const { resultSet, metaData = [] } = await connection.execute(sql, [], {
    resultSet: true,
    extendedMetaData: true,
    outFormat: driver.OUT_FORMAT_ARRAY,
    maxRows: 0,
    // Bytes that are no large objects come as such.
    fetchInfo: Object.fromEntries(
      described.flatMap((column) =>
        isBinary(column) && !isLarge(column)
          ? []
          : [[column.name, { type: isBinary(column) ? driver.BUFFER : driver.STRING }]],
      ),
    ),
  });
  if (resultSet === undefined) return { columns: [], async *rows() {} };
  return {
    columns: metaData.map(resultColumn),
    async *rows() {
      try {
        for (;;) {
          const rows = await resultSet.getRows(BATCH_ROWS);
          if (rows.length === 0) return;
          yield rows;
        }
      } finally {
        await resultSet.close().catch(() => undefined); // a connection that is gone has closed it
      }
    },
  };
}

/** Adds rows by statements of many rows each. */
async function insert(
  driver: DamengDriver,
  connection: DamengConnection,
  table: readonly string[],
  rows: Dataset,
): Promise<number> {
  const names = rows.columns.map(({ name }) => quote(name)).join(', ');
  const places = rows.columns.map(() => '?').join(', ');
  const sql = `INSERT INTO ${table.map(quote).join('.')} (${names}) VALUES (${places})`;
  const bindDefs = rows.columns.map(({ type }) => ({ type: bindOf(driver, type) }));
  let count = 0;
  for await (const { length, columns: vectors } of rows.batches()) {
    const binds = Array.from({ length }, (_, r) =>
      rows.columns.map(({ name, type }, c) => cellOf(name, type, vectors[c]?.[r] ?? null, count + r + 1)),
    );
    if (length > 0) await connection.executeMany(sql, binds, { bindDefs, autoCommit: false });
    count += length;
  }
  return count;
}

function bindOf(driver: DamengDriver, type: string): number {
  const word = typeWord(type);
  if (word === 'binary') return driver.BUFFER;
  return word === 'float' || word === 'double' ? driver.NUMBER : driver.STRING;
}

function cellOf(name: string, type: string, value: Value, row: number): string | number | Buffer | null {
  if (value === null) return null;
  const cell = boundAs(type, value);
  if (cell !== undefined && !(typeof cell === 'number' && !Number.isFinite(cell))) return cell;
  const message = `row ${row}, column '${name}': ${String(value)} cannot be kept in Dameng: dates are of the years 1 to 9999, and numbers are finite`;
  throw new SluiceError('DATA_INVALID', message, { details: { column: name, row: String(row) } });
}
