import { defineStop, property, single } from '@sluice/plugin-sdk';

export const jsonSave = defineStop({
  name: 'cn.piflow.bundle.json.JsonSave',
  title: { en: 'Write JSON (PiFlow)', zh: '写入 JSON（PiFlow）' },
  description: {
    en: 'Writes rows as a folder of JSON files, an object a line without fields that are NULL, in place of what is there, and gives none on, as in PiFlow. Unlike PiFlow, a reader of the folder sees all rows or none, also where the run is killed.',
    zh: '把行写成 JSON 文件目录（每行一个对象，省略 NULL 字段），覆盖原有内容，不向下游输出（同 PiFlow）。与 PiFlow 不同：读取者要么看到全部行，要么一行也看不到。',
  },
  groups: ['Json'],
  ports: { in: single, out: single },
  properties: {
    jsonSavePath: property.path({
      title: { en: 'JsonSavePath', zh: '保存路径' },
      description: { en: 'The folder to write.', zh: '要写入的目录。' },
      required: true,
      example: 'hdfs://127.0.0.1:9000/test/people.json',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  writes: true,
  examples: [
    {
      title: 'write a folder and give nothing on',
      properties: { jsonSavePath: '/out/people.json' },
      inputs: { '': { columns: [['name', 'string']], rows: [['Ada'], [null]] } },
      outputs: {},
    },
  ],
  async run({ properties, inputs, engine }) {
    await engine.write(inputs.get(), 'json', properties.jsonSavePath, { mode: 'overwrite' });
  },
});
