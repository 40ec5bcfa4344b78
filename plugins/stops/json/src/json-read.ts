import { defineStop, encoding, mode, none, property, readPath, single } from '@sluice/plugin-sdk';
import { dates } from './properties.js';

export const jsonRead = defineStop({
  name: 'sluice.json.read',
  title: { en: 'Read JSON', zh: '读取 JSON' },
  description: {
    en: 'Reads JSON: an object a line, whole objects over several lines, or arrays of them. Rows that do not fit the schema are kept with NULL in the place (PERMISSIVE), refused and listed (DROPMALFORMED), or end the run (FAILFAST).',
    zh: '读取 JSON：每行一个对象、跨行的对象或对象数组。不符合列定义的行：置为 NULL 并保留（PERMISSIVE）、拒绝并列出（DROPMALFORMED），或结束运行（FAILFAST）。',
  },
  groups: ['Json'],
  ports: { in: none, out: single },
  properties: {
    path: readPath('hdfs://127.0.0.1:9000/data/people.json'),
    schema: property.text({
      title: { en: 'Schema', zh: '列定义' },
      description: {
        en: 'Columns with their types as DDL; without it they are inferred from all objects.',
        zh: '以 DDL 写出的列及其类型；省略时根据所有对象推断。',
      },
      example: 'id INT, tags ARRAY<STRING>',
    }),
    multiLine: property.boolean({
      title: { en: 'Multi-line', zh: '跨行' },
      description: {
        en: 'Whether objects span lines; without it as the files look.',
        zh: '对象是否跨行；省略时根据文件内容判断。',
      },
      example: true,
    }),
    mode,
    primitivesAsString: property.boolean({
      title: { en: 'Values as strings', zh: '值按字符串读取' },
      description: {
        en: 'Whether numbers and booleans are read as strings where there is no schema.',
        zh: '没有列定义时，数字和布尔值是否按字符串读取。',
      },
      default: false,
      example: true,
    }),
    encoding,
    ...dates,
  },
  engines: ['duckdb', 'spark'],
  run({ properties: { path, ...options }, engine }) {
    return engine.read('json', path, options);
  },
});
