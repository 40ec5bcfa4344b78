import { any, defineStop } from '@sluice/plugin-sdk';

export const trager = defineStop({
  name: 'cn.piflow.bundle.common.Trager',
  title: { en: 'Trigger', zh: '触发' },
  description: {
    en: 'Takes rows and gives none: it stands at the end of paths, as in PiFlow. Each port of the flow that leads to it counts as connected; a stop behind it gets no rows.',
    zh: '接收行但不输出任何行（同 PiFlow），用作路径的终点；其后的组件得不到数据。',
  },
  groups: ['Common'],
  ports: { in: any, out: any },
  properties: {},
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'rows go no further',
      inputs: { a: { columns: [['id', 'int']], rows: [[1]] } },
      outputs: {},
    },
  ],
  run() {},
});
