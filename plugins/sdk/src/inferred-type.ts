import { quoteName } from './columns.js';

/** The type of values without a schema, such as those of JSON, as Spark infers it: what fits all of them. */
export type InferredType =
  | { readonly kind: 'null' | 'boolean' | 'int' | 'bigint' | 'double' | 'string' | 'timestamp' | 'binary' }
  | { readonly kind: 'array'; readonly item: InferredType }
  | { readonly kind: 'struct'; readonly fields: ReadonlyMap<string, InferredType> };

/** The type of no value. */
export const NO_TYPE: InferredType = { kind: 'null' };

/** The numbers, each of which holds those before it. */
const NUMBERS = ['int', 'bigint', 'double'] as const;

/** The narrowest type that holds the values of both; text holds everything. */
export function mergeTypes(a: InferredType, b: InferredType): InferredType {
  if (a.kind === 'null') return b;
  if (b.kind === 'null') return a;
  if (a.kind === 'array' && b.kind === 'array') return { kind: 'array', item: mergeTypes(a.item, b.item) };
  if (a.kind === 'struct' && b.kind === 'struct') {
    const fields = new Map(a.fields);
    for (const [name, type] of b.fields) fields.set(name, mergeTypes(fields.get(name) ?? NO_TYPE, type));
    return { kind: 'struct', fields };
  }
  if (a.kind === b.kind) return a;
  const places = [a, b].map(({ kind }) => (NUMBERS as readonly string[]).indexOf(kind));
  return { kind: places.includes(-1) ? 'string' : (NUMBERS[Math.max(...places)] ?? 'string') };
}

/** The type in Spark's words; what is NULL, or an object without fields, everywhere is a string. */
export function inferredName(type: InferredType): string {
  if (type.kind === 'array') return `array<${inferredName(type.item)}>`;
  if (type.kind !== 'struct') return type.kind === 'null' ? 'string' : type.kind;
  if (type.fields.size === 0) return 'string';
  return `struct<${[...type.fields].map(([name, each]) => `${fieldName(name)}:${inferredName(each)}`).join(',')}>`;
}

/** The name of a field as types have it: in quotes only where it is no plain word. */
export function fieldName(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : quoteName(name);
}
