import { defineStop, property, single } from '@sluice/plugin-sdk';

export const executeSqlStop = defineStop({
  name: 'cn.piflow.bundle.common.ExecuteSQLStop',
  title: { en: 'SQL', zh: 'SQL 查询' },
  description: {
    en: 'The rows of a query in Spark SQL over the rows that come in, which have the name that viewName says. The view is seen by this stop alone; in PiFlow it was seen by every stop of the run.',
    zh: '对输入行执行 Spark SQL 查询，输入视图名由 viewName 指定。该视图只对本组件可见（PiFlow 中对整个运行可见）。',
  },
  groups: ['Common'],
  ports: { in: single, out: single },
  properties: {
    viewName: property.string({
      title: { en: 'ViewName', zh: '视图名' },
      description: { en: 'The name of the rows in the query.', zh: '查询中输入数据的视图名。' },
      aliases: ['ViewName', 'tempViewName'],
      default: 'temp',
      example: 'temp',
    }),
    sql: property.sql({
      title: { en: 'Sql', zh: 'SQL' },
      description: { en: 'One query in Spark SQL.', zh: '一条 Spark SQL 查询语句。' },
      required: true,
      example: 'select * from temp',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'a view with a name of its own',
      properties: { viewName: 't', sql: 'select name, age + 1 as next from t where age > 18' },
      inputs: {
        '': {
          columns: [
            ['name', 'string'],
            ['age', 'int'],
          ],
          rows: [
            ['张伟', 30],
            ['Ann', 10],
          ],
        },
      },
      outputs: {
        '': {
          columns: [
            ['name', 'string'],
            ['next', 'int'],
          ],
          rows: [['张伟', 31]],
        },
      },
    },
  ],
  run({ properties, inputs, engine }) {
    return engine.sql(properties.sql, { [properties.viewName]: inputs.get() });
  },
});
