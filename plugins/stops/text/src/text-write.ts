import { compression, defineStop, encoding, none, placing, single } from '@sluice/plugin-sdk';

export const textWrite = defineStop({
  name: 'sluice.text.write',
  title: { en: 'Write text', zh: '写入文本' },
  description: {
    en: 'Writes rows of one column of strings, a line each. Readers see all rows or none, also where the run is killed.',
    zh: '把一列字符串逐行写入文本文件。读取者要么看到全部行，要么一行也看不到，运行被终止时也是如此。',
  },
  groups: ['Text'],
  ports: { in: single, out: none },
  properties: { ...placing('/data/out/people.txt'), encoding, compression },
  engines: ['duckdb', 'spark'],
  writes: true,
  examples: [
    {
      title: 'write one file in GBK',
      properties: { path: '/out/lines.txt', single: true, encoding: 'GBK' },
      inputs: { '': { columns: [['value', 'string']], rows: [['张伟']] } },
      outputs: {},
    },
  ],
  async run({ properties: { path, saveMode, ...options }, inputs, engine }) {
    await engine.write(inputs.get(), 'text', path, { ...options, mode: saveMode });
  },
});
