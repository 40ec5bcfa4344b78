import {
  columnNamed,
  defineStop,
  quoteName,
  optionalSingle,
  property,
  single,
  type Connection,
  type Properties,
  type StopContext,
  type StopDefinition,
} from '@sluice/plugin-sdk';
import { CONNECT_MS, connectTarget } from '../connect.js';
import { parseJdbcUrl } from '../jdbc-url.js';
import { oneStatement } from '../select.js';
import { readDataset, readRanges } from '../stops/read-dataset.js';
import { connection, dbtable, driver, selectedContent, sql, tableName, unused } from './properties.js';

/** Opens sessions to the database that a stop's own properties name. */
export function opener(context: StopContext): () => Promise<Connection> {
  const { url = '', user = '', password = '' } = context.properties as Readonly<Record<string, string | undefined>>;
  const target = parseJdbcUrl(url, user, password);
  return () =>
    connectTarget(target, {
      timeoutMs: CONNECT_MS,
      signal: context.signal,
      files: context.files,
      bundle: context.bundle,
    });
}

interface Named {
  /** Behind `cn.piflow.bundle.`. */
  readonly bundle: string;
  readonly product: string;
  readonly aliases?: readonly string[];
  readonly more?: Properties;
}

/** Columns of a query by their names, as PiFlow's stops for Oracle and Impala want them listed. */
const listed = (name: string, was: string, example: readonly string[]) => ({
  [name]: property.list({
    title: { en: name, zh: was },
    description: {
      en: 'The columns of the result to give, in this order, without regard to case; default all. A type behind a point, as in name.varchar, is not needed: columns keep their own.',
      zh: '要输出的结果列（按此顺序，不区分大小写）；默认全部。点后的类型（如 name.varchar）不需要，列保留自身类型。',
    },
    default: [],
    example,
  }),
});

const PREFIX = 'cn.piflow.bundle.';

/** A stop that gives the rows of a query. */
function queryReader({
  bundle,
  product,
  aliases = [],
  more = {},
  list,
}: Named & { readonly list?: string }): StopDefinition {
  return defineStop({
    name: PREFIX + bundle,
    aliases: aliases.map((each) => PREFIX + each),
    title: { en: `Query ${product}`, zh: `查询 ${product}` },
    description: {
      en: `Gives the rows of one query that ${product} runs. Rows stream; a column without an exact counterpart is named.`,
      zh: `输出由 ${product} 执行的一条查询的结果行。以流方式读取；没有对应类型的列会被指出。`,
    },
    groups: ['Jdbc'],
    ports: { in: optionalSingle, out: single },
    properties: { ...connection, sql, ...more },
    extraProperties: 'ignore',
    engines: ['duckdb'],
    pure: false,
    run: async (context) => {
      const rows = await readDataset(context.engine, opener(context), { query: context.properties.sql }, context.log);
      const names =
        list === undefined
          ? []
          : ((context.properties as Readonly<Record<string, unknown>>)[list] as readonly string[] | undefined);
      if (list === undefined || names === undefined || names.length === 0) return rows;
      const items = names.map((name) => {
        const [bare = ''] = name.split(/[.:]/);
        const column = columnNamed(rows.columns, bare, list);
        return `${quoteName(column.name)} AS ${quoteName(bare.trim())}`;
      });
      return context.engine.sql(`SELECT ${items.join(', ')} FROM input`, { input: rows });
    },
  });
}

/** A stop that gives the rows of a table. */
function tableReader({ bundle, product, aliases = [], more = {} }: Named): StopDefinition {
  return defineStop({
    name: PREFIX + bundle,
    aliases: aliases.map((each) => PREFIX + each),
    title: { en: `Read ${product}`, zh: `读取 ${product}` },
    description: {
      en: `Gives the rows of a table of ${product}. Rows stream; a column without an exact counterpart is named.`,
      zh: `输出 ${product} 中一张表的行。以流方式读取；没有对应类型的列会被指出。`,
    },
    groups: ['Jdbc'],
    ports: { in: optionalSingle, out: single },
    properties: { ...connection, tableName, selectedContent, ...more },
    extraProperties: 'ignore',
    engines: ['duckdb'],
    pure: false,
    run: (context) => {
      const { selectedContent: list, tableName: from } = context.properties;
      return readDataset(context.engine, opener(context), { query: `SELECT ${list} FROM ${from}` }, context.log);
    },
  });
}

const number = (en: string, zh: string, what: string, was: string) =>
  property.integer({ title: { en, zh }, description: { en: what, zh: was }, required: true, example: 1 });

