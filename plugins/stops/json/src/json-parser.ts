import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';

import { pickTags } from './pick-tags.js';

export const jsonParser = defineStop({
  name: 'cn.piflow.bundle.json.JsonParser',
  title: { en: 'Read JSON (PiFlow)', zh: '读取 JSON（PiFlow）' },
  description: {
    en: 'Reads JSON files: objects over one or several lines, or arrays of them; several paths are put together by the names of their fields. A tag keeps some fields only, and opens one array: links_name is the field name of each object in links, a row for each. Unlike PiFlow, files with an object a line are read to their end.',
    zh: '读取 JSON 文件：单行或跨行的对象，或对象数组；多个路径按字段名合并。tag 只保留部分字段，并可展开一个数组：links_name 表示 links 中每个对象的 name 字段，每个对象一行。与 PiFlow 不同：每行一个对象的文件会被完整读取。',
  },
  groups: ['Json'],
  ports: { in: optionalSingle, out: single },
  properties: {
    jsonPath: property.list({
      title: { en: 'jsonPath', zh: 'JSON 路径' },
      description: {
        en: 'A file, a folder or a pattern; several are separated by commas.',
        zh: '文件、目录或通配路径；多个以逗号分隔。',
      },
      required: true,
      example: ['hdfs://127.0.0.1:9000/test/people.json'],
    }),
    tag: property.list({
      title: { en: 'Tag', zh: '字段' },
      description: {
        en: 'The fields to keep, separated by commas; a field of the objects in an array is written array_field.',
        zh: '要保留的字段，以逗号分隔；数组中对象的字段写作 数组名_字段名。',
      },
      default: [],
      example: ['name', 'mobile', 'links_name'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  async run({ properties: { jsonPath, tag }, engine }) {
    const [only] = jsonPath;
    const dataset = await engine.read('json', jsonPath.length === 1 && only !== undefined ? only : jsonPath);
    return tag.length === 0 ? dataset : pickTags(engine, dataset, tag);
  },
});
