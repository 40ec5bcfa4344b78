import { defineStop, property, single, SluiceError } from '@sluice/plugin-sdk';
import { isName } from './element.js';
import { writeXml } from './write-xml.js';

export const xmlSave = defineStop({
  name: 'cn.piflow.bundle.xml.XmlSave',
  title: { en: 'Write XML', zh: '写入 XML' },
  description: {
    en: 'Writes rows as XML files into a folder, in the layout of spark-xml: columns whose names begin with _ become attributes, _VALUE the text, arrays repeated elements, structs nested ones; NULL is left out. Unlike PiFlow, names that XML does not allow and characters that XML cannot hold are refused instead of written as a broken file.',
    zh: '按 spark-xml 的格式把行写成文件夹中的 XML 文件：以 _ 开头的列成为属性，_VALUE 成为文本，数组成为重复元素，结构体成为嵌套元素，NULL 省略。与 PiFlow 不同：XML 不允许的名称和字符会被拒绝，而不会写出损坏的文件。',
  },
  groups: ['Xml'],
  ports: { in: single, out: single },
  properties: {
    xmlSavePath: property.path({
      title: { en: 'Folder', zh: '文件夹' },
      description: { en: 'The folder for the files.', zh: '保存文件的文件夹。' },
      required: true,
      example: 'hdfs://127.0.0.1:8020/work/test/test.xml',
    }),
    rootTag: property.string({
      title: { en: 'Root tag', zh: '根标签' },
      description: { en: 'The name of the root element.', zh: '根元素的名称。' },
      default: 'ROWS',
      example: 'books',
    }),
    rowTag: property.string({
      title: { en: 'Row tag', zh: '行标签' },
      description: { en: 'The name of the element of a row.', zh: '每行元素的名称。' },
      default: 'ROW',
      example: 'book',
    }),
    saveMode: property.enum({
      title: { en: 'Save mode', zh: '保存模式' },
      description: { en: 'What to do where something is there already.', zh: '目标已存在时的处理方式。' },
      values: ['append', 'overwrite', 'error', 'ignore'],
      default: 'error',
      example: 'overwrite',
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  writes: true,
  async run({ properties, inputs, engine, log, signal }) {
    const { xmlSavePath, rootTag, rowTag, saveMode } = properties;
    for (const [name, tag] of Object.entries({ rootTag, rowTag })) {
      if (isName(tag)) continue;
      throw new SluiceError('PROPERTY_INVALID', `property '${name}': '${tag}' cannot be the name of an element`);
    }
    const texts = await writeXml(engine, inputs.get(), { rootTag, rowTag }, signal);
    const written = await engine.write(texts, 'text', xmlSavePath, { mode: saveMode });
    log.info(`wrote ${written.bytes} bytes to ${xmlSavePath}`);
  },
});
