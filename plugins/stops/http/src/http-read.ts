import { defineStop, none, property, single } from '@sluice/plugin-sdk';
import { access, headers, limits, retries, url } from './properties.js';
import { readAnswer } from './read-answer.js';
import { targetOf } from './target.js';

export const httpRead = defineStop({
  name: 'sluice.http.read',
  title: { en: 'Read over HTTP', zh: '通过 HTTP 读取' },
  description: {
    en: 'Gives the rows of what a GET request answers, JSON or XML. The answer is kept in a file and read row by row: the memory that this takes does not grow with it.',
    zh: '输出 GET 请求响应（JSON 或 XML）中的行。响应保存在文件中逐行读取，内存占用不随其大小增长。',
  },
  groups: ['Http'],
  ports: { in: none, out: single },
  properties: {
    url,
    ...access,
    headers,
    format: property.enum({
      title: { en: 'Format', zh: '格式' },
      description: {
        en: 'How the answer is read; auto goes by its Content-Type.',
        zh: '响应的读取方式；auto 依据 Content-Type。',
      },
      values: ['auto', 'json', 'xml'],
      default: 'auto',
    }),
    rows: property.string({
      title: { en: 'Rows', zh: '行的位置' },
      description: {
        en: 'Where the rows are, with points: for JSON the fields that lead to the array or object (default: the whole answer), for XML the elements from the root to the rows.',
        zh: '行所在的位置，用点分隔：JSON 为通向数组或对象的字段（默认整个响应），XML 为从根元素到行元素的名称。',
      },
      default: '',
      example: 'data.items',
    }),
    columns: property.list({
      title: { en: 'Columns', zh: '列' },
      description: {
        en: 'Only these fields, in this order; default for JSON all. XML needs them.',
        zh: '只取这些字段（按此顺序）；JSON 默认全部，XML 必须填写。',
      },
      default: [],
      example: ['id', 'amount'],
    }),
    ...limits,
    retries,
  },
  engines: ['duckdb'],
  pure: false,
  run({ properties, ...context }) {
    const { format, rows, columns } = properties;
    const at = rows
      .split('.')
      .map((name) => name.trim())
      .filter((name) => name !== '');
    const accept = {
      auto: 'application/json, application/xml;q=0.9',
      json: 'application/json',
      xml: 'application/xml',
    };
    const asked = { ...properties, headers: { accept: accept[format], ...properties.headers } };
    return readAnswer(context, { ...targetOf(asked), method: 'GET' }, properties, { format, at, columns });
  },
});
