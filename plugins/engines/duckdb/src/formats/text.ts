import { SluiceError, type Column, type FormatOptions } from '@sluice/plugin-sdk';
import { findFiles } from '../files/find-files.js';
import { checkEncoding, isUtf8 } from '../files/text-stream.js';
import { encodeFile } from '../files/encode-file.js';
import { recode } from '../files/recode.js';
import { quoteIdentifier, quoteLiteral } from '../sql/index.js';
import { TEXT_COMPRESSIONS, textCompression } from './csv-write.js';
import { OptionReader } from './options.js';
import { partitionColumns } from './partitions.js';
import type { ReadContext, Source } from './source.js';
import { plainSpelling, valueOfText } from './text-values.js';
import { takeWriteOptions, writeOptions, type FormatWriter, type WriteOptions } from './writer.js';

/** A delimiter that no text has: a line is one cell. Four bytes are the most that DuckDB takes. */
const NO_DELIMITER = '\u0001\u0002\u0003\u0004';
/** Settings for lines up to 32 MiB; DuckDB's default is 2 MB, and its buffers grow with it. */
export const LONG_LINES = `max_line_size = ${32 << 20}, buffer_size = ${64 << 20}`;

/** DuckDB's scan of whole lines as one column of texts, blank ones as NULL. */
export function lineScan(paths: readonly string[], column: string, folders: boolean, long = false): string {
  const settings = [
    'auto_detect = false',
    `columns = {'${column}': 'VARCHAR'}`,
    'header = false',
    `delim = ${quoteLiteral(NO_DELIMITER)}`,
    "quote = ''",
    "escape = ''",
    `nullstr = ''`,
    'strict_mode = false',
    ...(long ? [LONG_LINES] : []),
    folders ? 'hive_partitioning = true, hive_types_autocast = false' : 'hive_partitioning = false',
  ];
  return `read_csv([${paths.map(quoteLiteral).join(', ')}], ${settings.join(', ')})`;
}

/**
 * Reads text files: one column `value`, a row for each line, or for each file with `wholetext` (false). Options also:
 * `encoding` (UTF-8).
 */
export async function readText(
  context: ReadContext,
  location: string | readonly string[],
  given: FormatOptions | undefined,
): Promise<Source> {
  const options = new OptionReader(given, 'reading text');
  const whole = options.boolean(['wholetext'], false);
  const encoding = options.text(['encoding', 'charset']) ?? 'UTF-8';
  options.end();
  checkEncoding(encoding);
  const files = await findFiles(context.files, location);
  const partitions = partitionColumns(files, [{ name: 'value', type: 'string' }]);
  const mark = `s${context.id}c`;
  let long = false;
  let paths = files.map((file) => file.path);
  const folders = partitions.map(({ name, type }) => {
    const quoted = quoteIdentifier(name);
    return `, ${valueOfText(quoted, type, plainSpelling(context.zone))} AS ${quoted}`;
  });
  return {
    columns: [{ name: 'value', type: 'string' }, ...partitions],
    text: () => {
      if (whole) return `SELECT content AS value FROM read_text([${paths.map(quoteLiteral).join(', ')}])`;
      return `SELECT coalesce(${mark}0, '') AS value${folders.join('')} FROM ${lineScan(paths, `${mark}0`, folders.length > 0, long)}`;
    },
    scan: {
      bytes: files.reduce((sum, file) => sum + file.bytes, 0),
      mark,
      get paths() {
        return paths;
      },
      cheap: false,
      yield: () => {
        const isNew = !long;
        long = true;
        return Promise.resolve(isNew);
      },
    },
    prepare: async () => {
      if (isUtf8(encoding)) return;
      paths = await recode(files, await context.scratch(`text-${context.id}`), encoding);
    },
  };
}

/** Writes lines of text. Options: those of every format, `compression` (none), `encoding` (UTF-8). */
export function textWriter(
  given: FormatOptions | undefined,
  columns: readonly Column[],
): { readonly writer: FormatWriter; readonly options: WriteOptions } {
  const options = writeOptions(given, 'text');
  const common = takeWriteOptions(options, columns);
  const compression = options.choice(['compression', 'codec'], TEXT_COMPRESSIONS, 'none');
  const encoding = options.text(['encoding', 'charset']) ?? 'UTF-8';
  options.end();
  checkEncoding(encoding);
  const lines = columns.filter((column) => !common.partitionBy.includes(column.name));
  if (lines.length !== 1 || lines[0]?.type !== 'string') {
    const given = columns.map((column) => `${column.name} ${column.type}`).join(', ');
    throw new SluiceError('SCHEMA_MISMATCH', `text is written from one column of strings; there are: ${given}`);
  }
  const { ending, settings } = textCompression(compression);
  const writer: FormatWriter = {
    extension: `txt${ending}`,
    select: (_, relation) => `SELECT * FROM ${relation}`,
    settings: [...RAW_LINES, ...settings],
    ...(isUtf8(encoding) ? {} : { finish: (path: string) => encodeFile(path, encoding) }),
  };
  return { writer, options: common };
}

/** Settings of COPY that write the texts of one column as they are, a line each. */
export const RAW_LINES: readonly string[] = [
  'FORMAT csv',
  'HEADER false',
  "QUOTE ''",
  "ESCAPE ''",
  `DELIMITER ${quoteLiteral('\u0001')}`,
  "NULLSTR ''",
];
