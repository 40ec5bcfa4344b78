import { defineStop, optionalSingle, single, type Dataset, type StopContext } from '@sluice/plugin-sdk';
import { byAddresses, byIp, login, place, sampleSize, sql, targetByAddresses, targetByIp } from './properties.js';
import { readCollection } from './read-collection.js';
import type { Target } from './target.js';
import { writeCollection } from './write-collection.js';

const reading = { groups: ['MongoDB'], ports: { in: optionalSingle, out: single }, engines: ['duckdb'], pure: false };
const writing = { groups: ['MongoDB'], ports: { in: single, out: single }, engines: ['duckdb'], writes: true };

export const getMongo = defineStop({
  ...reading,
  name: 'cn.piflow.bundle.mongodb.GetMongo',
  title: { en: 'Get from MongoDB as texts', zh: '读取 MongoDB（文本）' },
  description: {
    en: 'Reads the documents of a collection, all fields but _id as strings. Unlike PiFlow, documents may differ in their fields (what is not there is NULL), documents inside are JSON, rows stream, and TLS and replica sets are understood.',
    zh: '读取集合中的文档，除 _id 外的字段均为字符串。与 PiFlow 不同：文档的字段可以不同（缺失为 NULL）；嵌套文档为 JSON；以流方式读取；支持 TLS 和副本集。',
  },
  properties: { ...byAddresses, ...place, sql, ...login },
  extraProperties: 'ignore',
  run({ properties, ...context }) {
    const { dataBase: database, collection, sql } = properties;
    const target = targetByAddresses(properties);
    return readCollection(context, { target, database, collection, sql, asTexts: true, sampleSize: 0 });
  },
});

export const getMongoDb = defineStop({
  ...reading,
  name: 'cn.piflow.bundle.mongodb.GetMongoDB',
  title: { en: 'Get from MongoDB', zh: '读取 MongoDB' },
  description: {
    en: 'Reads the documents of a collection with the types of their values. Unlike PiFlow, the types fit all documents and not only a sample, _id is a text, rows stream, users can log in, and TLS and replica sets are understood.',
    zh: '读取集合中的文档，保留值的类型。与 PiFlow 不同：类型适合全部文档而不只是样本；_id 为文本；以流方式读取；可登录；支持 TLS 和副本集。',
  },
  properties: { ...byIp, ...place, sql, sampleSize, ...login },
  extraProperties: 'ignore',
  run({ properties, ...context }) {
    const { dataBase: database, collection, sql, sampleSize } = properties;
    const target = targetByIp(properties);
    return readCollection(context, { target, database, collection, sql, asTexts: false, sampleSize });
  },
});

export const putMongo = defineStop({
  ...writing,
  name: 'cn.piflow.bundle.mongodb.PutMongo',
  title: { en: 'Put into MongoDB (addresses)', zh: '写入 MongoDB（地址列表）' },
  description: {
    en: 'Writes each row as a document, and gives the rows on. A document with the same _id is replaced; without such a column, a run that is tried again replaces what it wrote before. When a run fails, documents that were written stay. Unlike PiFlow, values keep their types, may hold commas, and keep their last character, and documents are sent in batches.',
    zh: '把每一行写成一个文档，并把行传给下游。_id 相同的文档会被替换；没有该列时，重试的运行会替换之前写入的文档。运行失败时已写入的文档会保留。与 PiFlow 不同：值保持类型，可含逗号，末尾字符不会丢失；文档分批发送。',
  },
  properties: { ...byAddresses, ...place, ...login },
  extraProperties: 'ignore',
  run: ({ properties, ...context }) => put(context, targetByAddresses(properties), properties),
});

export const putMongoDb = defineStop({
  ...writing,
  name: 'cn.piflow.bundle.mongodb.PutMongoDB',
  title: { en: 'Put into MongoDB', zh: '写入 MongoDB' },
  description: {
    en: 'Writes each row as a document, and gives the rows on. A document with the same _id is replaced. When a run fails, documents that were written stay. Unlike PiFlow, a run that is tried again replaces what it wrote before also where rows have no _id, users can log in, and TLS and replica sets are understood.',
    zh: '把每一行写成一个文档，并把行传给下游。_id 相同的文档会被替换。运行失败时已写入的文档会保留。与 PiFlow 不同：即使行没有 _id，重试的运行也会替换之前写入的文档；可登录；支持 TLS 和副本集。',
  },
  properties: { ...byIp, ...place, ...login },
  extraProperties: 'ignore',
  run: ({ properties, ...context }) => put(context, targetByIp(properties), properties),
});

async function put(
  context: Omit<StopContext, 'properties'>,
  target: Target,
  { dataBase, collection }: { readonly dataBase: string; readonly collection: string },
): Promise<Dataset> {
  const input = context.inputs.get();
  const rows = await writeCollection(context, target, dataBase, collection, input);
  context.log.info(`${rows} documents written to '${dataBase}.${collection}' at ${target.addresses.join(',')}`);
  return input;
}
