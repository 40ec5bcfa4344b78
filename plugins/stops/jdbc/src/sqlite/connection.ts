import { setImmediate as turn } from 'node:timers/promises';
import type {
  BrowseEntry,
  Column,
  Connection,
  ConnectOptions,
  Dataset,
  Reading,
  ReadRowsOptions,
  RowSource,
  Vector,
  WriteRowsOptions,
  WrittenRows,
} from '@sluice/plugin-sdk';
import { SluiceError } from '@sluice/plugin-sdk';
import { BATCH_ROWS } from '../columns.js';
import { chooseWay, lower } from '../save.js';
import { pushdownOf } from '../pushdown.js';
import { namePath, oneStatement, selectSource, tableName } from '../select.js';
import type { FileTarget } from '../target.js';
import { openSession, quote, sqliteError, type Session } from './connect.js';
import { cellOf, columnReader, columnType, noValue, type Cell, type ColumnReader } from './types.js';

/** Rows by whose values a column without a declared type gets one. */
const LOOKED_AT = 1000;

/** A connection to a file of SQLite. Its calls do not wait for others of the process; long ones are taken in pieces. */
export async function connectSqlite(target: FileTarget, { signal }: ConnectOptions): Promise<Connection> {
  signal.throwIfAborted();
  const told = async <T>(doing: string, work: (session: Session) => T | Promise<T>, make = false): Promise<T> => {
    const session = openSession(target, make);
    try {
      return await work(session);
    } catch (error) {
      throw sqliteError(error, doing);
    } finally {
      session.close();
    }
  };
  return {
    about: () =>
      told('asking for the version', (session) => {
        const row = session.prepare('SELECT sqlite_version() AS version').get() as { readonly version: string };
        return { product: 'SQLite', version: row.version };
      }),
    browse: (path, limit) => told('browsing', (session) => browse(session, path, limit)),
    read: (source, options = {}) => readRows(target, told, source, options, signal),
    write: (table, rows, options) =>
      told(`writing to the table ${table}`, (session) => writeRows(session, table, rows, options), true),
    execute: (statement) => told('the statement', (session) => void session.exec(oneStatement(statement)), true),
    close: () => Promise.resolve(),
  };
}

function browse(session: Session, path: readonly string[], limit: number): BrowseEntry[] {
  const [table] = path;
  if (table === undefined) {
    const sql = `SELECT name, type FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY name LIMIT ?`;
    const rows = session.prepare(sql).all(limit) as { readonly name: string; readonly type: string }[];
    return rows.map(({ name, type }) => ({ name, kind: type, type: '', hasChildren: true }));
  }
  const rows = session.prepare('SELECT name, type FROM pragma_table_info(?) LIMIT ?').all(table, limit);
  return (rows as { readonly name: string; readonly type: string }[]).map(({ name, type }) => ({
    name,
    kind: 'column',
    type,
    hasChildren: false,
  }));
}

type Told = <T>(doing: string, work: (session: Session) => T) => Promise<T>;

async function readRows(
  target: FileTarget,
  told: Told,
  source: RowSource,
  options: ReadRowsOptions,
  signal: AbortSignal,
): Promise<Reading> {
  const doing = 'table' in source ? `reading from the table ${source.table}` : 'the query';
  const select = selectSource(source, options, { quote });
  const readers = await told(doing, (session) => describe(session, select));
  // Dates and decimals are texts here, and texts are not left to databases.
  const decided = readers.map(({ column }) => ({ column, compares: column.type === 'bigint', nulls: true }));
  const pushdown = pushdownOf(source, options, decided, {}, quote);
  return {
    columns: readers.map(({ column }) => column),
    ...(pushdown === undefined ? {} : { decides: pushdown.decides }),
    async *rows(wanted) {
      const wantedReaders = readers.filter(({ column }) => wanted?.columns.includes(column.name) ?? true);
      const narrowed = selectSource(source, pushdown?.narrowed(options, wanted) ?? options, { quote });
      const list = wantedReaders.map(({ expression, column }) => `${expression} AS ${quote(column.name)}`).join(', ');
      const sql = `SELECT ${list} FROM (${narrowed}\n) AS t`;
      const session = openSession(target, false);
      try {
        const cells = session.prepare(sql).raw(true).safeIntegers(true).iterate() as IterableIterator<Cell[]>;
        let columns: Cell[][] = wantedReaders.map(() => []);
        const taken = () => ({ length: columns[0]?.length ?? 0, columns: columns.map((each, c) => values(wantedReaders[c] as ColumnReader, each)) }); // prettier-ignore
        for (const row of cells) {
          for (let c = 0; c < columns.length; c++) (columns[c] as Cell[]).push(row[c] ?? null);
          if ((columns[0]?.length ?? 0) < BATCH_ROWS) continue;
          yield taken();
          columns = wantedReaders.map(() => []);
          await turn();
          signal.throwIfAborted();
        }
        if ((columns[0]?.length ?? 0) > 0) yield taken();
      } catch (error) {
        throw sqliteError(error, doing);
      } finally {
        session.close();
      }
    },
  };
}

