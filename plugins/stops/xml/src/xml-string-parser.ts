import { defineStop, didYouMean, optionalSingle, property, single, SluiceError, type Value } from '@sluice/plugin-sdk';
import { innerText, type Element } from './element.js';
import { parseDocument } from './parse-document.js';

const SITES = `<sites>
  <site><name>菜鸟教程</name><url>www.runoob.com</url></site>
  <site><name>a, b</name></site>
</sites>`;

export const xmlStringParser = defineStop({
  name: 'cn.piflow.bundle.xml.XmlStringParser',
  title: { en: 'Parse XML text', zh: '解析 XML 文本' },
  description: {
    en: 'Makes rows of an XML text: one for each element that the label leads to, with the texts of its child elements as columns. Unlike PiFlow, values may contain commas, a child that is not there is NULL, and labels may have any depth.',
    zh: '把一段 XML 文本转换为行：标签路径指向的每个元素为一行，其子元素的文本为列。与 PiFlow 不同：值中可以有逗号，缺失的子元素为 NULL，标签路径可为任意深度。',
  },
  groups: ['Xml'],
  ports: { in: optionalSingle, out: single },
  properties: {
    XmlString: property.text({
      title: { en: 'XML', zh: 'XML 文本' },
      description: { en: 'The XML text.', zh: 'XML 文本。' },
      required: true,
      example: SITES,
    }),
    label: property.list({
      title: { en: 'Label', zh: '标签路径' },
      description: {
        en: 'The names of the elements from the root to the rows, with commas.',
        zh: '从根元素到行元素的名称，用逗号分隔。',
      },
      required: true,
      example: ['sites', 'site'],
    }),
    schema: property.list({
      title: { en: 'Columns', zh: '列' },
      description: { en: 'The names of the child elements that become columns.', zh: '作为列的子元素名称。' },
      required: true,
      example: ['name', 'url'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'elements as rows',
      properties: { XmlString: SITES, label: 'sites,site', schema: 'name,url' },
      outputs: {
        '': {
          columns: [
            ['name', 'string'],
            ['url', 'string'],
          ],
          rows: [
            ['菜鸟教程', 'www.runoob.com'],
            ['a, b', null],
          ],
        },
      },
    },
  ],
  run({ properties, engine, log }) {
    const { XmlString, label, schema } = properties;
    if (label.length === 0) throw new SluiceError('PROPERTY_INVALID', "property 'label' names no element");
    if (schema.length === 0) throw new SluiceError('PROPERTY_INVALID', "property 'schema' names no column");
    const root = parseDocument(XmlString, "property 'XmlString'");
    const [first = '', ...steps] = label;
    if (first !== root.name) log.warn(`the root element is <${root.name}>, not <${first}> as the label says`);
    let found: readonly Element[] = [root];
    for (const step of steps) found = stepInto(found, step);
    const rows = found.map((row) => schema.map((name) => childText(row, name)));
    return engine.fromRows(
      schema.map((name) => ({ name, type: 'string' })),
      iterate(rows),
    );
  },
});

function stepInto(parents: readonly Element[], name: string): Element[] {
  const children = parents.flatMap((parent) => parent.content.filter((each) => typeof each !== 'string'));
  const found = children.filter((child) => child.name === name);
  if (found.length > 0) return found;
  const names = new Set(children.map((child) => child.name));
  const hint = didYouMean(name, names) || `; there are ${[...names].slice(0, 5).join(', ') || 'no elements'}`;
  throw new SluiceError('DATA_INVALID', `property 'label': <${parents[0]?.name}> has no element <${name}>${hint}`);
}

function childText(row: Element, name: string): Value {
  const child = row.content.find((each) => typeof each !== 'string' && each.name === name);
  return typeof child === 'object' ? innerText(child) : null;
}

async function* iterate(rows: readonly (readonly Value[])[]): AsyncGenerator<readonly Value[]> {
  yield* rows;
}
