import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';
import { javaPattern, splitPatterns } from './java-pattern.js';
import { below, joinLocation, lastName } from './locations.js';
import { hdfsPath, hdfsUrl } from './properties.js';
import { textRows } from './rows.js';
import { walk } from './walk.js';

export const selectFilesByName = defineStop({
  name: 'cn.piflow.bundle.hdfs.SelectFilesByName',
  title: { en: 'Select files by name', zh: '按名称选择文件' },
  description: {
    en: 'Gives the locations of the files in a folder and its folders whose names match one of several Java regular expressions, in the column path. Unlike PiFlow, a file that several expressions match comes once, and commas inside brackets belong to the expression.',
    zh: '列出文件夹及其子文件夹中名称匹配任一 Java 正则表达式的文件，列名为 path。与 PiFlow 不同：被多个表达式匹配的文件只出现一次，括号内的逗号属于表达式本身。',
  },
  groups: ['Hdfs'],
  ports: { in: optionalSingle, out: single },
  properties: {
    hdfsUrl,
    hdfsPath: hdfsPath({ en: 'The folder to search.', zh: '要搜索的文件夹。' }),
    selectionConditions: property.string({
      title: { en: 'Name patterns', zh: '名称条件' },
      description: {
        en: 'Java regular expressions for whole names, with commas between them.',
        zh: '匹配完整文件名的 Java 正则表达式，用逗号分隔。',
      },
      required: true,
      example: '.*.csv',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  async run({ properties, engine, files, log }) {
    const location = joinLocation(properties.hdfsUrl, properties.hdfsPath);
    const patterns = splitPatterns(properties.selectionConditions).map((each) =>
      javaPattern(each, 'selectionConditions'),
    );
    const found = (await walk(location, files, log)).map((each) => (each === '' ? location : below(location, each)));
    const selected = found.filter((each) => patterns.some((pattern) => pattern.test(lastName(each))));
    return textRows(engine, 'path', selected);
  },
});
