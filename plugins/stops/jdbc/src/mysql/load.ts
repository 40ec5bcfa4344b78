import { once } from 'node:events';
import { Readable, type Duplex } from 'node:stream';
import { SluiceError, type Column, type Dataset, type Value, type Vector } from '@sluice/plugin-sdk';
import type { ResultSetHeader } from 'mysql2';
import { cellWriters, textRows, type CellWriter, type TextWords } from '../text-rows.js';
import { quote, rowsOf, run, type Session } from './connect.js';

const WORDS: TextWords = {
  yes: '1',
  no: '0',
  zone: '',
  binary: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex'),
};

/** Characters of one INSERT; servers take at least a million bytes. */
const STATEMENT_CHARACTERS = 256 * 1024;

/** Puts all rows into a table, given with its quotes; gives their number. */
export type RowLoader = (table: string) => Promise<number>;

/** The fastest way that the server allows. Its session must be in a transaction, or its table nobody else's. */
export async function rowLoader(session: Session, rows: Dataset): Promise<RowLoader> {
  const writers = cellWriters(rows.columns, WORDS, 'MySQL');
  const [row] = await rowsOf(session, 'SELECT @@local_infile AS allowed');
  return Number(row?.['allowed']) === 1
    ? (table) => loadRows(session, table, rows, writers)
    : (table) => insertRows(session, table, rows, writers);
}

/**
 * One LOAD DATA. The server adjusts values that do not fit and skips duplicate keys when the rows come from a client,
 * and tells it as a warning: any warning ends the write.
 */
async function loadRows(
  session: Session,
  table: string,
  rows: Dataset,
  writers: readonly CellWriter[],
): Promise<number> {
  const sent = { rows: 0 };
  let failure: { readonly error: unknown } | undefined;
  // Bytes come as hexadecimal digits, by way of a variable.
  const targets = rows.columns.map(({ name, type }, index) => (type === 'binary' ? `@b${index}` : quote(name)));
  const sets = rows.columns.flatMap(({ name, type }, index) =>
    type === 'binary' ? [`${quote(name)} = UNHEX(@b${index})`] : [],
  );
  const set = sets.length === 0 ? '' : ` SET ${sets.join(', ')}`;
  let result: ResultSetHeader & { readonly warningStatus?: number };
  try {
    result = (await run(session, {
      sql: `LOAD DATA LOCAL INFILE 'rows' INTO TABLE ${table} CHARACTER SET utf8mb4 (${targets.join(', ')})${set}`,
      infileStreamFactory: () =>
        Readable.from(lines(session, rows, writers, sent)).on('error', (error) => (failure ??= { error })),
    })) as typeof result;
  } catch (error) {
    throw failure === undefined ? error : failure.error;
  }
  if (failure !== undefined) throw failure.error;
  if ((result.warningStatus ?? 0) > 0) {
    const [first] = await rowsOf(session, 'SHOW WARNINGS LIMIT 1');
    throw new SluiceError('QUERY_FAILED', `the server does not take every row as it is: ${String(first?.['Message'])}`);
  }
  if (result.affectedRows !== sent.rows) {
    throw new SluiceError('QUERY_FAILED', `${sent.rows} rows were sent and ${result.affectedRows} were written`);
  }
  return sent.rows;
}

async function* lines(
  session: Session,
  rows: Dataset,
  writers: readonly CellWriter[],
  sent: { rows: number },
): AsyncGenerator<Buffer> {
  // The driver writes whatever it gets and waits for nothing: here is where a slow server slows the rows.
  const { stream } = session as unknown as { readonly stream: Duplex };
  for await (const batch of rows.batches()) {
    yield Buffer.from(textRows(batch, rows.columns, writers, sent.rows));
    sent.rows += batch.length;
    if (stream.writableNeedDrain) await drained(stream);
    if (stream.destroyed) return;
  }
}

/** Waits until a socket takes more, or is gone. */
async function drained(stream: Duplex): Promise<void> {
  const answered = new AbortController();
  const { signal } = answered;
  try {
    await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]);
  } finally {
    // What was not told would be listened for as long as the session lives.
    answered.abort();
  }
}

/** INSERTs of many rows each, for servers that take no LOAD DATA from clients. */
async function insertRows(
  session: Session,
  table: string,
  rows: Dataset,
  writers: readonly CellWriter[],
): Promise<number> {
  const literals = rows.columns.map(({ type }, index) => literalWriter(type, writers[index] as CellWriter));
  const head = `INSERT INTO ${table} (${rows.columns.map(({ name }) => quote(name)).join(', ')}) VALUES `;
  let count = 0;
  let tuples = '';
  const flush = async (): Promise<void> => {
    if (tuples !== '') await run(session, head + tuples);
    tuples = '';
  };
  for await (const batch of rows.batches()) {
    for (let r = 0; r < batch.length; r++, count++) {
      const cells = literals.map((write, c) => write((batch.columns[c] as Vector)[r] ?? null));
      const missing = cells.indexOf(undefined);
      if (missing >= 0) textRows(batch, rows.columns, writers, count - r); // says which value it is
      tuples += `${tuples === '' ? '' : ','}(${cells.join(',')})`;
      if (tuples.length >= STATEMENT_CHARACTERS) await flush();
    }
  }
  await flush();
  return count;
}

const QUOTED: readonly Column['type'][] = ['string', 'date', 'timestamp', 'timestamp_ntz', 'varchar', 'char'];

function literalWriter(type: string, write: CellWriter): (value: Value) => string | undefined {
  const word = /^[a-z_]+/.exec(type)?.[0] ?? '';
  const isText = word === 'string' || word === 'varchar' || word === 'char';
  return (value) => {
    if (value === null) return 'NULL';
    if (isText) return `'${(value as string).replace(/[\\']/g, '\\$&').replaceAll('\0', '\\0')}'`;
    const cell = write(value);
    if (cell === undefined) return undefined;
    return word === 'binary' ? `x'${cell}'` : QUOTED.includes(word) ? `'${cell}'` : cell;
  };
}
