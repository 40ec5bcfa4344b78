import { fieldName, type Column } from '@sluice/plugin-sdk';
import { joinScalars, type Scalar } from './scalar.js';
import type { Naming, Shape } from './shape.js';

/** The type of the values under one name. */
export interface XmlType {
  /** Whether a value is an array, since the name was seen more than once in one element. */
  readonly many: boolean;
  readonly scalar: Scalar;
  /** Present where a value is a struct. */
  readonly fields?: readonly Field[] | undefined;
}

/** A column, or a field of a struct. */
export interface Field {
  /** The name in rows. */
  readonly name: string;
  /** The element, or the attribute with its prefix, or the name for text. */
  readonly source: string;
  readonly type: XmlType;
}

/** The fields for a shape, sorted by name as spark-xml does. */
export function fieldsOf(shape: Shape, naming: Naming, isRow: boolean): Field[] {
  const all = [...(shape.fields ?? [])].sort(([a], [b]) => (a < b ? -1 : 1));
  const lower = new Set(all.filter(([source]) => source !== naming.value).map(([source]) => source.toLowerCase()));
  // The field for a text that no element has leaves its name to an attribute `value`.
  const isIdle = ([source, { scalar }]: (typeof all)[number]): boolean =>
    source === naming.value && scalar === 'none' && lower.has(source.toLowerCase());
  const fields = all.filter((field) => !isIdle(field));
  const taken = new Set<string>();
  return fields.map(([source, each]) => {
    // Columns are found without regard to case, elements are not.
    let name = source;
    for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${source}_${n}`;
    taken.add(name.toLowerCase());
    return { name, source, type: typeOf(each, naming, isRow) };
  });
}

function typeOf(shape: Shape, naming: Naming, isColumn: boolean): XmlType {
  const { many } = shape;
  const value = shape.fields?.get(naming.value);
  if (shape.fields !== undefined && (shape.scalar === 'none' || value !== undefined)) {
    if (value !== undefined) value.scalar = joinScalars(value.scalar, shape.scalar);
    return { many, scalar: 'none', fields: fieldsOf(shape, naming, false) };
  }
  if (shape.fields !== undefined) return { many, scalar: 'string' };
  // What was always empty is text. A time needs the session's zone, which SQL knows for columns, not for what is in them.
  const { scalar } = shape;
  const text = scalar === 'none' || (scalar === 'timestamp' && (!isColumn || many));
  return { many, scalar: text ? 'string' : scalar };
}

/** The columns as rows are made in JavaScript: times are still texts. */
export function columnsOf(fields: readonly Field[]): Column[] {
  return fields.map(({ name, type }) => ({ name, type: sparkType(type) }));
}

/** A type in Spark SQL's words. */
export function sparkType(type: XmlType): string {
  const single =
    type.fields === undefined
      ? type.scalar === 'timestamp'
        ? 'string'
        : type.scalar
      : `struct<${type.fields.map((field) => `${fieldName(field.name)}:${sparkType(field.type)}`).join(',')}>`;
  return type.many ? `array<${single}>` : single;
}
