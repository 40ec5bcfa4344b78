import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DuckDBDecimalType, DuckDBTypeId, type DuckDBType } from '@duckdb/node-api';
import { StandInDatabase, type StandInResult } from './stand-in-database.js';

const PAGE_ROWS = 1000;

/** A coordinator of Presto's HTTP protocol, as openLooKeng speaks it; its SQL is DuckDB's. */
export async function prestoServer(password: string) {
  const database = await StandInDatabase.open();
  const asked: string[] = [];
  const ended: string[] = [];
  const answers = new Map<string, StandInResult>();
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => void answer(Buffer.concat(pieces).toString()));
    const answer = async (body: string): Promise<void> => {
      const login = request.headers.authorization;
      if (login !== `Basic ${Buffer.from(`me:${password}`).toString('base64')}`) {
        return void response.writeHead(401).end('Unauthorized');
      }
      const [, id = '', at = '0'] = /^\/v1\/statement\/(\w+)\/(\d+)$/.exec(request.url ?? '') ?? [];
      const origin = `http://${request.headers.host ?? ''}`;
      if (request.method === 'DELETE') return void (ended.push(id), response.writeHead(204).end());
      if (request.method === 'GET') return reply(response, page(answers.get(id), id, Number(at), origin));
      asked.push(body);
      const fresh = `q${asked.length}`;
      try {
        answers.set(fresh, await database.run(toDuckdb(body)));
        // A query is queued at first: the columns come with a later page.
        reply(response, { id: fresh, nextUri: `${origin}/v1/statement/${fresh}/0`, stats: { state: 'QUEUED' } });
      } catch (error) {
        const { message } = error as Error;
        const errorName = /does not exist/.test(message) ? 'TABLE_NOT_FOUND' : 'SYNTAX_ERROR';
        reply(response, { id: fresh, stats: { state: 'FAILED' }, error: { message, errorName } });
      }
    };
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { port, database, asked, ended, close: () => void (server.close(), server.closeAllConnections()) };
}

/** What DuckDB has in other places. */
function toDuckdb(sql: string): string {
  return sql
    .replace('system.runtime.nodes', "(SELECT '316' AS node_version, true AS coordinator)")
    .replace('"memory".information_schema', 'information_schema');
}

function reply(response: ServerResponse, page: object): void {
  // Numbers of 64 bits are written with all digits.
  const text = JSON.stringify(page, (_, value: unknown) => (typeof value === 'bigint' ? `\u0000${value}` : value));
  response.writeHead(200, { 'content-type': 'application/json' }).end(text.replace(/"\\u0000(-?\d+)"/g, '$1'));
}

function page(result: StandInResult | undefined, id: string, at: number, origin: string): object {
  if (result === undefined) return { id, error: { message: 'Query not found', errorName: 'QUERY_NOT_FOUND' } };
  const { names, types, rows } = result;
  const data = rows.slice(at, at + PAGE_ROWS).map((row) => row.map((cell, c) => jsonOf(cell, types[c] as DuckDBType)));
  const hasMore = at + PAGE_ROWS < rows.length;
  return {
    id,
    columns: names.map((name, c) => ({ name, type: typeName(types[c] as DuckDBType) })),
    ...(data.length === 0 ? {} : { data }),
    ...(hasMore ? { nextUri: `${origin}/v1/statement/${id}/${at + PAGE_ROWS}` } : {}),
    stats: { state: hasMore ? 'RUNNING' : 'FINISHED' },
  };
}

function typeName(type: DuckDBType): string {
  if (type instanceof DuckDBDecimalType) return `decimal(${type.width},${type.scale})`;
  const names: Partial<Record<DuckDBTypeId, string>> = {
    [DuckDBTypeId.FLOAT]: 'real',
    [DuckDBTypeId.BLOB]: 'varbinary',
    [DuckDBTypeId.TIMESTAMP]: 'timestamp',
    [DuckDBTypeId.TIMESTAMP_TZ]: 'timestamp with time zone',
    [DuckDBTypeId.LIST]: 'array(integer)',
  };
  return names[type.typeId] ?? type.toString().toLowerCase();
}

function jsonOf(cell: unknown, type: DuckDBType): unknown {
  if (cell === null || typeof cell === 'boolean' || typeof cell === 'string' || typeof cell === 'bigint') return cell;
  if (typeof cell === 'number') return Number.isFinite(cell) ? cell : String(cell);
  switch (type.typeId) {
    case DuckDBTypeId.BLOB:
      return Buffer.from((cell as { bytes: Uint8Array }).bytes).toString('base64');
    case DuckDBTypeId.TIMESTAMP_TZ:
      return `${String(cell).replace(/\+00$/, '')} UTC`;
    case DuckDBTypeId.LIST:
      return (cell as { items: readonly unknown[] }).items;
    default:
      return String(cell);
  }
}
