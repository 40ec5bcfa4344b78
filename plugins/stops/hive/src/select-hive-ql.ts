import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';

import { oneQuery } from './statements.js';

export const selectHiveQL = defineStop({
  name: 'cn.piflow.bundle.hive.SelectHiveQL',
  title: { en: 'Query tables', zh: '查询表' },
  description: {
    en: 'Gives the rows of one Spark SQL query over the tables of the warehouse. Names without a database are those of the database default.',
    zh: '对数据仓库中的表执行一条 Spark SQL 查询。未写数据库名的表属于 default 数据库。',
  },
  groups: ['Hive'],
  ports: { in: optionalSingle, out: single },
  properties: {
    hiveQL: property.sql({
      title: { en: 'Query', zh: '查询语句' },
      description: { en: 'One query; a semicolon at its end does no harm.', zh: '一条查询语句，末尾可以有分号。' },
      required: true,
      example: 'select * from test.user1',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  pure: false,
  run: ({ properties, engine }) => engine.warehouse.sql(oneQuery(properties.hiveQL, 'hiveQL')),
});
