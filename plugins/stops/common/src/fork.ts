import { any, defineStop, property, single } from '@sluice/plugin-sdk';

export const fork = defineStop({
  name: 'cn.piflow.bundle.common.Fork',
  title: { en: 'Fork', zh: '分发' },
  description: {
    en: 'Gives the same rows to every out port; they are made once. Unlike PiFlow, a port that a path leads from gets its rows whether outports lists it or not.',
    zh: '把相同的行发送到每个输出端口，数据只计算一次。与 PiFlow 不同：只要有连线，端口即使未列在 outports 中也能得到数据。',
  },
  groups: ['Common'],
  ports: { in: single, out: any },
  properties: {
    outports: property.list({
      title: { en: 'outports', zh: '输出端口' },
      description: { en: 'The names of the out ports, separated by commas.', zh: '输出端口名称，以逗号分隔。' },
      required: true,
      example: ['out1', 'out2'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'two ports',
      properties: { outports: 'out1,out2' },
      inputs: { '': { columns: [['id', 'int']], rows: [[1]] } },
      outputs: {
        out1: { columns: [['id', 'int']], rows: [[1]] },
        out2: { columns: [['id', 'int']], rows: [[1]] },
      },
    },
  ],
  run({ properties, inputs, outports, log }) {
    const unused = properties.outports.filter((port) => !outports.includes(port));
    if (unused.length > 0 && outports.length > 0) log.info(`no path leads from ${unused.join(', ')}`);
    // Rows for a port that nobody takes would be made in vain, unless the stop is the last one.
    const ports = outports.length > 0 ? outports : properties.outports;
    const dataset = inputs.get();
    return Object.fromEntries(ports.map((port) => [port, dataset]));
  },
});
