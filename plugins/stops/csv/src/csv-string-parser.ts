import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';

import { splitText, toRows } from './split-text.js';

export const csvStringParser = defineStop({
  name: 'cn.piflow.bundle.csv.CsvStringParser',
  title: { en: 'Parse CSV text', zh: '解析 CSV 文本' },
  description: {
    en: 'Turns a text into rows of strings: a row for each line that is not blank, cells trimmed. Unlike PiFlow, a delimiter such as | is taken as it stands, short lines are filled with NULL, and a line with too many cells ends the run with its number.',
    zh: '把一段文本转换为字符串行：每个非空行为一行，单元格去除首尾空白。与 PiFlow 不同：| 之类的分隔符按字面处理，单元格不足时补 NULL，过多时报错并指出行号。',
  },
  groups: ['CSV'],
  ports: { in: optionalSingle, out: single },
  properties: {
    string: property.text({
      title: { en: 'String', zh: '文本' },
      description: { en: 'The text, a row a line.', zh: '文本，每行一条记录。' },
      aliases: ['Str', 'str'],
      required: true,
      example: '1,zs\n2,ls\n3,ww',
    }),
    delimiter: property.string({
      title: { en: 'Delimiter', zh: '分隔符' },
      description: {
        en: 'What stands between two cells: a text, or a regular expression.',
        zh: '单元格之间的分隔符：文本或正则表达式。',
      },
      required: true,
      example: ',',
    }),
    schema: property.list({
      title: { en: 'Schema', zh: '列名' },
      description: {
        en: 'The names of the columns, separated by commas; without it _0, _1 ...',
        zh: '以逗号分隔的列名；省略时为 _0、_1……',
      },
      example: ['id', 'name'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'two lines of two cells',
      properties: { string: '1, zs\n2, 李四', delimiter: ',', schema: 'id,name' },
      outputs: {
        '': {
          columns: [
            ['id', 'string'],
            ['name', 'string'],
          ],
          rows: [
            ['1', 'zs'],
            ['2', '李四'],
          ],
        },
      },
    },
  ],
  run({ properties, engine }) {
    const lines = splitText(properties.string, properties.delimiter);
    const width = lines.reduce((most, cells) => Math.max(most, cells.length), 0);
    const named = properties.schema ?? [];
    const names = named.length > 0 ? named : Array.from({ length: width }, (_, index) => `_${index}`);
    if (names.length === 0) {
      throw new SluiceError(
        'DATA_INVALID',
        'the string has no line with text; give property string a text or a schema',
      );
    }
    const rows = toRows(lines, names);
    return engine.fromRows(
      names.map((name) => ({ name, type: 'string' })),
      (async function* () {
        yield* rows;
      })(),
    );
  },
});
