import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { SluiceError, type Column, type FormatOptions, type SaveMode } from '@sluice/plugin-sdk';
import { quoteIdentifier, quoteLiteral } from '../sql/index.js';
import { changedRows } from '../keeper.js';
import { OptionReader } from './options.js';

/** How one format puts rows into files. */
export interface FormatWriter {
  /** The ending of files, such as `csv`. */
  readonly extension: string;
  /** The query whose rows go to the file, over a relation of the columns given. */
  select(columns: readonly Column[], relation: string): string;
  /** Settings of DuckDB's COPY. */
  readonly settings: readonly string[];
  /** Changes a file after it was written, as where it is in another encoding. */
  finish?(path: string, columns: readonly Column[]): Promise<void>;
}

const MOST_PARTS = 10_000;

/** Options that every format has when writing. */
export interface WriteOptions {
  readonly mode: SaveMode;
  /** One file at the location instead of a folder with part files. Default false. */
  readonly single: boolean;
  readonly partitionBy: readonly string[];
  /** How many part files, as far as there are rows for them. Default 1. */
  readonly parts: number;
}

/** Takes `mode`/`saveMode` (default `error`), `single` (false), `partitionBy` (none) and `parts` (1). */
export function takeWriteOptions(options: OptionReader, columns: readonly Column[]): WriteOptions {
  const mode = options.choice(
    ['mode', 'saveMode'],
    ['append', 'overwrite', 'error', 'errorifexists', 'default', 'ignore'] as const,
    'error',
  );
  const single = options.boolean(['single'], false);
  const partitionBy = options.list(['partitionBy']).map((name) => {
    const column = columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (column !== undefined) return column.name;
    const known = columns.map((each) => each.name).join(', ');
    throw new SluiceError('COLUMN_UNKNOWN', `partitionBy: there is no column '${name}'; there are ${known}`);
  });
  const parts = options.number(['parts']) ?? 1;
  if (!Number.isInteger(parts) || parts < 1 || parts > MOST_PARTS) {
    throw new SluiceError(
      'PROPERTY_INVALID',
      `the option parts is ${parts}; give a whole number from 1 to ${MOST_PARTS}`,
    );
  }
  if (parts > 1 && (single || partitionBy.length > 0)) {
    throw new SluiceError('PROPERTY_INVALID', 'the option parts goes with neither single nor partitionBy');
  }
  checkDistinct(columns);
  if (single && partitionBy.length > 0) {
    throw new SluiceError('PROPERTY_INVALID', 'the options single and partitionBy exclude each other');
  }
  if (partitionBy.length > 0 && partitionBy.length === columns.length) {
    throw new SluiceError('PROPERTY_INVALID', 'partitionBy names every column; leave at least one for the files');
  }
  const known = mode === 'errorifexists' || mode === 'default' ? 'error' : mode;
  return { mode: known, single, partitionBy, parts };
}

/** Files know columns by their names, in any case. */
export function checkDistinct(columns: readonly Column[]): void {
  const seen = new Set<string>();
  for (const { name } of columns) {
    if (seen.has(name.toLowerCase())) {
      throw new SluiceError(
        'COLUMN_AMBIGUOUS',
        `two columns have the name '${name}'; give one of them another name before writing`,
      );
    }
    seen.add(name.toLowerCase());
  }
}

/** Options for writing, as given by a call. */
export function writeOptions(given: FormatOptions | undefined, format: string): OptionReader {
  return new OptionReader(given, `writing ${format}`);
}

/** Writes the rows of a relation to `path`, a folder or one file; gives the number of rows. */
export async function copyRows(
  connection: DuckDBConnection,
  source: { readonly prefix: string; readonly relation: string; readonly columns: readonly Column[] },
  path: string,
  writer: FormatWriter,
  options: WriteOptions,
): Promise<number> {
  const { columns, relation } = source;
  const settings = [...writer.settings];
  let to = path;
  if (!options.single && options.partitionBy.length > 0) {
    settings.push(
      `PARTITION_BY (${options.partitionBy.map(quoteIdentifier).join(', ')})`,
      `FILENAME_PATTERN ${quoteLiteral(`part-{i}-${randomUUID()}`)}`,
      `FILE_EXTENSION ${quoteLiteral(writer.extension)}`,
      'OVERWRITE_OR_IGNORE true',
    );
  } else if (!options.single) to = join(path, `part-00000-${randomUUID()}-c000.${writer.extension}`);
  const copy = async (from: string, file: string): Promise<number> => {
    const select = `${source.prefix}${writer.select(columns, from)}`;
    return changedRows(await connection.run(`COPY (${select}) TO ${quoteLiteral(file)} (${settings.join(', ')})`));
  };
  if (options.parts === 1) return copy(relation, to);
  const [[total] = []] = await (await connection.run(`${source.prefix}SELECT count(*) FROM ${relation}`)).getRows();
  const size = Math.max(1, Math.ceil(Number(total) / options.parts));
  let rows = 0;
  for (let part = 0; part === 0 || part * size < Number(total); part++) {
    const from = `(SELECT * FROM ${relation} LIMIT ${size} OFFSET ${part * size})`;
    rows += await copy(from, to.replace('part-00000', `part-${String(part).padStart(5, '0')}`));
  }
  return rows;
}
