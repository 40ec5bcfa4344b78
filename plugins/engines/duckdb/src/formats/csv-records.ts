import type { CsvDialect } from './csv-dialect.js';

/** One record of a CSV text. */
export interface CsvRecord {
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** Its cells; null where a cell is empty and not quoted. */
  readonly cells: readonly (string | null)[];
  /** The text as it stands, without the line end. */
  readonly text: string;
  /** Whether it ended inside quotes, at the end of the text. */
  readonly open: boolean;
}

/**
 * Splits CSV text that comes in pieces into records, as strictly as DuckDB's tolerant reader does: a quote opens only
 * at the beginning of a cell, blank lines and comments are no records. DuckDB reads the data; this tells where a
 * record stands, and reads headers.
 */
export class CsvSplitter {
  private buffer = '';
  private line = 1;

  constructor(private readonly dialect: CsvDialect) {}

  /** The records that are complete after this piece of text. */
  push(piece: string): CsvRecord[] {
    this.buffer += piece;
    return this.take(false);
  }

  /** The record at the end of a text that has no line end. */
  finish(): CsvRecord[] {
    return this.take(true);
  }

  private take(atEnd: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    let position = 0;
    for (;;) {
      if (position >= this.buffer.length) break;
      const record = this.next(position, atEnd);
      if (record === undefined) break;
      const { end, found } = record;
      if (found !== undefined) records.push(found);
      position = end;
    }
    this.buffer = this.buffer.slice(position);
    return records;
  }

  private next(start: number, atEnd: boolean): { end: number; found: CsvRecord | undefined } | undefined {
    const { buffer, dialect } = this;
    const { delimiter, quote, escape } = dialect;
    const isComment = dialect.comment !== '' && buffer.startsWith(dialect.comment, start);
    const cells: (string | null)[] = [];
    let cell = '';
    let wasQuoted = false;
    let inQuotes = false;
    let lines = 0;
    let i = start;
    let cellStart = start;
    const close = (): void => void cells.push(cell === '' && !wasQuoted ? null : cell);
    for (; i < buffer.length; i++) {
      const c = buffer[i] as string;
      if (inQuotes) {
        if (c === '\n') lines++;
        if (c === escape && escape !== quote && (buffer[i + 1] === quote || buffer[i + 1] === escape)) {
          cell += buffer[++i];
        } else if (c === quote && escape === quote && buffer[i + 1] === quote) {
          cell += quote;
          i++;
        } else if (c === quote && (i + 1 >= buffer.length || this.endsCell(i + 1))) {
          // At the end of a piece the next character is not known yet.
          if (i + 1 >= buffer.length && !atEnd) return undefined;
          inQuotes = false;
        } else cell += c;
      } else if (c === quote && quote !== '' && i === cellStart && !isComment) {
        inQuotes = true;
        wasQuoted = true;
      } else if (c === '\n' || c === '\r') {
        if (c === '\r' && i + 1 >= buffer.length && !atEnd) return undefined;
        const width = c === '\r' && buffer[i + 1] === '\n' ? 2 : 1;
        close();
        return this.record(start, i, i + width, lines + 1, cells, isComment, false);
      } else if (buffer.startsWith(delimiter, i) && !isComment) {
        close();
        cell = '';
        wasQuoted = false;
        i += delimiter.length - 1;
        cellStart = i + 1;
      } else cell += c;
    }
    if (!atEnd) return undefined;
    close();
    return this.record(start, i, i, lines + 1, cells, isComment, inQuotes);
  }

  private endsCell(at: number): boolean {
    const c = this.buffer[at];
    return c === '\n' || c === '\r' || this.buffer.startsWith(this.dialect.delimiter, at);
  }

  private record(
    start: number,
    stop: number,
    end: number,
    lines: number,
    cells: readonly (string | null)[],
    isComment: boolean,
    open: boolean,
  ): { end: number; found: CsvRecord | undefined } {
    const line = this.line;
    this.line += lines;
    if (isComment || stop === start) return { end, found: undefined };
    return { end, found: { line, cells, text: this.buffer.slice(start, stop), open } };
  }
}

/**
 * Names of columns as Spark makes them of a header: `_c0` where a cell is empty, and the position behind names that
 * occur more than once in any case.
 */
export function columnNames(cells: readonly (string | null)[], header: boolean, nullValue: string): string[] {
  if (!header) return cells.map((_, index) => `_c${index}`);
  const seen = new Map<string, number>();
  for (const cell of cells) {
    const key = (cell ?? '').toLowerCase();
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
  return cells.map((cell, index) => {
    if (cell === null || cell === '' || cell === nullValue) return `_c${index}`;
    return (seen.get(cell.toLowerCase()) ?? 0) > 1 ? `${cell}${index}` : cell;
  });
}
