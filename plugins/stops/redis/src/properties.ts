import { property } from '@sluice/plugin-sdk';
import type { Target } from './store.js';

/** What PiFlow's stops for Redis ask for to connect. */
export const connection = {
  redis_host: property.string({
    title: { en: 'Redis_Host', zh: 'Redis 主机' },
    description: {
      en: 'The name or address of a server; of any one of a cluster.',
      zh: '服务器的主机名或地址；集群填写其中任意一台。',
    },
    required: true,
    example: '127.0.0.1',
  }),
  port: property.integer({
    title: { en: 'Port', zh: '端口' },
    description: { en: 'The port of the server.', zh: '服务器端口。' },
    default: 6379,
    min: 1,
    max: 65_535,
    example: 7000,
  }),
  user: property.string({
    title: { en: 'User', zh: '用户' },
    description: { en: 'A user of the server; default the one without a name.', zh: '服务器用户；默认为无名用户。' },
    default: '',
    example: 'reader',
  }),
  password: property.secret({
    title: { en: 'Password', zh: '密码' },
    description: { en: 'The password; empty where the server asks for none.', zh: '密码；服务器不要求时留空。' },
    default: '',
  }),
  database: property.integer({
    title: { en: 'Database', zh: '数据库' },
    description: { en: 'The number of the database; a cluster has 0 only.', zh: '数据库编号；集群只有 0。' },
    default: 0,
    min: 0,
    example: 1,
  }),
  tls: property.enum({
    title: { en: 'TLS', zh: 'TLS' },
    description: {
      en: 'Whether the connection is encrypted: off, require, or verify, which also checks the certificate.',
      zh: '连接是否加密：off（否）、require（是）、verify（是，并校验证书）。',
    },
    values: ['off', 'require', 'verify'],
    default: 'off',
  }),
};

interface Given extends Omit<Target, 'host'> {
  readonly redis_host: string;
}

/** The target that a stop's properties describe. */
export function targetOf({ redis_host: host, port, user, password, database, tls }: Given): Target {
  return { host, port, user, password, database, tls };
}

/** How long a stop waits for a connection, in milliseconds. */
export const CONNECT_MS = 30_000;
