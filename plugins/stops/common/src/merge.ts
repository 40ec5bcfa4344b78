import { SluiceError, any, defineStop, property, single } from '@sluice/plugin-sdk';

export const merge = defineStop({
  name: 'cn.piflow.bundle.common.Merge',
  title: { en: 'Merge', zh: '合并' },
  description: {
    en: 'All rows of all in ports, equal ones too. Columns are put together by position and have the names of the first port: the first that inports lists, else the first path. Unlike PiFlow, inports may be left out.',
    zh: '合并所有输入端口的行，不去重。列按位置对应，列名取自第一个端口（inports 列出的第一个，否则第一条连线）。与 PiFlow 不同：inports 可省略。',
  },
  groups: ['Common'],
  ports: { in: any, out: single },
  properties: {
    inports: property.list({
      title: { en: 'Inports', zh: '输入端口' },
      description: {
        en: 'The names of the in ports, separated by commas; the first gives the columns their names.',
        zh: '输入端口名称，以逗号分隔；第一个决定列名。',
      },
      default: [],
      example: ['data1', 'data2'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'columns by position',
      properties: { inports: 'data1,data2' },
      inputs: {
        data1: { columns: [['id', 'int']], rows: [[1]] },
        data2: { columns: [['other', 'int']], rows: [[1]] },
      },
      outputs: { '': { columns: [['id', 'int']], rows: [[1], [1]] } },
    },
  ],
  run({ properties: { inports }, inputs, engine, log }) {
    const { ports } = inputs;
    if (ports.length === 0) throw new SluiceError('INPUT_MISSING', 'nothing comes in; draw a path to the stop');
    const missing = inports.filter((port) => !ports.includes(port));
    if (missing.length > 0) log.warn(`nothing comes in at ${missing.join(', ')}, which inports names`);
    const ordered = [
      ...inports.filter((port) => ports.includes(port)),
      ...ports.filter((port) => !inports.includes(port)),
    ];
    return engine.union([...new Set(ordered)].map((port) => inputs.get(port)));
  },
});
