import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';
import { connection, idColumn, place, targetOf } from './properties.js';
import { readIndex } from './read-index.js';
import { writeIndex } from './write-index.js';

const reading = {
  groups: ['ElasticSearch'],
  ports: { in: optionalSingle, out: single },
  engines: ['duckdb'],
  pure: false,
  extraProperties: 'ignore',
} as const;

const sampleSize = property.integer({
  title: { en: 'Sample size', zh: '采样数' },
  description: {
    en: 'Documents looked at for fields that have several values, which the index does not tell; default 0: all, for which they are read twice.',
    zh: '用于判断哪些字段有多个值的文档数（索引本身不说明）；默认 0 表示全部（文档会读取两次）。',
  },
  default: 0,
  min: 0,
  example: 1000,
});

export const readElasticsearch = defineStop({
  ...reading,
  name: 'cn.piflow.bundle.elasticsearch.ReadElasticsearch',
  title: { en: 'Read Elasticsearch', zh: '读取 Elasticsearch' },
  description: {
    en: 'Reads the documents of an index of Elasticsearch 7 or later, or of OpenSearch, with the types of its fields. Unlike PiFlow, fields with several values are arrays and do not end the run, what has no type in Spark is a text of JSON, OpenSearch and logins are understood, and the ids of the documents can be read.',
    zh: '读取 Elasticsearch 7 及以上版本或 OpenSearch 索引中的文档，保留字段类型。与 PiFlow 不同：有多个值的字段成为数组而不会使运行失败；Spark 没有对应类型的值为 JSON 文本；支持 OpenSearch 和登录；可读取文档 ID。',
  },
  properties: { ...connection, ...place, idColumn, sampleSize },
  run({ properties, ...context }) {
    const { es_index: index, idColumn, sampleSize } = properties;
    const target = targetOf(properties);
    return readIndex(context, { target, index, query: { match_all: {} }, idColumn, sampleSize });
  },
});

export const queryElasticsearch = defineStop({
  ...reading,
  name: 'cn.piflow.bundle.elasticsearch.QueryElasticsearch',
  title: { en: 'Query Elasticsearch', zh: '查询 Elasticsearch' },
  description: {
    en: 'Reads the documents of an index for which a query holds.',
    zh: '读取索引中满足查询的文档。',
  },
  properties: {
    ...connection,
    ...place,
    jsonDSL: property.json({
      title: { en: 'JsonDSL', zh: '查询' },
      description: {
        en: "An object with the member query, in the server's query language.",
        zh: '带有 query 成员的对象，使用服务器的查询语言。',
      },
      default: { query: { match_all: {} } },
      example: { query: { match: { name: 'rose' } } },
    }),
    idColumn,
    sampleSize,
  },
  run({ properties, ...context }) {
    const { es_index: index, idColumn, sampleSize, jsonDSL } = properties;
    const target = targetOf(properties);
    return readIndex(context, { target, index, query: queryOf(jsonDSL), idColumn, sampleSize });
  },
});

export const putElasticsearch = defineStop({
  name: 'cn.piflow.bundle.elasticsearch.PutElasticsearch',
  title: { en: 'Put into Elasticsearch', zh: '写入 Elasticsearch' },
  description: {
    en: 'Writes each row as a document to an index of Elasticsearch 7 or later, or of OpenSearch, and gives none on. A document with the same id is replaced; when a run fails, documents that were written stay, and without an id column a run that is tried again replaces them. Unlike PiFlow, Overwrite removes the old documents only when all new ones are there, OpenSearch and logins are understood, and a document that the server refuses is named.',
    zh: '把每一行写成 Elasticsearch 7 及以上版本或 OpenSearch 索引中的一个文档，不向下游输出。ID 相同的文档会被替换；运行失败时已写入的文档会保留，没有 ID 列时重试的运行会替换它们。与 PiFlow 不同：Overwrite 在新文档全部写入后才删除旧文档；支持 OpenSearch 和登录；被服务器拒绝的文档会被指出。',
  },
  groups: ['ElasticSearch'],
  ports: { in: single, out: single },
  properties: {
    ...connection,
    ...place,
    idColumn,
    saveMode: property.enum({
      title: { en: 'SaveMode', zh: '保存模式' },
      description: {
        en: 'Where the index is there already: add documents (Append), replace them all (Overwrite), fail (ErrorIfExists), or write nothing (Ignore).',
        zh: '索引已存在时：追加（Append）、全部替换（Overwrite）、报错（ErrorIfExists）或不写（Ignore）。',
      },
      values: ['Append', 'Overwrite', 'ErrorIfExists', 'Ignore'],
      synonyms: { error: 'ErrorIfExists' },
      default: 'Overwrite',
      example: 'Overwrite',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  async run({ properties, inputs, log, ...context }) {
    const { es_index: index, idColumn, saveMode } = properties;
    const modes = { Append: 'append', Overwrite: 'overwrite', ErrorIfExists: 'error', Ignore: 'ignore' } as const;
    const target = targetOf(properties);
    const rows = await writeIndex(context, { target, index, mode: modes[saveMode], idColumn }, inputs.get());
    log.info(
      rows === undefined
        ? `the index '${index}' is there: nothing is written`
        : `${rows} documents written to '${index}'`,
    );
  },
});

function queryOf(given: unknown): object {
  let value = given;
  try {
    if (typeof given === 'string') value = JSON.parse(given);
  } catch (error) {
    throw new SluiceError('PROPERTY_INVALID', "property 'jsonDSL' is no JSON", { cause: error });
  }
  const { query } = (value ?? {}) as { readonly query?: unknown };
  if (typeof query === 'object' && query !== null) return query;
  throw new SluiceError('PROPERTY_INVALID', "property 'jsonDSL' has no object 'query'");
}
