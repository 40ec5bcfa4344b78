import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column } from '@sluice/plugin-sdk';
import { isWhole, valueOfText, type Spelling } from './text-values.js';

/** Rows of the first look, which settles most columns before all rows are read. */
const FIRST_LOOK = 10_000;
/** Types that a column's texts may all fit, the narrowest first; `string` fits everything. */
const LADDER: readonly string[] = ['int', 'bigint', 'decimal(38,0)', 'double', 'boolean', 'date', 'timestamp'];

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
  const open = columns.map((column) => ({ ...column, candidates: [...LADDER], type: 'string' }));
  await narrow(connection, `(${relation} LIMIT ${FIRST_LOOK})`, open, spelling);
  for (const column of open) column.type = column.candidates[0] ?? 'string';
  // Most columns turn out to be what they looked like, and one test of all rows each tells.
  const likely = open.filter(({ candidates, type }) => candidates.length < LADDER.length && LADDER.includes(type));
  const tested = likely.map((column) => ({ ...column, candidates: [column.type] }));
  await narrow(connection, `(${relation})`, tested, spelling);
  const others = open.filter((column) => {
    const test = tested.find((each) => each.quoted === column.quoted);
    if (test === undefined) return column.candidates.length > 0;
    if (test.candidates.length > 0) column.type = test.type;
    return test.candidates.length === 0;
  });
  await narrow(connection, `(${relation})`, others, spelling);
  return open.map(({ name, type }) => ({ name, type }));
}

interface OpenColumn {
  readonly name: string;
  readonly quoted: string;
  /** The types that all texts seen so far fit, the narrowest first. */
  candidates: string[];
  /** The narrowest; `string` where there is none, or no text. */
  type: string;
}

/** Leaves of each column's candidates those that all its texts in a relation fit. */
async function narrow(
  connection: DuckDBConnection,
  relation: string,
  columns: readonly OpenColumn[],
  spelling: Spelling,
): Promise<void> {
  if (columns.length === 0) return;
  const parts = columns.flatMap(({ quoted: cell, candidates }) => {
    // An empty text tells nothing of the type, whatever stands for NULL.
    const quoted = `nullif(${cell}, '')`;
    return [
      `count(${quoted})`,
      candidates.includes('decimal(38,0)') ? `max(length(rtrim(ltrim(${quoted}, '+-'), '.')))` : 'NULL',
      ...candidates.map((type) => `bool_and(${fits(quoted, type, spelling)})`),
    ];
  });
  const [row = []] = await (await connection.run(`SELECT ${parts.join(', ')} FROM ${relation}`)).getRows();
  let at = 0;
  for (const column of columns) {
    const filled = Number(row[at++]);
    const digits = Number(row[at++] ?? 0);
    const flags = column.candidates.map(() => row[at++]);
    // An empty column fits everything so far, and is a string if it stays empty.
    if (filled > 0) column.candidates = column.candidates.filter((_, index) => flags[index] === true);
    const [narrowest = 'string'] = filled > 0 ? column.candidates : [];
    column.type = narrowest === 'decimal(38,0)' ? `decimal(${digits},0)` : narrowest;
  }
}

function fits(text: string, type: string, spelling: Spelling): string {
  if (type === 'int' || type === 'bigint') {
    const strict = `${isWhole(text)} AND ${valueOfText(text, type, spelling)} IS NOT NULL`;
    return `(${text} IS NULL OR ${strict})`;
  }
  if (type === 'decimal(38,0)') return `regexp_full_match(${text}, '[+-]?[0-9]{1,38}[.]?')`;
  const value = `(${text} IS NULL OR (${valueOfText(text, type, spelling)}) IS NOT NULL)`;
  // A date is written in full; a number, such as a year alone, is no time.
  const looks = `regexp_full_match(${text}, '\\d{4}-\\d{2}-\\d{2}')`;
  if (type === 'date' && spelling.date === undefined) return `(${text} IS NULL OR ${looks}) AND ${value}`;
  const isNumber = `regexp_full_match(${text}, '[+-]?[0-9.]+')`;
  if (type === 'timestamp' && spelling.timestamp === undefined)
    return `(${text} IS NULL OR NOT ${isNumber}) AND ${value}`;
  return value;
}
