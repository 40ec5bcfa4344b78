import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';
import { joinLocation } from './locations.js';
import { hdfsPath, hdfsUrl } from './properties.js';

export const getHdfs = defineStop({
  name: 'cn.piflow.bundle.hdfs.GetHdfs',
  title: { en: 'Read files', zh: '读取文件' },
  description: {
    en: 'Reads files of one type: CSV without a header (columns _c0, _c1 ... of strings), JSON lines, Parquet, or text (column value). Unlike PiFlow, Parquet is read as Parquet and not as CSV; ORC is refused.',
    zh: '读取某种类型的文件：无表头的 CSV（列 _c0、_c1……均为字符串）、JSON 行、Parquet 或文本（列 value）。与 PiFlow 不同：parquet 按 Parquet 而不是 CSV 读取；不支持 ORC。',
  },
  groups: ['Hdfs'],
  ports: { in: optionalSingle, out: single },
  properties: {
    hdfsUrl,
    hdfsPath: hdfsPath({ en: 'A file, a folder, or a pattern.', zh: '文件、文件夹或通配路径。' }),
    types: property.enum({
      title: { en: 'Type', zh: '类型' },
      description: { en: 'The type of the files.', zh: '文件的类型。' },
      values: ['txt', 'parquet', 'csv', 'json', 'orc'],
      synonyms: { text: 'txt' },
      default: 'csv',
      example: 'csv',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  run({ properties, engine }) {
    const { types } = properties;
    const location = joinLocation(properties.hdfsUrl, properties.hdfsPath);
    if (types === 'orc') {
      throw new SluiceError('FILE_FORMAT', `'${location}': ORC files are not read here; convert them to Parquet`);
    }
    if (types === 'csv') return engine.read('csv', location, { header: false });
    return engine.read(types === 'txt' ? 'text' : types, location);
  },
});
