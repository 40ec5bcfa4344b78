import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';

import { oneQuery } from './statements.js';

export const selectHiveQLByJdbc = defineStop({
  name: 'cn.piflow.bundle.hive.SelectHiveQLByJDBC',
  aliases: ['cn.piflow.bundle.hive.OptionalSelectHiveQL'],
  title: { en: 'Query tables by JDBC', zh: '通过 JDBC 查询表' },
  description: {
    en: 'Gives the rows of one Spark SQL query over the tables of the warehouse. The query may be written as query or as sql. User, password and URL are taken and not used: no Hive server is called.',
    zh: '对数据仓库中的表执行一条 Spark SQL 查询。语句可写在 query 或 sql 属性中。用户、密码和 URL 可以填写但不使用，不会连接 Hive 服务器。',
  },
  groups: ['Hive'],
  ports: { in: optionalSingle, out: single },
  properties: {
    hiveUser: property.string({
      title: { en: 'User', zh: '用户' },
      description: { en: 'The user for Hive; not used.', zh: 'Hive 用户；不使用。' },
      aliases: ['hive user'],
      default: 'root',
      example: 'root',
    }),
    hivePassword: property.secret({
      title: { en: 'Password', zh: '密码' },
      description: { en: 'The password for Hive; not used.', zh: 'Hive 密码；不使用。' },
      aliases: ['hive passwd'],
    }),
    jdbcUrl: property.string({
      title: { en: 'JDBC URL', zh: 'JDBC 地址' },
      description: { en: 'The address of Hive; not used.', zh: 'Hive 地址；不使用。' },
      example: 'jdbc:hive2://127.0.0.1:10000/test',
    }),
    query: property.sql({
      title: { en: 'Query', zh: '查询语句' },
      description: { en: 'One query; a semicolon at its end does no harm.', zh: '一条查询语句，末尾可以有分号。' },
      aliases: ['sql'],
      required: true,
      example: 'select * from test.user1',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  pure: false,
  run: ({ properties, engine }) => engine.warehouse.sql(oneQuery(properties.query, 'query')),
});
