import { defineStop } from '@sluice/plugin-sdk';
import { cleanColumns, cleanExample, cleanShape, quoteText } from './clean-columns.js';

/** Municipalities lose 市, provinces lose 省. */
const MUNICIPALITIES = ['北京', '天津', '上海', '重庆'];
const PROVINCES =
  '云南 吉林 四川 安徽 山东 山西 广东 江苏 江西 河北 河南 浙江 海南 湖北 湖南 甘肃 福建 贵州 辽宁 陕西 青海 黑龙江 台湾'.split(
    ' ',
  );
const REGIONS: readonly (readonly [chinese: string, pinyin: readonly string[], full: string])[] = [
  ['内蒙古', ['inner mongolia', 'neimenggu', 'nei mongol'], '内蒙古自治区'],
  ['宁夏', ['ningxia'], '宁夏回族自治区'],
  ['广西', ['guangxi'], '广西壮族自治区'],
  ['新疆', ['xinjiang'], '新疆维吾尔自治区'],
  ['西藏', ['xizang', 'tibet'], '西藏自治区'],
];
const PINYIN: readonly (readonly [pinyin: string, chinese: string])[] = [
  ['anhui', '安徽'],
  ['beijing', '北京'],
  ['chongqing', '重庆'],
  ['fujian', '福建'],
  ['gansu', '甘肃'],
  ['guangdong', '广东'],
  ['guizhou', '贵州'],
  ['hainan', '海南'],
  ['hebei', '河北'],
  ['heilongjiang', '黑龙江'],
  ['henan', '河南'],
  ['hubei', '湖北'],
  ['hunan', '湖南'],
  ['jiangsu', '江苏'],
  ['jiangxi', '江西'],
  ['jilin', '吉林'],
  ['liaoning', '辽宁'],
  ['qinghai', '青海'],
  ['shaanxi', '陕西'],
  ['shanxi', '山西'],
  ['shandong', '山东'],
  ['shanghai', '上海'],
  ['sichuan', '四川'],
  ['taiwan', '台湾'],
  ['tianjin', '天津'],
  ['yunnan', '云南'],
  ['zhejiang', '浙江'],
  ['hong kong', '香港'],
  ['hongkong', '香港'],
  ['macao', '澳门'],
  ['macau', '澳门'],
];

export const provinceClean = defineStop({
  ...cleanShape,
  name: 'cn.piflow.bundle.clean.ProvinceClean',
  title: { en: 'Clean provinces', zh: '清洗省份' },
  description: {
    en: 'Writes the provinces of China in Chinese and without 省 and 市, autonomous regions with their full names, from Chinese and from pinyin; all else stays. Unlike PiFlow, guizhou is 贵州 and shanxi 山西, hubei, ningxia and tibet are known, and NULL stays NULL.',
    zh: '把中国省份统一为不带“省”“市”的中文名称，自治区为全称，支持中文和拼音；其他值不变。与 PiFlow 不同：guizhou 为贵州，shanxi 为山西，支持 hubei、ningxia、tibet，NULL 保持不变。',
  },
  examples: [
    cleanExample('provinces', [
      ['北京市', '北京'],
      ['广东省', '广东'],
      ['Guizhou', '贵州'],
      ['SHANXI', '山西'],
      ['Shaanxi province', '陕西'],
      ['hubei', '湖北'],
      ['内蒙古', '内蒙古自治区'],
      ['Inner Mongolia', '内蒙古自治区'],
      ['Tibet', '西藏自治区'],
      ['台湾省', '台湾'],
      ['Bavaria', 'Bavaria'],
      ['', ''],
      [null, null],
    ]),
  ],
  run(context) {
    return cleanColumns(context, (text) => {
      const lower = `lower(${text})`;
      const has = (where: string, part: string): string => `instr(${where}, ${quoteText(part)}) > 0`;
      const any = (where: string, parts: readonly string[]): string =>
        parts.map((part) => has(where, part)).join(' OR ');
      const cases = [
        [any(text, MUNICIPALITIES), `replace(${text}, '市', '')`],
        [any(text, PROVINCES), `replace(${text}, '省', '')`],
        ...REGIONS.map(([chinese, pinyin, full]) => [
          `${has(text, chinese)} OR ${any(lower, pinyin)}`,
          quoteText(full),
        ]),
        ...PINYIN.map(([pinyin, chinese]) => [has(lower, pinyin), quoteText(chinese)]),
      ];
      return `CASE ${cases.map(([when, then]) => `WHEN ${when} THEN ${then}`).join(' ')} ELSE ${text} END`;
    });
  },
});
