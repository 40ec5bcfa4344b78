import { property, type FormatOptions } from '@sluice/plugin-sdk';
import type { Target } from './store.js';

/** Where the store is and who asks. */
export const access = {
  endpoint: property.string({
    title: { en: 'Endpoint', zh: '服务地址' },
    description: {
      en: "The address of the store, such as http://ceph:7480; default Amazon's.",
      zh: '存储服务的地址，例如 http://ceph:7480；默认为 Amazon。',
    },
    default: '',
    example: 'http://127.0.0.1:9000',
  }),
  region: property.string({
    title: { en: 'Region', zh: '区域' },
    description: { en: 'The region; stores of one place take any.', zh: '区域；单一区域的存储接受任意值。' },
    default: 'us-east-1',
    example: 'eu-central-1',
  }),
  accessKey: property.secret({
    title: { en: 'Access key', zh: '访问密钥 ID' },
    description: { en: 'The access key.', zh: '访问密钥 ID。' },
    required: true,
  }),
  secretKey: property.secret({
    title: { en: 'Secret key', zh: '访问密钥' },
    description: { en: 'The secret key that belongs to it.', zh: '与之对应的私有密钥。' },
    required: true,
  }),
};

/** The same under PiFlow's names. */
export const cephAccess = {
  cephEndpoint: property.secret({
    title: { en: 'cephEndpoint', zh: 'Ceph 地址' },
    description: {
      en: 'The address of the store, such as http://cephcluster:7480; https where it speaks TLS.',
      zh: '存储服务的地址，例如 http://cephcluster:7480；使用 TLS 时为 https。',
    },
    required: true,
  }),
  cephAccessKey: property.secret({
    ...access.accessKey,
    title: { en: 'cephAccessKey', zh: '访问密钥 ID' },
    required: true,
  }),
  cephSecretKey: property.secret({
    ...access.secretKey,
    title: { en: 'cephSecretKey', zh: '访问密钥' },
    required: true,
  }),
};

export const path = property.string({
  title: { en: 'Path', zh: '路径' },
  description: {
    en: 'An object, or a folder of part objects or of folders such as year=2024, with its bucket.',
    zh: '带存储桶的对象，或由分片对象、year=2024 之类子目录组成的文件夹。',
  },
  required: true,
  example: 's3a://radosgw-test/test_df',
});

export const header = property.boolean({
  title: { en: 'Header', zh: '表头' },
  description: { en: 'For CSV: whether the first line has the names of the columns.', zh: 'CSV：第一行是否为列名。' },
  default: false,
  example: true,
});

export const delimiter = property.string({
  title: { en: 'Delimiter', zh: '分隔符' },
  description: {
    en: 'For CSV: what stands between two cells; \\t is a tab.',
    zh: 'CSV：单元格之间的分隔符；\\t 表示制表符。',
  },
  default: ',',
  example: ',',
});

export const types = property.enum({
  title: { en: 'Types', zh: '格式' },
  description: { en: 'The format of the objects; JSON is one object a line.', zh: '对象的格式；JSON 为每行一个对象。' },
  values: ['json', 'csv', 'parquet'],
  default: 'csv',
  example: 'csv',
});

/** The engine's name for a format: JSON is of lines, as Spark's. */
export function engineFormat(format: string): string {
  return format === 'json' ? 'ndjson' : format;
}

/** Options of CSV; other formats have none. */
export function csvOptions(format: string, options: FormatOptions): FormatOptions {
  return format === 'csv' ? options : {};
}

interface CephGiven {
  readonly cephEndpoint: string;
  readonly cephAccessKey: string;
  readonly cephSecretKey: string;
}

/** The target that PiFlow's properties describe. */
export function cephTarget({
  cephEndpoint: endpoint,
  cephAccessKey: accessKey,
  cephSecretKey: secretKey,
}: CephGiven): Target {
  return { endpoint, region: 'us-east-1', accessKey, secretKey };
}
