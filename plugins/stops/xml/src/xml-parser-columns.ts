import {
  columnAt,
  defineStop,
  isSluiceError,
  property,
  single,
  SluiceError,
  type Batch,
  type Column,
  type Dataset,
  type Value,
} from '@sluice/plugin-sdk';
import type { Element } from './element.js';
import { parseDocument } from './parse-document.js';
import { rowReader } from './row-values.js';
import { newShape, observeRow, type Naming } from './shape.js';
import { fieldsOf, sparkType, type Field } from './xml-type.js';

/** Names as PiFlow's converter of XML to JSON gives them. */
const NAMING: Naming = { attribute: '', value: 'content', always: false };

interface Parsed {
  /** The place among the columns. */
  readonly index: number;
  readonly column: Column;
  /** The root elements that documents have; empty when every cell is NULL. */
  fields: readonly Field[];
}

export const xmlParserColumns = defineStop({
  name: 'cn.piflow.bundle.xml.XmlParserColumns',
  title: { en: 'Parse XML columns', zh: '解析 XML 列' },
  description: {
    en: 'Replaces columns of XML texts by structs, so that SQL reaches into them: column.root.child. Attributes are fields under their own names, text beside attributes is the field content. Unlike PiFlow, the order and types of the other columns are kept, and texts may contain quotes and backslashes.',
    zh: '把 XML 文本列替换为结构体，SQL 可以用 列.根.子元素 访问。属性以自己的名称成为字段，带属性元素的文本为字段 content。与 PiFlow 不同：其他列的顺序和类型保持不变，文本可以包含引号和反斜杠。',
  },
  groups: ['Xml'],
  ports: { in: single, out: single },
  properties: {
    xmlColumns: property.columns({
      title: { en: 'Columns', zh: '列' },
      description: { en: 'The columns of XML texts.', zh: '包含 XML 文本的列。' },
      required: true,
      example: ['product_xml'],
    }),
  },
  extraProperties: 'ignore',
  engines: ['duckdb', 'spark'],
  examples: [
    {
      title: 'a text becomes a struct',
      properties: { xmlColumns: 'doc' },
      inputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['doc', 'string'],
          ],
          rows: [
            [1, '<p lang="en"><t>a</t><n>1</n></p>'],
            [2, null],
          ],
        },
      },
      outputs: {
        '': {
          columns: [
            ['id', 'int'],
            ['doc', 'struct<p:struct<lang:string,n:bigint,t:string>>'],
          ],
          rows: [
            [1, { p: { lang: 'en', n: 1n, t: 'a' } }],
            [2, null],
          ],
        },
      },
    },
  ],
  async run({ properties, inputs, engine, signal }) {
    const input = inputs.get();
    const parsed = properties.xmlColumns.map((name) => findColumn(name, input.columns));
    await infer(input, parsed, signal);
    const columns = input.columns.map((column, index) => {
      const fields = parsed.find((each) => each.index === index)?.fields ?? [];
      return fields.length === 0
        ? column
        : { name: column.name, type: sparkType({ many: false, scalar: 'none', fields }) };
    });
    return engine.fromRows(columns, convert(input, parsed, signal));
  },
});

function findColumn(name: string, columns: readonly Column[]): Parsed {
  const index = columnAt(columns, name, 'xmlColumns');
  const column = columns[index] as Column;
  if (column.type === 'string') return { index, column, fields: [] };
  throw new SluiceError('SCHEMA_MISMATCH', `column '${column.name}' is ${column.type}, not XML in a string`);
}

/** Reads all documents once for the types of what is in them. */
async function infer(input: Dataset, parsed: readonly Parsed[], signal: AbortSignal): Promise<void> {
  const shapes = parsed.map(() => newShape());
  let first = 0;
  for await (const batch of input.batches()) {
    signal.throwIfAborted();
    parsed.forEach(({ index, column }, place) => {
      const shape = shapes[place];
      for (let row = 0; shape !== undefined && row < batch.length; row++) {
        const document = documentAt(batch, index, row, first, column);
        if (document !== undefined) observeRow(shape, document, NAMING);
      }
    });
    first += batch.length;
  }
  parsed.forEach((each, place) => (each.fields = fieldsOf(shapes[place] ?? newShape(), NAMING, false)));
}

async function* convert(input: Dataset, parsed: readonly Parsed[], signal: AbortSignal): AsyncGenerator<Batch> {
  const readers = parsed.map(({ fields }) => rowReader(fields, NAMING));
  let first = 0;
  for await (const batch of input.batches()) {
    signal.throwIfAborted();
    const columns = [...batch.columns];
    parsed.forEach(({ index, column, fields }, place) => {
      if (fields.length === 0) return;
      columns[index] = Array.from({ length: batch.length }, (_, row): Value => {
        const document = documentAt(batch, index, row, first, column);
        const values = document && readers[place]?.(document);
        return values === undefined
          ? null
          : Object.fromEntries(fields.map(({ name }, at) => [name, values[at] ?? null]));
      });
    });
    yield { length: batch.length, columns };
    first += batch.length;
  }
}

/** A document as an element around its root, or undefined where the cell is NULL or blank. */
function documentAt(batch: Batch, index: number, row: number, first: number, column: Column): Element | undefined {
  const text = batch.columns[index]?.[row];
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  try {
    return { name: column.name, attributes: {}, content: [parseDocument(text, `column '${column.name}'`)] };
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    throw new SluiceError('DATA_INVALID', `row ${first + row + 1}: ${error.message}`, { cause: error });
  }
}
