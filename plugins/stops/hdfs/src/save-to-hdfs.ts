import { defineStop, property, single, SluiceError } from '@sluice/plugin-sdk';
import { below, joinLocation } from './locations.js';
import { hdfsPath, hdfsUrl } from './properties.js';
import { textRows } from './rows.js';

export const saveToHdfs = defineStop({
  name: 'cn.piflow.bundle.hdfs.SaveToHdfs',
  title: { en: 'Write one file', zh: '写入单个文件' },
  description: {
    en: 'Writes rows as one file of CSV, JSON lines or text (one column of strings), in place of an older one, and gives its location in the column path. Unlike PiFlow, other files in the folder stay.',
    zh: '把行写成一个 CSV、JSON 行或文本（单个字符串列）文件，替换旧文件，并在 path 列给出其位置。与 PiFlow 不同：文件夹中的其他文件保留。',
  },
  groups: ['Hdfs'],
  ports: { in: single, out: single },
  properties: {
    hdfsUrl,
    hdfsDirPath: hdfsPath({ en: 'The folder of the file.', zh: '文件所在的文件夹。' }),
    fileName: property.string({
      title: { en: 'File name', zh: '文件名' },
      description: { en: 'The name of the file.', zh: '文件的名称。' },
      required: true,
      example: 'test.csv',
    }),
    types: property.enum({
      title: { en: 'Type', zh: '类型' },
      description: { en: 'The type of the file.', zh: '文件的类型。' },
      values: ['json', 'csv', 'text'],
      default: 'csv',
      example: 'csv',
    }),
    delimiter: property.string({
      title: { en: 'Delimiter', zh: '分隔符' },
      description: { en: 'What stands between the cells of CSV.', zh: 'CSV 单元格之间的分隔符。' },
      default: ',',
      example: ',',
    }),
    header: property.boolean({
      title: { en: 'Header', zh: '表头' },
      description: { en: 'Whether CSV begins with the names of the columns.', zh: 'CSV 是否以列名开头。' },
      default: true,
      example: true,
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  writes: true,
  async run({ properties, inputs, engine, log }) {
    const { types, fileName, delimiter, header } = properties;
    if (/[/\\]/.test(fileName) || fileName === '.' || fileName === '..') {
      throw new SluiceError('PROPERTY_INVALID', `property 'fileName': '${fileName}' is no name of a file`);
    }
    const location = below(joinLocation(properties.hdfsUrl, properties.hdfsDirPath), fileName);
    const options = types === 'csv' ? { delimiter, header } : {};
    const written = await engine.write(inputs.get(), types, location, { mode: 'overwrite', single: true, ...options });
    log.info(`wrote ${written.rows} rows to ${location}`);
    return textRows(engine, 'path', [location]);
  },
});
