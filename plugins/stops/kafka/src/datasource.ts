import { defineDatasource, type BrowseEntry } from '@sluice/plugin-sdk';
import { clientError, openAdmin } from './client.js';
import { connection, targetOf } from './properties.js';

export const kafka = defineDatasource({
  name: 'kafka',
  title: { en: 'Kafka', zh: 'Kafka' },
  description: {
    en: 'Brokers of Kafka, or of what speaks its protocol.',
    zh: 'Kafka 集群，或使用相同协议的服务。',
  },
  family: 'kafka',
  properties: connection,
  async connect(values, options) {
    const target = targetOf(values);
    const admin = await openAdmin(target, options);
    const browse = async ([topic]: readonly string[], limit: number): Promise<BrowseEntry[]> => {
      if (topic === undefined) {
        const names = (await admin.listTopics()).filter((name) => !name.startsWith('__'));
        return names
          .sort()
          .slice(0, limit)
          .map((name) => ({ name, kind: 'topic', type: '', hasChildren: true }));
      }
      const partitions = await admin.fetchTopicOffsets(topic);
      return partitions
        .sort((a, b) => a.partition - b.partition)
        .slice(0, limit)
        .map(({ partition, low, high }) => {
          return { name: String(partition), kind: 'partition', type: `${low} to ${high}`, hasChildren: false };
        });
    };
    return {
      async about() {
        const { brokers } = await admin.describeCluster();
        return { product: 'Kafka', version: `${brokers.length} ${brokers.length === 1 ? 'broker' : 'brokers'}` };
      },
      browse: (path, limit) =>
        browse(path, limit).catch((error: unknown) => {
          throw clientError(target, error, `listing '${path.join('/')}'`);
        }),
      close: () => admin.disconnect(),
    };
  },
});
