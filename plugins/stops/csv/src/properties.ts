import { property } from '@sluice/plugin-sdk';

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
  encoding: property.string({
    title: { en: 'Encoding', zh: '编码' },
    description: {
      en: 'The encoding of the text: UTF-8, GBK, GB18030, UTF-16, ISO-8859-1 and others.',
      zh: '文本编码：UTF-8、GBK、GB18030、UTF-16、ISO-8859-1 等。',
    },
    aliases: ['charset'],
    default: 'UTF-8',
    example: 'GBK',
  }),
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

/** The file or files to read. */
export const readPath = property.path({
  title: { en: 'Path', zh: '路径' },
  description: {
    en: 'A file, a folder of part files or of folders such as year=2024, or a pattern with *, ? and [abc].',
    zh: '文件、由分片文件或 year=2024 之类子目录组成的目录，或含 *、?、[abc] 的通配路径。',
  },
  required: true,
  example: 'hdfs://127.0.0.1:9000/data/people.csv',
});

/** What every writer of files asks. */
export const placing = {
  path: property.path({
    title: { en: 'Path', zh: '路径' },
    description: {
      en: 'The folder to write part files into, or the file itself where single is true.',
      zh: '写入分片文件的目录；single 为 true 时为文件本身。',
    },
    required: true,
    example: '/data/out/people.csv',
  }),
  saveMode: property.enum({
    title: { en: 'Save mode', zh: '写入模式' },
    description: {
      en: 'Where something is there already: fail (error), add files (append), replace (overwrite), or leave it (ignore).',
      zh: '目标已存在时：报错（error）、追加（append）、覆盖（overwrite）或跳过（ignore）。',
    },
    values: ['append', 'overwrite', 'error', 'ignore'],
    synonyms: { errorifexists: 'error', default: 'error' },
    default: 'error',
    example: 'overwrite',
  }),
  single: property.boolean({
    title: { en: 'Single file', zh: '单个文件' },
    description: {
      en: 'Whether to write one file at the path instead of a folder of part files.',
      zh: '是否在该路径写成一个文件，而不是分片文件目录。',
    },
    default: false,
    example: true,
  }),
  partitionBy: property.columns({
    title: { en: 'Partition by', zh: '分区列' },
    description: {
      en: 'Columns whose values become folders such as year=2024.',
      zh: '其值成为 year=2024 之类子目录的列。',
    },
    default: [],
    example: ['year', 'month'],
  }),
};