function values({ column, read }: ColumnReader, cells: readonly Cell[]): Vector {
  return cells.map((cell) => {
    if (cell === null) return null;
    const value = read(cell);
    if (value === undefined) throw noValue(column, cell);
    return value;
  });
}

function describe(session: Session, select: string): ColumnReader[] {
  const columns = session.prepare(select).columns();
  const kinds = columns.map((column) => {
    if (column.type !== null) return new Set<string>();
    const name = quote(column.name);
    const sql = `SELECT DISTINCT typeof(${name}) AS kind FROM (SELECT ${name} FROM (${select}\n) WHERE ${name} IS NOT NULL LIMIT ${LOOKED_AT})`;
    return new Set((session.prepare(sql).all() as { readonly kind: string }[]).map(({ kind }) => kind));
  });
  return columns.map(({ name, type }, index) => columnReader(name, type, kinds[index] as ReadonlySet<string>));
}

/** Writes rows in one transaction, the making of the table included. */
async function writeRows(
  session: Session,
  table: string,
  rows: Dataset,
  options: WriteRowsOptions,
): Promise<WrittenRows> {
  const { columns } = rows;
  const refused = columns.filter(({ type }) => columnType(type) === undefined);
  if (refused.length > 0) {
    const named = refused.map(({ name, type }) => `'${name}' (${type})`).join(', ');
    const message = `SQLite has no type for the columns ${named}; turn them into text before, such as with to_json(column)`;
    throw new SluiceError('TYPE_UNSUPPORTED', message, { details: { columns: refused.map((each) => each.name).join(',') } }); // prettier-ignore
  }
  const name = tableName(table, quote);
  session.exec('BEGIN IMMEDIATE');
  try {
    const own = namePath(table).at(-1) ?? '';
    const existing = session.prepare('SELECT name FROM pragma_table_info(?)').all(own) as { readonly name: string }[];
    const way = chooseWay(
      table,
      columns,
      existing.length === 0 ? undefined : existing.map((each) => each.name),
      options,
    );
    if (way === 'nothing') {
      session.exec('ROLLBACK');
      return { rows: 0, atomic: true };
    }
    if (way === 'replace') session.exec(`DROP TABLE ${name}`);
    if (way === 'create' || way === 'replace') session.exec(createTable(name, columns, options.keys ?? []));
    if (way === 'refill') session.exec(`DELETE FROM ${name}`);
    const upsert = options.mode === 'upsert' && (options.keys ?? []).length > 0;
    const written = await insert(session, insertInto(name, columns, upsert ? (options.keys ?? []) : []), rows);
    await options.beforeCommit();
    session.exec('COMMIT');
    return { rows: written, atomic: true };
  } catch (error) {
    if (session.inTransaction) session.exec('ROLLBACK');
    throw error;
  }
}

function createTable(name: string, columns: readonly Column[], keys: readonly string[]): string {
  const list = columns.map((column) => `${quote(column.name)} ${columnType(column.type)}`);
  const key = keys.length === 0 ? '' : `, PRIMARY KEY (${keys.map(quote).join(', ')})`;
  return `CREATE TABLE ${name} (${list.join(', ')}${key})`;
}

function insertInto(name: string, columns: readonly Column[], keys: readonly string[]): string {
  const list = columns.map((column) => quote(column.name)).join(', ');
  const insert = `INSERT INTO ${name} (${list}) VALUES (${columns.map(() => '?').join(', ')})`;
  if (keys.length === 0) return insert;
  const isKey = new Set(keys.map(lower));
  const changed = columns.filter((column) => !isKey.has(lower(column.name))).map((column) => quote(column.name));
  const set = changed.map((each) => `${each} = excluded.${each}`).join(', ');
  return `${insert} ON CONFLICT (${keys.map(quote).join(', ')}) ${changed.length === 0 ? 'DO NOTHING' : `DO UPDATE SET ${set}`}`;
}

async function insert(session: Session, sql: string, rows: Dataset): Promise<number> {
  const statement = session.prepare(sql);
  let count = 0;
  for await (const batch of rows.batches()) {
    for (let r = 0; r < batch.length; r++, count++) {
      const cells = rows.columns.map(({ name, type }, c) => {
        const value = (batch.columns[c] as Vector)[r] ?? null;
        const cell = value === null ? null : cellOf(type, value);
        if (cell === undefined) {
          const message = `row ${count + 1}, column '${name}': ${String(value)} cannot be kept in SQLite: dates are of the years 1 to 9999, and NaN would become null`;
          throw new SluiceError('DATA_INVALID', message, { details: { column: name, row: String(count + 1) } });
        }
        return cell instanceof Uint8Array ? Buffer.from(cell) : cell;
      });
      statement.run(...cells);
    }
  }
  return count;
}
