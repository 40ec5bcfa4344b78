import { SluiceError, type Value } from '@sluice/plugin-sdk';

/** A JSON value; whole numbers are bigints, so that none loses a digit. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [field: string]: Json;
}

/** The type of JSON values, as Spark infers it: what fits all of them. */
export type JsonType =
  | { readonly kind: 'null' | 'boolean' | 'bigint' | 'double' | 'string' }
  | { readonly kind: 'array'; readonly item: JsonType }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, JsonType> };

const NOTHING: JsonType = { kind: 'null' };
/** Levels of nesting that a type may have; SQL over deeper ones would be refused. */
const DEEPEST = 200;

/** Whether a value is an object, and so a row. */
export function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The narrowest type of one value; FILE_FORMAT for one nested too deeply. */
export function typeOf(value: Json, level = 0): JsonType {
  if (level > DEEPEST) throw new SluiceError('FILE_FORMAT', `the JSON is nested more than ${DEEPEST} levels deep`);
  if (value === null) return NOTHING;
  if (typeof value === 'bigint') return { kind: BigInt.asIntN(64, value) === value ? 'bigint' : 'double' };
  if (typeof value === 'number') return { kind: 'double' };
  if (typeof value === 'boolean' || typeof value === 'string') return { kind: typeof value as 'boolean' | 'string' };
  if (isObject(value)) {
    return {
      kind: 'struct',
      fields: new Map(Object.entries(value).map(([name, each]) => [name, typeOf(each, level + 1)])),
    };
  }
  return { kind: 'array', item: value.map((each) => typeOf(each, level + 1)).reduce(mergeTypes, NOTHING) };
}

/** The narrowest type that holds the values of both; text holds everything. */
export function mergeTypes(a: JsonType, b: JsonType): JsonType {
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'array' && b.kind === 'array') return { kind: 'array', item: mergeTypes(a.item, b.item) };
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields);
    for (const [name, type] of b.fields) fields.set(name, mergeTypes(fields.get(name) ?? NOTHING, type));
    return { kind: 'struct', fields };
  }
  if (a.kind === b.kind) return a;
  const isNumber = [a, b].every(({ kind }) => kind === 'bigint' || kind === 'double');
  return { kind: isNumber ? 'double' : 'string' };
}

/** The fields of a struct by name, in alphabetical order as Spark has them. */
export function sortedFields(fields: ReadonlyMap<string, JsonType>): [string, JsonType][] {
  return [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The type in Spark's words; what is NULL everywhere is a string, as in Spark. */
export function sparkName(type: JsonType): string {
  if (type.kind === 'array') return `array<${sparkName(type.item)}>`;
  if (type.kind === 'struct') {
    return `struct<${sortedFields(type.fields)
      .map(([name, each]) => `${fieldName(name)}:${sparkName(each)}`)
      .join(',')}>`;
  }
  return type.kind === 'null' ? 'string' : type.kind;
}

/** A value in its type. */
export function valueAs(value: Json, type: JsonType): Value {
  if (value === null) return null;
  switch (type.kind) {
    case 'bigint':
    case 'boolean':
      return value as bigint | boolean;
    case 'double':
      return Number(value);
    case 'array':
      return (value as readonly Json[]).map((item) => valueAs(item, type.item));
    case 'struct': {
      const fields = sortedFields(type.fields).map(([name, each]) => [name, valueAs(fieldOf(value, name), each)]);
      return Object.fromEntries(fields) as Value;
    }
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

function fieldName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}
