import { password, port, property, tls, user } from '@sluice/plugin-sdk';
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
  port: port(6379),
  user,
  password: {
    ...password,
    description: { en: 'The password; empty where the server asks for none.', zh: '密码；服务器不要求时留空。' },
  },
  database: property.integer({
    title: { en: 'Database', zh: '数据库' },
    description: { en: 'The number of the database; a cluster has 0 only.', zh: '数据库编号；集群只有 0。' },
    default: 0,
    min: 0,
    example: 1,
  }),
  tls,
};

interface Given extends Omit<Target, 'host'> {
  readonly redis_host: string;
}

/** The target that a stop's properties describe. */
export function targetOf({ redis_host: host, ...given }: Given): Target {
  return { ...given, host };
}

/** How long a stop waits for a connection, in milliseconds. */
export const CONNECT_MS = 30_000;
