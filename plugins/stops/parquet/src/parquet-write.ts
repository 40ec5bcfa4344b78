import { defineStop, none, placing, property, single } from '@sluice/plugin-sdk';

export const parquetWrite = defineStop({
  name: 'sluice.parquet.write',
  title: { en: 'Write Parquet', zh: '写入 Parquet' },
  description: {
    en: 'Writes rows to Parquet files. Readers see all rows or none, also where the run is killed.',
    zh: '把行写入 Parquet 文件。读取者要么看到全部行，要么一行也看不到，运行被终止时也是如此。',
  },
  groups: ['Parquet'],
  ports: { in: single, out: none },
  properties: {
    ...placing('/data/out/people.parquet'),
    compression: property.enum({
      title: { en: 'Compression', zh: '压缩' },
      description: { en: 'How the columns are compressed.', zh: '列的压缩方式。' },
      values: ['snappy', 'none', 'gzip', 'zstd', 'lz4', 'brotli'],
      synonyms: { uncompressed: 'none', lz4_raw: 'lz4' },
      default: 'snappy',
      example: 'zstd',
    }),
  },
  engines: ['duckdb', 'spark'],
  writes: true,
  examples: [
    {
      title: 'write one file',
      properties: { path: '/out/people.parquet', single: true },
      inputs: { '': { columns: [['name', 'string']], rows: [['张伟']] } },
      outputs: {},
    },
  ],
  async run({ properties: { path, saveMode, ...options }, inputs, engine }) {
    await engine.write(inputs.get(), 'parquet', path, { ...options, mode: saveMode });
  },
});
