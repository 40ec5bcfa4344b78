import { defineStop, none, property, readPath, single } from '@sluice/plugin-sdk';

export const parquetRead = defineStop({
  name: 'sluice.parquet.read',
  title: { en: 'Read Parquet', zh: '读取 Parquet' },
  description: {
    en: 'Reads Parquet files; folders such as year=2024 give columns. Columns and filters that later stops do not need are not read.',
    zh: '读取 Parquet 文件；year=2024 之类的目录成为列。后续组件不需要的列和数据块不会被读取。',
  },
  groups: ['Parquet'],
  ports: { in: none, out: single },
  properties: {
    path: readPath('hdfs://127.0.0.1:9000/data/people.parquet'),
    mergeSchema: property.boolean({
      title: { en: 'Merge schemas', zh: '合并列定义' },
      description: {
        en: 'Whether files may have different columns, matched by name; else all have those of the first.',
        zh: '是否允许各文件的列不同并按名称合并；否则以第一个文件为准。',
      },
      default: false,
      example: true,
    }),
  },
  engines: ['duckdb', 'spark'],
  run({ properties: { path, ...options }, engine }) {
    return engine.read('parquet', path, options);
  },
});
