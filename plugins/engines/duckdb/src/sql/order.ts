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
