import { defineStop } from '@sluice/plugin-sdk';
import { cleanColumns, cleanExample, cleanShape, halfWidth, quoteText } from './clean-columns.js';

const ADDRESS = '^[a-z0-9._%+-]+@([a-z0-9_-]+[.])+[a-z0-9-]{2,}$';

export const emailClean = defineStop({
  ...cleanShape,
  name: 'cn.piflow.bundle.clean.EmailClean',
  title: { en: 'Clean e-mail addresses', zh: '清洗邮箱' },
  description: {
    en: 'Makes e-mail addresses half-width and lower case and takes blanks off their ends; what is no address becomes an empty text, NULL stays NULL. Unlike PiFlow, the half-width form is really used, and the domain needs a dot and an end of two characters.',
    zh: '把邮箱转换为半角小写并去掉首尾空白；不是邮箱的值变为空字符串，NULL 保持不变。与 PiFlow 不同：真正使用半角结果，域名必须有点号和至少两个字符的后缀。',
  },
  examples: [
    cleanExample('addresses', [
      ['Ａｎｎ.Lee＠Example．COM', 'ann.lee@example.com'],
      [' bob+x@mail.example.org ', 'bob+x@mail.example.org'],
      ['a_b%c@sub_domain.example.cn', 'a_b%c@sub_domain.example.cn'],
      ['no address', ''],
      ['a@b', ''],
      ['a@b.c', ''],
      ['a@@example.com', ''],
      ['', ''],
      [null, null],
    ]),
  ],
  run: (context) =>
    cleanColumns(
      context,
      (text) => `lower(trim(${halfWidth(text)}))`,
      (address) => `CASE WHEN ${address} IS NULL OR ${address} RLIKE ${quoteText(ADDRESS)} THEN ${address} ELSE '' END`,
    ),
});
