import { join } from 'node:path';
import { DuckDBDataChunk, type DuckDBAppender, type DuckDBType } from '@duckdb/node-api';
import {
  SluiceError,
  toSluiceError,
  type Column,
  type Dataset,
  type MadeRows,
  type PackedBatch,
  type PackedVector,
  type Value,
  type Vector,
  type Wanted,
} from '@sluice/plugin-sdk';
import { mapError } from '../errors.js';
import type { Loan } from '../instance.js';
import type { RunContext } from '../run-context.js';
import { duckdbType, quoteIdentifier, quoteLiteral } from '../sql/index.js';
import { CHUNK_ROWS, encodeColumn } from './encode.js';

/** Rows held in memory, as many as a row group of DuckDB has; beyond these they go to Parquet files in the run’s scratch. */
const SEGMENT_ROWS = 122_880;

/** A dataset of rows that JavaScript makes. They are taken when a query first needs them, and no faster than kept. */
export function spoolRows(
  context: RunContext,
  stop: string,
  columns: readonly Column[],
  rows: MadeRows | ((wanted: Wanted) => MadeRows),
): Dataset {
  const id = context.nextId();
  for (const column of columns) duckdbType(column.type);
  if (columns.length === 0) throw new SluiceError('SCHEMA_MISMATCH', 'rows need at least one column');
  const choosy = typeof rows === 'function';
  let spool = new Spool(context, id, columns);
  const dataset = context.dataset(
    { text: () => taken(), columns, stop, prepare: (wanted) => take(wanted), choosy },
    id,
  );
  const taken = (): string => {
    if (!context.nodeOf(dataset).sampled) return spool.query(columns);
    throw new SluiceError('INTERNAL', 'these rows were taken for a sample, and can be taken once');
  };
  const take = async (
    wanted: Wanted = { columns: columns.map(({ name }) => name), conditions: [], limit: undefined },
  ): Promise<void> => {
    const node = context.nodeOf(dataset);
    const { listener } = context.options;
    const whole =
      wanted.columns.length === columns.length && wanted.conditions.length === 0 && wanted.limit === undefined;
    // Another query may want more than was taken for the last one.
    if (choosy)
      spool = new Spool(
        context,
        context.nextId(),
        columns.filter(({ name }) => wanted.columns.includes(name)),
      );
    // A source may give rows that it was told are not needed: behind conditions, a limit counts others.
    const most = node.wanted ?? (wanted.conditions.length === 0 ? wanted.limit : undefined);
    listener.started(node.ports);
    try {
      const count = await spool.fill(choosy ? rows(wanted) : rows, most);
      listener.ended(node.ports, undefined);
      if (node.wanted !== undefined) return;
      if (whole) node.kept = spool.query(columns);
      if (wanted.limit === undefined) context.executor.countNode(node, count);
    } catch (error) {
      const failed = toSluiceError(error, 'STOP_FAILED');
      listener.ended(node.ports, failed);
      throw failed;
    }
  };
  return dataset;
}

