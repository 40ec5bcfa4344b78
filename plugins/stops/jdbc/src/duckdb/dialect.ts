import { decimalSize, doubleQuote, informationSchema, textLiteral, typeWord } from '../sql/words.js';
import { mergeInto, type Dialect } from '../sql/session.js';

const TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR', varchar: 'VARCHAR', char: 'VARCHAR', boolean: 'BOOLEAN', tinyint: 'TINYINT', smallint: 'SMALLINT',
  int: 'INTEGER', bigint: 'BIGINT', float: 'FLOAT', double: 'DOUBLE', date: 'DATE', timestamp: 'TIMESTAMP WITH TIME ZONE',
  timestamp_ntz: 'TIMESTAMP', binary: 'BLOB',
}; // prettier-ignore

/** The type of a column for values of a type in Spark's words. */
export function columnType(type: string): string | undefined {
  const word = typeWord(type);
  return word === 'decimal' ? `DECIMAL(${decimalSize(type).join(',')})` : TYPES[word];
}

export const DIALECT: Dialect = {
  product: 'DuckDB',
  quote: doubleQuote,
  version: 'SELECT version()',
  listing(path, limit) {
    const found = informationSchema(path, ` LIMIT ${limit}`);
    const own = "catalog_name = current_database() AND schema_name NOT IN ('information_schema', 'pg_catalog')";
    return path.length > 0 || found === undefined
      ? found
      : { ...found, sql: found.sql.replace('ORDER BY', `WHERE ${own} ORDER BY`) };
  },
  writing: {
    columnsOf(table) {
      const [name = '', schema] = [...table].reverse();
      const where = schema === undefined ? 'current_schema()' : textLiteral(schema);
      return `SELECT column_name FROM duckdb_columns() WHERE database_name = current_database() AND lower(schema_name) = lower(${where}) AND lower(table_name) = lower(${textLiteral(name)}) ORDER BY column_index`;
    },
    columnType,
    begin: 'BEGIN TRANSACTION',
    commit: 'COMMIT',
    rollback: 'ROLLBACK',
    undoesTables: true,
    scratch: (name) => ({ create: `CREATE TEMPORARY TABLE ${doubleQuote(name)}`, name: ['temp', name] }),
    merge: mergeInto,
    rename: (table, name) => `ALTER TABLE ${table.map(doubleQuote).join('.')} RENAME TO ${doubleQuote(name)}`,
  },
};
