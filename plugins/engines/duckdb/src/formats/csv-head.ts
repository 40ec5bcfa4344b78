import { SluiceError } from '@sluice/plugin-sdk';
import { textOf } from '../files/text-stream.js';
import type { CsvDialect } from './csv-dialect.js';
import { CsvSplitter, type CsvRecord } from './csv-records.js';

/** A first record longer than this is no record: the file is something else. */
const LONGEST_HEAD = 16 << 20;

/** The first record of a CSV file; undefined when there is none. */
export async function headOf(
  path: string,
  dialect: CsvDialect,
  encoding: string,
  keepsBlank = true,
): Promise<CsvRecord | undefined> {
  const splitter = new CsvSplitter(dialect, keepsBlank);
  let read = 0;
  for await (const piece of textOf(path, encoding)) {
    const [first] = splitter.push(piece);
    if (first !== undefined) return first;
    read += piece.length;
    if (read > LONGEST_HEAD) {
      const message = `'${path}' has no end of the first record within 16 MiB; it is no CSV file, or a quote is not closed`;
      throw new SluiceError('FILE_FORMAT', message, { details: { file: path } });
    }
  }
  return splitter.finish()[0];
}
