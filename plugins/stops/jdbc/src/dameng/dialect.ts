import { mergeInto, type Dialect } from '../sql/session.js';
import { decimalSize, doubleQuote, textLiteral, typeWord } from '../sql/words.js';

const TYPES: Readonly<Record<string, string>> = {
  boolean: 'BIT', tinyint: 'TINYINT', smallint: 'SMALLINT', int: 'INT', bigint: 'BIGINT', float: 'REAL', double: 'DOUBLE',
  date: 'DATE', timestamp: 'TIMESTAMP(6) WITH TIME ZONE', timestamp_ntz: 'TIMESTAMP(6)', binary: 'BLOB',
}; // prettier-ignore

/** The type of a column for values of a type in Spark's words; texts of any length are no keys. */
export function columnType(type: string, isKey: boolean): string | undefined {
  const word = typeWord(type);
  if (word === 'decimal') return `DECIMAL(${decimalSize(type).join(',')})`;
  if (['string', 'varchar', 'char'].includes(word)) return isKey ? 'VARCHAR(1000)' : 'TEXT';
  return TYPES[word];
}

/** A plain name is in capitals, as Dameng has it where it tells cases apart, which is its usual setting. */
export function quote(name: string): string {
  return doubleQuote(plainName(name));
}

function plainName(name: string): string {
  return /^[a-z][\w$#]*$/i.test(name) ? name.toUpperCase() : name;
}

export const DIALECT: Dialect = {
  product: 'Dameng',
  quote,
  version: 'SELECT banner FROM v$version LIMIT 1',
  listing(path, limit) {
    const [owner, table] = path.map(textLiteral);
    const most = ` LIMIT ${limit}`;
    if (owner === undefined) {
      return { sql: `SELECT DISTINCT owner FROM all_objects WHERE object_type = 'SCH' OR object_type = 'TABLE' ORDER BY 1${most}`, kind: 'schema' }; // prettier-ignore
    }
    if (table === undefined) {
      const sql = `SELECT object_name, object_type FROM all_objects WHERE owner = ${owner} AND object_type IN ('TABLE', 'VIEW') ORDER BY 1${most}`;
      return { sql, kind: 'table' };
    }
    const sql = `SELECT column_name, data_type FROM all_tab_columns WHERE owner = ${owner} AND table_name = ${table} ORDER BY column_id${most}`;
    return { sql, kind: 'column' };
  },
  writing: {
    columnsOf(table) {
      const [name = '', owner] = [...table].reverse().map((each) => textLiteral(plainName(each)));
      const where = owner ?? "SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA')";
      return `SELECT column_name FROM all_tab_columns WHERE owner = ${where} AND table_name = ${name} ORDER BY column_id`;
    },
    columnType,
    // A transaction begins by itself.
    begin: '',
    commit: 'COMMIT',
    rollback: 'ROLLBACK',
    // Making a table commits, unless a setting of the server says otherwise.
    undoesTables: false,
    merge: mergeInto,
    rename: (table, name) => `ALTER TABLE ${table.map(quote).join('.')} RENAME TO ${quote(name)}`,
  },
};
