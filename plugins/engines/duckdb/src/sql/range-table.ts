import { implicit } from './coercion.js';
import type { Scope, Translated } from './scope.js';
import type { CallNode, Expression } from './tree.js';
import type { Typed } from './typed.js';
import { BIGINT } from './types.js';

type Analyze = (scope: Scope, node: Expression) => Typed;

/** `range(end)`, `range(start, end[, step[, partitions]])`: the table functions that read nothing; undefined for others. */
export function rangeTable(scope: Scope, call: CallNode, analyze: Analyze): Translated | undefined {
  if (call.name.toLowerCase() !== 'range') return undefined;
  const given = [...call.args, ...call.named.map((argument) => argument.value)].map((arg) => {
    const value = analyze(scope, arg);
    const number = implicit(scope, value, BIGINT);
    if (!number) throw scope.fail(arg.at, 'SQL_ANALYSIS', `range takes whole numbers, not '${value.label}'`);
    return number.sql;
  });
  const [a, b, step = '1'] = given;
  if (a === undefined || given.length > 4) {
    throw scope.fail(
      call.at,
      'SQL_ANALYSIS',
      'range takes 1 to 4 arguments: range(end) or range(start, end, step, partitions)',
    );
  }
  const [start, end] = b === undefined ? ['0', a] : [a, b];
  const columns = [{ name: 'id', type: BIGINT }];
  return { sql: `SELECT range AS id FROM range(${start}, ${end}, ${step})`, columns, names: ['id'] };
}