const partitionReader = defineStop({
  name: `${PREFIX}jdbc.OracleReadByPartition`,
  aliases: [`${PREFIX}generic.jdbc.OracleReadByPartition`],
  title: { en: 'Query Oracle by partitions', zh: '分区查询 Oracle' },
  description: {
    en: 'Gives the rows of a query in ranges of a number column that several sessions read at once. Any database with a driver serves.',
    zh: '按数值列的区间由多个会话并行读取一条查询的结果行；有驱动的任何数据库均可使用。',
  },
  groups: ['Jdbc'],
  ports: { in: optionalSingle, out: single },
  properties: {
    ...connection,
    sql,
    partitionColumn: property.string({
      title: { en: 'PartitionColumn', zh: '分区列' },
      description: { en: 'The number column whose ranges are read.', zh: '按其区间读取的数值列。' },
      required: true,
      example: 'id',
    }),
    lowerBound: number('LowerBound', '下界', 'Where the ranges begin; no row is left out.', '区间的起点；不会漏掉行。'),
    upperBound: number('UpperBound', '上界', 'Where the ranges end; no row is left out.', '区间的终点；不会漏掉行。'),
    numPartitions: number('NumPartitions', '分区数', 'How many ranges.', '区间数量。'),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  run: (context) => {
    const { partitionColumn, lowerBound, upperBound, numPartitions } = context.properties;
    const ranges = {
      column: partitionColumn,
      lower: lowerBound,
      upper: upperBound,
      count: Math.min(numPartitions, 64),
    };
    return readRanges(context.engine, opener(context), { query: context.properties.sql }, context.log, {}, ranges);
  },
});

const executeSql = defineStop({
  name: `${PREFIX}jdbc.ExcuteSql`,
  aliases: [`${PREFIX}jdbc.ExecuteSql`],
  title: { en: 'Run a statement', zh: '执行语句' },
  description: {
    en: 'Runs one statement in the database and gives the names of its databases, as PiFlow does.',
    zh: '在数据库中执行一条语句，并输出其数据库名称（同 PiFlow）。',
  },
  groups: ['Jdbc'],
  ports: { in: optionalSingle, out: single },
  properties: { ...connection, driver, sql },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  writes: true,
  run: async (context) => {
    const open = opener(context);
    const session = await open();
    try {
      await context.beforeCommit();
      await session.execute?.(oneStatement(context.properties.sql));
    } finally {
      await session.close();
    }
    const query = 'SELECT schema_name AS Database_Name FROM information_schema.schemata';
    return readDataset(context.engine, open, { query }, context.log);
  },
});

const tdengineReader = defineStop({
  name: `${PREFIX}TDengine.TDengineRead`,
  title: { en: 'Read TDengine', zh: '读取 TDengine' },
  description: {
    en: 'Gives the rows of a table of TDengine, by its REST interface. Rows stream; moments are exact to the microsecond.',
    zh: '通过 REST 接口输出 TDengine 中一张表的行。以流方式读取；时间精确到微秒。',
  },
  groups: ['Jdbc'],
  ports: { in: optionalSingle, out: single },
  properties: { ...connection, driver, dbtable: { ...dbtable, description: tableName.description } },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  run: (context) => readDataset(context.engine, opener(context), { table: context.properties.dbtable }, context.log),
});

/** PiFlow's stops that read databases. */
export const readers: readonly StopDefinition[] = [
  queryReader({
    bundle: 'jdbc.MysqlRead',
    product: 'MySQL',
    aliases: ['generic.jdbc.MysqlRead', 'jdbc.JdbcRead'],
    more: { driver },
  }),
  queryReader({ bundle: 'oceanbase.OceanBaseRead', product: 'OceanBase', more: { driver } }),
  queryReader({ bundle: 'tidb.TidbRead', product: 'TiDB', more: { driver } }),
  tableReader({ bundle: 'jdbc.PostgresqlRead', product: 'PostgreSQL', aliases: ['generic.jdbc.PostgresqlRead'] }),
  tableReader({
    bundle: 'jdbc.OpenGaussRead',
    product: 'openGauss',
    more: { hint: unused.hint, queryDop: unused.queryDop },
  }),
  tableReader({ bundle: 'jdbc.KingbaseESRead', product: 'KingbaseES', more: { hint: unused.hint } }),
  tableReader({ bundle: 'jdbc.DamengRead', product: 'Dameng' }),
  tableReader({ bundle: 'jdbc.OpenTenBaseRead', product: 'OpenTenBase', aliases: ['jdbc.TbaseRead'] }),
  queryReader({ bundle: 'jdbc.OracleRead', product: 'Oracle', aliases: ['generic.jdbc.OracleRead'] }),
  queryReader({
    bundle: 'jdbc.JdbcReadFromOracle',
    product: 'Oracle',
    aliases: ['generic.jdbc.JdbcReadFromOracle'],
    more: listed('schema', '列', ['id.number', 'name.varchar']),
    list: 'schema',
  }),
  queryReader({
    bundle: 'jdbc.ImpalaRead',
    product: 'Impala',
    aliases: ['generic.jdbc.ImpalaRead', 'jdbc.SelectImpala'],
    more: listed('schameString', '列', ['id', 'name']),
    list: 'schameString',
  }),
  queryReader({ bundle: 'openLooKeng.OpenLooKengRead', product: 'openLooKeng', more: { driver } }),
  tdengineReader,
  partitionReader,
  executeSql,
];
