import { existsSync } from 'node:fs';
import {
  BLOB,
  BOOLEAN,
  BIGINT,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBBlobValue,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  FLOAT,
  INTEGER,
  SMALLINT,
  TIMESTAMP,
  TIMESTAMPTZ,
  TINYINT,
  VARCHAR,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { SluiceError, type Dataset, type Value } from '@sluice/plugin-sdk';
import type { Session } from '../sql/session.js';
import { decimalSize, doubleQuote, typeWord } from '../sql/words.js';
import { columnType } from './dialect.js';
import { resultColumn } from './types.js';

/** What every session is held to: the file and nothing else of the machine, and not the memory that the engine needs. */
const SETTINGS = {
  enable_external_access: 'false',
  autoinstall_known_extensions: 'false',
  autoload_known_extensions: 'false',
  memory_limit: '512MiB',
  threads: '2',
};

/** Opens a database file that is there, or makes one when rows are to be written. */
export async function openSession(path: string, forWriting: boolean): Promise<Session> {
  if (!forWriting && !existsSync(path)) {
    const message = `there is no DuckDB file '${path}', step 'connect'; check the path`;
    throw new SluiceError('CONNECTION_FAILED', message, { details: { step: 'connect' } });
  }
  const release = claim(path, forWriting);
  let instance: DuckDBInstance | undefined;
  let connection: DuckDBConnection;
  try {
    const mode = { access_mode: forWriting ? 'READ_WRITE' : 'READ_ONLY' };
    instance = await DuckDBInstance.create(path, { ...SETTINGS, ...mode });
    connection = await instance.connect();
    await connection.run("SET lock_configuration = true; SET TimeZone = 'UTC'").catch(() => undefined); // locked already
  } catch (error) {
    instance?.closeSync();
    release();
    const message = `the DuckDB file '${path}' cannot be opened, step 'connect': ${(error as Error).message}; while one writes the file, nobody else has it open`;
    throw new SluiceError('CONNECTION_FAILED', message, { details: { step: 'connect' }, cause: error });
  }
  return {
    async query(sql) {
      const prepared = await connection.prepare(sql);
      const columns = Array.from({ length: prepared.columnCount }, (_, c) =>
        resultColumn(prepared.columnName(c), prepared.columnType(c)),
      );
      return {
        columns,
        async *rows() {
          const result = await prepared.stream();
          for (let chunk = await result.fetchChunk(); chunk !== null && chunk.rowCount > 0;) {
            yield chunk.getRows();
            chunk = await result.fetchChunk();
          }
        },
      };
    },
    execute: async (sql) => void (await connection.run(sql)),
    insert: (table, rows) => insert(connection, table, rows),
    close() {
      connection.closeSync();
      instance?.closeSync();
      release();
      return Promise.resolve();
    },
  };
}

/** The files that this process has open: how many read each, or that one writes it. The lock of a file is the process's. */
const OPEN = new Map<string, number | 'written'>();

function claim(path: string, forWriting: boolean): () => void {
  const now = OPEN.get(path) ?? 0;
  if (now === 'written' || (forWriting && now > 0)) {
    const message = `the DuckDB file '${path}' is ${now === 'written' ? 'written' : 'read'} at the same time, step 'connect'; write to another file, or in a run of its own`;
    throw new SluiceError('CONNECTION_FAILED', message, { details: { step: 'connect' } });
  }
  OPEN.set(path, forWriting ? 'written' : now + 1);
  return () => {
    const left = OPEN.get(path);
    if (typeof left === 'number' && left > 1) OPEN.set(path, left - 1);
    else OPEN.delete(path);
  };
}

/** Appends rows to a table of the session, and takes them over from there: the appender knows no names of columns. */
async function insert(connection: DuckDBConnection, table: readonly string[], rows: Dataset): Promise<number> {
  const { columns } = rows;
  const list = columns.map(({ name, type }) => `${doubleQuote(name)} ${columnType(type)}`);
  await connection.run(`CREATE OR REPLACE TEMPORARY TABLE sluice_rows (${list.join(', ')})`);
  const appender = await connection.createAppender('sluice_rows', 'main', 'temp');
  const writers = columns.map(({ type }) => writerOf(type));
  let count = 0;
  for await (const { length, columns: vectors } of rows.batches()) {
    const chunk = DuckDBDataChunk.create(
      writers.map(({ type }) => type),
      length,
    );
    for (const [c, { write }] of writers.entries()) {
      const cells = Array.from(vectors[c] as Iterable<Value>, (value) => (value === null ? null : write(value)));
      chunk.setColumnValues(c, cells);
    }
    appender.appendDataChunk(chunk);
    count += length;
  }
  appender.closeSync();
  const names = columns.map(({ name }) => doubleQuote(name)).join(', ');
  await connection.run(`INSERT INTO ${table.map(doubleQuote).join('.')} (${names}) SELECT * FROM temp.sluice_rows`);
  await connection.run('DROP TABLE temp.sluice_rows');
  return count;
}

interface Writer {
  readonly type: DuckDBType;
  write(value: Exclude<Value, null>): DuckDBValue;
}

function writerOf(type: string): Writer {
  const same = (own: DuckDBType): Writer => ({ type: own, write: (value) => value as DuckDBValue });
  switch (typeWord(type)) {
    case 'boolean':
      return same(BOOLEAN);
    case 'tinyint':
      return same(TINYINT);
    case 'smallint':
      return same(SMALLINT);
    case 'int':
      return same(INTEGER);
    case 'bigint':
      return same(BIGINT);
    case 'float':
      return same(FLOAT);
    case 'double':
      return same(DOUBLE);
    case 'date':
      return { type: DATE, write: (value) => new DuckDBDateValue(value as number) };
    case 'timestamp':
      return { type: TIMESTAMPTZ, write: (value) => new DuckDBTimestampTZValue(value as bigint) };
    case 'timestamp_ntz':
      return { type: TIMESTAMP, write: (value) => new DuckDBTimestampValue(value as bigint) };
    case 'binary':
      return { type: BLOB, write: (value) => new DuckDBBlobValue(value as Uint8Array) };
    case 'decimal': {
      const [width, scale] = decimalSize(type);
      const own = DECIMAL(width, scale);
      return { type: own, write: (value) => new DuckDBDecimalValue(unscaled(value as string, scale), width, scale) };
    }
    default:
      return same(VARCHAR);
  }
}

/** The digits of a decimal text as one whole number. */
function unscaled(text: string, scale: number): bigint {
  const [whole = '', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}
