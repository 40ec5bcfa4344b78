import type { Batch, Reading, ReadRowsOptions, RowSource, Value } from '@sluice/plugin-sdk';
import type { FieldPacket } from 'mysql2';
import { driverError } from '../failures.js';
import type { Target } from '../jdbc-url.js';
import { selectSource } from '../select.js';
import { endSession, quote, type Session } from './connect.js';
import { columnReader, type ColumnReader } from './types.js';

const BATCH_ROWS = 2048;
/** Batches that wait to be taken before the server is made to wait. */
const MOST_WAITING = 4;

/** Says what rows a source has. Each taking of them opens a session of its own. */
export async function readRows(
  target: Target,
  session: Session,
  open: () => Promise<Session>,
  source: RowSource,
  options: ReadRowsOptions,
  signal: AbortSignal,
): Promise<Reading> {
  const doing = 'table' in source ? `reading from the table ${source.table}` : 'the query';
  const select = selectSource(source, options, quote);
  const fields = await describe(session, select).catch((error: unknown) => {
    throw driverError(target, error, doing);
  });
  const readers = fields.map((field) => columnReader(field, target.zeroDatesAsNull));
  const list = readers.map(({ expression, column }) => `${expression} AS ${quote(column.name)}`).join(', ');
  const plain = readers.every(({ expression, column }) => expression === quote(column.name));
  const sql = plain ? select : `SELECT ${list} FROM (${select}\n) AS t`;
  return {
    columns: readers.map(({ column }) => column),
    async *rows() {
      const own = await open();
      const abort = (): void => own.destroy();
      signal.addEventListener('abort', abort, { once: true });
      let ended = false;
      try {
        yield* stream(own, sql, readers);
        ended = true;
      } catch (error) {
        throw driverError(target, signal.aborted ? signal.reason : error, doing);
      } finally {
        signal.removeEventListener('abort', abort);
        // A query that is left early would send all of its rows before the session could end.
        if (ended) await endSession(own);
        else own.destroy();
      }
    },
  };
}

/** The columns that a query will give, from the server's own preparation of it; nothing runs. */
function describe(session: Session, sql: string): Promise<readonly FieldPacket[]> {
  return new Promise((resolve, reject) => {
    session.prepare(sql, (error, statement) => {
      if (error !== null) return reject(error);
      const { columns } = statement as unknown as { readonly columns: readonly FieldPacket[] };
      statement.close();
      resolve(columns);
    });
  });
}

/** The rows as batches, in order. The socket is not read while enough of them wait. */
async function* stream(session: Session, sql: string, readers: readonly ColumnReader[]): AsyncGenerator<Batch> {
  const waiting: Batch[] = [];
  let columns: Value[][] = readers.map(() => []);
  let length = 0;
  let end: { readonly error: unknown } | undefined;
  let paused = false;
  let wake = (): void => undefined;
  const turn = (): void => {
    if (length > 0) waiting.push({ length, columns });
    columns = readers.map(() => []);
    length = 0;
    wake();
  };
  // A connection that is lost tells itself and not the query.
  session.on('error', (error: unknown) => {
    end ??= { error };
    wake();
  });
  const width = readers.length;
  const reads = readers.map(({ read }) => read);
  session
    .query({ sql, rowsAsArray: true })
    .on('result', (row: unknown) => {
      if (end !== undefined) return;
      try {
        const values = row as readonly unknown[];
        for (let c = 0; c < width; c++) {
          const read = reads[c];
          const value = values[c];
          (columns[c] as Value[]).push(read === undefined ? (value as Value) : read(value));
        }
      } catch (error) {
        end = { error };
        return turn();
      }
      length++;
      if (length < BATCH_ROWS) return;
      turn();
      if (waiting.length < MOST_WAITING || paused) return;
      paused = true;
      session.pause();
    })
    .on('error', (error: unknown) => {
      end ??= { error };
      wake();
    })
    .on('end', () => {
      end ??= { error: undefined };
      turn();
    });
  for (;;) {
    const batch = waiting.shift();
    if (batch !== undefined) {
      yield batch;
      continue;
    }
    if (end !== undefined) {
      if (end.error !== undefined) throw end.error;
      return;
    }
    const news = new Promise<void>((resolve) => (wake = resolve));
    if (paused) {
      paused = false;
      session.resume();
    }
    await news;
  }
}
