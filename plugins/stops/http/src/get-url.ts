import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';
import { limits, retries, url } from './properties.js';
import { readAnswer } from './read-answer.js';
import { targetOf } from './target.js';

export const getUrl = defineStop({
  name: 'cn.piflow.bundle.http.GetUrl',
  title: { en: 'Get a URL', zh: '请求网址' },
  description: {
    en: 'Gives the rows of what a GET request answers: of JSON objects, or of the XML elements that the label leads to. Unlike PiFlow, an answer other than success ends the run, values of XML may contain commas, a child that is not there is NULL, labels may have any depth, whole numbers keep every digit, and size and time are limited.',
    zh: '输出 GET 请求响应中的行：JSON 对象，或标签路径指向的 XML 元素。与 PiFlow 不同：非成功的响应会使运行失败；XML 的值中可以有逗号，缺失的子元素为 NULL，标签路径可为任意深度；整数不丢失精度；大小和时间有限制。',
  },
  groups: ['Http'],
  ports: { in: optionalSingle, out: single },
  properties: {
    url,
    httpAcceptTypes: property.enum({
      title: { en: 'HttpAcceptTypes', zh: '响应类型' },
      description: { en: 'The type of the answer.', zh: '响应的类型。' },
      aliases: ['types'],
      values: ['xml', 'json'],
      default: 'json',
      example: 'xml',
    }),
    label: property.list({
      title: { en: 'Label', zh: '标签路径' },
      description: {
        en: 'For XML: the names of the elements from the root to the rows, with commas.',
        zh: 'XML：从根元素到行元素的名称，用逗号分隔。',
      },
      default: [],
      example: ['service-error', 'status'],
    }),
    schema: property.list({
      title: { en: 'Schema', zh: '列' },
      description: {
        en: 'For XML: the names of the child elements that become columns. For JSON without a row: the columns.',
        zh: 'XML：作为列的子元素名称。没有任何行的 JSON：列名。',
      },
      default: [],
      example: ['statusCode', 'statusText'],
    }),
    ...limits,
    retries,
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  run({ properties, ...context }) {
    const { httpAcceptTypes: format, label, schema } = properties;
    const headers = { accept: `application/${format}` };
    const request = { ...targetOf({ url: properties.url, headers }), method: 'GET' };
    // PiFlow does not look at the schema of JSON, so flows may have any text there.
    const parsing = format === 'xml' ? { at: label, columns: schema } : { at: [], columns: [], spare: schema };
    return readAnswer(context, request, properties, { format, ...parsing });
  },
});
