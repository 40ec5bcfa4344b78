import { quoteName, SluiceError, type Column, type Dataset, type Engine, type Value } from '@sluice/plugin-sdk';
import { escapeAttribute, escapeText, isName } from './element.js';
import { readType, type SparkType } from './spark-types.js';
import { valueText } from './value-text.js';

export interface WriteXml {
  readonly rootTag: string;
  readonly rowTag: string;
}

const PREFIX = '_';
const VALUE = '_VALUE';
const INDENT = '    ';
const DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
/** What XML 1.0 has no way to say: controls, two code points that are no characters, and halves of pairs. */
const FORBIDDEN = new RegExp(
  [
    '[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\ufffe\\uffff]',
    '[\\ud800-\\udbff](?![\\udc00-\\udfff])',
    '(?<![\\ud800-\\udbff])[\\udc00-\\udfff]',
  ].join('|'),
);

/** The rows as lines of XML, one text a row; the first carries the head of the document, the last its end. */
export async function writeXml(
  engine: Engine,
  dataset: Dataset,
  options: WriteXml,
  signal: AbortSignal,
): Promise<Dataset> {
  const types = dataset.columns.map((column) => ({ name: column.name, type: readType(column.type) }));
  checkNames(dataset.columns, types);
  // SQL knows how single values read as texts, times in the session's zone among them.
  const selected = dataset.columns.map(({ name, type }, index) => {
    const quoted = quoteName(name);
    const plain = type === 'string' || types[index]?.type.kind !== 'scalar' || type === 'binary';
    return plain ? quoted : `CAST(${quoted} AS string) AS ${quoted}`;
  });
  const texts = await engine.sql(`SELECT ${selected.join(', ')} FROM rows_to_xml`, { rows_to_xml: dataset });
  return engine.fromRows([{ name: 'value', type: 'string' }], lines(texts, types, options, signal));
}

interface Named {
  readonly name: string;
  readonly type: SparkType;
}

function checkNames(columns: readonly Column[], types: readonly Named[]): void {
  const wrong = new Set<string>();
  const check = ({ name, type }: Named): void => {
    const bare = name !== VALUE && name.startsWith(PREFIX) ? name.slice(PREFIX.length) : name;
    if (!isName(bare)) wrong.add(name);
    visit(type);
  };
  const visit = (type: SparkType): void => {
    if (type.kind === 'struct') type.fields.forEach(check);
    if (type.kind === 'array') visit(type.element);
    if (type.kind === 'map') visit(type.value);
  };
  types.forEach(check);
  const nested = columns.filter(({ name }, index) => isAttribute(name) && types[index]?.type.kind !== 'scalar');
  if (nested.length > 0) {
    const names = nested.map(({ name }) => `'${name}'`).join(', ');
    throw new SluiceError(
      'SCHEMA_MISMATCH',
      `columns that begin with _ are attributes, and these are nested: ${names}; rename them`,
    );
  }
  if (wrong.size === 0) return;
  const names = [...wrong].map((name) => `'${name}'`).join(', ');
  throw new SluiceError(
    'SCHEMA_MISMATCH',
    `XML has no elements with these names: ${names}; rename them with ConvertSchema before`,
  );
}

async function* lines(
  dataset: Dataset,
  types: readonly Named[],
  options: WriteXml,
  signal: AbortSignal,
): AsyncGenerator<readonly Value[]> {
  const row: SparkType = {
    kind: 'struct',
    fields: types.map(({ name, type }) => ({
      name,
      type: type.kind === 'scalar' && type.name !== 'binary' ? TEXT : type,
    })),
  };
  const writer = new RowWriter();
  let before: string | undefined;
  let number = 0;
  for await (const { length, columns } of dataset.batches()) {
    signal.throwIfAborted();
    for (let index = 0; index < length; index++) {
      number++;
      if (before !== undefined) yield [before];
      const values = Object.fromEntries(types.map(({ name }, column) => [name, columns[column]?.[index] ?? null]));
      const text = placed(() => writer.element(options.rowTag, values, row, INDENT), number);
      before = number === 1 ? `${DECLARATION}\n<${options.rootTag}>\n${text}` : text;
    }
  }
  yield [before === undefined ? `${DECLARATION}\n<${options.rootTag}/>` : `${before}\n</${options.rootTag}>`];
}
const TEXT: SparkType = { kind: 'scalar', name: 'string' };

function placed(write: () => string, row: number): string {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new SluiceError('DATA_INVALID', `row ${row}: ${error.message}`, { cause: error });
  }
}

function isAttribute(name: string): boolean {
  return name.startsWith(PREFIX) && name !== VALUE;
}

class RowWriter {
  /** An element on lines of its own. */
  element(name: string, value: Value, type: SparkType, indent: string): string {
    if (type.kind === 'struct' || type.kind === 'map') return this.structure(name, this.entries(value, type), indent);
    if (type.kind === 'array') {
      const items = (value as readonly Value[]).filter((each) => each !== null);
      const inner = items.map((each) => `\n${this.element('item', each, type.element, indent + INDENT)}`);
      return inner.length === 0 ? `${indent}<${name}/>` : `${indent}<${name}>${inner.join('')}\n${indent}</${name}>`;
    }
    const text = escapeText(this.checked(valueText(value, type.name), name));
    return text === '' ? `${indent}<${name}/>` : `${indent}<${name}>${text}</${name}>`;
  }

  private structure(name: string, entries: readonly (readonly [string, Value, SparkType])[], indent: string): string {
    let head = `${indent}<${name}`;
    let body = '';
    let text = '';
    for (const [field, value, type] of entries) {
      if (value === null) continue;
      if (isAttribute(field) && type.kind === 'scalar') {
        head += ` ${field.slice(PREFIX.length)}="${escapeAttribute(this.checked(valueText(value, type.name), field))}"`;
      } else if (field === VALUE && type.kind === 'scalar') {
        text += escapeText(this.checked(valueText(value, type.name), field));
      } else {
        const values = type.kind === 'array' ? (value as readonly Value[]).filter((each) => each !== null) : [value];
        const each = type.kind === 'array' ? type.element : type;
        for (const item of values) body += `\n${this.element(field, item, each, indent + INDENT)}`;
      }
    }
    if (body === '') return text === '' ? `${head}/>` : `${head}>${text}</${name}>`;
    return `${head}>${text}${body}\n${indent}</${name}>`;
  }

  private entries(
    value: Value,
    type: Extract<SparkType, { kind: 'struct' | 'map' }>,
  ): readonly (readonly [string, Value, SparkType])[] {
    if (type.kind === 'struct') {
      const struct = value as { readonly [field: string]: Value };
      return type.fields.map((field) => [field.name, struct[field.name] ?? null, field.type] as const);
    }
    return [...(value as ReadonlyMap<Value, Value>)].map(([key, each]) => {
      const name = String(key);
      const bare = isAttribute(name) ? name.slice(PREFIX.length) : name;
      if (!isName(bare)) throw new RangeError(`the key '${name}' of a map cannot be the name of an element`);
      return [name, each, type.value] as const;
    });
  }

  private checked(text: string, name: string): string {
    const found = FORBIDDEN.exec(text);
    if (found === null) return text;
    const code = found[0].charCodeAt(0).toString(16).padStart(4, '0').toUpperCase();
    throw new RangeError(`'${name}' has the character U+${code}, which XML cannot hold; remove it before`);
  }
}
