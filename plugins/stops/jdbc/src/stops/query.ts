import { defineStop, none, property, single } from '@sluice/plugin-sdk';
import { datasource } from './properties.js';
import { readDataset } from './read-dataset.js';

export const query = defineStop({
  name: 'sluice.query',
  title: { en: 'Query a datasource', zh: '查询数据源' },
  description: {
    en: 'Gives the rows of one query that the database itself runs, in its own SQL.',
    zh: '输出由数据库自身执行的一条查询（用该数据库的 SQL）的结果行。',
  },
  groups: ['Database'],
  ports: { in: none, out: single },
  properties: {
    datasource,
    query: property.code('sql', {
      title: { en: 'Query', zh: '查询语句' },
      description: { en: 'One SELECT in the database’s own SQL.', zh: '一条 SELECT 语句，用该数据库自己的 SQL 书写。' },
      aliases: ['sql'],
      required: true,
      example: 'SELECT country, count(*) AS orders FROM orders GROUP BY country',
    }),
  },
  engines: ['duckdb'],
  pure: false,
  run: ({ properties, engine, connect, log }) =>
    readDataset(engine, () => connect(properties.datasource), { query: properties.query }, log),
});
