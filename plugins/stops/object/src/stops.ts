import { defineStop, none, optionalSingle, property, single } from '@sluice/plugin-sdk';
import {
  access,
  cephAccess,
  cephTarget,
  csvOptions,
  delimiter,
  engineFormat,
  header,
  path,
  types,
} from './properties.js';
import { readObjects } from './read-objects.js';
import { writeObjects } from './write-objects.js';

export const cephRead = defineStop({
  name: 'cn.piflow.bundle.ceph.CephRead',
  title: { en: 'Read from Ceph', zh: '读取 Ceph' },
  description: {
    en: 'Reads an object, or the part objects of a folder, from Ceph or another store of the S3 protocol; types of CSV are inferred. Objects are fetched into the scratch folder of the run first. Unlike PiFlow, https is understood, and a place without an object is named.',
    zh: '从 Ceph 或其他 S3 协议的存储读取对象或文件夹中的分片对象；CSV 的类型自动推断。对象会先下载到运行的临时目录。与 PiFlow 不同：支持 https；没有对象的路径会被指出。',
  },
  groups: ['ceph'],
  ports: { in: optionalSingle, out: single },
  properties: { ...cephAccess, types, path, header, delimiter },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  pure: false,
  run({ properties, ...context }) {
    const { path, types, header, delimiter } = properties;
    const options = csvOptions(types, { header, delimiter, inferSchema: true });
    return readObjects(context, cephTarget(properties), path, engineFormat(types), options);
  },
});

export const cephWrite = defineStop({
  name: 'cn.piflow.bundle.ceph.CephWrite',
  title: { en: 'Write to Ceph', zh: '写入 Ceph' },
  description: {
    en: 'Writes rows as part objects of a folder of Ceph or another store of the S3 protocol, in place of what was there, and gives none on. A store cannot replace many objects at once: a reader may see old and new ones together until _SUCCESS is there. Unlike PiFlow, the old objects go only when all new ones are there, a run that fails before removes its own, and a whole bucket is not overwritten.',
    zh: '把行写成 Ceph 或其他 S3 协议存储中某文件夹的分片对象，替换原有内容，不向下游输出。存储无法一次替换多个对象：在 _SUCCESS 出现之前，读取者可能同时看到新旧对象。与 PiFlow 不同：新对象全部写入后才删除旧对象；此前失败的运行会删除自己写入的对象；不会覆盖整个存储桶。',
  },
  groups: ['ceph'],
  ports: { in: single, out: single },
  properties: {
    ...cephAccess,
    types,
    delimiter,
    header: property.boolean({ ...header, default: true }),
    path: property.string({ ...path, required: false, default: 's3a://radosgw-test/test_df' }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  writes: true,
  async run({ properties, inputs, log, ...context }) {
    const { path, types, header, delimiter } = properties;
    const options = csvOptions(types, { header, delimiter });
    const format = engineFormat(types);
    const write = { target: cephTarget(properties), path, format, options, mode: 'overwrite' as const };
    log.info(`${await writeObjects(context, write, inputs.get())} rows written to '${path}'`);
  },
});

const format = property.enum({
  title: { en: 'Format', zh: '格式' },
  description: { en: 'The format of the objects; JSON is one object a line.', zh: '对象的格式；JSON 为每行一个对象。' },
  values: ['csv', 'json', 'parquet'],
  default: 'parquet',
  example: 'csv',
});

export const objectRead = defineStop({
  name: 'sluice.object.read',
  title: { en: 'Read objects', zh: '读取对象存储' },
  description: {
    en: 'Reads an object, or the part objects of a folder, from a store of the S3 protocol. They are fetched into the scratch folder of the run first; folders such as year=2024 become columns.',
    zh: '从 S3 协议的存储读取对象或文件夹中的分片对象。对象会先下载到运行的临时目录；year=2024 之类的子目录成为列。',
  },
  groups: ['Object storage'],
  ports: { in: none, out: single },
  properties: {
    path,
    ...access,
    format,
    header,
    delimiter,
    inferSchema: property.boolean({
      title: { en: 'Infer types', zh: '推断类型' },
      description: {
        en: 'For CSV: whether types are inferred; default false: strings.',
        zh: 'CSV：是否推断类型；默认 false，即字符串。',
      },
      default: false,
    }),
    schema: property.string({
      title: { en: 'Schema', zh: '结构' },
      description: { en: 'For CSV: columns with their types.', zh: 'CSV：列及其类型。' },
      example: 'id INT, name STRING',
    }),
  },
  engines: ['duckdb'],
  pure: false,
  run({ properties, ...context }) {
    const { path, format, header, delimiter, inferSchema, schema } = properties;
    const options = csvOptions(format, { header, delimiter, inferSchema, ...(schema === undefined ? {} : { schema }) });
    return readObjects(context, properties, path, engineFormat(format), options);
  },
});

export const objectWrite = defineStop({
  name: 'sluice.object.write',
  title: { en: 'Write objects', zh: '写入对象存储' },
  description: {
    en: 'Writes rows as part objects of a folder of a store of the S3 protocol. The object _SUCCESS is there when all are; overwrite removes the old ones once the new ones are written. A run that fails before removes what it wrote, and one that is tried again replaces its own.',
    zh: '把行写成 S3 协议存储中某文件夹的分片对象。全部写入后出现对象 _SUCCESS；overwrite 在新对象写入后才删除旧对象。此前失败的运行会删除自己写入的对象，重试的运行会替换自己的对象。',
  },
  groups: ['Object storage'],
  ports: { in: single, out: none },
  properties: {
    path,
    ...access,
    format,
    header,
    delimiter,
    saveMode: property.enum({
      title: { en: 'Save mode', zh: '写入模式' },
      description: {
        en: 'Where objects are there already: fail (error), add (append), replace (overwrite), or leave them (ignore).',
        zh: '已有对象时：报错（error）、追加（append）、覆盖（overwrite）或跳过（ignore）。',
      },
      values: ['append', 'overwrite', 'error', 'ignore'],
      default: 'error',
      example: 'overwrite',
    }),
  },
  engines: ['duckdb'],
  writes: true,
  async run({ properties, inputs, log, ...context }) {
    const { path, format, header, delimiter, saveMode: mode } = properties;
    const options = csvOptions(format, { header, delimiter });
    const write = { target: properties, path, format: engineFormat(format), options, mode };
    const rows = await writeObjects(context, write, inputs.get());
    log.info(
      rows === undefined ? `there are objects at '${path}': nothing is written` : `${rows} rows written to '${path}'`,
    );
  },
});
