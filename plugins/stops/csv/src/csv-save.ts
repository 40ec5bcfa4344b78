import { defineStop, property, single } from '@sluice/plugin-sdk';
import { header } from './properties.js';

export const csvSave = defineStop({
  name: 'cn.piflow.bundle.csv.CsvSave',
  title: { en: 'Write CSV (PiFlow)', zh: '写入 CSV（PiFlow）' },
  description: {
    en: 'Writes rows as a folder of CSV files and gives none on, as in PiFlow. Unlike PiFlow, a reader of the folder sees all rows or none, also where the run is killed.',
    zh: '把行写成 CSV 文件目录，不向下游输出（同 PiFlow）。与 PiFlow 不同：读取者要么看到全部行，要么一行也看不到，运行被终止时也是如此。',
  },
  groups: ['CSV'],
  ports: { in: single, out: single },
  properties: {
    csvSavePath: property.path({
      title: { en: 'CsvSavePath', zh: '保存路径' },
      description: { en: 'The folder to write.', zh: '要写入的目录。' },
      required: true,
      example: 'hdfs://127.0.0.1:9000/test/',
    }),
    header,
    delimiter: property.string({
      title: { en: 'Delimiter', zh: '分隔符' },
      description: {
        en: 'What stands between two cells; \\t is a tab.',
        zh: '单元格之间的分隔符；\\t 表示制表符。',
      },
      default: ',',
      example: ',',
    }),
    partition: property.integer({
      title: { en: 'Partition', zh: '分区数' },
      description: {
        en: 'The number of part files, as far as there are rows for them; without it one.',
        zh: '分片文件数（行数不足时更少）；省略时为一个。',
      },
      min: 1,
      example: 3,
    }),
    saveMode: property.enum({
      title: { en: 'SaveMode', zh: '保存模式' },
      description: {
        en: 'Where something is there already: add files (append), replace (overwrite), fail (error), or leave it (ignore).',
        zh: '目标已存在时：追加（append）、覆盖（overwrite）、报错（error）或跳过（ignore）。',
      },
      values: ['append', 'overwrite', 'error', 'ignore'],
      default: 'append',
      example: 'append',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  writes: true,
  examples: [
    {
      title: 'write a folder and give nothing on',
      properties: { csvSavePath: '/out/people.csv', header: 'true' },
      inputs: { '': { columns: [['name', 'string']], rows: [['Ada'], ['张伟']] } },
      outputs: {},
    },
  ],
  async run({ properties, inputs, engine }) {
    const { csvSavePath, header, delimiter, saveMode, partition: parts } = properties;
    await engine.write(inputs.get(), 'csv', csvSavePath, { header, delimiter, mode: saveMode, parts });
  },
});
