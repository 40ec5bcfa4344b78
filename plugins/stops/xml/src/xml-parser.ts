import { defineStop, optionalSingle, property, single } from '@sluice/plugin-sdk';
import { rowProperties } from './properties.js';
import { readXml } from './read-xml.js';

export const xmlParser = defineStop({
  name: 'cn.piflow.bundle.xml.XmlParser',
  title: { en: 'Read XML', zh: '读取 XML' },
  description: {
    en: 'Reads the elements of one name from XML files as rows, by the rules of spark-xml: attributes become columns _name, text beside attributes _VALUE, repeated elements arrays, nested ones structs; empty values are NULL, types are inferred. Unlike PiFlow, text among elements is kept as markup, a file that breaks off ends the run with its line and column, and document types are never expanded.',
    zh: '按 spark-xml 的规则把 XML 文件中指定名称的元素读取为行：属性成为 _name 列，带属性元素的文本成为 _VALUE，重复元素成为数组，嵌套元素成为结构体；空值为 NULL，类型自动推断。与 PiFlow 不同：混合文本按标记原样保留，文件中断时报告行号和列号，不展开 DTD 实体。',
  },
  groups: ['Xml'],
  ports: { in: optionalSingle, out: single },
  properties: {
    xmlpath: property.path({
      title: { en: 'Path', zh: '路径' },
      description: {
        en: 'An XML file, a folder of them, or a pattern; files may be gzip.',
        zh: 'XML 文件、文件夹或通配路径；文件可以是 gzip 压缩的。',
      },
      required: true,
      example: 'hdfs://127.0.0.1:8020/work/test/testxml.xml',
    }),
    ...rowProperties,
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  async run(context) {
    const { xmlpath, rowTag, sampleRows, entities } = context.properties;
    const paths = await context.files.list(xmlpath);
    return readXml(context, { paths, rowTag, sampleRows, keepEntities: entities === 'keep' });
  },
});
