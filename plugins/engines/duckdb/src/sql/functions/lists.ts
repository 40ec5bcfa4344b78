import { storedType } from '../duckdb-types.js';
import type { Scope } from '../scope.js';
import type { CallNode } from '../tree.js';
import { type Typed } from '../typed.js';
import { array, typeText, VOID, type SparkType } from '../types.js';

export const elementOf = (type: SparkType): SparkType => (type.kind === 'array' ? type.element : VOID);

export const labelOf = (node: CallNode, values: readonly { readonly label: string }[]): string =>
  `${node.name.toLowerCase()}(${values.map((value) => value.label).join(', ')})`;

/** Whether a list has a NULL in it. */
export const hasNull = (list: string): string => `(list_count(${list}) < len(${list}))`;

export const empty = (type: SparkType): string => `CAST([] AS ${storedType(type)})`;

/** A list without repetitions, in order, NULL being a value too. */
export const distinct = (list: string): string => `list_filter(${list}, lambda v, i: list_position(${list}, v) = i)`;

export function arrayArgument(
  scope: Scope,
  node: CallNode,
  value: Typed | undefined,
): Typed & { readonly type: Extract<SparkType, { kind: 'array' }> } {
  const type = value?.type;
  if (value && type?.kind === 'array') return { ...value, type };
  if (value && type?.kind === 'void')
    return { ...value, sql: empty(array(VOID)).replace('[]', 'NULL'), type: { kind: 'array', element: VOID } };
  throw scope.fail(
    node.at,
    'SQL_ANALYSIS',
    `${node.name} takes an array, found ${type ? typeText(type) : 'nothing'} (DATATYPE_MISMATCH.UNEXPECTED_INPUT_TYPE)`,
  );
}
