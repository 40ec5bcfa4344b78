import { property } from '@sluice/plugin-sdk';

/** The address of the file system, which every stop of the family has. */
export const hdfsUrl = property.string({
  title: { en: 'HDFS address', zh: 'HDFS 地址' },
  description: {
    en: 'The address that stands before paths, such as hdfs://host:8020.',
    zh: '路径前面的地址，例如 hdfs://host:8020。',
  },
  aliases: ['HDFSUrl', 'HdfsUrl'],
  required: true,
  example: 'hdfs://127.0.0.1:8020',
});

/** A place in it. */
export function hdfsPath(description: { readonly en: string; readonly zh: string }, aliases: readonly string[] = []) {
  return property.path({
    title: { en: 'Path', zh: '路径' },
    description,
    aliases: ['HDFSPath', 'HdfsPath', ...aliases],
    required: true,
    example: '/work/',
  });
}

/** Whether locations are written in the stop or come in as rows. */
export function isCustomize(fallback: boolean) {
  return property.boolean({
    title: { en: 'Own paths', zh: '自定义路径' },
    description: {
      en: 'True: the paths written here; false: the first column of the rows that come in.',
      zh: 'true 使用此处填写的路径；false 使用上游数据第一列中的路径。',
    },
    default: fallback,
    example: true,
  });
}
