import { defineStop, none, placing, property, single } from '@sluice/plugin-sdk';
import { dialect } from './properties.js';

export const csvWrite = defineStop({
  name: 'sluice.csv.write',
  title: { en: 'Write CSV', zh: '写入 CSV' },
  description: {
    en: 'Writes rows to CSV files. Readers see all rows or none, also where the run is killed.',
    zh: '把行写入 CSV 文件。读取者要么看到全部行，要么一行也看不到，运行被终止时也是如此。',
  },
  groups: ['CSV'],
  ports: { in: single, out: none },
  properties: {
    ...placing('/data/out/people.csv'),
    ...dialect,
    quoteAll: property.boolean({
      title: { en: 'Quote all', zh: '全部加引号' },
      description: { en: 'Whether every cell is quoted.', zh: '是否给每个单元格加引号。' },
      default: false,
      example: true,
    }),
    compression: property.enum({
      title: { en: 'Compression', zh: '压缩' },
      description: { en: 'How the files are compressed; for UTF-8 only.', zh: '文件的压缩方式；仅用于 UTF-8。' },
      values: ['none', 'gzip', 'zstd'],
      default: 'none',
      example: 'gzip',
    }),
  },
  engines: ['duckdb', 'spark'],
  writes: true,
  examples: [
    {
      title: 'write one file in GBK',
      properties: { path: '/out/people.csv', single: true, header: true, encoding: 'GBK' },
      inputs: { '': { columns: [['name', 'string']], rows: [['张伟']] } },
      outputs: {},
    },
  ],
  async run({ properties: { path, saveMode, ...options }, inputs, engine }) {
    await engine.write(inputs.get(), 'csv', path, { ...options, mode: saveMode });
  },
});
