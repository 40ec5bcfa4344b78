import type { Column, FormatOptions } from '@sluice/plugin-sdk';
import { SluiceError } from '@sluice/plugin-sdk';
import { checkEncoding, isUtf8 } from '../files/text-stream.js';
import { encodeFile } from '../files/encode-file.js';
import { quoteIdentifier, quoteLiteral } from '../sql/index.js';
import { readDialect } from './csv-dialect.js';
import { strptimePattern } from './java-pattern.js';
import { takeWriteOptions, writeOptions, type FormatWriter, type WriteOptions } from './writer.js';
import { textOfValue } from './value-texts.js';

/** File endings of compressions of text. */
const ENDINGS = { none: '', uncompressed: '', gzip: '.gz', zstd: '.zst' } as const;

/** Takes `compression` (none, gzip or zstd) of a text format. */
export function textCompression(value: keyof typeof ENDINGS): { ending: string; settings: string[] } {
  const ending = ENDINGS[value];
  return { ending, settings: ending === '' ? [] : [`COMPRESSION ${value}`] };
}
export const TEXT_COMPRESSIONS = ['none', 'uncompressed', 'gzip', 'zstd'] as const;

/**
 * Writes CSV as Spark does. Options: those of every format, `header` (false), `delimiter`/`sep`, `quote`, `escape`,
 * `nullValue` (empty), `encoding` (UTF-8), `compression` (none), `dateFormat`, `timestampFormat`, `quoteAll` (false).
 */
export function csvWriter(
  given: FormatOptions | undefined,
  columns: readonly Column[],
): { readonly writer: FormatWriter; readonly options: WriteOptions } {
  const options = writeOptions(given, 'csv');
  const common = takeWriteOptions(options, columns);
  const dialect = readDialect(options);
  const encoding = options.text(['encoding', 'charset']) ?? 'UTF-8';
  const compression = options.choice(['compression', 'codec'], TEXT_COMPRESSIONS, 'none');
  const date = options.text(['dateFormat']);
  const timestamp = options.text(['timestampFormat']);
  const quoteAll = options.boolean(['quoteAll'], false);
  options.end();
  checkEncoding(encoding);
  if (!isUtf8(encoding) && compression !== 'none') {
    throw new SluiceError(
      'PROPERTY_INVALID',
      'compression is for UTF-8 only; leave one of compression and encoding out',
    );
  }
  const nested = columns.find((column) => /^(?:array|map|struct)/.test(column.type));
  if (nested !== undefined) {
    const message = `column '${nested.name}' is ${nested.type}, which CSV cannot hold; turn it into text with to_json`;
    throw new SluiceError('SCHEMA_MISMATCH', message);
  }
  const { ending, settings } = textCompression(compression);
  const formats = {
    date: date === undefined ? undefined : strptimePattern(date, 'dateFormat'),
    timestamp: timestamp === undefined ? undefined : strptimePattern(timestamp, 'timestampFormat'),
  };
  // A word for NULL is written as a text: so an empty text is told from nothing by its quotes, which DuckDB writes
  // where NULL is empty.
  const hasWord = dialect.nullValue !== '';
  const writer: FormatWriter = {
    extension: `csv${ending}`,
    select: (all, relation) => {
      const parts = all.map((column) => {
        const name = quoteIdentifier(column.name);
        if (common.partitionBy.includes(column.name)) return name;
        const text = textOfValue(name, column.type, formats);
        return `${hasWord ? `coalesce(CAST(${text} AS VARCHAR), ${quoteLiteral(dialect.nullValue)})` : text} AS ${name}`;
      });
      return `SELECT ${parts.join(', ')} FROM ${relation}`;
    },
    settings: [
      'FORMAT csv',
      `HEADER ${dialect.header}`,
      `DELIMITER ${quoteLiteral(dialect.delimiter)}`,
      `QUOTE ${quoteLiteral(dialect.quote)}`,
      `ESCAPE ${quoteLiteral(dialect.quote === '' ? '' : dialect.escape)}`,
      "NULLSTR ''",
      ...(quoteAll ? ['FORCE_QUOTE *'] : []),
      ...settings,
    ],
    ...(isUtf8(encoding) ? {} : { finish: (path: string) => encodeFile(path, encoding) }),
  };
  return { writer, options: common };
}
