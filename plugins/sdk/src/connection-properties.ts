import { property } from './property.js';

/** The property of what connects to one server. */
export const host = property.string({
  title: { en: 'Host', zh: '主机' },
  description: { en: 'The name or address of the server.', zh: '服务器的主机名或地址。' },
  required: true,
  example: '127.0.0.1',
});

/** The port of that server, and the one that it has when none is given. */
export const port = (standard: number) =>
  property.integer({
    title: { en: 'Port', zh: '端口' },
    description: { en: `The port of the server; default ${standard}.`, zh: `服务器端口；默认 ${standard}。` },
    default: standard,
    min: 1,
    max: 65_535,
    example: standard,
  });

/** Who asks, where servers let in people without a name. */
export const user = property.string({
  title: { en: 'User', zh: '用户' },
  description: { en: 'The user, where the servers ask for one.', zh: '用户，仅在服务器要求登录时填写。' },
  default: '',
  example: 'reader',
});

export const password = property.secret({
  title: { en: 'Password', zh: '密码' },
  description: { en: 'The password of the user.', zh: '用户的密码。' },
  default: '',
});

/** How connections are encrypted. */
export const tls = property.enum({
  title: { en: 'TLS', zh: 'TLS' },
  description: {
    en: 'Whether the connection is encrypted: off, require, or verify, which also checks the certificate.',
    zh: '连接是否加密：off（否）、require（是）、verify（是，并校验证书）。',
  },
  values: ['off', 'require', 'verify'],
  default: 'off',
});
export type Tls = 'off' | 'require' | 'verify';
