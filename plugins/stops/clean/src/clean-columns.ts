import {
  didYouMean,
  property,
  single,
  SluiceError,
  type Dataset,
  type Example,
  type StopContext,
  type StopDefinition,
} from '@sluice/plugin-sdk';

/** What the stops that clean columns share: each replaces the values of some columns, in place. */
export const cleanShape = {
  groups: ['Data Clean'],
  ports: { in: single, out: single },
  properties: {
    columnName: property.columns({
      title: { en: 'Columns', zh: '列' },
      description: { en: 'The columns to clean, with commas.', zh: '要清洗的列，用逗号分隔。' },
      required: true,
      example: ['email'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
} as const satisfies Partial<StopDefinition>;

type Context = Pick<StopContext<(typeof cleanShape)['properties']>, 'properties' | 'inputs' | 'engine'>;

/**
 * The rows with the columns cleaned; all columns keep their places and names, NULL stays NULL.
 *
 * @param clean gives Spark SQL for the cleaned value of a quoted column of texts
 */
export async function cleanColumns(context: Context, clean: (text: string) => string): Promise<Dataset> {
  const input = context.inputs.get();
  const names = input.columns.map((column) => column.name);
  const wanted = new Set<string>();
  for (const name of context.properties.columnName) {
    const found =
      names.find((each) => each === name) ?? names.find((each) => each.toLowerCase() === name.toLowerCase());
    if (found === undefined) {
      const hint = didYouMean(name, names) || `; there are ${names.join(', ')}`;
      throw new SluiceError('COLUMN_UNKNOWN', `property 'columnName': there is no column '${name}'${hint}`);
    }
    wanted.add(found);
  }
  const columns = input.columns.map(({ name, type }) => {
    const quoted = `\`${name.replaceAll('`', '``')}\``;
    if (!wanted.has(name)) return quoted;
    return `${clean(type === 'string' ? quoted : `CAST(${quoted} AS string)`)} AS ${quoted}`;
  });
  return context.engine.sql(`SELECT ${columns.join(', ')} FROM rows_to_clean`, { rows_to_clean: input });
}

/** Spark SQL that makes ASCII of the full-width forms of ASCII characters and of the ideographic space. */
export function halfWidth(text: string): string {
  return `translate(${text}, ${quoteText(FULL)}, ${quoteText(HALF)})`;
}

const CODES = Array.from({ length: 94 }, (_, index) => index);
const FULL = `\u3000${CODES.map((code) => String.fromCharCode(0xff01 + code)).join('')}`;
const HALF = ` ${CODES.map((code) => String.fromCharCode(0x21 + code)).join('')}`;

/** A text as a literal of Spark SQL. */
export function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

/** An example of cleaning one column between two others. */
export function cleanExample(
  title: string,
  values: readonly (readonly [before: string | null, after: string | null])[],
): Example {
  const columns = [
    ['id', 'int'],
    ['value', 'string'],
    ['note', 'string'],
  ] as const;
  const table = (side: 0 | 1) => ({ columns, rows: values.map((pair, index) => [index, pair[side], 'x']) });
  return { title, properties: { columnName: 'value' }, inputs: { '': table(0) }, outputs: { '': table(1) } };
}
