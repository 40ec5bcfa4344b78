import type { Column, FormatOptions } from '@sluice/plugin-sdk';
import { mapError } from '../errors.js';
import { findFiles } from '../files/find-files.js';
import { quoteIdentifier, quoteLiteral, sparkType } from '../sql/index.js';
import { OptionReader } from './options.js';
import { partitionColumns } from './partitions.js';
import type { ReadContext, Source } from './source.js';
import { plainSpelling, valueOfText } from './text-values.js';
import { takeWriteOptions, writeOptions, type FormatWriter, type WriteOptions } from './writer.js';

/** Reads Parquet files. Options: `mergeSchema` (false: all files have the columns of the first). */
export async function readParquet(
  context: ReadContext,
  location: string | readonly string[],
  given: FormatOptions | undefined,
): Promise<Source> {
  const options = new OptionReader(given, 'reading parquet');
  const merge = options.boolean(['mergeSchema'], false);
  options.end();
  const files = await findFiles(context.files, location);
  const paths = files.map((file) => file.path);
  const list = `[${paths.map(quoteLiteral).join(', ')}]`;
  const plain = `read_parquet(${list}, hive_partitioning = false, union_by_name = ${merge})`;
  const { own, rows } = await context.executor.connected(async ({ connection }) => {
    try {
      const described = await (await connection.run(`DESCRIBE SELECT * FROM ${plain}`)).getRows();
      const counted = await connection.run(`SELECT sum(num_rows) FROM parquet_file_metadata(${list})`);
      const [[sum] = []] = await counted.getRows();
      return { own: described.map(toColumn), rows: Number(sum ?? 0) };
    } catch (error) {
      throw mapError(error, `reading '${String(location)}'`);
    }
  });
  const partitions = partitionColumns(
    files,
    own.map(({ name, type }) => ({ name, type })),
  );
  const values = [
    ...own.map(({ name, expression }) => `${expression} AS ${quoteIdentifier(name)}`),
    ...partitions.map(({ name, type }) => {
      const quoted = quoteIdentifier(name);
      return `${valueOfText(quoted, type, plainSpelling(context.zone))} AS ${quoted}`;
    }),
  ];
  const folders = partitions.length > 0 ? 'true, hive_types_autocast = false' : 'false';
  const scan = `read_parquet(${list}, hive_partitioning = ${folders}, union_by_name = ${merge})`;
  return {
    columns: [...own.map(({ name, type }) => ({ name, type })), ...partitions],
    text: () => `SELECT ${values.join(', ')} FROM ${scan}`,
    scan: { bytes: files.reduce((sum, file) => sum + file.bytes, 0), rows, mark: '', paths, cheap: true },
  };
}

/** DuckDB types that Spark has not are read as the type that stands for them. */
function toColumn(row: readonly unknown[]): Column & { readonly expression: string } {
  const name = String(row[0]);
  const duckdb = String(row[1]);
  const type = sparkType(duckdb);
  const quoted = quoteIdentifier(name);
  if (/^(?:UTINYINT|USMALLINT|UINTEGER|UBIGINT|HUGEINT|UHUGEINT)$/.test(duckdb)) {
    const wider: Record<string, string> = { smallint: 'SMALLINT', int: 'INTEGER', bigint: 'BIGINT' };
    return { name, type, expression: `CAST(${quoted} AS ${wider[type] ?? type})` };
  }
  if (/^(?:TIMESTAMP_(?:S|MS|NS))$/.test(duckdb)) return { name, type, expression: `CAST(${quoted} AS TIMESTAMP)` };
  if (type === 'string' && duckdb !== 'VARCHAR') return { name, type, expression: `CAST(${quoted} AS VARCHAR)` };
  return { name, type, expression: quoted };
}

const CODECS = ['snappy', 'none', 'uncompressed', 'gzip', 'zstd', 'lz4', 'lz4_raw', 'brotli'] as const;

/** Writes Parquet. Options: those of every format, `compression` (snappy). */
export function parquetWriter(
  given: FormatOptions | undefined,
  columns: readonly Column[],
): { readonly writer: FormatWriter; readonly options: WriteOptions } {
  const options = writeOptions(given, 'parquet');
  const common = takeWriteOptions(options, columns);
  const named = options.choice(['compression', 'codec'], CODECS, 'snappy');
  options.end();
  const codec = named === 'none' ? 'uncompressed' : named === 'lz4' ? 'lz4_raw' : named;
  const ending = codec === 'uncompressed' ? '' : `${codec === 'lz4_raw' ? 'lz4' : codec}.`;
  return {
    writer: {
      extension: `${ending}parquet`,
      select: (_, relation) => `SELECT * FROM ${relation}`,
      settings: ['FORMAT parquet', `COMPRESSION ${codec}`],
    },
    options: common,
  };
}
