import { SluiceError, type Value } from '@sluice/plugin-sdk';
import { directText, hasElements, innerText, isBlank, type Element } from './element.js';
import { scalarValue, type Scalar } from './scalar.js';
import type { Naming } from './shape.js';
import type { Field, XmlType } from './xml-type.js';

type Take = (element: Element) => Value;

/** Makes a function that gives the values of a row, one for each field. */
export function rowReader(fields: readonly Field[], naming: Naming): (row: Element) => Value[] {
  return structReader(fields, naming, true);
}

function structReader(fields: readonly Field[], naming: Naming, isRow: boolean): (element: Element) => Value[] {
  const places = new Map(fields.map((field, index) => [field.source, index]));
  const takes = fields.map((field) => elementReader(field.type, naming));
  const valueAt = places.get(naming.value);

  const put = (values: Value[], index: number, value: Value): void => {
    if (fields[index]?.type.many !== true) values[index] = value;
    else if (Array.isArray(values[index])) (values[index] as Value[]).push(value);
    else values[index] = [value];
  };
  const placeOf = (source: string): number => {
    const index = places.get(source);
    if (index !== undefined) return index;
    throw new SluiceError(
      'DATA_INVALID',
      `'${source}' is not in the rows that were sampled; raise sampleRows, or leave it out`,
    );
  };

  return (element) => {
    const values: Value[] = new Array<Value>(fields.length).fill(null);
    for (const name in element.attributes) {
      const index = placeOf(naming.attribute + name);
      const scalar = fields[index]?.type.scalar ?? 'string';
      put(values, index, textValue(element.attributes[name] ?? '', scalar, name));
    }
    const mixed = hasElements(element) && !isBlank(directText(element));
    if (!mixed || isRow) {
      for (const child of element.content) {
        if (typeof child === 'string') continue;
        const index = placeOf(child.name);
        put(values, index, (takes[index] as Take)(child));
      }
    }
    if (valueAt !== undefined) {
      const text = isRow ? directText(element) : mixed || !hasElements(element) ? innerText(element) : '';
      if (text !== '') put(values, valueAt, textValue(text, fields[valueAt]?.type.scalar ?? 'string', element.name));
    }
    return values;
  };
}

function elementReader({ fields, scalar }: XmlType, naming: Naming): Take {
  if (fields === undefined) return (element) => textValue(innerText(element), scalar, element.name);
  const read = structReader(fields, naming, false);
  return (element) => {
    if (element.content.length === 0 && Object.keys(element.attributes).length === 0) return null;
    const values = read(element);
    const struct: Record<string, Value> = {};
    for (let index = 0; index < values.length; index++) struct[fields[index]?.name ?? ''] = values[index] ?? null;
    return struct;
  };
}

function textValue(text: string, scalar: Scalar, name: string): Value {
  if (isBlank(text)) return null;
  const value = scalarValue(text, scalar);
  if (value !== undefined) return value;
  const shown = text.length > 40 ? `${text.slice(0, 40)}...` : text;
  throw new SluiceError('DATA_INVALID', `'${name}': '${shown}' is no ${scalar}; raise sampleRows`);
}
