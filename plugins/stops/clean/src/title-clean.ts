import { defineStop } from '@sluice/plugin-sdk';
import { cleanColumns, cleanExample, cleanShape, halfWidth } from './clean-columns.js';

export const titleClean = defineStop({
  ...cleanShape,
  name: 'cn.piflow.bundle.clean.TitleClean',
  title: { en: 'Clean titles', zh: '清洗标题' },
  description: {
    en: 'Makes full-width letters, digits, signs and blanks half-width; all else, Chinese among it, stays. NULL stays NULL.',
    zh: '把全角字母、数字、符号和空格转换为半角；汉字等其他内容不变。NULL 保持不变。',
  },
  examples: [
    cleanExample('titles', [
      ['ＡＢＣ　１２３！', 'ABC 123!'],
      ['汉字（中文），《书》~', '汉字(中文),《书》~'],
      ["it's \\ fine", "it's \\ fine"],
      ['', ''],
      [null, null],
    ]),
  ],
  run: (context) => cleanColumns(context, halfWidth),
});
