import { compression, defineStop, encoding, none, placing, property, single } from '@sluice/plugin-sdk';
import { dates } from './properties.js';

export const jsonWrite = defineStop({
  name: 'sluice.json.write',
  title: { en: 'Write JSON', zh: '写入 JSON' },
  description: {
    en: 'Writes rows as JSON, an object a line. Readers see all rows or none, also where the run is killed.',
    zh: '把行写成 JSON，每行一个对象。读取者要么看到全部行，要么一行也看不到，运行被终止时也是如此。',
  },
  groups: ['Json'],
  ports: { in: single, out: none },
  properties: {
    ...placing('/data/out/people.json'),
    ignoreNullFields: property.boolean({
      title: { en: 'Leave NULLs out', zh: '省略 NULL' },
      description: {
        en: 'Whether fields that are NULL are left out instead of written as null.',
        zh: '值为 NULL 的字段是否省略，而不是写成 null。',
      },
      default: true,
      example: false,
    }),
    encoding,
    compression,
    ...dates,
  },
  engines: ['duckdb', 'spark'],
  writes: true,
  examples: [
    {
      title: 'write one file',
      properties: { path: '/out/people.json', single: true },
      inputs: { '': { columns: [['name', 'string']], rows: [['张伟']] } },
      outputs: {},
    },
  ],
  async run({ properties: { path, saveMode, ...options }, inputs, engine }) {
    await engine.write(inputs.get(), 'json', path, { ...options, mode: saveMode });
  },
});
