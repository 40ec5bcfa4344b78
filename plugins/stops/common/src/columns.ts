import { quoteName, type Column, type Dataset, type Engine } from '@sluice/plugin-sdk';

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
  const list = items.map(({ sql, name }) => `${sql} AS ${quoteName(name)}`).join(', ');
  return engine.sql(`SELECT ${list} FROM ${byPosition('input', dataset.columns)}`, { input: dataset });
}
