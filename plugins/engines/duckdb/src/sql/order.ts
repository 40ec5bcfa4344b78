import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';
import { isOrderable, typeText, type SparkType } from './types.js';

/**
 * Lets through only types that DuckDB orders as Spark: inside arrays and structs the two place NULL differently.
 * SQL_ANALYSIS for types without an order, SQL_UNSUPPORTED for nested ones.
 */
export function refuseNested(scope: Scope, type: SparkType, at: number): void {
  if (!isOrderable(type)) throw scope.fail(at, 'SQL_ANALYSIS', `values of type ${typeText(type)} have no order`);
  if (type.kind === 'array' || type.kind === 'struct') {
    throw scope.unsupported(at, `the order of values of type ${typeText(type)}`, 'order by their parts');
  }
}

/** Kinds of values that DuckDB orders as Spark, NULL aside. */
const PLAIN =
  /^(?:boolean|tinyint|smallint|int|bigint|decimal|float|double|string|binary|date|timestamp|timestamp_ntz|time)$/;

/**
 * What DuckDB orders as Spark orders a struct of plain fields: before each field stands whether it is there, because to
 * Spark NULL is the smallest value of a field. Undefined for a struct with other fields.
 */
export function structOrder(sql: string, type: SparkType): string | undefined {
  if (type.kind !== 'struct') return PLAIN.test(type.kind) ? sql : undefined;
  const names = new Set(type.fields.map(({ name }) => name.toLowerCase()));
  if (names.size < type.fields.length) return undefined;
  const parts: string[] = [];
  for (const [index, field] of type.fields.entries()) {
    const value = `struct_extract(${sql}, ${quoteLiteral(field.name)})`;
    const key = structOrder(value, field.type);
    if (key === undefined) return undefined;
    parts.push(`n${index} := ${value} IS NOT NULL`, `v${index} := ${key}`);
  }
  return `struct_pack(${parts.join(', ')})`;
}
