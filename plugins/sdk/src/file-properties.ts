import { property } from './property.js';

/** The property of readers and writers of text that names its encoding. */
export const encoding = property.string({
  title: { en: 'Encoding', zh: '编码' },
  description: {
    en: 'The encoding of the text: UTF-8, GBK, GB18030, UTF-16, ISO-8859-1 and others.',
    zh: '文本编码：UTF-8、GBK、GB18030、UTF-16、ISO-8859-1 等。',
  },
  aliases: ['charset'],
  default: 'UTF-8',
  example: 'GBK',
});

/** The property of writers of text that says how files are compressed. */
export const compression = property.enum({
  title: { en: 'Compression', zh: '压缩' },
  description: { en: 'How the files are compressed; for UTF-8 only.', zh: '文件的压缩方式；仅用于 UTF-8。' },
  values: ['none', 'gzip', 'zstd'],
  default: 'none',
  example: 'gzip',
});

/** The property of readers that says what becomes of rows that do not fit. */
export const mode = property.enum({
  title: { en: 'Mode', zh: '容错模式' },
  description: {
    en: 'What happens to rows that do not fit: NULL in the place, refused and listed, or the end of the run.',
    zh: '对不符合的行：置 NULL、拒绝并列出，或结束运行。',
  },
  values: ['PERMISSIVE', 'DROPMALFORMED', 'FAILFAST'],
  default: 'PERMISSIVE',
  example: 'FAILFAST',
});

/** The property of a reader that names the file or files to read. */
export const readPath = (example: string) =>
  property.path({
    title: { en: 'Path', zh: '路径' },
    description: {
      en: 'A file, a folder of part files or of folders such as year=2024, or a pattern with *, ? and [abc].',
      zh: '文件、由分片文件或 year=2024 之类子目录组成的目录，或含 *、?、[abc] 的通配路径。',
    },
    required: true,
    example,
  });

/** The properties of every writer of files: where it writes, and what becomes of what is there. */
export const placing = (example: string) => ({
  path: property.path({
    title: { en: 'Path', zh: '路径' },
    description: {
      en: 'The folder to write part files into, or the file itself where single is true.',
      zh: '写入分片文件的目录；single 为 true 时为文件本身。',
    },
    required: true,
    example,
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
});
