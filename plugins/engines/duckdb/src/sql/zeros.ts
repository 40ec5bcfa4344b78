import { isFraction, type SparkType } from './types.js';

/**
 * A value with zeros that have no sign, as Spark makes the keys of groups, windows, sets and maps. Fractions inside
 * structs keep theirs.
 */
export function unsignedZeros(sql: string, type: SparkType): string {
  if (isFraction(type)) return `(${sql} + 0)`;
  if (type.kind !== 'array') return sql;
  const item = unsignedZeros('z', type.element);
  return item === 'z' ? sql : `list_transform(${sql}, lambda z: ${item})`;
}
