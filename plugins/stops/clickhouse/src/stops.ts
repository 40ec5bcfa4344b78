import { createHash } from 'node:crypto';
import {
  defineStop,
  optionalSingle,
  property,
  single,
  SluiceError,
  type Dataset,
  type StopContext,
  type Value,
} from '@sluice/plugin-sdk';
import { Server } from './server.js';
import { parseUrl, type Target } from './target.js';
import { quotedName, readerOf } from './types.js';
import { typeFor, writerFor } from './write-values.js';

/** How long a stop waits for a server before it sends rows, in milliseconds. */
const CONNECT_MS = 30_000;
/** Rows and characters of one insert, at most. */
const MOST_ROWS = 100_000;
const MOST_CHARACTERS = 16 << 20;

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
    const inner = `(\n${properties.sql.trim().replace(/;\s*$/, '')}\n) AS temp`;
    const head = await withServer(target, signal, (server) => server.query(`SELECT * FROM ${inner} LIMIT 0`));
    const readers = head.names.map((name, i) => readerOf(name, head.types[i] ?? 'String'));
    const rows = async function* (): AsyncGenerator<readonly Value[]> {
      const server = new Server(target, { timeoutMs: CONNECT_MS, signal });
      try {
        const { rows } = await server.query(`SELECT ${readers.map(({ sql }) => sql).join(', ')} FROM ${inner}`);
        for await (const texts of rows()) {
          if (texts.length !== readers.length)
            throw new SluiceError('DATA_INVALID', 'the server sent a row that is cut off');
          yield readers.map((reader, i) => reader.read(texts[i] ?? ''));
        }
      } finally {
        await server.close();
      }
    };
    return engine.fromRows(
      readers.map(({ column }) => column),
      rows(),
    );
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
    const rows = await withServer(target, context.signal, (server) => writeRows(context, server, dbtable, input));
    log.info(`${rows} rows written to '${dbtable}'`);
    return input;
  },
});

type Context = Pick<StopContext, 'beforeCommit' | 'run' | 'stop'>;

async function writeRows(context: Context, server: Server, name: string, input: Dataset): Promise<number> {
  const table = name
    .split('.')
    .map((part) => quotedName(part.trim().replace(/^[`"](.*)[`"]$/, '$1')))
    .join('.');
  const { columns } = input;
  const names = columns.map((column) => quotedName(column.name)).join(', ');
  const [[isThere = '0'] = []] = await server.all(`EXISTS TABLE ${table}`);
  if (isThere !== '1') {
    await context.beforeCommit();
    const types = columns.map((column) => `${quotedName(column.name)} ${typeFor(column)}`).join(', ');
    await server.execute(`CREATE TABLE IF NOT EXISTS ${table} (${types}) ENGINE = MergeTree ORDER BY tuple()`);
  }
  const { types } = await server.query(`SELECT ${names} FROM ${table} LIMIT 0`);
  const writers = columns.map((column, i) => writerFor(column, types[i] ?? 'String'));
  const [[version = '0'] = []] = await server.all('SELECT version() AS v');
  const hasTokens = Number.parseInt(version, 10) >= 22;
  let [rows, batch, lines, characters] = [0, 0, [] as string[], 0];
  const send = async (): Promise<void> => {
    if (lines.length === 0) return;
    await context.beforeCommit();
    const token = createHash('sha256')
      .update(JSON.stringify([context.run.id, context.stop, batch++]))
      .digest('hex');
    await server.insert(`${table} (${names})`, lines.join(''), hasTokens ? { insert_deduplication_token: token } : {});
    [lines, characters] = [[], 0];
  };
  for await (const { length, columns: vectors } of input.batches()) {
    for (let r = 0; r < length; r++) {
      const line = `${writers.map((write, c) => write(vectors[c]?.[r] ?? null)).join('\t')}\n`;
      lines.push(line);
      rows++;
      if ((characters += line.length) > MOST_CHARACTERS || lines.length === MOST_ROWS) await send();
    }
  }
  await send();
  return rows;
}

async function withServer<T>(target: Target, signal: AbortSignal, work: (server: Server) => Promise<T>): Promise<T> {
  const server = new Server(target, { timeoutMs: CONNECT_MS, signal });
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}
