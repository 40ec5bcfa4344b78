import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';
import { header } from './properties.js';

export const csvParser = defineStop({
  name: 'cn.piflow.bundle.csv.CsvParser',
  title: { en: 'Read CSV (PiFlow)', zh: '读取 CSV（PiFlow）' },
  description: {
    en: 'Reads CSV files, folders and patterns. With a header the names come from the files and types are inferred, as in PiFlow; without one every column is a string and has the name that the schema gives it. Unlike PiFlow, a schema may be left out (columns are then _c0, _c1 ...), and an empty or missing file ends the run with its name.',
    zh: '读取 CSV 文件、目录或通配路径。有表头时列名取自文件并自动推断类型（同 PiFlow）；无表头时所有列为字符串，列名由 schema 给出。与 PiFlow 不同：schema 可省略（列名为 _c0、_c1……），文件为空或不存在时报错并指出文件。',
  },
  groups: ['CSV'],
  ports: { in: optionalSingle, out: single },
  properties: {
    csvPath: property.path({
      title: { en: 'CsvPath', zh: 'CSV 路径' },
      description: { en: 'A CSV file, a folder of them, or a pattern.', zh: 'CSV 文件、目录或通配路径。' },
      required: true,
      example: 'hdfs://127.0.0.1:9000/test/',
    }),
    header,
    delimiter: property.string({
      title: { en: 'Delimiter', zh: '分隔符' },
      description: {
        en: 'What stands between two cells, one or more characters; \\t is a tab.',
        zh: '单元格之间的分隔符，可为一个或多个字符；\\t 表示制表符。',
      },
      required: true,
      example: ',',
    }),
    schema: property.list({
      title: { en: 'Schema', zh: '列名' },
      description: {
        en: 'The names of the columns, separated by commas; used where there is no header.',
        zh: '以逗号分隔的列名；无表头时使用。',
      },
      example: ['id', 'name', 'age'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  run({ properties, engine }) {
    const { csvPath, header, delimiter, schema } = properties;
    if (header) return engine.read('csv', csvPath, { header, delimiter, inferSchema: true });
    const columns = schema?.map((name) => ({ name, type: 'string' }));
    return engine.read('csv', csvPath, {
      header,
      delimiter,
      ...(columns && columns.length > 0 && { schema: columns }),
    });
  },
});
