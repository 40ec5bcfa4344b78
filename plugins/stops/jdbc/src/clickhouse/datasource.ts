import { defineDatasource, host, password, port, property, tls } from '@sluice/plugin-sdk';
import { connectClickhouse } from './connection.js';

export const clickhouse = defineDatasource({
  name: 'clickhouse',
  aliases: ['ch'],
  title: { en: 'ClickHouse', zh: 'ClickHouse' },
  description: {
    en: 'A server of ClickHouse, by its HTTP interface.',
    zh: 'ClickHouse 服务器（HTTP 接口）。',
  },
  family: 'sql',
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
  connect: connectClickhouse,
});
