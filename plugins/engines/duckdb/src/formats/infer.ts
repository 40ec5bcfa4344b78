import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column } from '@sluice/plugin-sdk';
import { valueOfText, type Spelling } from './text-values.js';

/** Rows of the first look, which settles most columns before all rows are read. */
const FIRST_LOOK = 10_000;
/** Types that a column's texts may all fit, the narrowest first; `string` fits everything. */
const LADDER = ['int', 'bigint', 'decimal(38,0)', 'double', 'boolean', 'date', 'timestamp'] as const;

/**
 * The types of columns of texts, as Spark infers them: the narrowest that every text of the column fits, over all rows;
 * `string` where there is none, or where the column is empty.
 *
 * @param relation a query that gives the texts
 * @param names its columns, quoted
 */
export async function inferTypes(
  connection: DuckDBConnection,
  relation: string,
  columns: readonly { readonly name: string; readonly quoted: string }[],
  spelling: Spelling,
): Promise<Column[]> {
  let open = columns.map((column) => ({ ...column, candidates: [...LADDER] as string[], digits: 0 }));
  const settled = new Map<string, string>();
  for (const source of [`(${relation} LIMIT ${FIRST_LOOK})`, `(${relation})`]) {
    open = open.filter((column) => column.candidates.length > 0);
    if (open.length === 0) break;
    const parts = open.flatMap((column) => [
      `count(${column.quoted})`,
      `max(CASE WHEN ${column.candidates.includes('decimal(38,0)')} THEN length(ltrim(${column.quoted}, '+-')) END)`,
      ...column.candidates.map((type) => `bool_and(${fits(column.quoted, type, spelling)})`),
    ]);
    const [row = []] = await (await connection.run(`SELECT ${parts.join(', ')} FROM ${source}`)).getRows();
    let at = 0;
    for (const column of open) {
      const filled = Number(row[at++]);
      column.digits = Number(row[at++] ?? 0);
      const flags = column.candidates.map(() => row[at++]);
      // An empty column fits everything so far; at the end it is a string.
      if (filled > 0) column.candidates = column.candidates.filter((_, index) => flags[index] === true);
      const [narrowest = 'string'] = filled > 0 ? column.candidates : [];
      settled.set(column.quoted, narrowest === 'decimal(38,0)' ? `decimal(${column.digits},0)` : narrowest);
    }
  }
  return columns.map(({ name, quoted }) => ({ name, type: settled.get(quoted) ?? 'string' }));
}

function fits(text: string, type: string, spelling: Spelling): string {
  if (type === 'decimal(38,0)') return `regexp_full_match(${text}, '[+-]?[0-9]{1,38}')`;
  // A year alone, or a time alone, is no timestamp.
  const looks = type === 'date' ? '\\d{4}-\\d{2}-\\d{2}' : '\\d{4}-\\d{1,2}-\\d{1,2}([ T].*)?';
  const pattern = type === 'date' ? spelling.date : spelling.timestamp;
  const value = `(${text} IS NULL OR (${valueOfText(text, type, spelling)}) IS NOT NULL)`;
  if ((type === 'date' || type === 'timestamp') && pattern === undefined) {
    return `(${text} IS NULL OR regexp_full_match(${text}, '${looks}')) AND ${value}`;
  }
  return value;
}
