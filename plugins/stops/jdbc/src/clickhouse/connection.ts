import type { BrowseEntry, Connection, ConnectOptions } from '@sluice/plugin-sdk';
import { oneStatement } from '../select.js';
import { readRows } from './read.js';
import { Server } from './server.js';
import type { Target } from './target.js';
import { quotedName } from './types.js';
import { writeRows } from './write.js';

/** A connection to a server of ClickHouse, by its HTTP interface. */
export async function connectClickhouse(target: Target, options: ConnectOptions): Promise<Connection> {
  const asking = new Server(target, options, options.timeoutMs);
  const [[version = ''] = []] = await asking.all('SELECT version() AS v').catch(async (error: unknown) => {
    await asking.close();
    throw error;
  });
  // Queries may be silent for longer than a connection may take.
  const server = new Server(target, options);
  return {
    about: () => Promise.resolve({ product: 'ClickHouse', version }),
    browse: (path, limit) => browse(asking, path, limit),
    read: (source, given = {}) => readRows(target, options, source, given),
    write: (table, rows, given) => writeRows(server, table, rows, given),
    execute: (statement) => server.execute(oneStatement(statement)),
    close: async () => void (await Promise.all([asking.close(), server.close()])),
  };
}

async function browse(server: Server, path: readonly string[], limit: number): Promise<BrowseEntry[]> {
  const text = (value: string): string => `'${value.replace(/[\\']/g, '\\$&')}'`;
  const [database, table] = path;
  const entries = (rows: readonly (readonly string[])[], kind: string): BrowseEntry[] =>
    rows.map(([name = '', type = '']) => ({ name, kind, type, hasChildren: kind !== 'column' }));
  if (database === undefined) {
    return entries(await server.all(`SELECT name FROM system.databases ORDER BY name LIMIT ${limit}`), 'database');
  }
  if (table === undefined) {
    const query = `SELECT name FROM system.tables WHERE database = ${text(database)} ORDER BY name LIMIT ${limit}`;
    return entries(await server.all(query), 'table');
  }
  const found = await server.query(`SELECT * FROM ${quotedName(database)}.${quotedName(table)} LIMIT 0`);
  const columns = found.names.map((name, i) => [name, found.types[i] ?? '']).slice(0, limit);
  return entries(columns, 'column');
}
