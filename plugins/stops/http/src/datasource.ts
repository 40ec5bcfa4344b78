import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineDatasource, type ConnectOptions } from '@sluice/plugin-sdk';
import { access } from './properties.js';
import { sendRequest } from './request.js';
import { targetOf } from './target.js';

/** Bytes that a test of the connection takes, at most. */
const MOST_BYTES = 64 << 20;

export const http = defineDatasource({
  name: 'http',
  aliases: ['https', 'rest'],
  title: { en: 'HTTP', zh: 'HTTP' },
  description: {
    en: 'A server that answers HTTP requests, such as a REST API. A stop bound to it gets base URL, user and token.',
    zh: '响应 HTTP 请求的服务器，例如 REST API。绑定的组件会得到基础地址、用户和令牌。',
  },
  family: 'http',
  properties: { ...access, baseUrl: { ...access.baseUrl, required: true as const } },
  async connect(values, options) {
    const asked = { ...values, url: '', baseUrl: values.baseUrl ?? '' };
    const server = await ask(asked, options);
    return {
      about: () => Promise.resolve(server),
      browse: () => Promise.resolve([]),
      close: () => Promise.resolve(),
    };
  },
});

/** Asks for the base URL; an answer that there is nothing at it is an answer. */
async function ask(asked: Parameters<typeof targetOf>[0], { timeoutMs, signal }: ConnectOptions) {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-http-'));
  try {
    const request = { ...targetOf(asked), method: 'GET' };
    const limits = { timeoutSeconds: timeoutMs / 1000, maxBytes: MOST_BYTES, retries: 0, signal };
    const answer = await sendRequest(request, join(folder, 'answer'), limits).catch((error: unknown) => {
      const { status } = (error as { readonly details?: Readonly<Record<string, string>> }).details ?? {};
      if (status === '404' || status === '405') return { server: '' };
      throw error;
    });
    return { product: answer.server === '' ? 'HTTP' : answer.server, version: '' };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
