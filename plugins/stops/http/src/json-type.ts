import { mergeTypes, NO_TYPE, SluiceError, type InferredType, type Value } from '@sluice/plugin-sdk';

/** A JSON value; whole numbers are bigints, so that none loses a digit. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [field: string]: Json;
}

/** Levels of nesting that a type may have; SQL over deeper ones would be refused. */
const DEEPEST = 200;

/** Whether a value is an object, and so a row. */
export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The narrowest type of one value; FILE_FORMAT for one nested too deeply. */
export function typeOf(value: Json, level = 0): InferredType {
  if (level > DEEPEST) throw new SluiceError('FILE_FORMAT', `the JSON is nested more than ${DEEPEST} levels deep`);
  if (value === null) return NO_TYPE;
  if (typeof value === 'bigint') return { kind: BigInt.asIntN(64, value) === value ? 'bigint' : 'double' };
  if (typeof value === 'number') return { kind: 'double' };
  if (typeof value === 'boolean' || typeof value === 'string') return { kind: typeof value as 'boolean' | 'string' };
  if (isObject(value)) {
    return {
      kind: 'struct',
      fields: new Map(Object.entries(value).map(([name, each]) => [name, typeOf(each, level + 1)])),
    };
  }
  return { kind: 'array', item: value.map((each) => typeOf(each, level + 1)).reduce(mergeTypes, NO_TYPE) };
}

/** The type with the fields of structs in alphabetical order, as Spark has them. */
export function sorted(type: InferredType): InferredType {
  if (type.kind === 'array') return { kind: 'array', item: sorted(type.item) };
  if (type.kind !== 'struct') return type;
  const fields = [...type.fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return { kind: 'struct', fields: new Map(fields.map(([name, each]) => [name, sorted(each)])) };
}

/** A value in its type. */
export function valueAs(value: Json, type: InferredType): Value {
  if (value === null) return null;
  switch (type.kind) {
    case 'bigint':
    case 'boolean':
      return value as bigint | boolean;
    case 'double':
      return Number(value);
    case 'array':
      return (value as readonly Json[]).map((item) => valueAs(item, type.item));
    case 'struct':
      if (type.fields.size === 0) return jsonText(value);
      return Object.fromEntries([...type.fields].map(([name, each]) => [name, valueAs(fieldOf(value, name), each)]));
    default:
      return typeof value === 'string' ? value : jsonText(value);
  }
}

/** A field of an object; none of what every object inherits. */
export function fieldOf(value: Json, name: string): Json {
  return isObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;
}

function jsonText(value: Json): string {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(jsonText).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([name, each]) => `${JSON.stringify(name)}:${jsonText(each)}`)
    .join(',')}}`;
}
