import {
  SluiceError,
  type Column,
  type Dataset,
  type Value,
  type WriteRowsOptions,
  type WrittenRows,
} from '@sluice/plugin-sdk';
import { chooseWay, lower } from '../save.js';
import { namePath } from '../select.js';
import type { Session } from '../sql/session.js';
import { typeWord } from '../sql/words.js';
import { dateText, timeText } from '../times.js';

/** Characters of one statement, at most: the server takes 1 MB. */
const MOST_CHARACTERS = 500_000;

const TYPES: Readonly<Record<string, string>> = {
  boolean: 'BOOL', tinyint: 'TINYINT', smallint: 'SMALLINT', int: 'INT', bigint: 'BIGINT', float: 'FLOAT', double: 'DOUBLE',
  decimal: 'VARCHAR(60)', string: 'NCHAR(4000)', date: 'VARCHAR(10)', timestamp: 'TIMESTAMP', timestamp_ntz: 'TIMESTAMP',
  binary: 'VARBINARY(16000)',
}; // prettier-ignore

/** A name in TDengine's quotes, in which case counts; plain ones are in small letters there. */
export function quote(name: string): string {
  return `\`${(/^\w+$/.test(name) ? name.toLowerCase() : name).replaceAll('`', '``')}\``;
}

/**
 * Adds rows. TDengine has no transactions and replaces rows of an equal time; a new table begins with its time.
 *
 * @param names the first two columns of a small query
 */
export async function writeRows(
  session: Session,
  names: (sql: string) => Promise<[string, string][]>,
  database: string,
  table: string,
  rows: Dataset,
  options: WriteRowsOptions,
): Promise<WrittenRows> {
  const { columns } = rows;
  if (options.mode === 'overwrite' || options.mode === 'upsert') {
    throw new SluiceError('PROPERTY_INVALID', 'TDengine adds rows only, and replaces those of an equal time; append');
  }
  const refused = columns.filter(({ type }) => TYPES[typeWord(type)] === undefined);
  if (refused.length > 0) {
    const named = refused.map(({ name, type }) => `'${name}' (${type})`).join(', ');
    throw new SluiceError(
      'TYPE_UNSUPPORTED',
      `TDengine has no type for the columns ${named}; turn them into text before`,
    );
  }
  const [own = '', at = database] = [...namePath(table)].reverse();
  const place = [at, own]
    .filter((each) => each !== '')
    .map(quote)
    .join('.');
  const there = (await names(`SHOW TABLES LIKE '${own.toLowerCase().replaceAll("'", "''")}'`)).length > 0;
  const existing = there ? (await names(`DESCRIBE ${place}`)).map(([name]) => name) : undefined;
  const way = chooseWay(table, columns, existing, options);
  if (way === 'nothing') return { rows: 0, atomic: true };
  if (way === 'create') {
    const [first] = columns;
    if (first === undefined || TYPES[typeWord(first.type)] !== 'TIMESTAMP') {
      throw new SluiceError('SCHEMA_MISMATCH', 'the first column of a table of TDengine is a timestamp; put it first');
    }
    await options.beforeCommit();
    const list = columns.map(({ name, type }) => `${quote(name)} ${TYPES[typeWord(type)]}`);
    await session.execute(`CREATE TABLE ${place} (${list.join(', ')})`);
  }
  const known = columns.map(({ name }) => existing?.find((each) => lower(each) === lower(name)) ?? name);
  const head = `INSERT INTO ${place} (${known.map(quote).join(', ')}) VALUES `;
  let [count, text] = [0, ''];
  const flush = async (): Promise<void> => {
    if (text === '') return;
    await options.beforeCommit();
    await session.execute(head + text);
    text = '';
  };
  for await (const { length, columns: vectors } of rows.batches()) {
    for (let r = 0; r < length; r++) {
      count++;
      const row = `(${columns.map((column, c) => literal(column, vectors[c]?.[r] ?? null, count)).join(',')})`;
      if (head.length + text.length + row.length > MOST_CHARACTERS) await flush();
      text += row;
    }
  }
  await flush();
  return { rows: count, atomic: false };
}

function literal({ name, type }: Column, value: Value, row: number): string {
  if (value === null) return 'NULL';
  const text = literalOf(type, value);
  if (text !== undefined) return text;
  const message = `row ${row}, column '${name}': ${String(value)} cannot be kept in TDengine`;
  throw new SluiceError('DATA_INVALID', message, { details: { column: name, row: String(row) } });
}

function literalOf(type: string, value: Exclude<Value, null>): string | undefined {
  switch (typeWord(type)) {
    case 'string':
    case 'decimal':
      return `'${String(value).replace(/[\\']/g, '\\$&')}'`;
    case 'date': {
      const text = dateText(value as number);
      return text === undefined ? undefined : `'${text}'`;
    }
    case 'timestamp':
    case 'timestamp_ntz': {
      const text = timeText(value as bigint);
      return text === undefined ? undefined : `'${text.replace(' ', 'T')}Z'`;
    }
    case 'binary':
      return `'\\x${Buffer.from(value as Uint8Array).toString('hex')}'`;
    case 'float':
    case 'double':
      return Number.isFinite(value) ? String(value) : undefined;
    default:
      return String(value);
  }
}
