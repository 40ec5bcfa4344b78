import { defineStop } from '@sluice/plugin-sdk';
import { cleanColumns, cleanExample, cleanShape, halfWidth } from './clean-columns.js';

export const phoneNumberClean = defineStop({
  ...cleanShape,
  name: 'cn.piflow.bundle.clean.PhoneNumberClean',
  title: { en: 'Clean mobile numbers', zh: '清洗手机号' },
  description: {
    en: 'Keeps the eleven digits of a mobile number of mainland China; what is none becomes NULL. Unlike PiFlow, all number ranges in use are known (13 to 19), and the country code 86 may stand before the number.',
    zh: '保留中国大陆手机号的 11 位数字；不是手机号的值变为 NULL。与 PiFlow 不同：支持现用的全部号段（13 至 19），号码前可以有国家代码 86。',
  },
  examples: [
    cleanExample('numbers', [
      ['138-0013-8000', '13800138000'],
      ['１３８００１３８０００', '13800138000'],
      ['+86 166 0013 8000', '16600138000'],
      ['0086 19900138000', '19900138000'],
      ['12800138000', null],
      ['1380013800', null],
      ['138001380001', null],
      ['', null],
      [null, null],
    ]),
  ],
  run: (context) =>
    cleanColumns(
      context,
      (text) => `regexp_replace(${halfWidth(text)}, '[^0-9]', '')`,
      (digits) => `CASE WHEN ${digits} RLIKE '^((00)?86)?1[3-9][0-9]{9}$' THEN substring(${digits}, -11) ELSE NULL END`,
    ),
});
