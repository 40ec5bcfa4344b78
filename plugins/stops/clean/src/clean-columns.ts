import {
  columnNamed,
  property,
  quoteName,
  single,
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
 * @param steps each gives Spark SQL for the next value of a quoted column of texts; a value that a step needs several
 *   times is worked out in the step before, since an engine works out an expression as often as it is written
 */
export async function cleanColumns(
  context: Context,
  ...steps: readonly ((text: string) => string)[]
): Promise<Dataset> {
  const input = context.inputs.get();
  const wanted = new Set(context.properties.columnName.map((name) => columnNamed(input.columns, name, 'columnName')));
  let from = 'rows_to_clean';
  for (const [index, step] of [(text: string) => text, ...steps].entries()) {
    const columns = input.columns.map((column) => {
      const quoted = quoteName(column.name);
      if (!wanted.has(column)) return quoted;
      return `${step(index === 0 && column.type !== 'string' ? `CAST(${quoted} AS string)` : quoted)} AS ${quoted}`;
    });
    from = index === 0 ? `SELECT ${columns.join(', ')} FROM ${from}` : `SELECT ${columns.join(', ')} FROM (${from})`;
  }
  return context.engine.sql(from, { rows_to_clean: input });
}

/** Spark SQL that makes ASCII of the full-width forms of ASCII characters and of the ideographic space. */
export function halfWidth(text: string): string {
  // Most texts have none, and looking is cheaper than translating.
  return `CASE WHEN ${text} RLIKE '[\u3000\uFF01-\uFF5E]' THEN translate(${text}, ${quoteText(FULL)}, ${quoteText(HALF)}) ELSE ${text} END`;
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
