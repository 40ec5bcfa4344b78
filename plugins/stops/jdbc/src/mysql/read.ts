import { SluiceError, type PackedBatch, type Reading, type ReadRowsOptions, type RowSource } from '@sluice/plugin-sdk';
import type { FieldPacket } from 'mysql2';
import { BATCH_BYTES, BATCH_ROWS } from '../columns.js';
import { driverError } from '../failures.js';
import type { ServerTarget } from '../target.js';
import { pushdownOf, type LiteralWords } from '../pushdown.js';
import { selectSource } from '../select.js';
import { endSession, quote, type Session } from './connect.js';
import type { CellTaker } from './cells.js';
import { columnReader, type ColumnReader } from './types.js';

/** Batches that wait to be taken before the server is made to wait. */
const MOST_WAITING = 4;

const WORDS: LiteralWords = {
  decimal: (digits) => digits,
  date: (text) => `DATE '${text}'`,
  timestampNtz: (text) => `TIMESTAMP '${text}'`,
  // The sessions' zone is UTC.
  timestamp: (text) => `TIMESTAMP '${text}'`,
};

/** Says what rows a source has. Each taking of them opens a session of its own. */
export async function readRows(
  target: ServerTarget,
  session: Session,
  open: () => Promise<Session>,
  source: RowSource,
  options: ReadRowsOptions,
  signal: AbortSignal,
): Promise<Reading> {
  const doing = 'table' in source ? `reading from the table ${source.table}` : 'the query';
  const select = selectSource(source, options, { quote });
  const fields = await describe(session, select).catch((error: unknown) => {
    throw driverError(target, error, doing);
  });
  const readers = fields.map((field) => columnReader(field, target.zeroDatesAsNull));
  const pushdown = pushdownOf(source, options, readers, WORDS, quote);
  return {
    columns: readers.map(({ column }) => column),
    ...(pushdown === undefined ? {} : { decides: pushdown.decides }),
    async *rows(wanted) {
      const taken = readers.filter(({ column }) => wanted?.columns.includes(column.name) ?? true);
      const narrowed = selectSource(source, pushdown?.narrowed(options, wanted) ?? options, { quote });
      const list = taken.map(({ expression, column }) => `${expression} AS ${quote(column.name)}`).join(', ');
      const plain = readers.every(({ expression, column }) => expression === quote(column.name));
      const sql = plain && taken.length === readers.length ? narrowed : `SELECT ${list} FROM (${narrowed}\n) AS t`;
      const own = await open();
      const abort = (): void => own.destroy();
      signal.addEventListener('abort', abort, { once: true });
      let ended = false;
      try {
        yield* stream(own, sql, taken, target.zeroDatesAsNull);
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

/** A row as the driver has received it; the bytes are the driver's own. */
interface RowPacket {
  readonly buffer: Buffer;
  /** Where the row begins. */
  readonly offset: number;
}

/**
 * The driver's hook for the rows of a prepared statement: it asks for a class that makes a value of each row. Here the
 * cells go into columns at once; rows of JavaScript values would cost several times as much.
 */
interface ExecuteCommand extends NodeJS.EventEmitter {
  buildParserFromFields(fields: readonly FieldPacket[]): new () => { next(packet: RowPacket): void };
}

/** The rows as batches, in order. The socket is not read while enough of them wait. */
async function* stream(
  session: Session,
  sql: string,
  readers: readonly ColumnReader[],
  zeroDatesAsNull: boolean,
): AsyncGenerator<PackedBatch> {
  const waiting: PackedBatch[] = [];
  const takers = readers.map(({ taker }) => taker());
  let length = 0;
  let bytes = 0;
  let end: { readonly error: unknown } | undefined;
  let paused = false;
  let wake = (): void => undefined;
  const turn = (): void => {
    if (length > 0) waiting.push({ length, columns: takers.map(({ store }) => store.take(length)) });
    length = 0;
    bytes = 0;
    wake();
  };
  const stop = (error: unknown): void => {
    end ??= { error };
    wake();
  };
  // A connection that is lost tells itself and not the query.
  session.on('error', stop);
  const next = (packet: RowPacket): void => {
    if (end !== undefined) return;
    try {
      bytes += takeRow(packet, takers, length);
    } catch (error) {
      return stop(error);
    }
    length++;
    if (length < BATCH_ROWS && bytes < BATCH_BYTES) return;
    turn();
    if (waiting.length < MOST_WAITING || paused) return;
    paused = true;
    session.pause();
  };
  const command = session.execute({ sql }) as unknown as ExecuteCommand;
  command.buildParserFromFields = (fields) => {
    const types = fields.map((field) => columnReader(field, zeroDatesAsNull).column.type);
    if (types.join() !== readers.map(({ column }) => column.type).join()) stop(changedMeanwhile());
    return class {
      readonly next = next;
    };
  };
  command.on('error', stop).on('end', () => {
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

/**
 * A row of the binary protocol: a zero, a bit for each cell that is null (the first two bits are not used), the cells.
 * Gives the number of its bytes.
 */
function takeRow({ buffer, offset }: RowPacket, takers: readonly CellTaker[], row: number): number {
  const bits = offset + 1;
  let at = bits + ((takers.length + 9) >> 3);
  for (let c = 0; c < takers.length; c++) {
    const taker = takers[c] as CellTaker;
    if (((buffer[bits + ((c + 2) >> 3)] as number) & (1 << ((c + 2) & 7))) !== 0) taker.store.none(row);
    else at = taker.take(buffer, at, row);
  }
  return at - offset;
}

function changedMeanwhile(): SluiceError {
  return new SluiceError(
    'QUERY_FAILED',
    'the columns changed between the beginning of the run and the reading; run again',
  );
}
