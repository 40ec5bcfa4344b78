import { property } from '@sluice/plugin-sdk';

/** What PiFlow's stops for databases ask for to connect. */
export const connection = {
  url: property.string({
    title: { en: 'Url', zh: '地址' },
    description: { en: 'The JDBC URL of the database.', zh: '数据库的 JDBC 地址。' },
    required: true,
    example: 'jdbc:mysql://127.0.0.1:3306/dbname',
  }),
  user: property.string({
    title: { en: 'User', zh: '用户' },
    description: { en: 'The user of the database.', zh: '数据库用户。' },
    default: '',
    example: 'root',
  }),
  password: property.secret({
    title: { en: 'Password', zh: '密码' },
    description: { en: 'The password of the user.', zh: '用户的密码。' },
    default: '',
  }),
};

export const driver = property.string({
  title: { en: 'Driver', zh: '驱动' },
  description: {
    en: 'A Java class; not used: the URL says which driver it is.',
    zh: 'Java 驱动类名；不使用，由地址决定驱动。',
  },
  default: '',
  example: 'com.mysql.jdbc.Driver',
});

export const sql = property.code('sql', {
  title: { en: 'Sql', zh: '查询语句' },
  description: { en: 'One SELECT in the database’s own SQL.', zh: '一条 SELECT 语句，用该数据库自己的 SQL 书写。' },
  required: true,
  example: 'select * from user',
});

export const tableName = property.string({
  title: { en: 'TableName', zh: '表名' },
  description: { en: 'The table to read.', zh: '要读取的表。' },
  required: true,
  example: 'public.user',
});

export const selectedContent = property.string({
  title: { en: 'SelectedContent', zh: '选择内容' },
  description: { en: 'What stands between SELECT and FROM.', zh: 'SELECT 与 FROM 之间的内容。' },
  default: '*',
  example: 'id, name',
});

export const dbtable = property.string({
  title: { en: 'DBTable', zh: '表名' },
  description: { en: 'The table to write; made when there is none.', zh: '要写入的表；不存在时自动创建。' },
  required: true,
  example: 'user',
});

export const saveMode = property.enum({
  title: { en: 'SaveMode', zh: '保存模式' },
  description: {
    en: 'Where the table is there: add rows (Append), replace all (Overwrite), leave it (Ignore), or fail (ErrorIfExists).',
    zh: '表已存在时：追加（Append）、全部替换（Overwrite）、跳过（Ignore）或报错（ErrorIfExists）。',
  },
  values: ['Append', 'Overwrite', 'Ignore', 'ErrorIfExists'],
  synonyms: { error: 'ErrorIfExists' },
  default: 'Append',
});

/** Names that PiFlow asks for and that change no row here. */
export const unused = {
  hint: property.string({
    title: { en: 'Hint', zh: '提示' },
    description: { en: 'A hint for the planner; not used.', zh: '优化器提示；不使用。' },
    default: '',
  }),
  batchSize: property.string({
    title: { en: 'BatchSize', zh: '批大小' },
    description: {
      en: 'Rows of one INSERT; not used: rows are copied.',
      zh: '每批插入的行数；不使用，数据以复制方式写入。',
    },
    default: '1000',
    example: '1000',
  }),
  queryDop: property.string({
    title: { en: 'QueryDop', zh: '并行度' },
    description: { en: 'The degree of parallelism of a query; not used.', zh: '查询并行度；不使用。' },
    default: '1',
    example: '1',
  }),
};
