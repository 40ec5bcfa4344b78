import { password, property, tls, user } from '@sluice/plugin-sdk';
import { brokersOf, type Target } from './client.js';

/** What PiFlow's stops for Kafka ask for to connect, and who asks. */
export const connection = {
  kafka_host: property.list({
    title: { en: 'Kafka_Host', zh: 'Kafka 地址' },
    description: {
      en: 'The brokers as host:port, with commas; some of them are enough.',
      zh: 'broker 列表（host:port，逗号分隔），写其中几台即可。',
    },
    required: true,
    example: ['10.0.0.101:9092', '10.0.0.102:9092'],
  }),
  user: {
    ...user,
    description: {
      en: 'The user, where the brokers ask for one (SASL).',
      zh: '用户，仅在 broker 要求登录（SASL）时填写。',
    },
  },
  password,
  mechanism: property.enum({
    title: { en: 'Mechanism', zh: '认证机制' },
    description: { en: 'How the user logs in.', zh: '用户的登录方式。' },
    values: ['plain', 'scram-sha-256', 'scram-sha-512'],
    default: 'plain',
  }),
  tls,
};

export const topic = property.string({
  title: { en: 'Topic', zh: '主题' },
  description: { en: 'The topic.', zh: '主题。' },
  required: true,
  example: 'hadoop',
});

export const format = property.enum({
  title: { en: 'Format', zh: '格式' },
  description: {
    en: 'How a message holds a row: values with commas as in PiFlow (csv), or a JSON object (json).',
    zh: '消息的格式：逗号分隔的值（csv，同 PiFlow），或 JSON 对象（json）。',
  },
  values: ['csv', 'json'],
  default: 'csv',
});

interface Given extends Omit<Target, 'brokers'> {
  readonly kafka_host: readonly string[];
}

/** The target that properties describe. */
export function targetOf({ kafka_host, ...given }: Given): Target {
  return { ...given, brokers: brokersOf(kafka_host) };
}
