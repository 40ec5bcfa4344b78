import { defineStop, mode, none, property, readPath, single } from '@sluice/plugin-sdk';
import { dialect } from './properties.js';

export const csvRead = defineStop({
  name: 'sluice.csv.read',
  title: { en: 'Read CSV', zh: '读取 CSV' },
  description: {
    en: 'Reads CSV files with typed columns. Rows that do not fit the schema are kept with NULL in the place (PERMISSIVE), refused and listed with file, line, column and reason (DROPMALFORMED), or end the run (FAILFAST).',
    zh: '按类型读取 CSV 文件。不符合列定义的行：置为 NULL 并保留（PERMISSIVE）、拒绝并列出文件、行号、列与原因（DROPMALFORMED），或结束运行（FAILFAST）。',
  },
  groups: ['CSV'],
  ports: { in: none, out: single },
  properties: {
    path: readPath('hdfs://127.0.0.1:9000/data/people.csv'),
    schema: property.text({
      title: { en: 'Schema', zh: '列定义' },
      description: {
        en: 'Columns with their types as DDL; without it the types are inferred or all strings.',
        zh: '以 DDL 写出的列及其类型；省略时自动推断或全部为字符串。',
      },
      example: 'id INT, name STRING, price DECIMAL(10,2)',
    }),
    inferSchema: property.boolean({
      title: { en: 'Infer types', zh: '推断类型' },
      description: {
        en: 'Whether to find types that fit all values, where there is no schema.',
        zh: '没有列定义时，是否推断适合所有值的类型。',
      },
      default: false,
      example: true,
    }),
    ...dialect,
    comment: property.string({
      title: { en: 'Comment', zh: '注释符' },
      description: {
        en: 'Lines that begin with this character are passed over; empty: none.',
        zh: '以此字符开头的行被忽略；为空表示没有。',
      },
      example: '#',
    }),
    mode,
    multiLine: property.boolean({
      title: { en: 'Records of several lines', zh: '多行记录' },
      description: {
        en: 'Whether a cell in quotes may hold line ends; otherwise every line is a row, as for CsvParser and Spark.',
        zh: '引号内的单元格是否可以包含换行；否则与 CsvParser 和 Spark 一样，每一行都是一条记录。',
      },
      default: true,
      example: false,
    }),
    compression: property.enum({
      title: { en: 'Compression', zh: '压缩' },
      description: {
        en: 'How the files are compressed; auto: by the ending of their names.',
        zh: '文件的压缩方式；auto 表示按文件名后缀判断。',
      },
      values: ['auto', 'none', 'gzip', 'zstd'],
      default: 'auto',
      example: 'gzip',
    }),
    ignoreLeadingWhiteSpace: property.boolean({
      title: { en: 'Trim left', zh: '去除左侧空白' },
      description: { en: 'Whether white space before a cell is left out.', zh: '是否去除单元格左侧的空白。' },
      default: false,
      example: true,
    }),
    ignoreTrailingWhiteSpace: property.boolean({
      title: { en: 'Trim right', zh: '去除右侧空白' },
      description: { en: 'Whether white space behind a cell is left out.', zh: '是否去除单元格右侧的空白。' },
      default: false,
      example: true,
    }),
  },
  engines: ['duckdb', 'spark'],
  run({ properties: { path, ...options }, engine }) {
    return engine.read('csv', path, options);
  },
});
