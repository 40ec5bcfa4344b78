import { columnNamed, defineStop, property, quoteName, single, SluiceError } from '@sluice/plugin-sdk';

export const regexTextProcess = defineStop({
  name: 'cn.piflow.bundle.file.RegexTextProcess',
  title: { en: 'Replace by pattern', zh: '正则替换' },
  description: {
    en: 'Adds a column <column>_new in which what a Java regular expression matches is replaced; $1 in the replacement stands for the first group. A pattern that the engine cannot follow exactly is refused. Unlike PiFlow, NULL gives NULL instead of an error, and numbers are read as texts.',
    zh: '新增一列 <列名>_new，把 Java 正则表达式匹配到的内容替换掉；替换文本中的 $1 代表第一个分组。引擎无法严格执行的表达式会被拒绝。与 PiFlow 不同：NULL 得到 NULL 而不是报错，数字按文本处理。',
  },
  groups: ['File'],
  ports: { in: single, out: single },
  properties: {
    columnName: property.string({
      title: { en: 'Column', zh: '列' },
      description: { en: 'The column to read.', zh: '要处理的列。' },
      required: true,
      example: 'title',
    }),
    regex: property.string({
      title: { en: 'Pattern', zh: '正则表达式' },
      description: { en: 'A Java regular expression.', zh: 'Java 正则表达式。' },
      required: true,
      example: '[(A-Za-z)]',
    }),
    replaceStr: property.string({
      title: { en: 'Replacement', zh: '替换为' },
      description: { en: 'What stands in place of each match; may be empty.', zh: '替换每处匹配的文本，可以为空。' },
      required: true,
      allowEmpty: true,
      example: 'Test',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'digits become a sign',
      properties: { columnName: 'a', regex: '[0-9]+', replaceStr: '#' },
      inputs: {
        '': {
          columns: [
            ['a', 'string'],
            ['b', 'int'],
          ],
          rows: [
            ['x12y3', 1],
            [null, 2],
          ],
        },
      },
      outputs: {
        '': {
          columns: [
            ['a', 'string'],
            ['b', 'int'],
            ['a_new', 'string'],
          ],
          rows: [
            ['x12y3', 1, 'x#y#'],
            [null, 2, null],
          ],
        },
      },
    },
  ],
  async run({ properties, inputs, engine }) {
    const { columnName, regex, replaceStr } = properties;
    const input = inputs.get();
    const names = input.columns.map((column) => column.name);
    const column = columnNamed(input.columns, columnName, 'columnName');
    const added = `${column.name}_new`;
    if (names.some((name) => name.toLowerCase() === added.toLowerCase())) {
      throw new SluiceError('SCHEMA_MISMATCH', `there is a column '${added}' already; drop or rename it before`);
    }
    const quoted = quoteName(column.name);
    const text = column.type === 'string' ? quoted : `CAST(${quoted} AS string)`;
    const replaced = `regexp_replace(${text}, ${quoteText(regex)}, ${quoteText(replaceStr)}) AS ${quoteName(added)}`;
    return engine.sql(`SELECT *, ${replaced} FROM rows_to_replace`, { rows_to_replace: input });
  },
});

function quoteText(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
