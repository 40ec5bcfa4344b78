import { decimalSize, informationSchema, textLiteral, typeWord } from '../sql/words.js';
import { mergeInto, type Dialect } from '../sql/session.js';

const TYPES: Readonly<Record<string, string>> = {
  boolean: 'BIT', tinyint: 'SMALLINT', smallint: 'SMALLINT', int: 'INT', bigint: 'BIGINT', float: 'REAL', double: 'FLOAT(53)',
  date: 'DATE', timestamp: 'DATETIMEOFFSET(6)', timestamp_ntz: 'DATETIME2(6)', binary: 'VARBINARY(MAX)',
}; // prettier-ignore

/** The type of a column for values of a type in Spark's words; a key has at most 900 bytes. */
export function columnType(type: string, isKey = false): string | undefined {
  const word = typeWord(type);
  if (word === 'decimal') return `DECIMAL(${decimalSize(type).join(',')})`;
  if (['string', 'varchar', 'char'].includes(word)) return isKey ? 'NVARCHAR(450) NOT NULL' : 'NVARCHAR(MAX)';
  const found = TYPES[word];
  return found !== undefined && isKey ? `${found} NOT NULL` : found;
}

/** A name in SQL Server's brackets. */
export function quote(name: string): string {
  return `[${name.replaceAll(']', ']]')}]`;
}

export const DIALECT: Dialect = {
  product: 'SQL Server',
  quote,
  limit: 'top',
  version: "SELECT CAST(SERVERPROPERTY('ProductVersion') AS NVARCHAR(128)) AS version",
  listing: (path) => informationSchema(path),
  writing: {
    columnsOf(table) {
      const [name = '', schema] = [...table].reverse();
      const where = schema === undefined ? 'SCHEMA_NAME()' : textLiteral(schema);
      return `SELECT column_name FROM information_schema.columns WHERE table_schema = ${where} AND table_name = ${textLiteral(name)} ORDER BY ordinal_position`;
    },
    columnType,
    begin: 'BEGIN TRANSACTION',
    commit: 'COMMIT TRANSACTION',
    rollback: 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION',
    undoesTables: true,
    scratch: (name) => ({ create: `CREATE TABLE ${quote(`#${name}`)}`, name: [`#${name}`] }),
    // The lock keeps others from adding a row of an equal key in between.
    merge: (into, from, columns, keys) => `${mergeInto(`${into} WITH (HOLDLOCK)`, from, columns, keys)};`,
    rename: (table, name) => `EXEC sp_rename ${textLiteral(table.map(quote).join('.'))}, ${textLiteral(name)}`,
  },
};
