import { isLosslessNumber, stringify } from 'lossless-json';
import { mergeTypes, NO_TYPE, type InferredType, type Value } from '@sluice/plugin-sdk';

/** The narrowest type of one value. */
export function typeOf(value: unknown): InferredType {
  if (value === null || value === undefined) return NO_TYPE;
  if (typeof value === 'boolean') return { kind: 'boolean' };
  if (isLosslessNumber(value)) return { kind: isBigint(value.value) ? 'bigint' : 'double' };
  if (Array.isArray(value)) return { kind: 'array', item: value.map(typeOf).reduce(mergeTypes, NO_TYPE) };
  if (typeof value === 'object') {
    return { kind: 'struct', fields: new Map(Object.entries(value).map(([name, field]) => [name, typeOf(field)])) };
  }
  return { kind: 'string' };
}

/** A value in its type: texts keep numbers as they were written. */
export function valueAs(value: unknown, type: InferredType): Value {
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
      if (type.fields.size === 0) return stringify(value) ?? null;
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
