import { defineDatasource, host, password, port, property, tls, type BrowseEntry } from '@sluice/plugin-sdk';
import { Server } from './server.js';
import { quotedName } from './types.js';

export const clickhouse = defineDatasource({
  name: 'clickhouse',
  aliases: ['ch'],
  title: { en: 'ClickHouse', zh: 'ClickHouse' },
  description: {
    en: 'A server of ClickHouse, by its HTTP interface.',
    zh: 'ClickHouse 服务器（HTTP 接口）。',
  },
  family: 'clickhouse',
  properties: {
    host,
    port: {
      ...port(8123),
      description: { en: 'The port of its HTTP interface; default 8123.', zh: 'HTTP 接口端口；默认 8123。' },
    },
    database: property.string({
      title: { en: 'Database', zh: '数据库' },
      description: { en: 'The database of names without one.', zh: '未指定数据库的名称所在的数据库。' },
      default: 'default',
      example: 'default',
    }),
    user: property.string({
      title: { en: 'User', zh: '用户' },
      description: { en: 'The user; default default.', zh: '用户；默认 default。' },
      default: 'default',
      example: 'default',
    }),
    password,
    tls,
  },
  fills: {
    url: 'jdbc:clickhouse://${host}:${port}/${database}?tls=${tls}',
    driver: 'ru.yandex.clickhouse.ClickHouseDriver',
  },
  async connect(values, options) {
    const server = new Server(values, options, options.timeoutMs);
    const close = (): Promise<void> => server.close();
    const [[version = ''] = []] = await server.all('SELECT version() AS v').catch(async (error: unknown) => {
      await close();
      throw error;
    });
    return {
      about: () => Promise.resolve({ product: 'ClickHouse', version }),
      browse: (path, limit) => browse(server, path, limit),
      close,
    };
  },
});

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
