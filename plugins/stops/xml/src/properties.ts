import { property } from '@sluice/plugin-sdk';

/** The properties of stops that read XML files. */
export const rowProperties = {
  rowTag: property.string({
    title: { en: 'Row tag', zh: '行标签' },
    description: {
      en: 'The name of the elements that are rows, at any depth, without angle brackets.',
      zh: '作为行的元素名称，可在任意层级，不带尖括号。',
    },
    required: true,
    example: 'phdthesis',
  }),
  sampleRows: property.integer({
    title: { en: 'Sampled rows', zh: '采样行数' },
    description: {
      en: 'The number of rows from the beginning whose types are looked at; 0: all. A later row that does not fit ends the run.',
      zh: '用于推断类型的起始行数；0 表示全部。之后不符合的行会使运行失败。',
    },
    default: 0,
    min: 0,
    example: 10_000,
  }),
  entities: property.enum({
    title: { en: 'Unknown entities', zh: '未知实体' },
    description: {
      en: 'What to do with an entity that only a DTD explains, such as &uuml;: refuse the file, or keep it as a text.',
      zh: '如何处理仅由 DTD 定义的实体（如 &uuml;）：refuse 拒绝文件，keep 作为文本保留。',
    },
    values: ['refuse', 'keep'],
    default: 'refuse',
    example: 'keep',
  }),
};
