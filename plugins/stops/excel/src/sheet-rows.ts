import { SluiceError } from '@sluice/plugin-sdk';
import { cellOf, type Area } from './address.js';
import type { NumberKind } from './styles.js';
import { numberValue, type CellValue } from './values.js';
import { cellText, xmlParser, type Attributes } from './xml.js';
import type { Parts } from './zip.js';

/** What the cells of a workbook refer to. */
export interface Meaning {
  readonly texts: readonly string[];
  readonly kindOf: (style: number) => NumberKind;
  readonly is1904: boolean;
}

/** A row with a value; numbers count from 0. */
export interface SheetRow {
  readonly row: number;
  /** Values by column, holes where there is none. */
  readonly values: ReadonlyMap<number, CellValue>;
}

/** Characters of one cell, at most; Excel takes 32,767. */
const LONGEST_CELL = 1 << 24;

interface OpenCell {
  readonly column: number;
  readonly type: string;
  readonly style: number;
  text: string;
}

/**
 * The rows of a sheet that have a value inside an area, as they come. Errors such as #N/A are no values; formulas have the
 * value that was last computed.
 */
export async function* sheetRows(
  parts: Parts,
  part: string,
  area: Area,
  meaning: Meaning,
  what: string,
): AsyncGenerator<SheetRow> {
  let ready: SheetRow[] = [];
  let [row, column, isPast] = [-1, -1, false];
  let values = new Map<number, CellValue>();
  let cell: OpenCell | undefined;
  let inText = false;
  const startCell = (attributes: Attributes): void => {
    // Rows and cells may leave their places out: then they follow one another.
    column = attributes['r'] === undefined ? column + 1 : cellOf(attributes['r']).column;
    cell = { column, type: attributes['t'] ?? 'n', style: Number(attributes['s'] ?? 0), text: '' };
  };
  const parser = xmlParser(what, {
    open(name, attributes) {
      if (name === 'row') {
        row = attributes['r'] === undefined ? row + 1 : Number(attributes['r']) - 1;
        [column, values] = [-1, new Map()];
      } else if (name === 'c') startCell(attributes);
      else if (name === 'v' || name === 't') inText = cell !== undefined;
      else if (name === 'rPh') cell = cell === undefined ? undefined : { ...cell, type: 'hint' };
    },
    text(piece) {
      if (!inText || cell === undefined || cell.type === 'hint') return;
      cell.text += piece;
      if (cell.text.length <= LONGEST_CELL) return;
      throw new SluiceError(
        'DATA_INVALID',
        `${what}: a cell of row ${row + 1} has more than ${LONGEST_CELL} characters`,
      );
    },
    close(name) {
      if (name === 'v' || name === 't') inText = false;
      else if (name === 'rPh' && cell !== undefined) cell = { ...cell, type: 'inlineStr' };
      else if (name === 'c' && cell !== undefined) {
        const isInside = cell.column >= area.column && cell.column <= (area.lastColumn ?? cell.column);
        const value = isInside ? valueOf(cell, meaning, `${what}, row ${row + 1}`) : undefined;
        if (value !== undefined) values.set(cell.column, value);
        cell = undefined;
      } else if (name === 'row') {
        isPast = row > (area.lastRow ?? row);
        if (!isPast && row >= area.row && values.size > 0) ready.push({ row, values });
      }
    },
  });
  for await (const piece of parts.pieces(part)) {
    parser.write(piece);
    yield* ready;
    ready = [];
    if (isPast) return;
  }
  parser.end();
  yield* ready;
}

function valueOf({ type, style, text }: OpenCell, meaning: Meaning, where: string): CellValue | undefined {
  const asText = (value: string): CellValue | undefined => (value === '' ? undefined : { kind: 'text', text: value });
  switch (type) {
    case 'n': {
      if (text.trim() === '') return undefined;
      const number = Number(text);
      if (Number.isNaN(number)) throw new SluiceError('FILE_FORMAT', `${where}: '${text}' is no number`);
      return numberValue(number, meaning.kindOf(style), meaning.is1904);
    }
    case 's': {
      const shared = text.trim() === '' ? '' : meaning.texts[Number(text)];
      if (shared === undefined) throw new SluiceError('FILE_FORMAT', `${where}: the workbook has no text ${text}`);
      return asText(shared);
    }
    case 'b':
      return { kind: 'boolean', is: text.trim() === '1' };
    case 'd':
      return { kind: text.includes('T') ? 'timestamp' : 'date', text: text.replace('T', ' ').replace('Z', '') };
    case 'e':
      return undefined;
    default:
      return asText(cellText(text));
  }
}
