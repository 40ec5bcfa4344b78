import { SluiceError, type PackedBatch, type Reading, type ReadRowsOptions, type RowSource } from '@sluice/plugin-sdk';
import { to as copyTo } from 'pg-copy-streams';
import { BATCH_BYTES, BATCH_ROWS } from '../columns.js';
import { driverError } from '../failures.js';
import type { ServerTarget } from '../target.js';
import { pushdownOf, type LiteralWords } from '../pushdown.js';
import { selectSource } from '../select.js';
import { breakSession, endSession, quote, type Session } from './connect.js';
import { columnReader, type CellTaker, type ColumnReader } from './types.js';

/** COPY's binary form begins with these bytes, flags and the length of an extension. */
const SIGNATURE = Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1');
const HEADER_BYTES = 19;

const WORDS: LiteralWords = {
  decimal: (digits) => `numeric '${digits}'`,
  date: (text) => `date '${text}'`,
  timestampNtz: (text) => `timestamp '${text}'`,
  timestamp: (text) => `timestamptz '${text}+00'`,
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
  const described = await session.query(`SELECT * FROM (${select}\n) AS t LIMIT 0`).catch((error: unknown) => {
    throw driverError(target, error, doing);
  });
  const readers = described.fields.map(({ name, dataTypeID, dataTypeModifier }) =>
    columnReader(name, dataTypeID, dataTypeModifier, quote(name)),
  );
  const pushdown = pushdownOf(source, options, readers, WORDS, quote);
  return {
    columns: readers.map(({ column }) => column),
    ...(pushdown === undefined ? {} : { decides: pushdown.decides }),
    async *rows(wanted) {
      const taken = readers.filter(({ column }) => wanted?.columns.includes(column.name) ?? true);
      const narrowed = selectSource(source, pushdown?.narrowed(options, wanted) ?? options, { quote });
      const list = taken.map(({ expression }) => expression).join(', ');
      const sql = `COPY (SELECT ${list} FROM (${narrowed}\n) AS t) TO STDOUT (FORMAT binary)`;
      const own = await open();
      const abort = (): void => breakSession(own);
      signal.addEventListener('abort', abort, { once: true });
      let ended = false;
      try {
        yield* decode(own.query(copyTo(sql)), taken);
        ended = true;
      } catch (error) {
        throw driverError(target, signal.aborted ? signal.reason : error, doing);
      } finally {
        signal.removeEventListener('abort', abort);
        // A query that is left early would send all of its rows before the session could end.
        if (!ended) breakSession(own);
        await endSession(own);
      }
    },
  };
}

/** Rows from the pieces of COPY's binary form. */
async function* decode(pieces: AsyncIterable<Buffer>, readers: readonly ColumnReader[]): AsyncGenerator<PackedBatch> {
  const width = readers.length;
  const takers = readers.map(({ taker }) => taker());
  const take = (): PackedBatch => ({ length, columns: takers.map(({ store }) => store.take(length)) });
  let length = 0;
  let bytes = 0;
  let data: Buffer = Buffer.alloc(0);
  let begun = false;
  for await (const piece of pieces) {
    data = data.length === 0 ? piece : Buffer.concat([data, piece]);
    let at = 0;
    if (!begun) {
      if (data.length < HEADER_BYTES) continue;
      if (!data.subarray(0, SIGNATURE.length).equals(SIGNATURE)) {
        throw new SluiceError('QUERY_FAILED', 'the server sent rows in a form that is not COPY’s binary one');
      }
      at = HEADER_BYTES + data.readInt32BE(15);
      begun = true;
    }
    for (;;) {
      const next = endOfRow(data, at, width);
      if (next < 0) break;
      if (next === at) return void (length > 0 && (yield take()));
      let cell = at + 2;
      for (let c = 0; c < width; c++) {
        const size = data.readInt32BE(cell);
        cell += 4;
        const taker = takers[c] as CellTaker;
        if (size < 0) taker.store.none(length);
        else {
          taker.take(data, cell, size, length);
          cell += size;
        }
      }
      bytes += next - at;
      at = next;
      length++;
      if (length < BATCH_ROWS && bytes < BATCH_BYTES) continue;
      yield take();
      length = 0;
      bytes = 0;
    }
    data = data.subarray(at);
  }
  if (length > 0) yield take();
}

/** Where the row at a place ends; the place itself at the end of all rows, -1 when the row is not whole yet. */
function endOfRow(data: Buffer, at: number, width: number): number {
  if (data.length < at + 2) return -1;
  if (data.readInt16BE(at) === -1) return at;
  let cell = at + 2;
  for (let c = 0; c < width; c++) {
    if (data.length < cell + 4) return -1;
    const size = data.readInt32BE(cell);
    cell += 4 + Math.max(size, 0);
  }
  return cell <= data.length ? cell : -1;
}
