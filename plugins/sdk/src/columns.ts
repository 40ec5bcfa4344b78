import type { Column, Dataset } from './dataset.js';
import type { Engine } from './engine.js';
import { SluiceError } from './errors.js';
import { nearest } from './text.js';

/** A name in Spark SQL's quotes. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * The column that a name means: exactly so written, or in any case as in Spark.
 *
 * @param property the property that has the name, for the message
 * @throws COLUMN_UNKNOWN with the nearest names, COLUMN_AMBIGUOUS
 */
export function columnNamed(columns: readonly Column[], name: string, property: string): Column {
  return columns[columnAt(columns, name, property)] as Column;
}

/**
 * The position of the column that a name means, as `columnNamed` finds it.
 *
 * @param where further words on the place of the columns, such as ` of port 'Left'`
 */
export function columnAt(columns: readonly Column[], name: string, property: string, where = ''): number {
  const found = positionsOf(columns, name);
  const [position] = found;
  if (position === undefined) throw unknownColumn(columns, name, property, where);
  if (found.length === 1) return position;
  const message = `property '${property}': ${found.length} columns${where} are named '${name}'; give them names of their own before`;
  const problems = [{ reason: 'COLUMN_AMBIGUOUS' as const, message, property }];
  throw new SluiceError('COLUMN_AMBIGUOUS', message, { details: { column: name }, problems });
}

/** The positions of all columns with a name: of those written exactly so, else of those that differ in case alone. */
export function positionsOf(columns: readonly Column[], name: string): number[] {
  const where = (test: (column: Column) => boolean): number[] =>
    columns.flatMap((column, index) => (test(column) ? [index] : []));
  const exact = where((column) => column.name === name);
  if (exact.length > 0) return exact;
  const lower = name.trim().toLowerCase();
  return where((column) => column.name.toLowerCase() === lower);
}

function unknownColumn(columns: readonly Column[], name: string, property: string, where: string): SluiceError {
  const names = columns.map((column) => column.name);
  const near = nearest(name, names).map((each) => `'${each}'`);
  const known = names.length > 20 ? [...names.slice(0, 20), `${names.length - 20} more`] : names;
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there are ${known.join(', ')}`;
  const message = `property '${property}': there is no column '${name}'${where}; ${hint}`;
  const problems = [{ reason: 'COLUMN_UNKNOWN' as const, message, property }];
  return new SluiceError('COLUMN_UNKNOWN', message, { details: { column: name }, problems });
}

/** The SQL for a column as text, as Spark casts it; a nested one as JSON. */
export function columnText({ name, type }: Column, as: string = name): string {
  const isNested = /^(array|map|struct)\b/i.test(type);
  return `${isNested ? `to_json(${quoteName(name)})` : `CAST(${quoteName(name)} AS STRING)`} AS ${quoteName(as)}`;
}

/** Columns as texts. */
export function asTexts(engine: Engine, input: Dataset, columns: readonly Column[]): Promise<Dataset> {
  return engine.sql(`SELECT ${columns.map((column) => columnText(column)).join(', ')} FROM input`, { input });
}
