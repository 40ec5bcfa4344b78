import { quoteIdentifier } from '../quote.js';
import type { Scope } from '../scope.js';
import type { CallNode, Expression } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import { struct } from '../types.js';
import { special, type Analyze, type FunctionRow } from './row.js';

function pack(names: readonly string[], values: readonly Typed[]): string {
  return `struct_pack(${values.map((value, i) => `${quoteIdentifier(names[i] ?? '')} := ${value.sql}`).join(', ')})`;
}

/** Only columns and fields give their names: a cast of a column has none here. */
const nameOf = (node: Expression | undefined, value: Typed): string | undefined =>
  node?.kind === 'column' || node?.kind === 'field' ? value.name : undefined;

/** struct(a, b): fields are named after columns, else col1, col2. */
function make(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const values = node.args.map((arg) => analyze(scope, arg));
  if (values.length === 0) throw scope.unsupported(node.at, 'a struct without fields', 'give it a field');
  const names = values.map((value, i) => node.aliases.get(i) ?? nameOf(node.args[i], value) ?? `col${i + 1}`);
  const type = struct(values.map((value, i) => ({ name: names[i] ?? '', type: value.type })));
  return typed(values, {
    sql: pack(names, values),
    type,
    label: `struct(${values.map((v, i) => (node.aliases.has(i) ? `${v.label} AS ${node.aliases.get(i)}` : v.label)).join(', ')})`,
    at: node.at,
  });
}

function makeNamed(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const args = node.args.map((arg) => analyze(scope, arg));
  if (args.length % 2 === 1 || args.length === 0)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'named_struct(name, value, ...) takes pairs (WRONG_NUM_ARGS)');
  const names = args
    .filter((_, i) => i % 2 === 0)
    .map((name) => {
      if (typeof name.literal !== 'string')
        throw scope.fail(
          name.at,
          'SQL_ANALYSIS',
          'the names of named_struct must be string literals (DATATYPE_MISMATCH.CREATE_NAMED_STRUCT_WITHOUT_FOLDABLE_STRING)',
        );
      return name.literal;
    });
  const values = args.filter((_, i) => i % 2 === 1);
  const type = struct(values.map((value, i) => ({ name: names[i] ?? '', type: value.type })));
  return typed(values, {
    sql: pack(names, values),
    type,
    label: `named_struct(${args.map((a) => a.label).join(', ')})`,
    at: node.at,
  });
}

export const ROWS: readonly FunctionRow[] = [
  special('struct(more any...) -> struct', make),
  special('named_struct(more any...) -> struct', makeNamed),
];
