import { defineStop, property, single } from '@sluice/plugin-sdk';
import { project } from './columns.js';

export const addUuidStop = defineStop({
  name: 'cn.piflow.bundle.common.AddUUIDStop',
  title: { en: 'Add UUID', zh: '添加 UUID' },
  description: {
    en: 'Puts a column before all others with a random id of 32 hexadecimal digits for each row. Unlike PiFlow, a row has the same id wherever the rows go, and a column of that name that is there already is replaced.',
    zh: '在最前面添加一列，每行为 32 位十六进制随机标识。与 PiFlow 不同：无论数据流向何处，同一行的标识都相同；已有同名列会被替换。',
  },
  groups: ['Common'],
  ports: { in: single, out: single },
  properties: {
    column: property.string({
      title: { en: 'Column', zh: '列名' },
      description: { en: 'The name of the new column.', zh: '新列的名称。' },
      default: 'uuid',
      example: 'uuid',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  pure: false,
  run({ properties: { column }, inputs, engine }) {
    const dataset = inputs.get();
    const others = dataset.columns.flatMap(({ name }, index) =>
      name.toLowerCase() === column.toLowerCase() ? [] : [{ sql: `c${index}`, name }],
    );
    return project(engine, dataset, [{ sql: "replace(uuid(), '-', '')", name: column }, ...others]);
  },
});
