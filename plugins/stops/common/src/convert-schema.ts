import { columnAt, defineStop, positionsOf, property, single, SluiceError, type Column } from '@sluice/plugin-sdk';
import { project } from './columns.js';

export const convertSchema = defineStop({
  name: 'cn.piflow.bundle.common.ConvertSchema',
  title: { en: 'Rename columns', zh: '重命名列' },
  description: {
    en: 'Gives columns other names and leaves their values and order. Unlike PiFlow, two columns may swap their names, and a name that no column has, or that two would have, ends the run.',
    zh: '重命名列，值与顺序不变。与 PiFlow 不同：两列可以互换名称；不存在的列名或重名会报错。',
  },
  groups: ['Common'],
  ports: { in: single, out: single },
  properties: {
    schema: property.list({
      title: { en: 'Schema', zh: '重命名规则' },
      description: {
        en: 'Pairs of the name that is and the name to be, separated by commas.',
        zh: '“原名->新名”的列表，以逗号分隔。',
      },
      required: true,
      example: ['id->uuid', 'name->title'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'a column with another name',
      properties: { schema: 'id->uuid' },
      inputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['age', 'int'],
          ],
          rows: [[1, 30]],
        },
      },
      outputs: {
        '': {
          columns: [
            ['uuid', 'int'],
            ['age', 'int'],
          ],
          rows: [[1, 30]],
        },
      },
    },
  ],
  run({ properties: { schema }, inputs, engine }) {
    const dataset = inputs.get();
    const names = rename(dataset.columns, schema);
    return project(
      engine,
      dataset,
      names.map((name, index) => ({ sql: `c${index}`, name })),
    );
  },
});

function rename(columns: readonly Column[], pairs: readonly string[]): string[] {
  const names = columns.map((column) => column.name);
  for (const pair of pairs) {
    const [from = '', to = '', ...more] = pair.split('->').map((part) => part.trim());
    if (from === '' || to === '' || more.length > 0) {
      const message = `property 'schema': '${pair}' is not of the form 'old->new'`;
      throw new SluiceError('PROPERTY_INVALID', message, {
        problems: [{ reason: 'PROPERTY_INVALID', message, property: 'schema' }],
      });
    }
    // Names mean the columns as they came in, so that two can swap; a name given just now may be given on.
    const given = names.map((name) => ({ name, type: '' }));
    const known = positionsOf(columns, from).length > 0 ? columns : given;
    const found = positionsOf(known, from);
    if (found.length === 0) columnAt(columns, from, 'schema');
    for (const position of found) names[position] = to;
  }
  const doubled = names.find((name, index) => {
    const first = names.findIndex((each) => each.toLowerCase() === name.toLowerCase());
    return first !== index && (columns[index]?.name !== name || columns[first]?.name !== names[first]);
  });
  if (doubled === undefined) return names;
  const message = `property 'schema': two columns would be named '${doubled}'`;
  const problems = [{ reason: 'COLUMN_AMBIGUOUS' as const, message, property: 'schema' }];
  throw new SluiceError('COLUMN_AMBIGUOUS', message, { details: { column: doubled }, problems });
}
