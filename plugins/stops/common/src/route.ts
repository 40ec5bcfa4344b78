import { defineStop, routed, single, type Dataset } from '@sluice/plugin-sdk';
import { whereTrue } from './condition.js';

export const route = defineStop({
  name: 'cn.piflow.bundle.common.Route',
  title: { en: 'Route', zh: '路由' },
  description: {
    en: 'Gives each port the rows for which its condition is true, and the default port all rows. A row goes to every port whose condition it meets.',
    zh: '把满足条件的行发送到对应端口，默认端口得到所有行。一行可进入多个端口。',
  },
  groups: ['Common'],
  ports: { in: single, out: routed },
  properties: {},
  extraProperties: 'ignore',
  customized: {
    en: 'A condition in Spark SQL by the name of the port that gives its rows.',
    zh: '端口名称对应的 Spark SQL 条件。',
  },
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'one port and all',
      customized: { port1: 'age > 18' },
      inputs: { '': { columns: [['age', 'int']], rows: [[30], [10]] } },
      outputs: {
        '': { columns: [['age', 'int']], rows: [[30], [10]] },
        port1: { columns: [['age', 'int']], rows: [[30]] },
      },
    },
  ],
  async run({ customized, inputs, outports, engine }) {
    const dataset = inputs.get();
    const outputs: Record<string, Dataset> = {};
    for (const [port, condition] of Object.entries(customized)) {
      if (outports.includes(port)) outputs[port] = await whereTrue(engine, dataset, condition, port);
    }
    // Rows for a port that nobody takes would be made in vain, unless the stop is the last one.
    if (outports.includes('') || outports.length === 0) outputs[''] = dataset;
    return outputs;
  },
});
