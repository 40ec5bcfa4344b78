import { SluiceError } from '@sluice/plugin-sdk';
import { textOf } from '../files/text-stream.js';
import { CsvSplitter, type CsvLayout, type CsvRecord } from './csv-records.js';

/** A first record longer than this is no record: the file is something else. */
const LONGEST_HEAD = 16 << 20;

/** What the beginning of a CSV file tells. */
export interface CsvHead {
  /** The first record; undefined when there is none. */
  readonly record: CsvRecord | undefined;
  /** Whether blanks stand before a quote at the beginning of a cell: to Spark they make it a cell without quotes. */
  readonly hasSpacedQuotes: boolean;
}

/** Reads the beginning of a CSV file, a piece of 64 KiB or as many as the first record takes. */
export async function headOf(path: string, layout: CsvLayout, encoding: string): Promise<CsvHead> {
  const splitter = new CsvSplitter(layout);
  const { quote, delimiter } = layout.dialect;
  let read = 0;
  let hasSpacedQuotes = false;
  for await (const piece of textOf(path, encoding)) {
    hasSpacedQuotes ||= quote !== '' && spacedQuote(piece, quote, delimiter);
    const [record] = splitter.push(piece);
    if (record !== undefined) return { record, hasSpacedQuotes };
    read += piece.length;
    if (read > LONGEST_HEAD) {
      const message = `'${path}' has no end of the first record within 16 MiB; it is no CSV file, or a quote is not closed`;
      throw new SluiceError('FILE_FORMAT', message, { details: { file: path } });
    }
  }
  return { record: splitter.finish()[0], hasSpacedQuotes };
}

function spacedQuote(text: string, quote: string, delimiter: string): boolean {
  for (let at = text.indexOf(quote); at >= 0; at = text.indexOf(quote, at + 1)) {
    let start = at;
    while (/[ \t]/.test(text[start - 1] ?? '') && !text.endsWith(delimiter, start)) start--;
    if (start < at && (start === 0 || /[\r\n]/.test(text[start - 1] ?? '') || text.endsWith(delimiter, start)))
      return true;
  }
  return false;
}
