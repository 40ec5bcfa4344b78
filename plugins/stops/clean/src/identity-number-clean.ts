import { defineStop } from '@sluice/plugin-sdk';
import { cleanColumns, cleanExample, cleanShape, halfWidth } from './clean-columns.js';

/** The weights of the first 17 digits, and the check character for each remainder of their sum by 11. */
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = '10X98765432';
const TOTAL = WEIGHTS.reduce((sum, weight) => sum + weight, 0);

export const identityNumberClean = defineStop({
  ...cleanShape,
  name: 'cn.piflow.bundle.clean.IdentityNumberClean',
  title: { en: 'Clean identity numbers', zh: '清洗身份证号' },
  description: {
    en: 'Keeps the digits and the X of a Chinese identity number, half-width and upper case, without zeros before it; what has neither 15 digits nor 18 with the right check character becomes NULL.',
    zh: '保留身份证号的数字和 X（半角大写），去掉前导零；既不是 15 位数字、也不是校验码正确的 18 位的值变为 NULL。',
  },
  examples: [
    cleanExample('numbers', [
      ['11010519491231002X', '11010519491231002X'],
      ['１１０１０５ 19491231-002x', '11010519491231002X'],
      ['0011010519491231002X', '11010519491231002X'],
      ['440308199901101512', '440308199901101512'],
      ['440308199901101513', null],
      ['110105491231002', '110105491231002'],
      ['1101054912310', null],
      ['1101051949X231002X', null],
      ['', null],
      [null, null],
    ]),
  ],
  run: (context) =>
    cleanColumns(
      context,
      (text) => `regexp_replace(regexp_replace(upper(${halfWidth(text)}), '[^0-9X]', ''), '^0+', '')`,
      // The number with the remainder of its weighted sum behind it. Doubles add without the care that integers need.
      (number) => {
        const terms = WEIGHTS.map((weight, index) => `ascii(substring(${number}, ${index + 1}, 1)) * ${weight}D`);
        return `concat(${number}, ':', CAST((${terms.join(' + ')} - ${48 * TOTAL}D) % 11D AS string))`;
      },
      (both) =>
        `CASE WHEN ${both} RLIKE '^[0-9]{15}:' THEN substring(${both}, 1, 15) ` +
        `WHEN ${both} RLIKE '^[0-9]{17}(${[...CHECKS].map((check, rest) => `${check}:${rest}[.]0`).join('|')})$' ` +
        `THEN substring(${both}, 1, 18) ELSE NULL END`,
    ),
});
