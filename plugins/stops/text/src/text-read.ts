import { defineStop, encoding, none, property, readPath, single } from '@sluice/plugin-sdk';

export const textRead = defineStop({
  name: 'sluice.text.read',
  title: { en: 'Read text', zh: '读取文本' },
  description: {
    en: 'Reads text files as one column of strings named value: a row for each line, or for each file.',
    zh: '把文本文件读成名为 value 的一列字符串：每行一条记录，或每个文件一条记录。',
  },
  groups: ['Text'],
  ports: { in: none, out: single },
  properties: {
    path: readPath('hdfs://127.0.0.1:9000/data/people.txt'),
    wholetext: property.boolean({
      title: { en: 'Whole files', zh: '整个文件' },
      description: { en: 'Whether a row is a file instead of a line.', zh: '是否每个文件为一条记录，而不是每行。' },
      default: false,
      example: true,
    }),
    encoding,
  },
  engines: ['duckdb', 'spark'],
  run({ properties: { path, ...options }, engine }) {
    return engine.read('text', path, options);
  },
});
