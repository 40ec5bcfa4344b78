import { defineStop, property, single } from '@sluice/plugin-sdk';
import { joinLocation } from './locations.js';
import { hdfsPath, hdfsUrl } from './properties.js';

export const putHdfs = defineStop({
  name: 'cn.piflow.bundle.hdfs.PutHdfs',
  title: { en: 'Write files', zh: '写入文件' },
  description: {
    en: 'Writes rows as CSV without a header, JSON lines or Parquet into a folder that must not be there yet; it appears when all rows are in it.',
    zh: '把行写成无表头的 CSV、JSON 行或 Parquet，写入尚不存在的文件夹；全部写完后文件夹才出现。',
  },
  groups: ['Hdfs'],
  ports: { in: single, out: single },
  properties: {
    hdfsUrl,
    hdfsPath: hdfsPath({ en: 'The folder to write.', zh: '要写入的文件夹。' }),
    types: property.enum({
      title: { en: 'Type', zh: '类型' },
      description: { en: 'The type of the files.', zh: '文件的类型。' },
      values: ['json', 'csv', 'parquet'],
      default: 'csv',
      example: 'csv',
    }),
    partition: property.integer({
      title: { en: 'Partitions', zh: '分区数' },
      description: {
        en: 'The number of files, as far as there are rows for them.',
        zh: '文件个数（行数不足时更少）。',
      },
      default: 1,
      min: 1,
      example: 1,
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  writes: true,
  async run({ properties, inputs, engine, log }) {
    const location = joinLocation(properties.hdfsUrl, properties.hdfsPath);
    const written = await engine.write(inputs.get(), properties.types, location, {
      mode: 'error',
      parts: properties.partition,
    });
    log.info(`wrote ${written.rows} rows to ${location}`);
  },
});
