import { property } from '@sluice/plugin-sdk';

/** Whom a server may ask for: what stands in a datasource, so that binding one fills it in. */
export const access = {
  baseUrl: property.string({
    title: { en: 'Base URL', zh: '基础地址' },
    description: {
      en: 'The http or https address below which the URL lies. User and token are sent nowhere else.',
      zh: '网址所在的 http 或 https 基础地址。用户与令牌不会发送到其他地方。',
    },
    example: 'https://api.example.org/v1',
  }),
  user: property.string({
    title: { en: 'User', zh: '用户' },
    description: { en: 'The user for Basic authentication.', zh: 'Basic 认证的用户名。' },
    example: 'reader',
  }),
  password: property.secret({
    title: { en: 'Password', zh: '密码' },
    description: { en: 'The password of the user.', zh: '用户的密码。' },
  }),
  token: property.secret({
    title: { en: 'Token', zh: '令牌' },
    description: {
      en: 'A token; sent as Bearer token, or as it is in another header.',
      zh: '访问令牌；作为 Bearer 令牌发送，或原样放入其他请求头。',
    },
  }),
  tokenHeader: property.string({
    title: { en: 'Token header', zh: '令牌请求头' },
    description: {
      en: 'The header for the token; default Authorization.',
      zh: '放置令牌的请求头；默认 Authorization。',
    },
    default: 'Authorization',
    example: 'X-Api-Key',
  }),
};

export const headers = property.map({
  title: { en: 'Headers', zh: '请求头' },
  description: { en: 'Further headers by name; put no secret into them.', zh: '其他请求头；请勿在其中写机密。' },
  default: {},
  example: { 'Accept-Language': 'en' },
});

export const limits = {
  timeoutSeconds: property.integer({
    title: { en: 'Time limit', zh: '时间限制' },
    description: { en: 'Seconds that one try may take; default 300.', zh: '单次请求允许的秒数；默认 300。' },
    default: 300,
    min: 1,
    max: 86_400,
    example: 60,
  }),
  maxBytes: property.integer({
    title: { en: 'Most bytes', zh: '最大字节数' },
    description: { en: 'A longer answer is refused; default 1 GiB.', zh: '更长的响应会被拒绝；默认 1 GiB。' },
    default: 2 ** 30,
    min: 1,
    example: 1_000_000,
  }),
};

export const retries = property.integer({
  title: { en: 'Retries', zh: '重试次数' },
  description: {
    en: 'How often a request is sent again that got no answer, or was answered 429, 502, 503 or 504; default 2.',
    zh: '没有响应或响应为 429、502、503、504 时重新请求的次数；默认 2。',
  },
  default: 2,
  min: 0,
  max: 20,
  example: 5,
});

export const url = property.string({
  title: { en: 'URL', zh: '网址' },
  description: {
    en: 'The http or https address, or what stands behind the base URL.',
    zh: 'http 或 https 地址，或基础地址之后的部分。',
  },
  required: true,
  example: 'https://api.example.org/v1/orders?country=CN',
});
