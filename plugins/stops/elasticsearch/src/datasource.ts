import { defineDatasource, property, type BrowseEntry } from '@sluice/plugin-sdk';
import { clientError, openClient } from './client.js';
import { sparkName } from './field-type.js';
import { connection, place, targetOf } from './properties.js';
import { mappingOf } from './read-index.js';

const { es_nodes, es_port, ...access } = connection;

/** PiFlow's template for Elasticsearch, with the names that its stops ask for. */
export const elasticsearch = defineDatasource({
  name: 'elasticsearch',
  aliases: ['opensearch'],
  title: { en: 'Elasticsearch and OpenSearch', zh: 'Elasticsearch 与 OpenSearch' },
  description: {
    en: 'Servers of Elasticsearch 7 or later, or of OpenSearch.',
    zh: 'Elasticsearch 7 及以上版本或 OpenSearch 服务器。',
  },
  family: 'elasticsearch',
  properties: {
    es_nodes,
    es_port,
    es_index: property.string({ ...place.es_index, required: false, default: '' }),
    es_type: place.es_type,
    ...access,
  },
  async connect(values, options) {
    const target = targetOf(values);
    const client = await openClient(target, options);
    const guarded = async <T>(doing: string, work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        throw clientError(target, error, doing);
      }
    };
    const browse = async ([index]: readonly string[], limit: number): Promise<BrowseEntry[]> => {
      if (index === undefined) {
        const { body } = await client.indices.get({ index: '*', expand_wildcards: 'open' });
        const names = Object.keys(body).sort().slice(0, limit);
        return names.map((name) => ({ name, kind: 'index', type: '', hasChildren: true }));
      }
      const fields = [...(await mappingOf(client, index, options.signal))].slice(0, limit);
      return fields.map(([name, field]) => ({ name, kind: 'field', type: sparkName(field), hasChildren: false }));
    };
    return {
      about: () =>
        guarded('asking for the version', async () => {
          const { version } = (await client.info()).body as { version: { number: string; distribution?: string } };
          return {
            product: version.distribution === 'opensearch' ? 'OpenSearch' : 'Elasticsearch',
            version: version.number,
          };
        }),
      browse: (path, limit) => guarded(`listing '${path.join('.')}'`, () => browse(path, limit)),
      close: () => client.close(),
    };
  },
});
