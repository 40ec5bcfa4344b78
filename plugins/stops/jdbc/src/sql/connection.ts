import {
  driverError,
  SluiceError,
  type BrowseEntry,
  type Connection,
  type ConnectOptions,
  type DriverErrors,
  type Reading,
  type ReadRowsOptions,
  type RowSource,
  type Vector,
} from '@sluice/plugin-sdk';
import { placeErrors } from '../failures.js';
import { oneStatement, selectSource } from '../select.js';
import type { ServerTarget } from '../target.js';
import { namesOf } from './names.js';
import type { Dialect, ResultColumn, Session } from './session.js';
import { writeRows } from './write.js';

/** How a database is opened, and how its failures are told. */
export interface Opened {
  readonly dialect: Dialect;
  /** Opens a session of its own; for reading or also for writing, where that makes a difference. */
  open(forWriting?: boolean): Promise<Session>;
  /** A driver's failure as an error of Sluice; `doing` says what was tried. */
  tell(error: unknown, doing: string): unknown;
  readonly signal: AbortSignal;
}

/** A connection by a driver of which no more is known than `Session` says; each thing that it does has a session of its own. */
export function connectSql(database: Opened): Connection {
  const { dialect, signal, tell } = database;
  const told = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      throw tell(error, doing);
    }
  };
  const once = <T>(doing: string, work: (session: Session) => Promise<T>, forWriting = false): Promise<T> =>
    told(doing, async () => {
      const session = await database.open(forWriting);
      try {
        return await work(session);
      } finally {
        await session.close();
      }
    });
  const { writing } = dialect;
  return {
    about: () =>
      once('asking for the version', async (session) => {
        const [[version] = ['']] = await namesOf(session, dialect.version);
        return { product: dialect.product, version };
      }),
    browse: (path, limit) => once('browsing', (session) => browse(dialect, session, path, limit)),
    read: (source, options = {}) => readRows(database, told, source, options),
    ...(writing === undefined
      ? {}
      : {
          write: (table, rows, options) =>
            once(
              `writing to the table ${table}`,
              (session) => writeRows(dialect, writing, session, table, rows, options),
              true,
            ),
        }),
    execute: (statement) => once('the statement', (session) => session.execute(oneStatement(statement)), true),
    close: () => Promise.resolve(),
  };
}

async function browse(
  dialect: Dialect,
  session: Session,
  path: readonly string[],
  limit: number,
): Promise<BrowseEntry[]> {
  const listing = dialect.listing(path, limit);
  if (listing === undefined) return [];
  const { sql, kind } = listing;
  const found = (await namesOf(session, sql)).slice(0, limit);
  return found.map(([name, type]) => {
    const isView = kind === 'table' && /view/i.test(type);
    return isView || kind !== 'column'
      ? { name, kind: isView ? 'view' : kind, type: '', hasChildren: true }
      : { name, kind, type, hasChildren: false };
  });
}

/** How servers of a product are spoken to, and what is known of the driver's errors. */
export interface ServerDriver extends Pick<DriverErrors, 'stepOf' | 'why'> {
  readonly dialect: Dialect;
  open(target: ServerTarget, options: ConnectOptions): Session | Promise<Session>;
}

/** A failure of a server's driver as an error of Sluice. */
export function tellOf(
  target: ServerTarget,
  { stepOf, why }: Pick<DriverErrors, 'stepOf' | 'why'>,
): (error: unknown, doing: string) => SluiceError {
  const errors = { ...placeErrors(target), stepOf, ...(why === undefined ? {} : { why }) };
  return (error, doing) => driverError(target, error, doing, errors);
}

/** The same to a server: one that cannot be reached is told now, and the session that found out does the first thing. */
export async function connectServer(
  target: ServerTarget,
  options: ConnectOptions,
  driver: ServerDriver,
): Promise<Connection> {
  const database: Opened = {
    dialect: driver.dialect,
    signal: options.signal,
    open: async () => driver.open(target, options),
    tell: tellOf(target, driver),
  };
  let first: Session | undefined;
  try {
    first = await database.open();
  } catch (error) {
    database.signal.throwIfAborted();
    throw database.tell(error, 'connecting');
  }
  const connection = connectSql({
    ...database,
    open: (forWriting) => {
      const session = first;
      first = undefined;
      return session === undefined ? database.open(forWriting) : Promise.resolve(session);
    },
  });
  return { ...connection, close: async () => first?.close() };
}

type Told = <T>(doing: string, work: () => Promise<T>) => Promise<T>;

/** Asks twice: for the columns now, and for the rows when they are taken, over a session of their own. */
async function readRows(database: Opened, told: Told, source: RowSource, options: ReadRowsOptions): Promise<Reading> {
  const doing = 'table' in source ? `reading from the table ${source.table}` : 'the query';
  const sql = selectSource(source, options, database.dialect);
  const ask = async (session: Session) => {
    const answer = await session.query(sql);
    if (answer.columns.length > 0) return answer;
    throw new SluiceError('QUERY_FAILED', `${doing} gives no columns; write one SELECT`);
  };
  const columns = await told(doing, async () => {
    const session = await database.open();
    try {
      return (await ask(session)).columns;
    } finally {
      await session.close();
    }
  });
  return {
    columns: columns.map(({ name, type }) => ({ name, type })),
    async *rows() {
      const session = await told(doing, () => database.open());
      try {
        const answer = await told(doing, () => ask(session));
        const rows = answer.rows()[Symbol.asyncIterator]();
        try {
          for (;;) {
            const next = await told(doing, () => rows.next());
            if (next.done === true) return;
            yield { length: next.value.length, columns: columns.map((column, c) => valuesOf(column, next.value, c)) };
          }
        } finally {
          await rows.return?.();
        }
      } finally {
        await session.close();
      }
    },
  };
}

function valuesOf({ name, type, read }: ResultColumn, rows: readonly (readonly unknown[])[], at: number): Vector {
  return rows.map((row) => {
    const cell = row[at] ?? null;
    if (cell === null || read === undefined) return cell as Vector[number];
    const value = read(cell);
    if (value !== undefined) return value;
    const message = `column '${name}': ${String(cell)} is no ${type}; cast it in the query`;
    throw new SluiceError('DATA_INVALID', message, { details: { column: name } });
  });
}
