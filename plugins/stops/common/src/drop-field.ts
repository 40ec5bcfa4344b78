import { columnAt, defineStop, positionsOf, property, single, SluiceError } from '@sluice/plugin-sdk';
import { project } from './columns.js';

export const dropField = defineStop({
  name: 'cn.piflow.bundle.common.DropField',
  title: { en: 'Drop columns', zh: '删除列' },
  description: {
    en: 'Leaves the columns named out. Unlike PiFlow, a name that no column has ends the run with the nearest names: a column that was to go does not stay unnoticed.',
    zh: '去掉指定的列。与 PiFlow 不同：不存在的列名会报错并给出相近的名称，以免应删除的列被悄悄保留。',
  },
  groups: ['Common'],
  ports: { in: single, out: single },
  properties: {
    columnNames: property.columns({
      title: { en: 'ColumnNames', zh: '列名' },
      description: { en: 'The columns to leave out, separated by commas.', zh: '要去掉的列，以逗号分隔。' },
      aliases: ['schema'],
      required: true,
      example: ['id'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'one column less',
      properties: { columnNames: 'age' },
      inputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['age', 'int'],
          ],
          rows: [[1, 30]],
        },
      },
      outputs: { '': { columns: [['id', 'int']], rows: [[1]] } },
    },
  ],
  run({ properties: { columnNames }, inputs, engine }) {
    const dataset = inputs.get();
    const dropped = new Set(
      columnNames.flatMap((name) => {
        const found = positionsOf(dataset.columns, name);
        return found.length > 0 ? found : [columnAt(dataset.columns, name, 'columnNames')];
      }),
    );
    const left = dataset.columns.flatMap(({ name }, index) => (dropped.has(index) ? [] : [{ sql: `c${index}`, name }]));
    if (left.length > 0) return project(engine, dataset, left);
    throw new SluiceError('PROPERTY_INVALID', "property 'columnNames' names every column; leave at least one");
  },
});
