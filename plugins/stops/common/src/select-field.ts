import {
  columnAt,
  defineStop,
  positionsOf,
  property,
  quoteName,
  single,
  SluiceError,
  type Column,
} from '@sluice/plugin-sdk';
import { project } from './columns.js';

export const selectField = defineStop({
  name: 'cn.piflow.bundle.common.SelectField',
  title: { en: 'Select columns', zh: '选择列' },
  description: {
    en: 'Keeps the columns named, in that order. A name with dots reaches into a struct, unless a column is named so; * is all columns.',
    zh: '按顺序保留指定的列。带点的名称表示结构体的字段（除非有同名列）；* 表示所有列。',
  },
  groups: ['Common'],
  ports: { in: single, out: single },
  properties: {
    columnNames: property.columns({
      title: { en: 'ColumnNames', zh: '列名' },
      description: { en: 'The columns to keep, separated by commas.', zh: '要保留的列，以逗号分隔。' },
      aliases: ['schema'],
      required: true,
      example: ['id', 'name'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'two columns in another order',
      properties: { columnNames: 'name, id' },
      inputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['age', 'int'],
            ['name', 'string'],
          ],
          rows: [[1, 30, '张伟']],
        },
      },
      outputs: {
        '': {
          columns: [
            ['name', 'string'],
            ['id', 'int'],
          ],
          rows: [['张伟', 1]],
        },
      },
    },
  ],
  run({ properties: { columnNames }, inputs, engine }) {
    const dataset = inputs.get();
    if (columnNames.length === 0) {
      throw new SluiceError('PROPERTY_INVALID', "property 'columnNames' names no column; name at least one");
    }
    return project(
      engine,
      dataset,
      columnNames.flatMap((name) => itemsOf(dataset.columns, name)),
    );
  },
});

function itemsOf(columns: readonly Column[], name: string): { sql: string; name: string }[] {
  if (name === '*') return columns.map((column, index) => ({ sql: `c${index}`, name: column.name }));
  const [root = '', ...fields] = name.split('.');
  const reaches = fields.length > 0 && positionsOf(columns, name).length === 0 && positionsOf(columns, root).length > 0;
  if (!reaches) return [{ sql: `c${columnAt(columns, name, 'columnNames')}`, name }];
  const path = [`c${columnAt(columns, root, 'columnNames')}`, ...fields.map(quoteName)].join('.');
  return [{ sql: path, name: fields.at(-1) ?? name }];
}
