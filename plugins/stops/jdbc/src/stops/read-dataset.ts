import {
  SluiceError,
  type Connection,
  type Dataset,
  type Engine,
  type MadeRows,
  type PackedBatch,
  type Reading,
  type ReadRowsOptions,
  type RowSource,
  type StopLog,
  type Value,
  type Wanted,
} from '@sluice/plugin-sdk';
import { needText } from '../pushdown.js';

/** Ranges of a number column that are read at the same time. */
export interface Ranges {
  readonly column: string;
  readonly lower: number;
  readonly upper: number;
  /** How many ranges, and so sessions, there are. */
  readonly count: number;
}

/** The rows of a source as a dataset; they move when a sink asks for them, over sessions of their own. */
export async function readDataset(
  engine: Engine,
  open: () => Promise<Connection>,
  source: RowSource,
  log: StopLog,
  options: ReadRowsOptions = {},
): Promise<Dataset> {
  const connection = await open();
  try {
    const reading = await readingOf(connection, source, options);
    return await engine.fromRows(reading.columns, rowsOf([reading], log));
  } finally {
    await connection.close();
  }
}

/** The same rows by ranges of a column, several at once; their order is none. */
export async function readRanges(
  engine: Engine,
  open: () => Promise<Connection>,
  source: RowSource,
  log: StopLog,
  options: ReadRowsOptions,
  ranges: Ranges,
): Promise<Dataset> {
  const connection = await open();
  try {
    const readings: Reading[] = [];
    for (const condition of rangeConditions(ranges)) {
      const where = (options.where ?? '') === '' ? condition : `(${options.where}) AND (${condition})`;
      readings.push(await readingOf(connection, source, { ...options, where }));
    }
    return await engine.fromRows(readings[0]?.columns ?? [], rowsOf(readings, log));
  } finally {
    await connection.close();
  }
}

/** The rows of readings that differ in their condition alone; what the source can do of the query that follows, it does. */
function rowsOf(readings: readonly Reading[], log: StopLog): MadeRows | ((wanted: Wanted) => MadeRows) {
  const [first] = readings;
  const { decides } = first ?? {};
  const merged = (wanted?: Wanted): MadeRows =>
    readings.length === 1 && first !== undefined
      ? first.rows(wanted)
      : merge(readings.map((each) => each.rows(wanted)));
  if (first === undefined || decides === undefined) return merged();
  return ({ columns, conditions: all, limit }) => {
    const conditions = all.filter(decides);
    // Of rows that the engine still leaves some out of, so many may be too few.
    const need: Wanted = { columns, conditions, limit: conditions.length === all.length ? limit : undefined };
    const told = needText(need, first.columns);
    if (told !== undefined) log.info(`of what follows, the database does this: ${told}`);
    return merged(need);
  };
}

/** The conditions of the ranges: as Spark's, the first takes nulls and what is below, the last what is above. */
export function rangeConditions({ column, lower, upper, count }: Ranges): string[] {
  if (!/^[\p{L}_][\p{L}\p{N}_$.]*$/u.test(column)) {
    throw new SluiceError('PROPERTY_INVALID', `'${column}' is no plain name of a column to read ranges of`);
  }
  if (count <= 1 || lower >= upper) return ['1 = 1'];
  const bounds = Array.from({ length: count - 1 }, (_, i) => Math.floor(lower + ((upper - lower) * (i + 1)) / count));
  const cuts = [...new Set(bounds)];
  return [
    `${column} < ${cuts[0]} OR ${column} IS NULL`,
    ...cuts.slice(1).map((cut, index) => `${column} >= ${cuts[index]} AND ${column} < ${cut}`),
    `${column} >= ${cuts.at(-1)}`,
  ];
}

/** What comes first, first; each source is asked again when its last batch was taken. */
async function* merge(sources: readonly MadeRows[]): AsyncGenerator<PackedBatch | readonly Value[]> {
  const iterators = sources.map((each) => each[Symbol.asyncIterator]());
  const next = (index: number) =>
    (iterators[index] as AsyncIterator<PackedBatch | readonly Value[]>).next().then((result) => ({ index, result }));
  const waiting = new Map(iterators.map((_, index) => [index, next(index)]));
  try {
    while (waiting.size > 0) {
      const { index, result } = await Promise.race(waiting.values());
      if (result.done === true) waiting.delete(index);
      else {
        yield result.value;
        waiting.set(index, next(index));
      }
    }
  } finally {
    for (const pending of waiting.values()) pending.catch(() => undefined); // one failure is told, and ends the others
    await Promise.allSettled(iterators.map((each) => each.return?.()));
  }
}

/** What rows a source has. */
export function readingOf(connection: Connection, source: RowSource, options: ReadRowsOptions): Promise<Reading> {
  if (connection.read !== undefined) return connection.read(source, options);
  throw new SluiceError(
    'NOT_IMPLEMENTED',
    'this type of datasource has no tables to read; use the stops of its family',
  );
}
