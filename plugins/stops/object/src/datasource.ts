import { defineDatasource, property, type BrowseEntry } from '@sluice/plugin-sdk';
import { access } from './properties.js';
import { ObjectStore } from './store.js';

export const s3 = defineDatasource({
  name: 's3',
  aliases: ['ceph', 'minio', 'object'],
  title: { en: 'Object storage (S3)', zh: '对象存储（S3）' },
  description: {
    en: 'A store of the S3 protocol: Ceph, MinIO, SeaweedFS, Amazon S3 and others.',
    zh: '使用 S3 协议的存储：Ceph、MinIO、SeaweedFS、Amazon S3 等。',
  },
  family: 'object',
  properties: {
    ...access,
    bucket: property.string({
      title: { en: 'Bucket', zh: '存储桶' },
      description: {
        en: 'The bucket that a test looks for; without it the test lists all, which the keys must be allowed to.',
        zh: '测试时查找的存储桶；不填则列出全部（密钥须有此权限）。',
      },
      default: '',
      example: 'radosgw-test',
    }),
  },
  fills: { cephEndpoint: '${endpoint}', cephAccessKey: '${accessKey}', cephSecretKey: '${secretKey}' },
  async connect(values, options) {
    const store = new ObjectStore(values, options);
    try {
      await store.check(values.bucket);
    } catch (error) {
      store.close();
      throw error;
    }
    return {
      about: () => Promise.resolve({ product: 'S3', version: '' }),
      async browse([bucket, ...folders], limit): Promise<BrowseEntry[]> {
        if (bucket === undefined) {
          const names = values.bucket === '' ? await store.buckets() : [values.bucket];
          const found = [...names].sort().slice(0, limit);
          return found.map((name) => ({ name, kind: 'bucket', type: '', hasChildren: true }));
        }
        const prefix = folders.map((name) => `${name}/`).join('');
        return (await store.level(bucket, prefix, limit)).map((name) => {
          const isFolder = name.endsWith('/');
          return {
            name: name.replace(/\/$/, ''),
            kind: isFolder ? 'folder' : 'object',
            type: '',
            hasChildren: isFolder,
          };
        });
      },
      close: () => Promise.resolve(store.close()),
    };
  },
});
