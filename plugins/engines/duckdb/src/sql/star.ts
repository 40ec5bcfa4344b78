import type { Scope } from './scope.js';
import type { CallNode, ColumnNode, Expression, StarNode } from './tree.js';
import type { ScopeColumn } from './typed.js';

/** The columns that `*` or `view.*` stands for, without those of EXCEPT; `s.*` of a struct stands for its fields. */
export function starColumns(scope: Scope, star: StarNode): (ScopeColumn | ColumnNode)[] {
  const qualifier = star.qualifier.at(-1)?.toLowerCase();
  let columns = scope.columns.filter((c) =>
    qualifier === undefined ? c.hidden !== true : c.qualifier?.toLowerCase() === qualifier,
  );
  if (columns.length === 0 && qualifier !== undefined) return fieldsOf(scope, star);
  if (columns.length === 0) throw scope.fail(star.at, 'SQL_ANALYSIS', "'*' finds no columns here");
  for (const parts of star.except) {
    const found = scope.find(parts, star.at);
    if (!found || !columns.includes(found.column)) throw scope.unknown(parts, star.at);
    columns = columns.filter((column) => column !== found.column);
  }
  return columns;
}

function fieldsOf(scope: Scope, { qualifier: parts, at }: StarNode): ColumnNode[] {
  const found = scope.find(parts, at);
  let type = found?.column.type;
  for (const name of found?.rest ?? []) {
    const fields = type?.kind === 'struct' ? type.fields : [];
    type = fields.find((field) => field.name.toLowerCase() === name.toLowerCase())?.type;
  }
  if (type?.kind !== 'struct') throw scope.unknown([...parts, '*'], at);
  return type.fields.map((field) => ({ kind: 'column', parts: [...parts, field.name], at }));
}

/** A call with the columns in the place of each `*` among its arguments: `array(*)`, `struct(t.*)`. */
export function withoutStars(scope: Scope, node: CallNode): CallNode {
  if (!node.args.some((arg) => arg.kind === 'star')) return node;
  const aliases = new Map<number, string>();
  const args: Expression[] = [];
  for (const [i, arg] of node.args.entries()) {
    const alias = node.aliases.get(i);
    if (alias !== undefined) aliases.set(args.length, alias);
    if (arg.kind !== 'star') args.push(arg);
    else
      for (const found of starColumns(scope, arg)) {
        const parts =
          'kind' in found ? found.parts : [...(found.qualifier === undefined ? [] : [found.qualifier]), found.name];
        args.push({ kind: 'column', parts, at: arg.at });
      }
  }
  return { ...node, args, aliases };
}
