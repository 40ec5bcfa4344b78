import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';
import { readRows } from './read.js';
import { withServer } from './server.js';
import { parseUrl } from './target.js';
import { appendRows } from './write.js';

/** How long a stop waits for a server before it sends rows, in milliseconds. */
const CONNECT_MS = 30_000;

const connection = {
  url: property.string({
    title: { en: 'Url', zh: '连接地址' },
    description: { en: 'The JDBC URL of the server, with the port of HTTP.', zh: '服务器的 JDBC 地址（HTTP 端口）。' },
    default: 'jdbc:clickhouse://127.0.0.1:8123/default',
    example: 'jdbc:clickhouse://127.0.0.1:8123/default',
  }),
  driver: property.string({
    title: { en: 'Driver', zh: '驱动' },
    description: { en: 'The class of a JDBC driver; has no effect.', zh: 'JDBC 驱动类名；无作用。' },
    default: 'ru.yandex.clickhouse.ClickHouseDriver',
    example: 'ru.yandex.clickhouse.ClickHouseDriver',
  }),
  user: property.string({
    title: { en: 'User', zh: '用户' },
    description: { en: 'The user; default that of the URL, or default.', zh: '用户；默认取地址中的用户，或 default。' },
    default: '',
    example: 'default',
  }),
  password: property.secret({
    title: { en: 'Password', zh: '密码' },
    description: { en: 'The password of the user.', zh: '用户的密码。' },
    default: '',
  }),
};

export const clickhouseRead = defineStop({
  name: 'cn.piflow.bundle.clickhouse.ClickhouseRead',
  title: { en: 'Read ClickHouse', zh: '读取 ClickHouse' },
  description: {
    en: 'Reads the rows of a query, with their types; unsigned whole numbers have the next larger type, and what Spark has no type for is a text. Unlike PiFlow, rows stream, a query that fails in the middle ends the run, and moments are exact in any time zone.',
    zh: '读取查询的行并保留类型；无符号整数使用更大一级的类型，Spark 没有对应类型的值为文本。与 PiFlow 不同：以流方式读取；中途失败的查询会使运行失败；时间在任何时区都准确。',
  },
  groups: ['Jdbc'],
  ports: { in: optionalSingle, out: single },
  properties: {
    ...connection,
    sql: property.code('sql', {
      title: { en: 'Sql', zh: 'SQL' },
      description: {
        en: "One query in ClickHouse's SQL, without FORMAT.",
        zh: '一条 ClickHouse SQL 查询，不含 FORMAT。',
      },
      required: true,
      example: 'select * from default.test',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  async run({ properties, engine, signal }) {
    const target = parseUrl(properties.url, properties.user, properties.password);
    const reading = await readRows(target, { timeoutMs: CONNECT_MS, signal }, { query: properties.sql }, {});
    return engine.fromRows(reading.columns, reading.rows());
  },
});

export const clickhouseWrite = defineStop({
  name: 'cn.piflow.bundle.clickhouse.ClickhouseWrite',
  title: { en: 'Write ClickHouse', zh: '写入 ClickHouse' },
  description: {
    en: 'Adds rows to a table, and gives them on; columns go by their names. ClickHouse has no transactions: when a run fails, batches that were sent stay, and one that is tried again adds them again, unless the table drops equal blocks (replicated ones do, from ClickHouse 22 on). Unlike PiFlow, a table that is not there is made, NULL for a column that takes none ends the run, and so does a day that a Date does not have.',
    zh: '把行追加到表中，并传给下游；按列名对应。ClickHouse 没有事务：运行失败时已发送的批次会保留，重试会再次追加，除非表会丢弃相同的数据块（复制表，ClickHouse 22 起）。与 PiFlow 不同：表不存在时自动创建；不可为空的列遇到 NULL、Date 范围外的日期会使运行失败。',
  },
  groups: ['Jdbc'],
  ports: { in: single, out: single },
  properties: {
    ...connection,
    dbtable: property.string({
      title: { en: 'DBTable', zh: '表' },
      description: { en: 'The table, with its database before it or not.', zh: '表名，可带数据库名。' },
      required: true,
      example: 'test',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  async run({ properties, inputs, log, ...context }) {
    const { url, user, password, dbtable } = properties;
    const target = parseUrl(url, user, password);
    const input = inputs.get();
    const options = { timeoutMs: CONNECT_MS, signal: context.signal };
    const key = JSON.stringify([context.run.id, context.stop]);
    const rows = await withServer(target, options, (server) =>
      appendRows(server, dbtable, input, { beforeCommit: context.beforeCommit, key }),
    );
    log.info(`${rows} rows written to '${dbtable}'`);
    return input;
  },
});
