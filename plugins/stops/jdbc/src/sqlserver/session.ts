import { SluiceError, type ConnectOptions, type Dataset, type Value } from '@sluice/plugin-sdk';
import { Connection as Driver, ConnectionError, Request, TYPES } from 'tedious';
import type { Answer, Session } from '../sql/session.js';
import type { ServerTarget } from '../target.js';
import { dateText, timeText } from '../times.js';
import { typeWord } from '../sql/words.js';
import { BATCH_ROWS } from '../columns.js';
import { columnType, quote } from './dialect.js';
import { declared, resultColumn, type ColumnMetadata } from './types.js';

/**
 * The driver's connection that keeps to TLS: the driver itself goes on in the clear, the password too, when a server says
 * that it has none.
 */
class Connection extends Driver {
  override async performTlsNegotiation(...given: Parameters<Driver['performTlsNegotiation']>): Promise<void> {
    if (this.config.options.encrypt === true && !/^(ON|REQ)$/.test(given[0].encryptionString)) {
      throw new ConnectionError('the server does not encrypt connections', 'EENCRYPT');
    }
    await super.performTlsNegotiation(...given);
  }
}

/** Opens a session. */
export async function openSession(target: ServerTarget, { timeoutMs, signal }: ConnectOptions): Promise<Session> {
  const { host, port, database, user, password, tls } = target;
  const connection = new Connection({
    server: host,
    authentication: { type: 'default', options: { userName: user, password } },
    options: {
      port,
      ...(database === '' ? {} : { database }),
      encrypt: tls === 'require' || tls === 'verify',
      trustServerCertificate: tls !== 'verify',
      connectTimeout: timeoutMs,
      // How long a query may take is the run's affair.
      requestTimeout: 0,
      appName: 'sluice',
      useUTC: true,
    },
  });
  let running: Running | undefined;
  const follow = (work: Running): void => {
    running = work;
    void work.ended.then(() => (running = running === work ? undefined : running));
  };
  // The driver breaks when it is closed while something is under way.
  const close = async (): Promise<void> => {
    running?.cancel();
    await running?.ended;
    connection.close();
  };
  const onAbort = (): void => void close();
  signal.addEventListener('abort', onAbort, { once: true });
  // Failures are told by what they end.
  connection.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
  const execute = (sql: string): Promise<void> =>
    new Promise((resolve, reject) => {
      let ended = (): void => undefined;
      const request = new Request(sql, (error) => {
        ended();
        if (error) reject(error);
        else resolve();
      });
      follow({ cancel: () => request.cancel(), ended: new Promise((done) => (ended = done)) });
      connection.execSqlBatch(request);
    });
  const ask = (sql: string): Promise<Asked> => begin(connection, sql, follow);
  return {
    async query(sql) {
      const first = await ask(sql);
      const lossy = first.metadata.some((column) => declared(column) !== undefined);
      if (!lossy) return answerOf(first, first.metadata);
      await first.end();
      // The driver makes numbers of decimals, which lose digits: the server gives them as texts.
      const list = first.metadata.map((column, i) => `${quote(column.colName || `c${i}`)} ${declared(column, true)}`);
      const text = `EXEC sp_executesql N'${sql.replaceAll("'", "''")}' WITH RESULT SETS ((${list.join(', ')}))`;
      return answerOf(await ask(text), first.metadata);
    },
    execute,
    insert: (table, rows) => insert(connection, execute, follow, table, rows),
    async close() {
      signal.removeEventListener('abort', onAbort);
      await close();
    },
  };
}

/** What the server has been sent and has not answered whole. */
interface Running {
  cancel(): void;
  readonly ended: Promise<void>;
}

/** A query that has begun. */
interface Asked {
  readonly metadata: readonly ColumnMetadata[];
  rows(): AsyncGenerator<readonly (readonly unknown[])[]>;
  end(): Promise<void>;
}

function answerOf(asked: Asked, metadata: readonly ColumnMetadata[]): Answer {
  return { columns: metadata.map(resultColumn), rows: () => asked.rows() };
}

