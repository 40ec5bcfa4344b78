import {
  defineStop,
  single,
  type Dataset,
  type Properties,
  type SaveMode,
  type StopContext,
  type StopDefinition,
} from '@sluice/plugin-sdk';
import { writeDataset } from '../stops/write-dataset.js';
import { connection, dbtable, driver, saveMode, unused } from './properties.js';
import { opener } from './readers.js';

const MODES: Readonly<Record<string, SaveMode>> = {
  Append: 'append',
  Overwrite: 'overwrite',
  Ignore: 'ignore',
  ErrorIfExists: 'error',
};

interface Writer {
  /** Behind `cn.piflow.bundle.`. */
  readonly bundle: string;
  readonly product: string;
  readonly aliases?: readonly string[];
  readonly more?: Properties;
}

function writer({ bundle, product, aliases = [], more = {} }: Writer): StopDefinition {
  return defineStop({
    name: `cn.piflow.bundle.${bundle}`,
    aliases: aliases.map((each) => `cn.piflow.bundle.${each}`),
    title: { en: `Write ${product}`, zh: `写入 ${product}` },
    description: {
      en: `Writes rows to a table of ${product}, all or none, and gives them on. Unlike PiFlow, overwriting keeps the definition of a table that has the same columns, and a value that does not fit ends the run.`,
      zh: `把行写入 ${product} 的表（要么全部写入，要么都不写），并把它们传给下游。与 PiFlow 不同：列相同时，Overwrite 保留表的定义；值放不下时运行失败。`,
    },
    groups: ['Jdbc'],
    ports: { in: single, out: single },
    properties: { ...connection, dbtable, saveMode, ...more },
    extraProperties: 'ignore',
    engines: ['duckdb'],
    writes: true,
    run: async (context) => {
      const { inputs, properties, beforeCommit, log } = context;
      const rows = inputs.get();
      const mode = MODES[properties.saveMode] ?? 'append';
      await writeDataset(await opener(context)(), properties.dbtable, rows, { mode, beforeCommit }, log);
      return rows;
    },
  });
}

const oracleWriter = defineStop({
  name: 'cn.piflow.bundle.jdbc.OracleWrite',
  aliases: ['cn.piflow.bundle.generic.jdbc.OracleWrite', 'cn.piflow.bundle.jdbc.JdbcWriteToOracle'],
  title: { en: 'Write Oracle', zh: '写入 Oracle' },
  description: {
    en: 'Adds rows to a table of Oracle, all or none, and gives them on. Unlike PiFlow, a table that is not there is made, values are bound and not pasted into SQL, and rows go in batches.',
    zh: '把行追加到 Oracle 的表（要么全部写入，要么都不写），并传给下游。与 PiFlow 不同：表不存在时自动创建；值以绑定方式传递，不拼接到 SQL；按批写入。',
  },
  groups: ['Jdbc'],
  ports: { in: single, out: single },
  properties: { ...connection, table: { ...dbtable, title: { en: 'table', zh: '表名' } } },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  run: (context) => append(context, context.properties.table),
});

const tdengineWriter = defineStop({
  name: 'cn.piflow.bundle.TDengine.TDengineWrite',
  title: { en: 'Write TDengine', zh: '写入 TDengine' },
  description: {
    en: 'Adds rows to a table of TDengine, by its REST interface, and gives them on. TDengine has no transactions: when a run fails, batches that were sent stay; a row of an equal time is replaced, so that trying again adds none twice. A table that is not there is made; its first column is then a time.',
    zh: '通过 REST 接口把行追加到 TDengine 的表，并传给下游。TDengine 没有事务：运行失败时已发送的批次会保留；时间相同的行会被替换，因此重试不会重复。表不存在时自动创建，此时第一列须为时间。',
  },
  groups: ['Jdbc'],
  ports: { in: single, out: single },
  properties: { ...connection, driver, dbtable },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  run: (context) => append(context, context.properties.dbtable),
});

async function append(context: StopContext, table: string): Promise<Dataset> {
  const { inputs, beforeCommit, log } = context;
  const rows = inputs.get();
  await writeDataset(await opener(context)(), table, rows, { mode: 'append', beforeCommit }, log);
  return rows;
}

/** PiFlow's stops that write databases. */
export const writers: readonly StopDefinition[] = [
  writer({
    bundle: 'jdbc.MysqlWrite',
    product: 'MySQL',
    aliases: ['generic.jdbc.MysqlWrite', 'jdbc.JdbcWrite'],
    more: { driver },
  }),
  writer({ bundle: 'oceanbase.OceanBaseWrite', product: 'OceanBase', more: { driver } }),
  writer({ bundle: 'tidb.TidbWrite', product: 'TiDB', more: { driver } }),
  writer({ bundle: 'jdbc.PostgresqlWrite', product: 'PostgreSQL', aliases: ['generic.jdbc.PostgresqlWrite'] }),
  writer({ bundle: 'jdbc.OpenTenBaseWrite', product: 'OpenTenBase', aliases: ['jdbc.TbaseWrite'] }),
  writer({ bundle: 'jdbc.DamengWrite', product: 'Dameng' }),
  oracleWriter,
  tdengineWriter,
  writer({
    bundle: 'jdbc.OpenGaussWrite',
    product: 'openGauss',
    more: { hint: unused.hint, batchSize: unused.batchSize },
  }),
  writer({
    bundle: 'jdbc.KingbaseESWrite',
    product: 'KingbaseES',
    more: { hint: unused.hint, batchSize: unused.batchSize },
  }),
];
