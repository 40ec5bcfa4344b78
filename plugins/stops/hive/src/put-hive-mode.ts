import { defineStop, property, single } from '@sluice/plugin-sdk';
import { database, ensureDatabase, table } from './properties.js';

export const putHiveMode = defineStop({
  name: 'cn.piflow.bundle.hive.PutHiveMode',
  title: { en: 'Save to a table', zh: '保存到表' },
  description: {
    en: 'Writes rows to a table of the warehouse, all or none; the table and its database are made where they are not there. Columns are matched by name.',
    zh: '把行写入数据仓库的表，全部写入或全部不写；表和数据库不存在时自动创建。列按名称对应。',
  },
  groups: ['Hive'],
  ports: { in: single, out: single },
  properties: {
    database,
    table,
    saveMode: property.enum({
      title: { en: 'Save mode', zh: '保存模式' },
      description: { en: 'What to do where the table is there already.', zh: '表已存在时的处理方式。' },
      values: ['append', 'overwrite', 'error', 'ignore'],
      default: 'append',
      example: 'append',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  writes: true,
  async run({ properties, inputs, engine, log }) {
    const name = `${properties.database}.${properties.table}`;
    await ensureDatabase(engine, properties.database);
    const { rows } = await engine.warehouse.write(inputs.get(), name, { mode: properties.saveMode });
    log.info(`wrote ${rows} rows to the table ${name}`);
  },
});
