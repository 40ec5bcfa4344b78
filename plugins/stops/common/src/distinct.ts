import { columnAt, defineStop, property, quoteName, single } from '@sluice/plugin-sdk';
import { byPosition } from './columns.js';

export const distinct = defineStop({
  name: 'cn.piflow.bundle.common.Distinct',
  title: { en: 'Distinct rows', zh: '去重' },
  description: {
    en: 'Leaves one row of those that are equal in the columns named, or in all columns; which of them is not said. NULLs are equal to each other. Unlike PiFlow, white space around names does not matter.',
    zh: '在指定列（或所有列）相同的行中只保留一行，不保证是哪一行；NULL 视为相等。与 PiFlow 不同：列名前后的空白会被忽略。',
  },
  groups: ['Common'],
  ports: { in: single, out: single },
  properties: {
    columnNames: property.columns({
      title: { en: 'ColumnNames', zh: '列名' },
      description: {
        en: 'The columns that make rows equal, separated by commas; without them all.',
        zh: '用于判断重复的列，以逗号分隔；省略时为所有列。',
      },
      example: ['id'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'equal rows but once',
      inputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['name', 'string'],
          ],
          rows: [
            [1, null],
            [1, null],
          ],
        },
      },
      outputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['name', 'string'],
          ],
          rows: [[1, null]],
        },
      },
    },
  ],
  run({ properties, inputs, engine }) {
    const dataset = inputs.get();
    const { columns } = dataset;
    const names = properties.columnNames ?? [];
    const keys = names.map((name) => `c${columnAt(columns, name, 'columnNames')}`);
    if (keys.length === 0) return engine.sql('SELECT DISTINCT * FROM input', { input: dataset });
    const all = columns.map((_, index) => `c${index}`).join(', ');
    const order = keys[0] ?? '';
    const numbered = `SELECT ${all}, row_number() OVER (PARTITION BY ${keys.join(', ')} ORDER BY ${order}) AS n FROM ${byPosition('input', columns)}`;
    const named = columns.map(({ name }, index) => `c${index} AS ${quoteName(name)}`).join(', ');
    return engine.sql(`SELECT ${named} FROM (${numbered}) WHERE n = 1`, { input: dataset });
  },
});
