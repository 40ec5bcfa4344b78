import { SluiceError, type Batch, type Column, type Value, type Vector } from '@sluice/plugin-sdk';
import { dateText, timeText } from './times.js';

/** How a value of a column is written in the lines that LOAD DATA and COPY take. */
export type CellWriter = (value: Exclude<Value, null>) => string | undefined;

/** What differs between databases in those lines. */
export interface TextWords {
  readonly yes: string;
  readonly no: string;
  /** What stands behind an instant in UTC. */
  readonly zone: string;
  binary(bytes: Uint8Array): string;
}

/** The texts between cells and rows: LOAD DATA's defaults, which are COPY's too. */
const SPECIAL = /[\\\t\n\r\0]/;
const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r', '\0': '\\0' };

/** A writer for each column; TYPE_UNSUPPORTED with the names of all columns that have none. */
export function cellWriters(columns: readonly Column[], words: TextWords, product: string): CellWriter[] {
  const writers = columns.map(({ type }) => writerFor(type, words));
  const refused = columns.filter((_, index) => writers[index] === undefined);
  if (refused.length === 0) return writers as CellWriter[];
  const named = refused.map(({ name, type }) => `'${name}' (${type})`).join(', ');
  const message = `${product} has no type for the columns ${named}; turn them into text before, such as with to_json(column)`;
  throw new SluiceError('TYPE_UNSUPPORTED', message, {
    details: { columns: refused.map((each) => each.name).join(',') },
  });
}

function writerFor(type: string, words: TextWords): CellWriter | undefined {
  const word = /^[a-z_]+/.exec(type.toLowerCase())?.[0] ?? '';
  switch (word) {
    case 'string':
    case 'varchar':
    case 'char':
      return (value) => escaped(value as string);
    case 'boolean':
      return (value) => (value === true ? words.yes : words.no);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'float':
    case 'double':
      return String;
    case 'date':
      return (value) => dateText(value as number);
    case 'timestamp':
      return (value) => append(timeText(value as bigint), words.zone);
    case 'timestamp_ntz':
      return (value) => timeText(value as bigint);
    case 'binary':
      return (value) => words.binary(value as Uint8Array);
    default:
      return undefined;
  }
}

function append(text: string | undefined, end: string): string | undefined {
  return text === undefined ? undefined : text + end;
}

function escaped(text: string): string {
  return SPECIAL.test(text) ? text.replace(/[\\\t\n\r\0]/g, (found) => ESCAPES[found] ?? found) : text;
}

/**
 * Lines of some rows.
 *
 * @param before the number of rows that went before, for errors
 * @throws DATA_INVALID for a date that no database knows, with its column and row
 */
export function textRows(
  batch: Batch,
  columns: readonly Column[],
  writers: readonly CellWriter[],
  before: number,
): string {
  let text = '';
  const width = writers.length;
  for (let r = 0; r < batch.length; r++) {
    for (let c = 0; c < width; c++) {
      const value = (batch.columns[c] as Vector)[r] ?? null;
      if (c > 0) text += '\t';
      if (value === null) {
        text += '\\N';
        continue;
      }
      const cell = (writers[c] as CellWriter)(value);
      if (cell === undefined) throw outOfRange(columns[c] as Column, before + r + 1);
      text += cell;
    }
    text += '\n';
  }
  return text;
}

function outOfRange({ name, type }: Column, row: number): SluiceError {
  const message = `row ${row}, column '${name}': a ${type} outside the years 1 to 9999 cannot be written`;
  return new SluiceError('DATA_INVALID', message, { details: { column: name, row: String(row) } });
}
