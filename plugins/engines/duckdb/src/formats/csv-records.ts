import { SluiceError } from '@sluice/plugin-sdk';
import type { CsvDialect } from './csv-dialect.js';

/** How the text of a CSV file falls into records and cells. */
export interface CsvLayout {
  readonly dialect: CsvDialect;
  /** Whether a quoted cell may span lines; otherwise every line is a record. */
  readonly multiLine: boolean;
  /** Whether blanks before a cell, and behind one, are left out; those inside quotes never are. */
  readonly trimLeft: boolean;
  readonly trimRight: boolean;
}

/** One record of a CSV text. */
export interface CsvRecord {
  /** The line on which it begins, from 1. */
  readonly line: number;
  /** Its cells; null where a cell is empty and not quoted. */
  readonly cells: readonly (string | null)[];
  /** The text as it stands, without the line end. */
  readonly text: string;
  /** Whether a quote in it is not closed on its line. */
  readonly open: boolean;
}

/** A quoted cell longer than this, in characters, is a quote that is not closed. */
const LONGEST_CELL = 64 << 20;

/**
 * Splits CSV text that comes in pieces into records, by the rules of Spark's parser: a quote opens only at the beginning
 * of a cell; where a quote inside is neither escaped nor the end of the cell, the cell is what stands there, quotes
 * included, up to the next delimiter; blank lines and comments are no records. A cell whose quote is never closed ends
 * with its line, whatever stands there, or where cells may span lines with the text.
 */
export class CsvSplitter {
  private buffer = '';
  private line = 1;

  constructor(private readonly layout: CsvLayout) {}

  /** The records that are complete after this piece of text. */
  push(piece: string): CsvRecord[] {
    this.buffer += piece;
    const records = this.take(false);
    if (this.buffer.length <= LONGEST_CELL) return records;
    const message = `a record that begins on line ${this.line} is longer than 64 MiB: a quote is opened and not closed`;
    throw new SluiceError('DATA_INVALID', message, { details: { line: String(this.line) } });
  }

  /** The records at the end of a text that has no line end, or an open quote. */
  finish(): CsvRecord[] {
    return this.take(true);
  }

  private take(atEnd: boolean): CsvRecord[] {
    const records: CsvRecord[] = [];
    const keepsBlank = this.layout.multiLine && !this.layout.trimLeft;
    let position = 0;
    while (position < this.buffer.length) {
      const read = new RecordReader(this.buffer, this.layout, position, atEnd).read();
      if (read === undefined) break;
      const { stop, end, isComment } = read;
      const text = this.buffer.slice(position, stop);
      const isBlank = keepsBlank ? text === '' : text.trim() === '';
      if (!isComment && !isBlank) records.push({ line: this.line, cells: read.cells, text, open: read.open });
      this.line += read.lines;
      position = end;
    }
    this.buffer = this.buffer.slice(position);
    return records;
  }
}

interface ReadRecord {
  readonly cells: readonly (string | null)[];
  /** Where its text ends, and where the next record begins. */
  readonly stop: number;
  readonly end: number;
  readonly lines: number;
  readonly isComment: boolean;
  readonly open: boolean;
}

/** Reads one record of a text; undefined where the text may go on and the record with it. */
class RecordReader {
  private readonly cells: (string | null)[] = [];
  private at: number;
  private lines = 1;
  private open = false;

  private readonly dialect: CsvDialect;

  constructor(
    private readonly text: string,
    private readonly layout: CsvLayout,
    start: number,
    private readonly atEnd: boolean,
  ) {
    this.dialect = layout.dialect;
    this.at = start;
  }

  read(): ReadRecord | undefined {
    const { text, dialect } = this;
    const isComment = dialect.comment !== '' && text.startsWith(dialect.comment, this.at);
    for (;;) {
      if (this.layout.trimLeft) this.at = this.afterBlanks(this.at);
      const isQuoted = !isComment && dialect.quote !== '' && text[this.at] === dialect.quote;
      const cell = isQuoted ? this.quoted() : this.plain(this.at, isComment);
      if (cell === undefined) return undefined;
      this.cells.push(cell.text === '' && !cell.quoted ? null : cell.text);
      if (!isComment && text.startsWith(dialect.delimiter, this.at)) {
        this.at += dialect.delimiter.length;
        continue;
      }
      const width = this.lineEnd();
      if (width === undefined) return undefined;
      const { cells, lines, open, at } = this;
      return { cells, stop: at, end: at + width, lines, isComment, open };
    }
  }

  /** A cell from `start` to the next delimiter or line end. */
  private plain(start: number, isComment: boolean): { text: string; quoted: boolean } | undefined {
    const { text, dialect, atEnd } = this;
    for (; this.at < text.length; this.at++) {
      const c = text[this.at];
      if (c === '\n' || c === '\r' || (!isComment && text.startsWith(dialect.delimiter, this.at))) {
        return this.unquoted(text.slice(start, this.at));
      }
    }
    return atEnd ? this.unquoted(text.slice(start)) : undefined;
  }

  private unquoted(text: string): { text: string; quoted: boolean } {
    return { text: this.layout.trimRight ? text.trimEnd() : text, quoted: false };
  }

  private quoted(): { text: string; quoted: boolean } | undefined {
    const { text, atEnd } = this;
    const { quote, escape } = this.dialect;
    let cell = '';
    let lines = 0;
    for (this.at++; this.at < text.length; this.at++) {
      const c = text[this.at] as string;
      const following = text[this.at + 1];
      if (c === escape && (following === quote || (escape !== quote && following === escape))) {
        cell += following;
        this.at++;
      } else if (c === quote) {
        const end = this.afterBlanks(this.at + 1);
        if (end >= text.length && !atEnd) return undefined;
        if (end >= text.length || this.endsCell(end)) {
          this.at = end;
          this.lines += lines;
          return { text: cell, quoted: true };
        }
        // Neither escaped nor the end: what has been read is the cell, with its quote, and what follows as it stands.
        this.lines += lines;
        const rest = this.plain(this.at, false);
        return rest && { text: quote + cell + rest.text, quoted: false };
      } else if ((c === '\n' || c === '\r') && !this.layout.multiLine) {
        this.open = true;
        return { text: cell, quoted: true };
      } else {
        if (c === '\n') lines++;
        // Java's parser makes one character of a line end.
        if (c !== '\r' || following !== '\n') cell += c;
      }
    }
    if (!atEnd) return undefined;
    this.lines += lines;
    return { text: cell, quoted: true };
  }

  /** Blanks behind a quoted cell belong to nothing, and before one where they are trimmed. */
  private afterBlanks(at: number): number {
    let end = at;
    while (/[ \t]/.test(this.text[end] ?? '') && !this.endsCell(end)) end++;
    return end;
  }

  private endsCell(at: number): boolean {
    const c = this.text[at];
    return c === '\n' || c === '\r' || this.text.startsWith(this.dialect.delimiter, at);
  }

  private lineEnd(): number | undefined {
    const { text, at, atEnd } = this;
    if (at >= text.length) return atEnd ? 0 : undefined;
    if (text[at] !== '\r') return 1;
    if (at + 1 >= text.length && !atEnd) return undefined;
    return text[at + 1] === '\n' ? 2 : 1;
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