/** Keeps rows in segments: one table in memory, and when it is full, a Parquet file. */
class Spool {
  private readonly files: string[] = [];
  private table: string | undefined;
  private appender: DuckDBAppender | undefined;
  private chunk: DuckDBDataChunk | undefined;
  private types: readonly DuckDBType[] = [];
  private inSegment = 0;
  private segments = 0;
  private rows = 0;
  private copying: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: RunContext,
    private readonly id: number,
    private readonly columns: readonly Column[],
  ) {}

  /** A query that gives the rows in the order in which they came; columns that were not taken are null. */
  query(all: readonly Column[]): string {
    const isWhole = all.length === this.columns.length;
    const columns = all.map(({ name, type }, at) => {
      const index = isWhole ? at : this.columns.findIndex((column) => column.name === name);
      if (index < 0) return `CAST(NULL AS ${duckdbType(type)}) AS ${quoteIdentifier(name)}`;
      const cell = `c${index}`;
      return `${staged(type) === duckdbType(type) ? cell : `CAST(${cell} AS ${duckdbType(type)})`} AS ${quoteIdentifier(name)}`;
    });
    const files = this.files.map(quoteLiteral).join(', ');
    const source = this.files.length > 0 ? `read_parquet([${files}], hive_partitioning = false)` : (this.table ?? '');
    return `SELECT ${columns.join(', ')} FROM ${source}`;
  }

  /** Takes all rows, or as many batches as hold so many as are wanted; gives their number. */
  async fill(rows: AsyncIterable<PackedBatch | readonly Value[]>, wanted = Infinity): Promise<number> {
    return this.context.executor.connected(async (loan) => {
      await this.begin(loan);
      let single: Value[][] = this.columns.map(() => []);
      const flush = async (): Promise<void> => {
        const length = single[0]?.length ?? 0;
        if (length > 0) await this.append(loan, { length, columns: single });
        single = this.columns.map(() => []);
      };
      for await (const item of rows) {
        if (this.rows + (single[0]?.length ?? 0) >= wanted) break;
        if (isBatch(item)) {
          await flush();
          await this.append(loan, item);
          continue;
        }
        if (item.length !== this.columns.length) throw this.wrongWidth(item.length);
        for (let c = 0; c < single.length; c++) single[c]?.push(item[c] ?? null);
        if ((single[0]?.length ?? 0) >= CHUNK_ROWS) await flush();
      }
      await flush();
      await this.finish();
      return this.rows;
    });
  }

  private async append(loan: Loan, batch: PackedBatch): Promise<void> {
    if (batch.columns.length !== this.columns.length) throw this.wrongWidth(batch.columns.length);
    for (let start = 0; start < batch.length; start += CHUNK_ROWS) {
      const length = Math.min(CHUNK_ROWS, batch.length - start);
      const chunk = (this.chunk ??= DuckDBDataChunk.create(this.types));
      chunk.reset();
      chunk.rowCount = length;
      for (const [index, column] of this.columns.entries()) {
        const values = batch.columns[index] as Vector | PackedVector;
        encodeColumn(chunk, index, this.types[index] as DuckDBType, column, values, start, length, this.rows);
      }
      this.appender?.appendDataChunk(chunk);
      this.rows += length;
      this.inSegment += length;
      if (this.inSegment >= SEGMENT_ROWS) {
        await this.turn();
        await this.begin(loan);
      }
    }
  }

  private async begin(loan: Loan): Promise<void> {
    const table = await this.context.keeper.table(`rows_${this.id}_${this.segments++}`);
    const types = this.columns.map(({ type }, index) => `c${index} ${staged(type)}`);
    await loan.connection.run(`CREATE TABLE ${table.quoted} (${types.join(', ')})`);
    this.table = table.quoted;
    this.appender = await loan.connection.createAppender(table.name, 'main', table.database);
    const { appender } = this;
    this.types = this.columns.map((_, index) => appender.columnType(index));
    this.inSegment = 0;
  }

  /** Ends a segment and lets it go to a file while the next one fills. */
  private async turn(): Promise<void> {
    this.appender?.closeSync();
    this.appender = undefined;
    // One segment at a time is on its way to the disk: that is the back-pressure.
    await this.copying;
    const table = this.table ?? '';
    const folder = await this.context.scratch(`rows-${this.id}`);
    const path = join(folder, `${String(this.files.length).padStart(6, '0')}.parquet`);
    this.files.push(path);
    this.copying = this.context.executor
      .connected(async ({ connection }) => {
        await connection.run(
          `COPY ${table} TO ${quoteLiteral(path)} (FORMAT parquet, COMPRESSION lz4_raw, DICTIONARY_SIZE_LIMIT 1)`,
        );
        await connection.run(`DROP TABLE ${table}`);
      })
      .catch((error: unknown) => {
        throw mapError(error, 'keeping rows');
      });
    // It is awaited at the next turn; until then nobody must take it for unhandled.
    this.copying.catch(() => undefined);
  }

  private async finish(): Promise<void> {
    if (this.files.length > 0 && this.inSegment > 0) await this.turn();
    this.appender?.closeSync();
    this.appender = undefined;
    await this.copying;
  }

  private wrongWidth(width: number): SluiceError {
    const names = this.columns.map((column) => column.name).join(', ');
    const message = `row ${this.rows + 1} has ${width} values for ${this.columns.length} columns (${names})`;
    return new SluiceError('DATA_INVALID', message);
  }
}

function isBatch(item: PackedBatch | readonly Value[]): item is PackedBatch {
  return !Array.isArray(item);
}

/** The type in which values are kept: intervals come as texts and are cast when read. */
function staged(type: string): string {
  return /interval/i.test(type) ? 'VARCHAR' : duckdbType(type);
}
