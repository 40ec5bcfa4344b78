import { defineDatasource, property, type BrowseEntry } from '@sluice/plugin-sdk';
import { clientError } from './failures.js';
import { connection } from './properties.js';
import { openStore, type Store, type Target } from './store.js';

const { redis_host: host, port, user, password, database, tls } = connection;
/** Keys that a page of SCAN looks at. */
const PAGE = '1000';
/** Pages that browsing looks at, at most: a server has millions of keys. */
const MOST_PAGES = 100;

/** PiFlow's template for Redis, with the names that its stops ask for. */
export const redis = defineDatasource({
  name: 'redis',
  aliases: ['valkey'],
  title: { en: 'Redis', zh: 'Redis' },
  description: {
    en: 'A server of Redis, or what speaks its protocol, such as Valkey; alone or in a cluster.',
    zh: 'Redis 服务器，或使用相同协议的服务器（如 Valkey）；单机或集群。',
  },
  family: 'redis',
  properties: {
    host: property.string({ ...host, title: { en: 'Host', zh: '主机' }, aliases: ['redis_host'], required: true }),
    port,
    user,
    password,
    database,
    tls,
  },
  fills: { redis_host: '${host}' },
  async connect(values, options) {
    const target: Target = values;
    const store = await openStore(target, options);
    const ask = (key: string, ...args: string[]): Promise<unknown> =>
      store.send(key, args).catch((error: unknown) => {
        throw clientError(target, error, args[0] ?? '');
      });
    return {
      async about() {
        const info = String(await ask('', 'INFO', 'server'));
        return { product: 'Redis', version: /redis_version:(\S+)/.exec(info)?.[1] ?? '' };
      },
      browse: (path, limit) => (path.length === 0 ? keys(ask, limit) : fields(ask, path[0] ?? '', limit)),
      close: () => Promise.resolve((store satisfies Store).close()),
    };
  },
});

type Ask = (key: string, ...args: string[]) => Promise<unknown>;

/** The keys that the first pages have, sorted, with what they hold. */
async function keys(ask: Ask, limit: number): Promise<BrowseEntry[]> {
  const found = new Set<string>();
  let cursor = '0';
  for (let page = 0; page < MOST_PAGES && found.size < limit; page++) {
    const [next, names] = (await ask('', 'SCAN', cursor, 'COUNT', PAGE)) as [Buffer, Buffer[]];
    for (const name of names) found.add(String(name));
    cursor = String(next);
    if (cursor === '0') break;
  }
  const names = [...found].sort().slice(0, limit);
  const types = await Promise.all(names.map((name) => ask(name, 'TYPE', name)));
  return names.map((name, i) => ({
    name,
    kind: 'key',
    type: String(types[i]),
    hasChildren: String(types[i]) === 'hash',
  }));
}

/** The fields of a hash. */
async function fields(ask: Ask, key: string, limit: number): Promise<BrowseEntry[]> {
  const found = (await ask(key, 'HKEYS', key)) as Buffer[];
  const names = found.map(String).sort().slice(0, limit);
  return names.map((name) => ({ name, kind: 'field', type: 'string', hasChildren: false }));
}
