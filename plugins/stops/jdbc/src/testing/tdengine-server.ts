import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import { StandInDatabase } from './stand-in-database.js';

/** Codes of TDengine's errors. */
const WRONG_LOGIN = 0x0357;
const SYNTAX = 0x2600;
const NO_TABLE = 0x2603;

/** The REST interface of TDengine's taosAdapter; what the SQL means is DuckDB's affair. */
export async function tdengineServer(password: string) {
  const database = await StandInDatabase.open();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => void answer(Buffer.concat(pieces).toString()));
    const reply = (value: object, status = 200): void => {
      const text = JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? `\u0000${each}` : each));
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(text.replace(/"\\u0000(-?\d+)"/g, '$1'));
    };
    const answer = async (body: string): Promise<void> => {
      asked.push(body);
      if (request.headers.authorization !== `Basic ${Buffer.from(`root:${password}`).toString('base64')}`) {
        return reply({ code: WRONG_LOGIN, desc: 'Authentication failure' }, 401);
      }
      try {
        const { names, types, rows } = await database.run(toDuckdb(body));
        const isQuery = /^\s*(select|show|describe)/i.test(body);
        const meta = names.map((name, c) => [name, typeName(types[c] as DuckDBType), 8]);
        reply({
          code: 0,
          column_meta: isQuery ? meta : [['affected_rows', 'INT', 4]],
          data: isQuery ? rows.map((row) => row.map(jsonOf)) : [[rows.length]],
          rows: rows.length,
        });
      } catch (error) {
        const { message } = error as Error;
        reply({ code: /does not exist/.test(message) ? NO_TABLE : SYNTAX, desc: message });
      }
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, database, asked, close: () => void (server.close(), server.closeAllConnections()) };
}

function toDuckdb(sql: string): string {
  return sql
    .replaceAll('`', '"')
    .replace(/^SELECT server_version\(\)$/, "SELECT '3.3.2.0' AS version")
    .replace(/^SHOW TABLES LIKE (.*)$/, 'SELECT table_name FROM duckdb_tables() WHERE table_name LIKE $1')
    .replace(/^DESCRIBE (.*)$/, 'SELECT column_name AS field, column_type AS type FROM (DESCRIBE $1)')
    .replace(/"shop"\./g, '')
    .replace(/\bBOOL\b/g, 'BOOLEAN')
    .replace(/\bNCHAR\(\d+\)/g, 'VARCHAR')
    .replace(/\bVARBINARY\(\d+\)/g, 'BLOB')
    .replace(/\bTIMESTAMP\b/g, 'TIMESTAMPTZ')
    .replace(/'\\x([0-9a-f]*)'/g, "unhex('$1')")
    .replace(/\\(['\\])/g, (_, sign: string) => (sign === "'" ? "''" : sign))
    .replace(/\)\(/g, '), (')
    .replaceAll('\0', "' || chr(0) || '");
}

function typeName(type: DuckDBType): string {
  const names: Partial<Record<DuckDBTypeId, string>> = {
    [DuckDBTypeId.BOOLEAN]: 'BOOL',
    [DuckDBTypeId.INTEGER]: 'INT',
    [DuckDBTypeId.UBIGINT]: 'BIGINT UNSIGNED',
    [DuckDBTypeId.VARCHAR]: 'NCHAR',
    [DuckDBTypeId.BLOB]: 'VARBINARY',
    [DuckDBTypeId.TIMESTAMP_TZ]: 'TIMESTAMP',
  };
  return names[type.typeId] ?? type.toString();
}

function jsonOf(cell: unknown): unknown {
  if (typeof cell !== 'object' || cell === null) return cell;
  if ('bytes' in cell) return Buffer.from((cell as { bytes: Uint8Array }).bytes).toString('hex');
  if (!('micros' in cell)) return String(cell);
  const micros = (cell as { micros: bigint }).micros;
  const part = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const second = new Date(Number((micros - part) / 1000n)).toISOString().slice(0, 19);
  return `${second}.${String(part).padStart(6, '0')}Z`;
}
