import { directText, hasElements, isBlank, type Element } from './element.js';
import { joinScalars, scalarOf, type Scalar } from './scalar.js';

/** How names of columns are made from elements. */
export interface Naming {
  /** What stands before the name of an attribute. */
  readonly attribute: string;
  /** The field for the text of an element that has attributes too. */
  readonly value: string;
  /** Whether an empty element with attributes has that field too. */
  readonly always: boolean;
}

/** Names as spark-xml gives them. */
export const SPARK_NAMING: Naming = { attribute: '_', value: '_VALUE', always: true };

/** What was seen of the values under one name. */
export interface Shape {
  /** The type of the texts seen. */
  scalar: Scalar;
  /** What was seen inside, where elements or attributes were. */
  fields: Map<string, Shape> | undefined;
  /** Whether the name was seen more than once in one element. */
  many: boolean;
}

export function newShape(): Shape {
  return { scalar: 'none', fields: undefined, many: false };
}

/** Adds what a row is made of to the shape of all rows. */
export function observeRow(shape: Shape, row: Element, naming: Naming): void {
  const fields = (shape.fields ??= new Map());
  observeAttributes(fields, row, naming);
  observeChildren(fields, row, naming);
  const text = directText(row);
  if (!isBlank(text)) {
    const value = fieldOf(fields, naming.value);
    value.scalar = joinScalars(value.scalar, hasElements(row) ? 'string' : scalarOf(text));
  }
}

function observe(shape: Shape, element: Element, naming: Naming): void {
  const nested = hasElements(element);
  const text = directText(element);
  const blank = isBlank(text);
  // Text among elements, as in `<p>so <b>it</b> is</p>`, is kept whole as markup.
  const structured = nested && blank;
  const scalar = blank ? 'none' : nested ? 'string' : scalarOf(text);
  let attributed = false;
  for (const name in element.attributes) {
    attributed = true;
    observeAttribute((shape.fields ??= new Map()), name, element.attributes[name] ?? '', naming);
  }
  if (structured) observeChildren((shape.fields ??= new Map()), element, naming);
  else if (attributed && blank && !naming.always) return;
  else if (attributed) {
    const value = fieldOf((shape.fields ??= new Map()), naming.value);
    value.scalar = joinScalars(value.scalar, scalar);
  } else shape.scalar = joinScalars(shape.scalar, scalar);
}

function observeChildren(fields: Map<string, Shape>, element: Element, naming: Naming): void {
  let seen: Set<string> | undefined;
  for (const child of element.content) {
    if (typeof child === 'string') continue;
    const shape = fieldOf(fields, child.name);
    // Without a prefix, an attribute and an element may have one name.
    if (
      (seen ??= new Set()).has(child.name) ||
      (naming.attribute === '' && Object.hasOwn(element.attributes, child.name))
    ) {
      shape.many = true;
    }
    seen.add(child.name);
    observe(shape, child, naming);
  }
}

function observeAttributes(fields: Map<string, Shape>, element: Element, naming: Naming): void {
  for (const name in element.attributes) observeAttribute(fields, name, element.attributes[name] ?? '', naming);
}

function observeAttribute(fields: Map<string, Shape>, name: string, text: string, naming: Naming): void {
  const shape = fieldOf(fields, naming.attribute + name);
  shape.scalar = joinScalars(shape.scalar, isBlank(text) ? 'none' : scalarOf(text));
}

function fieldOf(fields: Map<string, Shape>, name: string): Shape {
  let shape = fields.get(name);
  if (shape === undefined) fields.set(name, (shape = newShape()));
  return shape;
}
