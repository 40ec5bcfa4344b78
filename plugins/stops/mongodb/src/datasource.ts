import {
  defineDatasource,
  inferredName,
  mergeTypes,
  property,
  type BrowseEntry,
  type InferredType,
} from '@sluice/plugin-sdk';
import type { MongoClient } from 'mongodb';
import { typeOf } from './document-type.js';
import { clientError } from './failures.js';
import { byAddresses, login } from './properties.js';
import { addressesOf, openClient } from './target.js';

/** Documents that browsing a collection looks at for its fields. */
const LOOKED_AT = 100;

/** PiFlow's template for MongoDB, with the address and the database. */
export const mongodb = defineDatasource({
  name: 'mongodb',
  aliases: ['mongo'],
  title: { en: 'MongoDB', zh: 'MongoDB' },
  description: {
    en: 'A server of MongoDB, a replica set, or what speaks its protocol.',
    zh: 'MongoDB 服务器、副本集，或使用相同协议的服务器。',
  },
  family: 'mongodb',
  properties: {
    addresses: property.list({ ...byAddresses.addresses, aliases: ['address'], required: true }),
    database: property.string({
      title: { en: 'Database', zh: '数据库' },
      description: { en: 'The database that stops use.', zh: '组件使用的数据库。' },
      aliases: ['dataBase'],
      default: '',
      example: 'shop',
    }),
    ...login,
  },
  fills: { ip: '${addresses}', dataBase: '${database}' },
  async connect(values, options) {
    const target = { ...values, addresses: addressesOf(values.addresses) };
    const client = await openClient(target, options);
    const guarded = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        throw clientError(target.addresses.join(','), error, doing);
      }
    };
    return {
      about: () =>
        guarded('asking for the version', async () => {
          const { version } = await client.db(values.authDatabase).command({ buildInfo: 1 });
          return { product: 'MongoDB', version: String(version) };
        }),
      browse: (path, limit) => guarded(`listing '${path.join('.')}'`, () => browse(client, path, limit)),
      close: () => client.close(),
    };
  },
});

async function browse(client: MongoClient, path: readonly string[], limit: number): Promise<BrowseEntry[]> {
  const [database, collection] = path;
  if (database === undefined) {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    return entries(
      databases.map(({ name }) => name),
      'database',
      limit,
    );
  }
  if (collection === undefined) {
    const found = await client.db(database).listCollections({}, { nameOnly: true }).toArray();
    return entries(
      found.map(({ name }) => name),
      'collection',
      limit,
    );
  }
  let type: InferredType = { kind: 'struct', fields: new Map() };
  for (const document of await client.db(database).collection(collection).find({}, { limit: LOOKED_AT }).toArray()) {
    type = mergeTypes(type, typeOf(document));
  }
  const fields = type.kind === 'struct' ? [...type.fields] : [];
  return fields
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .slice(0, limit)
    .map(([name, each]) => ({ name, kind: 'field', type: inferredName(each), hasChildren: false }));
}

function entries(names: readonly string[], kind: string, limit: number): BrowseEntry[] {
  return [...names]
    .sort()
    .slice(0, limit)
    .map((name) => ({ name, kind, type: '', hasChildren: true }));
}
