import type { Value } from '@sluice/plugin-sdk';
import stringWidth from 'string-width';

/** Longer texts are cut, so that a row stays a line that people can read. */
const LONGEST_CELL = 60;

/** A table of texts as lines with borders, cells padded to the width that terminals give them. NULL is shown as such. */
export function tableLines(names: readonly string[], rows: readonly (readonly Value[])[]): string[] {
  const cells = [names, ...rows].map((row) => row.map(cellOf));
  const widths = names.map((_, column) => Math.max(...cells.map((row) => widthOf(row[column] ?? ''))));
  const border = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+`;
  const lines = cells.map((row) => {
    const padded = widths.map((width, column) => {
      const text = row[column] ?? '';
      return ` ${text}${' '.repeat(width - widthOf(text))} `;
    });
    return `|${padded.join('|')}|`;
  });
  return [border, ...lines.slice(0, 1), border, ...lines.slice(1), border];
}

/** Plain letters need no table of widths. */
function widthOf(text: string): number {
  return /^[\x20-\x7e]*$/.test(text) ? text.length : stringWidth(text);
}

/** A cell on one line: control characters would break the table, or the terminal. */
function cellOf(value: Value): string {
  if (value === null) return 'NULL';
  const text = String(value).replace(/[\p{Cc}]/gu, (character) =>
    JSON.stringify(character).slice(1, -1).replace('\u007f', '\\u007f'),
  );
  const letters = [...text];
  return letters.length <= LONGEST_CELL ? text : `${letters.slice(0, LONGEST_CELL - 1).join('')}…`;
}
