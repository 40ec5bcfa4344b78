import { defineStop, property, single, type Value } from '@sluice/plugin-sdk';
import { tableLines } from './table-lines.js';

export const showData = defineStop({
  name: 'cn.piflow.bundle.external.ShowData',
  title: { en: 'Show rows', zh: '显示数据' },
  description: {
    en: "Puts the first rows into the run's log as a table and gives all rows on. Unlike PiFlow, the rows shown are those that go on, also where a stop before makes other rows each time it is asked.",
    zh: '把前若干行以表格形式写入运行日志，并把所有行传给下游。与 PiFlow 不同：显示的行与传递的行一致，即使上游组件每次计算结果不同。',
  },
  groups: ['External'],
  ports: { in: single, out: single },
  properties: {
    showNumber: property.integer({
      title: { en: 'showNumber', zh: '显示行数' },
      description: { en: 'The number of rows to show; 0: none.', zh: '要显示的行数；0 表示不显示。' },
      required: true,
      min: 0,
      max: 10_000,
      example: 5,
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'all rows go on',
      properties: { showNumber: '1' },
      inputs: { '': { columns: [['id', 'int']], rows: [[1], [2]] } },
      outputs: { '': { columns: [['id', 'int']], rows: [[1], [2]] } },
    },
  ],
  async run({ properties: { showNumber }, inputs, engine, log }) {
    const input = inputs.get();
    if (showNumber === 0) return input;
    // Two queries over one dataset: the engine then makes its rows once, so that both see the same.
    const passed = await engine.sql('SELECT * FROM input', { input });
    const positions = input.columns.map((_, index) => `c${index}`);
    const texts = positions.map((position) => `CAST(${position} AS STRING) AS ${position}`).join(', ');
    const first = `SELECT ${texts} FROM input AS input(${positions.join(', ')}) LIMIT ${showNumber}`;
    const rows: Value[][] = [];
    for await (const batch of (await engine.sql(first, { input })).batches()) {
      for (let row = 0; row < batch.length; row++) rows.push(batch.columns.map((column) => column[row] ?? null));
    }
    const names = input.columns.map((column) => column.name);
    for (const line of tableLines(names, rows)) log.info(line);
    return passed;
  },
});
