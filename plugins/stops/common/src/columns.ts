import { SluiceError, nearest, type Column, type Dataset, type Engine } from '@sluice/plugin-sdk';

/** A name in Spark SQL's quotes. */
export function quote(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/**
 * The position of the column that a name means: exactly so written, or in any case as in Spark. COLUMN_UNKNOWN with the
 * nearest names, or COLUMN_AMBIGUOUS.
 *
 * @param property the property that has the name, for the message
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
  return where((column) => column.name.toLowerCase() === name.toLowerCase());
}

/** The error for a column that is not there. */
function unknownColumn(columns: readonly Column[], name: string, property: string, where: string): SluiceError {
  const names = columns.map((column) => column.name);
  const near = nearest(name, names).map((each) => `'${each}'`);
  const known = names.length > 20 ? [...names.slice(0, 20), `${names.length - 20} more`] : names;
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : `there are ${known.join(', ')}`;
  const message = `property '${property}': there is no column '${name}'${where}; ${hint}`;
  const problems = [{ reason: 'COLUMN_UNKNOWN' as const, message, property }];
  return new SluiceError('COLUMN_UNKNOWN', message, { details: { column: name }, problems });
}

/** `view AS view(c0, c1, ...)`: columns by position, so that odd and doubled names make no difference. */
export function byPosition(view: string, columns: readonly Column[]): string {
  return `${view} AS ${view}(${columns.map((_, index) => `c${index}`).join(', ')})`;
}

/** The names of two lists of columns with their types, for errors. */
export function describe(columns: readonly Column[]): string {
  return columns.map(({ name, type }) => `${name} ${type}`).join(', ');
}

/** Some columns of a dataset, by position, under other names or the same. */
export function project(
  engine: Engine,
  dataset: Dataset,
  items: readonly { readonly sql: string; readonly name: string }[],
): Promise<Dataset> {
  const list = items.map(({ sql, name }) => `${sql} AS ${quote(name)}`).join(', ');
  return engine.sql(`SELECT ${list} FROM ${byPosition('input', dataset.columns)}`, { input: dataset });
}
