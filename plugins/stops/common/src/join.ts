import { columnAt, defineStop, named, property, quoteName, single, SluiceError } from '@sluice/plugin-sdk';

const WORDS = { inner: 'INNER', left: 'LEFT OUTER', right: 'RIGHT OUTER', full_outer: 'FULL OUTER' } as const;

export const join = defineStop({
  name: 'cn.piflow.bundle.common.Join',
  title: { en: 'Join', zh: '连接' },
  description: {
    en: 'Joins the rows of the left and the right port that are equal in the columns named, as JOIN ... USING: those columns come first and once, then the others of the left, then of the right. NULL is equal to nothing.',
    zh: '按指定列的相等值连接左右端口的行（JOIN ... USING）：连接列在最前且只出现一次，其后是左侧其余列，再后是右侧其余列。NULL 不等于任何值。',
  },
  groups: ['Common'],
  ports: { in: named('Left', 'Right'), out: single },
  properties: {
    joinMode: property.enum({
      title: { en: 'JoinMode', zh: '连接方式' },
      description: {
        en: 'Which rows without a partner stay: none (inner), those of the left, of the right, or of both (full_outer).',
        zh: '保留哪些没有匹配的行：无（inner）、左侧（left）、右侧（right）或两侧（full_outer）。',
      },
      values: ['inner', 'left', 'right', 'full_outer'],
      synonyms: {
        full: 'full_outer',
        outer: 'full_outer',
        fullouter: 'full_outer',
        'full outer': 'full_outer',
        left_outer: 'left',
        leftouter: 'left',
        right_outer: 'right',
        rightouter: 'right',
      },
      default: 'inner',
      example: 'left',
    }),
    correlationColumn: property.columns({
      title: { en: 'CorrelationColumn', zh: '关联列' },
      description: {
        en: 'The columns that both ports have and whose values must be equal, separated by commas.',
        zh: '两个端口都有且值须相等的列，以逗号分隔。',
      },
      aliases: ['correlationField'],
      port: 'Left',
      required: true,
      example: ['id', 'name'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'the key first and once',
      properties: { joinMode: 'inner', correlationColumn: 'id' },
      inputs: {
        Left: {
          columns: [
            ['name', 'string'],
            ['id', 'int'],
          ],
          rows: [
            ['张伟', 1],
            ['Ann', 2],
          ],
        },
        Right: {
          columns: [
            ['id', 'int'],
            ['age', 'int'],
          ],
          rows: [
            [1, 30],
            [3, 5],
          ],
        },
      },
      outputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['name', 'string'],
            ['age', 'int'],
          ],
          rows: [[1, '张伟', 30]],
        },
      },
    },
  ],
  run({ properties: { correlationColumn, joinMode }, inputs, engine }) {
    const [left, right] = [inputs.get('Left'), inputs.get('Right')];
    if (correlationColumn.length === 0) {
      throw new SluiceError('PROPERTY_INVALID', "property 'correlationColumn' names no column; name at least one");
    }
    for (const name of correlationColumn) {
      for (const [port, { columns }] of [
        ['Left', left],
        ['Right', right],
      ] as const) {
        columnAt(columns, name, 'correlationColumn', ` of port '${port}'`);
      }
    }
    const keys = correlationColumn.map(quoteName).join(', ');
    return engine.sql(`SELECT * FROM l ${WORDS[joinMode]} JOIN r USING (${keys})`, { l: left, r: right });
  },
});
