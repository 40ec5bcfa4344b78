import { defineStop, optionalSingle, property, single, SluiceError } from '@sluice/plugin-sdk';
import { rowProperties } from './properties.js';
import { readXml } from './read-xml.js';

export const xmlParserFolder = defineStop({
  name: 'cn.piflow.bundle.xml.XmlParserFolder',
  aliases: ['cn.piflow.bundle.xml.FolderXmlParser'],
  title: { en: 'Read XML folder', zh: '读取 XML 文件夹' },
  description: {
    en: 'Reads the elements of one name from every .xml file of a folder and its folders as rows. Unlike PiFlow, columns of different files are matched by name, not by position.',
    zh: '把文件夹及其子文件夹中所有 .xml 文件里指定名称的元素读取为行。与 PiFlow 不同：不同文件的列按名称而不是按位置对应。',
  },
  groups: ['Xml'],
  ports: { in: optionalSingle, out: single },
  properties: {
    xmlpath: property.path({
      title: { en: 'Folder', zh: '文件夹' },
      description: { en: 'A folder with XML files.', zh: '包含 XML 文件的文件夹。' },
      aliases: ['folederXmlStop'],
      required: true,
      example: '/work/test/xml/',
    }),
    ...rowProperties,
  },
  extraProperties: 'ignore',
  engines: ['duckdb'],
  async run(context) {
    const { xmlpath, rowTag, sampleRows, entities } = context.properties;
    const files = await context.files.list(xmlpath);
    const paths = files.filter((path) => path.endsWith('.xml'));
    if (paths.length === 0) {
      const message = `none of the ${files.length} files in '${xmlpath}' has a name that ends with .xml; rename them, or use XmlParser`;
      throw new SluiceError('FILE_NOT_FOUND', message, { details: { path: xmlpath } });
    }
    return readXml(context, { paths, rowTag, sampleRows, keepEntities: entities === 'keep' });
  },
});
