import { defineStop, single, type Properties, type SaveMode, type StopDefinition } from '@sluice/plugin-sdk';
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
