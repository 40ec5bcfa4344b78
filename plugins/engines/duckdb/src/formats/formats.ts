import type { Column, FormatOptions } from '@sluice/plugin-sdk';
import { readCsv } from './csv-read.js';
import { csvWriter } from './csv-write.js';
import { readJson, readNdjson } from './json-read.js';
import { jsonWriter } from './json-write.js';
import { parquetWriter, readParquet } from './parquet.js';
import type { ReadContext, Source } from './source.js';
import { readText, textWriter } from './text.js';
import type { FormatWriter, WriteOptions } from './writer.js';

type Reader = (
  context: ReadContext,
  location: string | readonly string[],
  options: FormatOptions | undefined,
) => Promise<Source>;
type MakeWriter = (
  options: FormatOptions | undefined,
  columns: readonly Column[],
) => { readonly writer: FormatWriter; readonly options: WriteOptions };

/** What reads each format. */
export const READERS: Readonly<Record<string, Reader>> = {
  csv: readCsv,
  json: readJson,
  ndjson: readNdjson,
  parquet: readParquet,
  text: readText,
};
/** What writes each format. */
export const WRITERS: Readonly<Record<string, MakeWriter>> = {
  csv: csvWriter,
  json: jsonWriter,
  ndjson: jsonWriter,
  parquet: parquetWriter,
  text: textWriter,
};