/** Begins a query; rows are held back once a batch of them waits. */
function begin(connection: Connection, sql: string, follow: (work: Running) => void): Promise<Asked> {
  return new Promise((resolve, reject) => {
    let waiting: unknown[][] = [];
    let wake = (): void => undefined;
    let [isEnded, failure] = [false, undefined as Error | undefined];
    let ended = (): void => undefined;
    const whole = new Promise<void>((done) => (ended = done));
    const request = new Request(sql, (error) => {
      isEnded = true;
      if (error) failure = error;
      ended();
      wake();
      if (error) reject(error);
      else resolve(asked([]));
    });
    const asked = (metadata: readonly ColumnMetadata[]): Asked => ({
      metadata,
      async *rows() {
        try {
          for (;;) {
            if (waiting.length >= BATCH_ROWS || isEnded) {
              if (failure !== undefined) throw failure;
              const taken = waiting;
              waiting = [];
              request.resume();
              if (taken.length > 0) yield taken;
              if (isEnded && waiting.length === 0) return;
            } else await new Promise<void>((done) => (wake = done));
          }
        } finally {
          await this.end();
        }
      },
      async end() {
        cancel();
        await whole;
      },
    });
    const cancel = (): void => {
      if (isEnded) return;
      waiting = [];
      request.resume();
      request.cancel();
    };
    follow({ cancel, ended: whole });
    request.on('columnMetadata', (columns) => resolve(asked(columns as ColumnMetadata[])));
    request.on('row', (columns: { readonly value: unknown }[]) => {
      waiting.push(columns.map(({ value }) => value));
      if (waiting.length < BATCH_ROWS) return;
      request.pause();
      wake();
    });
    connection.execSqlBatch(request);
  });
}

/** Loads rows in bulk, as texts and bytes, and takes them over from there, where the server makes values of them. */
async function insert(
  connection: Connection,
  execute: (sql: string) => Promise<void>,
  follow: (work: Running) => void,
  table: readonly string[],
  rows: Dataset,
): Promise<number> {
  const { columns } = rows;
  const isBinary = columns.map(({ type }) => typeWord(type) === 'binary');
  const list = columns.map((_, c) => `[c${c}] ${isBinary[c] ? 'VARBINARY(MAX)' : 'NVARCHAR(MAX)'}`);
  await execute(`CREATE TABLE [#sluice_rows] (${list.join(', ')})`);
  let count = 0;
  await new Promise<void>((resolve, reject) => {
    let ended = (): void => undefined;
    const bulk = connection.newBulkLoad('[#sluice_rows]', {}, (error) => {
      ended();
      if (error) reject(error);
      else resolve();
    });
    follow({ cancel: () => bulk.cancel(), ended: new Promise((done) => (ended = done)) });
    for (const c of columns.keys()) {
      const type = isBinary[c] ? TYPES.VarBinary : TYPES.NVarChar;
      bulk.addColumn(`c${c}`, type, { nullable: true, length: Infinity });
    }
    const cells = async function* (): AsyncGenerator<unknown[]> {
      for await (const { length, columns: vectors } of rows.batches()) {
        for (let r = 0; r < length; r++) {
          count++;
          yield columns.map(({ name, type }, c) => cellOf(name, type, vectors[c]?.[r] ?? null, count));
        }
      }
    };
    connection.execBulkLoad(bulk, cells() as AsyncIterable<unknown[]>);
  });
  const names = columns.map(({ name }) => quote(name)).join(', ');
  const values = columns.map(({ type }, c) => (isBinary[c] ? `[c${c}]` : `CAST([c${c}] AS ${columnType(type)})`));
  await execute(`INSERT INTO ${table.map(quote).join('.')} (${names}) SELECT ${values.join(', ')} FROM [#sluice_rows]`);
  await execute('DROP TABLE [#sluice_rows]');
  return count;
}

function cellOf(name: string, type: string, value: Value, row: number): string | Buffer | null {
  if (value === null) return null;
  const cell = textOf(type, value);
  if (cell !== undefined) return cell;
  const message = `row ${row}, column '${name}': ${String(value)} cannot be kept in SQL Server: dates are of the years 1 to 9999, and numbers are finite`;
  throw new SluiceError('DATA_INVALID', message, { details: { column: name, row: String(row) } });
}

function textOf(type: string, value: Exclude<Value, null>): string | Buffer | undefined {
  switch (typeWord(type)) {
    case 'binary':
      return Buffer.from(value as Uint8Array);
    case 'boolean':
      return value === true ? '1' : '0';
    case 'date':
      return dateText(value as number);
    case 'timestamp_ntz':
      return timeText(value as bigint)?.replace(' ', 'T');
    case 'timestamp': {
      const text = timeText(value as bigint);
      return text === undefined ? undefined : `${text.replace(' ', 'T')}+00:00`;
    }
    case 'float':
    case 'double':
      return Number.isFinite(value) ? String(value) : undefined;
    default:
      return String(value);
  }
}
