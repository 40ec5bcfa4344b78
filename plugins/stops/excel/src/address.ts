import { SluiceError } from '@sluice/plugin-sdk';

/** Rows and columns that a sheet may have, in every version since 2007. */
export const MOST_ROWS = 1_048_576;
export const MOST_COLUMNS = 16_384;

/** A part of a sheet; rows and columns count from 0. */
export interface Area {
  /** The sheet's name; undefined: the first. */
  readonly sheet: string | undefined;
  readonly row: number;
  readonly column: number;
  /** The last row and column; undefined: as far as there is something. */
  readonly lastRow: number | undefined;
  readonly lastColumn: number | undefined;
}

/**
 * Reads an address such as `'My sheet'!`, `'My sheet'!B3`, `Sheet1!B3:F35` or `A1`.
 *
 * @throws PROPERTY_INVALID
 */
export function parseAddress(text: string): Area {
  const [, quoted, plain, range = ''] = /^\s*(?:'((?:[^']|'')+)'!|([^'!]+)!)?\s*(.*?)\s*$/s.exec(text) ?? [];
  const sheet = quoted?.replaceAll("''", "'") ?? plain?.trim();
  const [, from, to] = /^(?:(\$?[A-Z]{1,3}\$?\d{1,7})(?::(\$?[A-Z]{1,3}\$?\d{1,7}))?)?$/i.exec(range) ?? [];
  if (range !== '' && from === undefined) throw wrong(text);
  const begin = cellOf(from ?? 'A1');
  const end = to === undefined ? undefined : cellOf(to);
  const isInside = begin.row >= 0 && begin.row < MOST_ROWS && begin.column < MOST_COLUMNS;
  if (!isInside || (end !== undefined && (end.row < begin.row || end.column < begin.column))) throw wrong(text);
  return { sheet, ...begin, lastRow: end?.row, lastColumn: end?.column };
}

function wrong(text: string): SluiceError {
  const message = `property 'dataAddress': '${text}' is no address; write one such as 'Sheet1'!A1 or 'Sheet1'!B3:F35`;
  return new SluiceError('PROPERTY_INVALID', message);
}

/** The place of a cell such as `B3`. */
export function cellOf(reference: string): { readonly row: number; readonly column: number } {
  let [row, column] = [0, 0];
  for (const letter of reference.toUpperCase()) {
    if (letter >= 'A' && letter <= 'Z') column = column * 26 + letter.charCodeAt(0) - 64;
    else if (letter >= '0' && letter <= '9') row = row * 10 + Number(letter);
  }
  return { row: row - 1, column: column - 1 };
}

/** The letters of a column, from 0. */
export function columnLetters(column: number): string {
  let letters = '';
  for (let rest = column + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    letters = String.fromCharCode(65 + ((rest - 1) % 26)) + letters;
  }
  return letters;
}

/** A name that Excel takes for a sheet; PROPERTY_INVALID else. */
export function checkSheetName(name: string): string {
  if (name.length <= 31 && /^[^[\]*?:/\\']([^[\]*?:/\\]*[^[\]*?:/\\'])?$/.test(name)) return name;
  throw new SluiceError(
    'PROPERTY_INVALID',
    `'${name}' is no name of a sheet: 1 to 31 characters, none of [ ] * ? : / \\, no ' at the ends`,
  );
}
