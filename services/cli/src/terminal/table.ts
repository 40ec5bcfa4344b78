import { fit, pad, widthOf } from './width.js';

/** One column of a table. */
export interface TableColumn {
  readonly title: string;
  /** Where its cells stand; default left. */
  readonly align?: 'left' | 'right' | undefined;
  /** Whether cells are never cut, as those that are copied. */
  readonly whole?: boolean | undefined;
  /** Marks a cell that has been cut and filled already. */
  readonly mark?: ((padded: string, cell: string) => string) | undefined;
}

const GAP = '  ';
const LEAST_WIDTH = 6;
/** A number that is cut is a wrong one; what is wider than this is no number. */
const NUMBER_WIDTH = 14;

/**
 * Lines of a table: the titles, then the rows. Where it is wider than `width`, the widest columns are cut until it fits;
 * a table of columns that must stay whole may be wider.
 */
export function table(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  width: number,
  markTitle: (title: string) => string = (title) => title,
): string[] {
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  shrink(columns, widths, width - GAP.length * (columns.length - 1));
  const line = (cells: readonly string[], isTitle: boolean): string =>
    columns
      .map((column, index) => {
        const room = widths[index] ?? 0;
        const cell = cells[index] ?? '';
        const isLast = index === columns.length - 1 && column.align !== 'right';
        const shown = fit(cell, room);
        const padded = isLast ? shown : pad(shown, room, column.align);
        return isTitle ? markTitle(padded) : (column.mark?.(padded, cell) ?? padded);
      })
      .join(GAP)
      .trimEnd();
  return [
    line(
      columns.map(({ title }) => title),
      true,
    ),
    ...rows.map((row) => line(row, false)),
  ];
}

function isWhole(column: TableColumn | undefined, width: number): boolean {
  return column?.whole === true || (column?.align === 'right' && width <= NUMBER_WIDTH);
}

/** Takes columns from the widest until all fit. */
function shrink(columns: readonly TableColumn[], widths: number[], room: number): void {
  for (let excess = sum(widths) - room; excess > 0; excess = sum(widths) - room) {
    const least = (index: number): number => Math.min(LEAST_WIDTH, widthOf(columns[index]?.title ?? ''));
    const able = widths
      .map((width, index) => ({ width, index }))
      .filter(({ width, index }) => !isWhole(columns[index], width) && width > Math.max(3, least(index)));
    const widest = Math.max(...able.map(({ width }) => width));
    const next = Math.max(0, ...able.map(({ width }) => width).filter((width) => width < widest));
    const those = able.filter(({ width }) => width === widest);
    if (those.length === 0) return;
    const step = Math.max(1, Math.min(widest - next, Math.floor(excess / those.length)));
    for (const { index, width } of those) widths[index] = Math.max(Math.max(3, least(index)), width - step);
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
