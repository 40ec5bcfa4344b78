import { defineDatasource } from '@sluice/plugin-sdk';
import { connection } from './properties.js';
import { openStore } from './store.js';

export const memcached = defineDatasource({
  name: 'memcached',
  aliases: ['memcache'],
  title: { en: 'memcached', zh: 'memcached' },
  description: {
    en: 'One or more servers of memcached; a test connects to each. They do not list their keys, so there is nothing to browse.',
    zh: '一台或多台 memcached 服务器；测试会连接每一台。服务器不提供键列表，因此无法浏览。',
  },
  family: 'memcached',
  properties: connection,
  async connect(values, options) {
    const store = await openStore({ ...values, answerMs: options.timeoutMs }, options);
    return {
      async about() {
        const versions = await Promise.all(store.servers.map((server) => server.version()));
        return { product: 'memcached', version: [...new Set(versions)].join(', ') };
      },
      browse: () => Promise.resolve([]),
      close: () => Promise.resolve(store.close()),
    };
  },
});
