import { defineStop, property, single } from '@sluice/plugin-sdk';
import { datasource, table } from './properties.js';
import { writeDataset } from './write-dataset.js';

export const tableWrite = defineStop({
  name: 'sluice.table.write',
  title: { en: 'Write a table', zh: '写入表' },
  description: {
    en: 'Writes rows to a table of a datasource, all or none, and makes the table when there is none. A value that does not fit ends the run; nothing is cut. Tables without transactions, such as MyISAM’s, may keep rows of a failed run.',
    zh: '把行写入数据源中的表：要么全部写入，要么都不写；表不存在时自动创建。值放不下时运行失败，不会被截断。没有事务的表（如 MyISAM）在运行失败后可能留有部分行。',
  },
  groups: ['Database'],
  ports: { in: single, out: { kind: 'none' } },
  properties: {
    datasource,
    table,
    mode: property.enum({
      title: { en: 'Mode', zh: '模式' },
      description: {
        en: 'Where the table is there: add rows (append), replace all (overwrite), replace rows of equal keys (upsert), leave it (ignore), or fail (error). Overwriting keeps the table’s definition when it has the same columns.',
        zh: '表已存在时：追加（append）、全部替换（overwrite）、按键替换（upsert）、跳过（ignore）或报错（error）。列相同时，overwrite 保留表的定义。',
      },
      values: ['append', 'overwrite', 'upsert', 'ignore', 'error'],
      synonyms: { errorifexists: 'error' },
      default: 'append',
    }),
    keys: property.columns({
      title: { en: 'Keys', zh: '键' },
      description: {
        en: 'The columns that tell rows apart, for upsert; the table needs a unique index on them. A new table gets them as its primary key.',
        zh: '区分行的列，用于 upsert；表上须有相应的唯一索引。新建的表以它们为主键。',
      },
      example: ['id'],
    }),
  },
  engines: ['duckdb'],
  writes: true,
  async run({ properties, inputs, connect, beforeCommit, log }) {
    const { mode, keys } = properties;
    const connection = await connect(properties.datasource);
    await writeDataset(connection, properties.table, inputs.get(), { mode, keys, beforeCommit }, log);
  },
});
