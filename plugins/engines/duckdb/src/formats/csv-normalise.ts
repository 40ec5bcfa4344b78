import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SluiceError, type Column } from '@sluice/plugin-sdk';
import type { FoundFile } from '../files/find-files.js';
import { copyPath } from '../files/recode.js';
import { textOf } from '../files/text-stream.js';
import { writePieces } from '../files/write-pieces.js';
import type { CsvDialect } from './csv-dialect.js';
import { CsvSplitter, type CsvLayout, type CsvRecord } from './csv-records.js';
import type { RejectedRow } from './source.js';
import { faultOfText, type Spelling } from './text-values.js';

/** How normalised files are written: every cell that is not NULL in quotes, so that no text looks like NULL. */
export const NORMAL: CsvDialect = {
  header: false,
  delimiter: ',',
  quote: '"',
  escape: '"',
  nullValue: '\\N',
  comment: '',
};
/** Refused rows told in one go. */
const REJECT_BATCH = 1000;

interface Normalising {
  readonly layout: CsvLayout;
  readonly encoding: string;
  /** The number of cells of every row: too many are cut off, too few filled with NULL. Absent: as they are. */
  readonly width: number | undefined;
  /** The columns that rows must fit; absent: rows are taken as they are. */
  readonly columns: readonly Column[] | undefined;
  readonly spelling: Spelling;
  readonly failFast: boolean;
  reject(rows: readonly RejectedRow[]): Promise<void>;
  locate(path: string): string;
}

/**
 * Copies CSV files into a folder, as UTF-8 and in one plain spelling, without the rows that do not fit their columns;
 * memory holds one piece of a file at a time. Gives the copies' paths in order; folders that name partitions keep
 * their names.
 */
export async function normaliseCsv(
  files: readonly FoundFile[],
  folder: string,
  options: Normalising,
): Promise<string[]> {
  const copies: string[] = [];
  for (const [index, file] of files.entries()) {
    const copy = `${copyPath(file, index, folder)}.csv`;
    await mkdir(dirname(copy), { recursive: true });
    await writePieces(copy, normalRecords(file.path, options));
    copies.push(copy);
  }
  return copies;
}

/** The records of a file that fit, in the plain spelling. */
async function* normalRecords(path: string, options: Normalising): AsyncGenerator<string> {
  const splitter = new CsvSplitter(options.layout);
  const refused: RejectedRow[] = [];
  let isHeader = options.layout.dialect.header;
  const take = async (records: readonly CsvRecord[]): Promise<string> => {
    let text = '';
    for (const record of records) {
      if (isHeader) {
        isHeader = false;
        continue;
      }
      const fault = options.columns === undefined ? undefined : faultOf(record, options.columns, options);
      if (fault === undefined) {
        text += line(record.cells, options);
        continue;
      }
      const row = { file: options.locate(path), line: record.line, text: record.text, ...fault };
      if (options.failFast) throw refusal(row);
      refused.push(row);
    }
    if (refused.length >= REJECT_BATCH) await options.reject(refused.splice(0));
    return text;
  };
  for await (const piece of textOf(path, options.encoding)) yield await take(splitter.push(piece));
  yield await take(splitter.finish());
  if (refused.length > 0) await options.reject(refused);
}

function line(cells: readonly (string | null)[], { layout: { dialect }, width }: Normalising): string {
  const parts = Array.from({ length: width ?? cells.length }, (_, index) => {
    const cell = cells[index] ?? null;
    // An empty text in quotes is NULL to Spark, unless another word stands for it.
    if (cell === null || cell === dialect.nullValue) return NORMAL.nullValue;
    return `"${cell.replaceAll('"', '""')}"`;
  });
  return `${parts.join(',')}\n`;
}

function faultOf(
  record: CsvRecord,
  columns: readonly Column[],
  { layout: { dialect }, spelling }: Normalising,
): { column: string | null; reason: string } | undefined {
  const { cells } = record;
  if (cells.length !== columns.length) {
    return { column: null, reason: `the row has ${cells.length} cells where ${columns.length} are expected` };
  }
  for (const [index, column] of columns.entries()) {
    const cell = cells[index] ?? null;
    if (cell === null || cell === dialect.nullValue) continue;
    const fault = faultOfText(cell, column.type, spelling);
    if (fault !== undefined) return { column: column.name, reason: fault };
  }
  return undefined;
}

function refusal(row: RejectedRow): SluiceError {
  const where = row.column === null ? '' : `, column '${row.column}'`;
  const message = `'${row.file}' line ${row.line}${where}: ${row.reason}; mend the file or use mode DROPMALFORMED or PERMISSIVE`;
  const details = { file: row.file, line: String(row.line), ...(row.column === null ? {} : { column: row.column }) };
  return new SluiceError('DATA_INVALID', message, { details });
}
