import { defineStop, property, single } from '@sluice/plugin-sdk';
import { whereTrue } from './condition.js';

export const filter = defineStop({
  name: 'cn.piflow.bundle.common.Filter',
  title: { en: 'Filter rows', zh: '过滤行' },
  description: {
    en: 'Leaves the rows for which a condition in Spark SQL is true; those where it is NULL go, as those where it is false.',
    zh: '保留 Spark SQL 条件为真的行；条件为 NULL 或假的行被去掉。',
  },
  groups: ['Common'],
  ports: { in: single, out: single },
  properties: {
    condition: property.sql({
      title: { en: 'condition', zh: '条件' },
      description: { en: 'A condition in Spark SQL.', zh: 'Spark SQL 条件表达式。' },
      default: "name=='zhangsan'",
      example: "name=='zhangsan'",
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'NULL is not true',
      properties: { condition: 'age > 18' },
      inputs: { '': { columns: [['age', 'int']], rows: [[30], [null], [10]] } },
      outputs: { '': { columns: [['age', 'int']], rows: [[30]] } },
    },
  ],
  run({ properties, inputs, engine }) {
    return whereTrue(engine, inputs.get(), properties.condition, 'condition');
  },
});
