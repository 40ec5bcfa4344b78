import { password, property, SluiceError, tls, user } from '@sluice/plugin-sdk';
import type { Target } from './client.js';

/** What PiFlow's stops ask for to connect, and who asks. */
export const connection = {
  es_nodes: property.list({
    title: { en: 'es_nodes', zh: '服务器' },
    description: {
      en: 'The names or addresses of the servers, with commas; each may have its port.',
      zh: '服务器的主机名或地址，逗号分隔；可各自带端口。',
    },
    required: true,
    example: ['10.0.88.70'],
  }),
  es_port: property.integer({
    title: { en: 'es_port', zh: '端口' },
    description: { en: 'The port of servers that name none.', zh: '未写端口的服务器所用的端口。' },
    default: 9200,
    min: 1,
    max: 65_535,
    example: 9200,
  }),
  user,
  password,
  apiKey: property.secret({
    title: { en: 'API key', zh: 'API 密钥' },
    description: {
      en: 'An encoded API key of Elasticsearch, instead of user and password.',
      zh: 'Elasticsearch 的已编码 API 密钥，代替用户和密码。',
    },
    default: '',
  }),
  tls,
};

export const place = {
  es_index: property.string({
    title: { en: 'es_index', zh: '索引' },
    description: { en: 'The index.', zh: '索引。' },
    required: true,
    example: 'orders',
  }),
  es_type: property.string({
    title: { en: 'es_type', zh: '类型' },
    description: {
      en: 'The type of the documents; has no effect: Elasticsearch 7 and OpenSearch have none.',
      zh: '文档类型；无作用：Elasticsearch 7 及 OpenSearch 已没有类型。',
    },
    default: '',
    example: 'order',
  }),
};

export const idColumn = property.string({
  title: { en: 'Id column', zh: 'ID 列' },
  description: {
    en: 'The column that has the ids of the documents; default none.',
    zh: '存放文档 ID 的列；默认没有。',
  },
  default: '',
  example: 'id',
});

interface Given {
  readonly es_nodes: readonly string[];
  readonly es_port: number;
  readonly user: string;
  readonly password: string;
  readonly apiKey: string;
  readonly tls: 'off' | 'require' | 'verify';
}

/** The target that properties describe. A user in an address is refused: it would be shown. */
export function targetOf({ es_nodes, es_port, user, password, apiKey, tls }: Given): Target {
  const nodes = es_nodes.map((node) => {
    const [, scheme = tls === 'off' ? 'http' : 'https', rest = ''] = /^(?:(https?):\/\/)?(.*?)\/*$/i.exec(node) ?? [];
    const [, host = '', port = String(es_port)] = /^(\[[0-9a-f:.]+\]|[\w.-]+)(?::(\d{1,5}))?$/i.exec(rest) ?? [];
    const url = `${scheme.toLowerCase()}://${host}:${port}`;
    if (host !== '' && URL.canParse(url)) return url;
    throw new SluiceError('PROPERTY_INVALID', "property 'es_nodes' has an address that is not of the form host:port");
  });
  if (nodes.length === 0) throw new SluiceError('PROPERTY_INVALID', "property 'es_nodes' names no server");
  return { nodes, user, password, apiKey, verify: tls !== 'require' };
}

/** How long a stop waits for a connection, and for one answer, in milliseconds. */
export const CONNECT_MS = 30_000;
export const ANSWER_MS = 300_000;
