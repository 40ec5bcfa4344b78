import { property } from '@sluice/plugin-sdk';

export const header = property.boolean({
  title: { en: 'Header', zh: '表头' },
  description: { en: 'Whether the first row has the names of the columns.', zh: '第一行是否为列名。' },
  default: true,
  example: true,
});

export const targetPath = property.path({
  title: { en: 'FilePath', zh: '文件路径' },
  description: { en: 'The workbook to write, with the ending .xlsx.', zh: '要写入的工作簿，扩展名为 .xlsx。' },
  required: true,
  example: '/test/test.xlsx',
});
