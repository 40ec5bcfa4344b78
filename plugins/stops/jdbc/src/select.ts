import { SluiceError, type ReadRowsOptions, type RowSource } from '@sluice/plugin-sdk';

/** What of a SELECT differs between databases. */
export interface SelectWords {
  /** A name as a word of SQL. */
  quote(name: string): string;
  /** How it says that it gives at most some rows: TOP before the columns, FETCH FIRST behind, or (default) LIMIT. */
  readonly limit?: 'top' | 'fetch' | undefined;
}

/** `SELECT columns FROM source WHERE condition LIMIT n`; a query of which nothing is left out stays as it is. */
export function selectSource(source: RowSource, options: ReadRowsOptions, words: SelectWords): string {
  const { columns = [], where = '', limit } = options;
  const isWhole = columns.length === 0 && where.trim() === '' && limit === undefined;
  if ('query' in source && isWhole) return oneStatement(source.query);
  const from = 'table' in source ? tableName(source.table, words.quote) : `(${oneStatement(source.query)}\n) Temp`;
  const list = columns.length === 0 ? '*' : columns.map(words.quote).join(', ');
  const condition = where.trim() === '' ? '' : ` WHERE ${where}`;
  const most = limit === undefined ? undefined : Math.trunc(limit);
  const [before, behind] =
    most === undefined
      ? ['', '']
      : words.limit === 'top'
        ? [`TOP (${most}) `, '']
        : ['', words.limit === 'fetch' ? ` FETCH FIRST ${most} ROWS ONLY` : ` LIMIT ${most}`];
  return `SELECT ${before}${list} FROM ${from}${condition}${behind}`;
}

/**
 * The parts of a table's name: `table`, `schema.table`, each as it is or quoted as SQL does it with double quotes,
 * backticks or brackets.
 *
 * @throws PROPERTY_INVALID for what is no such name
 */
export function namePath(text: string): string[] {
  const parts: string[] = [];
  let rest = text.trim();
  for (;;) {
    const match =
      /^(?:`((?:[^`]|``)+)`|"((?:[^"]|"")+)"|\[((?:[^\]]|\]\])+)\]|([^\s.`"]+(?: [^\s.`"]+)*))\s*(\.|$)\s*/s.exec(rest);
    if (match === null || parts.length === 3) {
      throw new SluiceError('PROPERTY_INVALID', `'${text}' is no name of a table; write table or schema.table`);
    }
    const [all, ticked, quoted, bracketed, plain = '', point] = match;
    parts.push(
      ticked?.replaceAll('``', '`') ?? quoted?.replaceAll('""', '"') ?? bracketed?.replaceAll(']]', ']') ?? plain,
    );
    rest = rest.slice(all.length);
    if (point === '') return parts;
  }
}

/** A table's name with each part quoted. */
export function tableName(text: string, quote: (name: string) => string): string {
  return namePath(text).map(quote).join('.');
}

/** One statement without the semicolon at its end. */
export function oneStatement(text: string): string {
  return text.trim().replace(/;\s*$/, '');
}

const NAME = String.raw`[\p{L}_][\p{L}\p{N}_$]*`;
const PLAIN = new RegExp(
  String.raw`^select\s+(\*|${NAME}(?:\s*,\s*${NAME})*)\s+from\s+${NAME}(?:\.${NAME}){0,2}$`,
  'iu',
);

/**
 * Whether a query gives columns of one table as they are and nothing else, such as `select id, name from shop.orders`: then
 * a condition around it lets the same rows through as one behind it. Each column comes once.
 */
export function isPlainSelect(query: string): boolean {
  const columns = PLAIN.exec(oneStatement(query))?.[1]
    ?.split(',')
    .map((name) => name.trim().toLowerCase());
  return columns !== undefined && new Set(columns).size === columns.length;
}
