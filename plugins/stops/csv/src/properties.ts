import { encoding, property } from '@sluice/plugin-sdk';

/** What PiFlow's stops and Sluice's own both say of the header. */
export const header = property.boolean({
  title: { en: 'Header', zh: '表头' },
  description: {
    en: 'Whether the first line of each file has the names of the columns.',
    zh: '每个文件的第一行是否为列名。',
  },
  default: false,
  example: true,
});

/** The options in which a CSV file is read and written, for Sluice's own stops. */
export const dialect = {
  header,
  delimiter: property.string({
    title: { en: 'Delimiter', zh: '分隔符' },
    description: {
      en: 'What stands between two cells, one or more characters; \\t is a tab.',
      zh: '单元格之间的分隔符，可为一个或多个字符；\\t 表示制表符。',
    },
    aliases: ['sep'],
    default: ',',
    example: '\\t',
  }),
  quote: property.string({
    title: { en: 'Quote', zh: '引号' },
    description: {
      en: 'The character around cells that contain delimiters or line ends; empty: none.',
      zh: '包围含有分隔符或换行的单元格的字符；为空表示不使用引号。',
    },
    default: '"',
    allowEmpty: true,
    example: "'",
  }),
  escape: property.string({
    title: { en: 'Escape', zh: '转义符' },
    description: {
      en: "The character before a quote inside quotes: Spark's is \\, that of RFC 4180 is the quote itself.",
      zh: '引号内出现引号时前置的字符：Spark 为 \\，RFC 4180 为引号本身。',
    },
    default: '\\',
    example: '"',
  }),
  nullValue: property.string({
    title: { en: 'Null value', zh: '空值文本' },
    description: {
      en: 'The text that stands for NULL; on reading, a cell without text is NULL too.',
      zh: '表示 NULL 的文本；读取时没有内容的单元格也是 NULL。',
    },
    default: '',
    allowEmpty: true,
    example: '\\N',
  }),
  encoding,
  dateFormat: property.string({
    title: { en: 'Date format', zh: '日期格式' },
    description: {
      en: "Java's pattern for dates; without it yyyy-MM-dd.",
      zh: '日期的 Java 格式；默认 yyyy-MM-dd。',
    },
    example: 'dd/MM/yyyy',
  }),
  timestampFormat: property.string({
    title: { en: 'Timestamp format', zh: '时间戳格式' },
    description: {
      en: "Java's pattern for timestamps; without it yyyy-MM-dd HH:mm:ss with fractions and zone as they are.",
      zh: '时间戳的 Java 格式；默认 yyyy-MM-dd HH:mm:ss，可带小数秒和时区。',
    },
    example: 'yyyy/MM/dd HH:mm',
  }),
};
