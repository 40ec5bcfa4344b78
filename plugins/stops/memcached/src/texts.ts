import { didYouMean, SluiceError, type Column, type Dataset, type Engine } from '@sluice/plugin-sdk';

/** The name of a column as rows have it; COLUMN_UNKNOWN with the nearest. */
export function columnNamed(columns: readonly Column[], name: string): string {
  const lower = name.trim().toLowerCase();
  const found = columns.find((each) => each.name.toLowerCase() === lower);
  if (found !== undefined) return found.name;
  const names = columns.map((each) => each.name);
  const hint = didYouMean(name, names) || `; there are ${names.join(', ')}`;
  throw new SluiceError('COLUMN_UNKNOWN', `there is no column '${name}'${hint}`, { details: { column: name } });
}

/** Columns as texts, as Spark casts them; nested ones as JSON. */
export function asTexts(engine: Engine, input: Dataset, names: readonly string[]): Promise<Dataset> {
  const types = new Map(input.columns.map(({ name, type }) => [name, type]));
  const items = names.map((name) => textOf({ name, type: types.get(name) ?? '' }));
  return engine.sql(`SELECT ${items.join(', ')} FROM input`, { input });
}

/** The SQL for a column as text. */
export function textOf({ name, type }: Column, as: string = name): string {
  const isNested = /^(array|map|struct)\b/i.test(type);
  const text = isNested ? `to_json(${quoted(name)})` : `CAST(${quoted(name)} AS STRING)`;
  return `${text} AS ${quoted(as)}`;
}

/** A name as SQL has it. */
export function quoted(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}
