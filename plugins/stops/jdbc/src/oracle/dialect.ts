import { decimalSize, textLiteral, typeWord } from '../sql/words.js';
import { mergeInto, type Dialect } from '../sql/session.js';

const TYPES: Readonly<Record<string, string>> = {
  boolean: 'NUMBER(1)', tinyint: 'NUMBER(3)', smallint: 'NUMBER(5)', int: 'NUMBER(10)', bigint: 'NUMBER(19)',
  float: 'BINARY_FLOAT', double: 'BINARY_DOUBLE', date: 'DATE', timestamp: 'TIMESTAMP(6) WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP(6)', binary: 'BLOB',
}; // prettier-ignore

/** The type of a column for values of a type in Spark's words; texts of any length are no keys. */
export function columnType(type: string, isKey: boolean): string | undefined {
  const word = typeWord(type);
  if (word === 'decimal') return `NUMBER(${decimalSize(type).join(',')})`;
  if (['string', 'varchar', 'char'].includes(word)) return isKey ? 'VARCHAR2(1000 CHAR)' : 'CLOB';
  return TYPES[word];
}

/** A name as Oracle has it: plain words are in capitals there, however they are written. */
export function quote(name: string): string {
  return `"${plainName(name).replaceAll('"', '""')}"`;
}

function plainName(name: string): string {
  return /^[a-z][\w$#]*$/i.test(name) ? name.toUpperCase() : name;
}

export const DIALECT: Dialect = {
  product: 'Oracle',
  quote,
  limit: 'fetch',
  version: 'SELECT version FROM product_component_version FETCH FIRST 1 ROWS ONLY',
  listing(path, limit) {
    const [owner, table] = path.map(textLiteral);
    const most = ` FETCH FIRST ${limit} ROWS ONLY`;
    if (owner === undefined) return { sql: `SELECT username FROM all_users ORDER BY 1${most}`, kind: 'schema' };
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
    undoesTables: false,
    merge: mergeInto,
    rename: (table, name) => `ALTER TABLE ${table.map(quote).join('.')} RENAME TO ${quote(name)}`,
  },
};
