import { isLosslessNumber, stringify } from 'lossless-json';
import type { Value } from '@sluice/plugin-sdk';

/** The type of JSON values, as Spark infers it: what fits all of them. */
export type JsonType =
  | { readonly kind: 'null' | 'boolean' | 'bigint' | 'double' | 'string' }
  | { readonly kind: 'array'; readonly item: JsonType }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, JsonType> };

/** The narrowest type of one value. */
export function typeOf(value: unknown): JsonType {
  if (value === null || value === undefined) return { kind: 'null' };
  if (typeof value === 'boolean') return { kind: 'boolean' };
  if (isLosslessNumber(value)) return { kind: isBigint(value.value) ? 'bigint' : 'double' };
  if (Array.isArray(value)) return { kind: 'array', item: value.map(typeOf).reduce(mergeTypes, { kind: 'null' }) };
  if (typeof value === 'object') {
    return { kind: 'struct', fields: new Map(Object.entries(value).map(([name, field]) => [name, typeOf(field)])) };
  }
  return { kind: 'string' };
}

/** The narrowest type that holds the values of both; text holds everything. */
export function mergeTypes(a: JsonType, b: JsonType): JsonType {
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'array' && b.kind === 'array') return { kind: 'array', item: mergeTypes(a.item, b.item) };
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields);
    for (const [name, type] of b.fields) fields.set(name, mergeTypes(fields.get(name) ?? { kind: 'null' }, type));
    return { kind: 'struct', fields };
  }
  if (a.kind === b.kind) return a;
  const isNumber = [a, b].every(({ kind }) => kind === 'bigint' || kind === 'double');
  return { kind: isNumber ? 'double' : 'string' };
}

/** The type in Spark's words; what is NULL everywhere is a string, as in Spark. */
export function sparkName(type: JsonType): string {
  if (type.kind === 'array') return `array<${sparkName(type.item)}>`;
  if (type.kind === 'struct') {
    return `struct<${[...type.fields].map(([name, field]) => `${fieldName(name)}:${sparkName(field)}`).join(',')}>`;
  }
  return type.kind === 'null' ? 'string' : type.kind;
}

/** A value in its type: texts keep numbers as they were written. */
export function valueAs(value: unknown, type: JsonType): Value {
  if (value === null || value === undefined) return null;
  switch (type.kind) {
    case 'bigint':
      return isLosslessNumber(value) ? BigInt(value.value) : null;
    case 'double':
      return isLosslessNumber(value) ? Number(value.value) : null;
    case 'boolean':
      return value === true;
    case 'array':
      return Array.isArray(value) ? value.map((item) => valueAs(item, type.item)) : null;
    case 'struct':
      return Object.fromEntries([...type.fields].map(([name, field]) => [name, valueAs(fieldOf(value, name), field)]));
    default:
      return typeof value === 'string' ? value : (stringify(value) ?? null);
  }
}

/** A field of an object; none of what every object inherits. */
export function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name) ? Reflect.get(value, name) : null;
}

function isBigint(text: string): boolean {
  return /^-?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

function fieldName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `\`${name.replaceAll('`', '``')}\``;
}
