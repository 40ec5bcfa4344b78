import {
  columnNamed,
  columnText,
  defineStop,
  property,
  quoteName,
  single,
  type Dataset,
  type Engine,
} from '@sluice/plugin-sdk';
import type { Message } from 'kafkajs';
import { toLine } from './message-csv.js';
import { connection, format, targetOf, topic } from './properties.js';
import { writeTopic } from './write-topic.js';

export const writeToKafka = defineStop({
  name: 'cn.piflow.bundle.kafka.WriteToKafka',
  title: { en: 'Write to Kafka', zh: '写入 Kafka' },
  description: {
    en: 'Writes each row as a message, and gives none on. All are one transaction, of at most 15 minutes: consumers that read what is committed see all or none, and a run that fails or is tried again leaves nothing twice. Unlike PiFlow, a failure to send ends the run, columns need not be strings, values with commas stand in quotes, and messages may have keys.',
    zh: '把每一行写成一条消息，不向下游输出。所有消息在一个事务中（最长 15 分钟）：只读取已提交消息的消费者要么看到全部，要么一条也看不到；失败或重试的运行不会留下重复消息。与 PiFlow 不同：发送失败会使运行失败；列不必是字符串；含逗号的值放在引号中；消息可以有键。',
  },
  groups: ['Message Queue'],
  ports: { in: single, out: single },
  properties: {
    ...connection,
    topic,
    format,
    keyColumn: property.string({
      title: { en: 'Key column', zh: '键列' },
      description: {
        en: 'The column with the keys, by which messages go to partitions; default none.',
        zh: '存放消息键的列，键决定分区；默认没有。',
      },
      default: '',
      example: 'id',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  async run({ properties, inputs, engine, log, ...context }) {
    const { topic, format, keyColumn } = properties;
    const messages = messagesFor(engine, inputs.get(), format, keyColumn);
    const rows = await writeTopic(context, targetOf(properties), topic, messages);
    log.info(`${rows} messages written to '${topic}'`);
  },
});

async function* messagesFor(
  engine: Engine,
  input: Dataset,
  format: 'csv' | 'json',
  keyColumn: string,
): AsyncGenerator<Message[]> {
  const key = keyColumn === '' ? undefined : columnNamed(input.columns, keyColumn, 'keyColumn');
  const names = input.columns.map(({ name }) => quoteName(name)).join(', ');
  const values =
    format === 'json' ? [`to_json(struct(${names})) AS j`] : input.columns.map((column) => columnText(column));
  const items = key === undefined ? values : [...values, columnText(key, 'sluice_key')];
  const texts = await engine.sql(`SELECT ${items.join(', ')} FROM input`, { input });
  for await (const { length, columns } of texts.batches()) {
    yield Array.from({ length }, (_, r): Message => {
      const row = columns.map((column) => column[r] as string | null);
      const own = row.slice(0, values.length);
      const value = format === 'json' ? (own[0] ?? null) : toLine(own);
      return key === undefined ? { value } : { key: row.at(-1) ?? null, value };
    });
  }
}
