import type { DuckDBType } from '@duckdb/node-api';
import type { DamengColumn, DamengConnection, DamengDriver } from '../dameng/driver.js';
import { StandInDatabase } from './stand-in-database.js';

const [STRING, BUFFER, NUMBER] = [2001, 2006, 2010];

/** What the npm package dmdb exports, as far as it is used, over DuckDB: what its SQL means is DuckDB's affair. */
export async function damengDriver(password: string) {
  const database = await StandInDatabase.open();
  const asked: string[] = [];
  const run = (sql: string) => {
    asked.push(sql);
    return database.run(toDuckdb(sql));
  };
  const columnOf = (name: string, type: DuckDBType): DamengColumn => {
    const { width = 0, scale = 0 } = type as { readonly width?: number; readonly scale?: number };
    return { name, dbTypeName: typeName(type), precision: width, scale };
  };
  const describe = async (sql: string): Promise<DamengColumn[]> => {
    const { names, types } = await run(sql);
    return names.map((name, c) => columnOf(name, types[c] as DuckDBType));
  };
  const connection: DamengConnection = {
    async getStatementInfo(sql) {
      return { metaData: await describe(sql) };
    },
    async execute(sql, _binds, options) {
      const { fetchInfo = {} } = options as {
        readonly fetchInfo?: Readonly<Record<string, { readonly type: number }>>;
      };
      const { names, types, rows } = await run(sql);
      if (!/^\s*select/i.test(sql)) return {};
      const metaData = names.map((name, c) => columnOf(name, types[c] as DuckDBType));
      const left = rows.map((row) => row.map((cell, c) => cellOf(cell, metaData[c] as DamengColumn, fetchInfo)));
      const resultSet = { getRows: async (count: number) => left.splice(0, count), close: async () => undefined };
      return { metaData, resultSet };
    },
    async executeMany(sql, binds) {
      for (const row of binds) {
        let at = 0;
        await run(sql.replace(/\?/g, () => literal(row[at++])));
      }
    },
    close: () => Promise.resolve(),
  };
  const driver: DamengDriver & { readonly default?: undefined } = {
    OUT_FORMAT_ARRAY: 4001,
    STRING,
    BUFFER,
    NUMBER,
    async getConnection(given) {
      asked.push(JSON.stringify(given));
      if (given['password'] === password) return connection;
      throw Object.assign(new Error('[-2501] Invalid username or password'), { errCode: -2501 });
    },
  };
  return { driver, asked };
}

function literal(value: unknown): string {
  if (value === null) return 'NULL';
  if (Buffer.isBuffer(value)) return `unhex('${value.toString('hex')}')`;
  return typeof value === 'number'
    ? `${value}::DOUBLE`
    : `'${String(value)
        .replaceAll("'", "''")
        .replace(/ ([+-]\d\d:\d\d)$/, '$1')}'`;
}

function cellOf(
  cell: unknown,
  { name, dbTypeName = '' }: DamengColumn,
  fetchInfo: Readonly<Record<string, { readonly type: number }>>,
): unknown {
  if (cell === null) return null;
  if (typeof cell === 'object' && 'bytes' in cell) return Buffer.from((cell as { bytes: Uint8Array }).bytes);
  if (fetchInfo[name]?.type !== STRING)
    throw new Error(`'${name}' (${dbTypeName}) would come as a value of JavaScript`);
  const text = String(cell);
  if (dbTypeName === 'TIMESTAMP WITH TIME ZONE') return `${text.replace(/\+00$/, '')} +00:00`.replace(/(\d\d:\d\d:\d\d) /, '$1.000000 '); // prettier-ignore
  return text;
}

function typeName(type: DuckDBType): string {
  const text = type.toString();
  if (text.startsWith('DECIMAL')) return 'DECIMAL';
  const names: Readonly<Record<string, string>> = { BOOLEAN: 'BIT', INTEGER: 'INT', FLOAT: 'REAL' };
  return names[text] ?? text;
}

function toDuckdb(sql: string): string {
  return sql
    .replace(/\bBIT\b/g, 'BOOLEAN')
    .replace(/\bTIMESTAMP\(6\) WITH TIME ZONE/g, 'TIMESTAMPTZ')
    .replace(/\bTIMESTAMP\(6\)/g, 'TIMESTAMP')
    .replace(/SYS_CONTEXT\('USERENV', 'CURRENT_SCHEMA'\)/, "'main'")
    .replace(/FROM all_tab_columns WHERE owner = ('\w+')/, 'FROM duckdb_columns() WHERE schema_name = $1')
    .replace(/ORDER BY column_id/, 'ORDER BY column_index')
    .replace(/SELECT banner FROM v\$version/, "SELECT 'DM Database Server 64 V8' AS banner")
    .replace(/^(COMMIT|ROLLBACK)$/, 'SELECT 1');
}
