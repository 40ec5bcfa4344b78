import { SluiceError, defineStop, named, single } from '@sluice/plugin-sdk';
import { describe } from './columns.js';

export const subtract = defineStop({
  name: 'cn.piflow.bundle.common.Subtract',
  title: { en: 'Subtract', zh: '差集' },
  description: {
    en: 'The rows of the left port that the right port does not have, each once (EXCEPT). Columns are compared by position; NULLs are equal to each other.',
    zh: '左端口中有而右端口中没有的行，去重（EXCEPT）。列按位置比较；NULL 视为相等。',
  },
  groups: ['Common'],
  ports: { in: named('Left', 'Right'), out: single },
  properties: {},
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'each row once',
      inputs: {
        Left: { columns: [['id', 'int']], rows: [[1], [1], [2]] },
        Right: { columns: [['key', 'int']], rows: [[2], [3]] },
      },
      outputs: { '': { columns: [['id', 'int']], rows: [[1]] } },
    },
  ],
  run({ inputs, engine }) {
    const [left, right] = [inputs.get('Left'), inputs.get('Right')];
    if (left.columns.length !== right.columns.length) {
      const message = `the ports must have as many columns: Left has ${describe(left.columns)}; Right has ${describe(right.columns)}`;
      throw new SluiceError('SCHEMA_MISMATCH', message);
    }
    return engine.sql('SELECT * FROM l EXCEPT SELECT * FROM r', { l: left, r: right });
  },
});
