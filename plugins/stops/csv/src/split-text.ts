import { SluiceError } from '@sluice/plugin-sdk';

/**
 * The cells of lines of text, trimmed. As in PiFlow a delimiter is a regular expression; but one that would be found
 * everywhere or is none at all, such as `|` or `||`, is taken as it stands, which is what its author meant.
 */
export function splitText(text: string, delimiter: string): string[][] {
  const separator = separatorOf(delimiter);
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(separator).map((cell) => cell.trim()));
}

/** Rows of as many cells as there are columns: NULL where a line has fewer; a line with more is an error. */
export function toRows(lines: readonly (readonly string[])[], columns: readonly string[]): (string | null)[][] {
  return lines.map((cells, index) => {
    if (cells.length > columns.length) {
      const message = `line ${index + 1} of the string has ${cells.length} cells, but there are ${columns.length} columns (${columns.join(', ')}); mend the line or the schema`;
      throw new SluiceError('DATA_INVALID', message, { details: { line: String(index + 1) } });
    }
    return columns.map((_, column) => cells[column] ?? null);
  });
}

function separatorOf(delimiter: string): string | RegExp {
  if ([...delimiter].length === 1) return delimiter;
  try {
    // A group would put what it matched among the cells.
    const pattern = new RegExp(delimiter.replace(/(?<!\\)\((?!\?)/g, '(?:'), 'u');
    return pattern.test('') ? delimiter : pattern;
  } catch {
    return delimiter;
  }
}
