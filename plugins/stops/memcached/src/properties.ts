import { password, property, user } from '@sluice/plugin-sdk';
import type { Target } from './store.js';

/** What PiFlow's stops for memcached ask for to connect, and who asks. */
export const connection = {
  servers: property.list({
    title: { en: 'servers', zh: '服务器' },
    description: {
      en: 'The servers as host:port, with commas. Their order decides where a key lies: keep it.',
      zh: '服务器列表（host:port，逗号分隔）。顺序决定键所在的服务器，请勿更改。',
    },
    required: true,
    example: ['127.0.0.1:11211'],
  }),
  weights: property.list({
    title: { en: 'weights', zh: '权重' },
    description: {
      en: 'How often each server counts, with commas; default each once.',
      zh: '每台服务器的权重，逗号分隔；默认均为 1。',
    },
    default: [],
    example: ['3', '1'],
  }),
  user: {
    ...user,
    description: {
      en: 'The user, where the servers ask for one (memcached -Y).',
      zh: '用户，仅在服务器要求认证时填写（memcached -Y）。',
    },
  },
  password,
};

export const timing = {
  socketTO: property.integer({
    title: { en: 'socketTO', zh: '响应超时' },
    description: {
      en: 'Milliseconds that a server may take to answer; default 30000.',
      zh: '等待服务器响应的毫秒数；默认 30000。',
    },
    default: 30_000,
    min: 1,
    example: 3000,
  }),
  socketConnectTO: property.integer({
    title: { en: 'socketConnectTO', zh: '连接超时' },
    description: { en: 'Milliseconds that connecting may take; default 30000.', zh: '建立连接的毫秒数；默认 30000。' },
    default: 30_000,
    min: 1,
    example: 3000,
  }),
  maxIdle: unused('maxIdle', '最大空闲时间'),
  maintSleep: unused('maintSleep', '维护间隔'),
  nagle: unused('nagle', 'Nagle 算法'),
};

function unused(en: string, zh: string) {
  return property.string({
    title: { en, zh },
    description: {
      en: "A setting of PiFlow's pool of connections; has no effect, there is one connection for each server.",
      zh: 'PiFlow 连接池的设置；在此无作用：每台服务器只有一个连接。',
    },
  });
}

export const keyFile = property.string({
  title: { en: 'keyFile', zh: '键列' },
  description: { en: 'The column that holds the keys.', zh: '存放键的列。' },
  required: true,
  example: 'id',
});

interface Given {
  readonly servers: readonly string[];
  readonly weights: readonly string[];
  readonly user: string;
  readonly password: string;
  readonly socketTO: number;
}

/** The target that a stop's properties describe. */
export function targetOf({ socketTO: answerMs, ...given }: Given): Target {
  return { ...given, answerMs };
}
