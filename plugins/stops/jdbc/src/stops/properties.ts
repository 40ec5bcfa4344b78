import { property } from '@sluice/plugin-sdk';

export const datasource = property.datasource('sql', {
  title: { en: 'Datasource', zh: '数据源' },
  description: { en: 'The name of the datasource.', zh: '数据源名称。' },
  required: true,
  example: 'shop',
});

export const table = property.string({
  title: { en: 'Table', zh: '表' },
  description: {
    en: 'The table, with its schema or database before it where it is another than the datasource’s.',
    zh: '表名；不在数据源默认库（模式）中时，在前面写上库（模式）名。',
  },
  required: true,
  example: 'public.orders',
});
