import { randomInt } from 'node:crypto';
import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';
import { MOCK_TYPES, readMockColumn } from './mock-column.js';
import { mockRows } from './mock-rows.js';

export const mockData = defineStop({
  name: 'cn.piflow.bundle.common.MockData',
  title: { en: 'Mock data', zh: '模拟数据' },
  description: {
    en: 'Makes up rows: strings of 10 letters and digits, Int from 0 to 99, Double and Float from 0 to below 1, any Long, Boolean. Unlike PiFlow, the rows of a run are the same for all that read them, and a seed brings them again.',
    zh: '生成模拟数据：10 位字母数字的字符串、0 到 99 的 Int、[0,1) 的 Double 与 Float、任意 Long、Boolean。与 PiFlow 不同：一次运行中所有读取者看到的行相同，给定 seed 可重现。',
  },
  groups: ['Common'],
  ports: { in: optionalSingle, out: single },
  properties: {
    schema: property.list({
      title: { en: 'Schema', zh: '列定义' },
      description: {
        en: 'Columns as name:Type or name:Type:true (half of the values NULL), separated by commas; types are String, Int, Double, Float, Long, Boolean.',
        zh: '以逗号分隔的 name:Type 或 name:Type:true（一半的值为 NULL）；类型有 String、Int、Double、Float、Long、Boolean。',
      },
      required: true,
      example: ['id:Int', 'name:String', 'age:Int:true'],
    }),
    count: property.integer({
      title: { en: 'Count', zh: '行数' },
      description: { en: 'The number of rows.', zh: '生成的行数。' },
      required: true,
      min: 0,
      example: 10,
    }),
    seed: property.integer({
      title: { en: 'Seed', zh: '随机种子' },
      description: {
        en: 'A number that stands for the rows: the same seed, count and schema make the same rows. Without it every run makes others and tells its seed in the log.',
        zh: '代表数据的数字：相同的种子、行数和列定义生成相同的行；省略时每次不同，所用种子写入日志。',
      },
      example: 42,
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  pure: false,
  examples: [
    {
      title: 'rows of a seed',
      properties: { schema: 'id:Int, name:String, odd:Boolean:true', count: '2', seed: '42' },
      outputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['name', 'string'],
            ['odd', 'boolean'],
          ],
          rows: [
            [93, 'EbQqu5UzRe', null],
            [16, 'imZoe5p5Mk', false],
          ],
        },
      },
    },
  ],
  run({ properties, engine, log }) {
    const columns = properties.schema.map(readMockColumn);
    if (columns.length === 0) {
      throw new SluiceError('PROPERTY_INVALID', "property 'schema' has no column; write name:Type, such as id:Int");
    }
    const seed = properties.seed ?? randomInt(2 ** 31);
    if (properties.seed === undefined)
      log.info(`made up with seed ${seed}; give it as property to get these rows again`);
    const typed = columns.map(({ name, type }) => ({ name, type: MOCK_TYPES[type] }));
    return engine.fromRows(typed, mockRows(columns, properties.count, seed));
  },
});
