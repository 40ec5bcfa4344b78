import type { Column, FormatOptions } from '@sluice/plugin-sdk';
import { readCsv } from './csv-read.js';
import { csvWriter } from './csv-write.js';
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
export const READERS: Readonly<Record<string, Reader>> = { csv: readCsv, parquet: readParquet, text: readText };
/** What writes each format. */
export const WRITERS: Readonly<Record<string, MakeWriter>> = {
  csv: csvWriter,
  parquet: parquetWriter,
  text: textWriter,
};
