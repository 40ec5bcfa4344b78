import { TextDecoder } from 'node:util';
import { defineStop, optionalSingle, property, single, SluiceError, type Value } from '@sluice/plugin-sdk';
import { fromLine } from './message-csv.js';
import { connection, format, targetOf, topic } from './properties.js';
import { keepOffsets, messagesOf, rangesOf, type Message } from './read-topic.js';

const decoder = new TextDecoder('utf-8', { fatal: true });

export const readFromKafka = defineStop({
  name: 'cn.piflow.bundle.kafka.ReadFromKafka',
  title: { en: 'Read from Kafka', zh: '读取 Kafka' },
  description: {
    en: 'Reads the messages that a topic has when the run begins, each a row of strings; those of transactions that were not committed are passed over. Unlike PiFlow, all of them are read and not only what comes within a second, rows stream, values may hold commas in quotes, JSON is understood, and how far a group has read is kept only when the whole run succeeded.',
    zh: '读取运行开始时主题中已有的消息，每条消息为一行字符串；未提交事务的消息会跳过。与 PiFlow 不同：读取全部消息，而不只是一秒内到达的；以流方式读取；引号内的值可以有逗号；支持 JSON；只有整个运行成功后才记录消费组的读取位置。',
  },
  groups: ['Message Queue'],
  ports: { in: optionalSingle, out: single },
  properties: {
    ...connection,
    topic,
    schema: property.list({
      title: { en: 'Schema', zh: '列名' },
      description: { en: 'The names of the columns, in the order of the values.', zh: '列名，按值的顺序排列。' },
      required: true,
      example: ['id', 'name'],
    }),
    format,
    group: property.string({
      title: { en: 'Group', zh: '消费组' },
      description: {
        en: 'A group of consumers: only messages that it has not read yet; default all.',
        zh: '消费组：只读取该组尚未读取的消息；默认读取全部。',
      },
      default: '',
      example: 'nightly',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  async run({ properties, engine, onSuccess, ...context }) {
    const { topic, schema, format, group } = properties;
    if (schema.length === 0) throw new SluiceError('PROPERTY_INVALID', "property 'schema' names no column");
    const target = targetOf(properties);
    const ranges = await rangesOf(context, target, topic, group);
    const read = format === 'csv' ? csvRow : jsonRow;
    const rows = async function* (): AsyncGenerator<readonly Value[]> {
      for await (const message of messagesOf(context, target, topic, ranges)) {
        // A message without a value says that its key is gone.
        if (message.value !== null) yield read(message, message.value, schema);
      }
    };
    if (group !== '') onSuccess(() => keepOffsets(context, target, topic, group, ranges));
    return engine.fromRows(
      schema.map((name) => ({ name, type: 'string' })),
      rows(),
    );
  },
});

function csvRow(message: Message, bytes: Buffer, schema: readonly string[]): readonly Value[] {
  const values = fromLine(textOf(message, bytes));
  if (values.length === schema.length) return values;
  throw wrong(message, `has ${values.length} values, the schema ${schema.length} columns`);
}

function jsonRow(message: Message, bytes: Buffer, schema: readonly string[]): readonly Value[] {
  let object: unknown;
  try {
    object = JSON.parse(textOf(message, bytes));
  } catch (error) {
    throw wrong(message, 'is no JSON', error);
  }
  if (typeof object !== 'object' || object === null || Array.isArray(object)) throw wrong(message, 'is no JSON object');
  const fields = object as Readonly<Record<string, unknown>>;
  return schema.map((name) => {
    const value = Object.hasOwn(fields, name) ? fields[name] : null;
    if (value === null || value === undefined) return null;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });
}

function textOf(message: Message, bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    throw wrong(message, 'is no text in UTF-8', error);
  }
}

function wrong({ partition, offset }: Message, what: string, cause?: unknown): SluiceError {
  return new SluiceError('DATA_INVALID', `the message ${offset} of partition ${partition} ${what}`, { cause });
}
