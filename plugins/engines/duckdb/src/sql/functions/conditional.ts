import { once } from '../bind.js';
import { cast } from '../casts.js';
import { implicit, widest } from '../coercion.js';
import { compare } from '../compare.js';
import { constant } from '../literals.js';
import type { Scope } from '../scope.js';
import type { CallNode, Expression } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import { isFraction, DOUBLE, FLOAT, INT, STRING, typeText, type SparkType } from '../types.js';
import { refuseNested } from '../order.js';
import { scalar, special, type Analyze, type FunctionRow } from './row.js';

/** The common type of values that a function chooses from. */
function common(scope: Scope, name: string, at: number, values: readonly Typed[]): SparkType {
  const type = widest(
    scope,
    values.map((value) => value.type),
  );
  if (type) return type;
  const found = values.map((value) => typeText(value.type)).join(', ');
  throw scope.fail(
    at,
    'SQL_ANALYSIS',
    `the arguments of ${name} have no common type: ${found} (DATATYPE_MISMATCH.DATA_DIFF_TYPES)`,
  );
}

const call = (node: CallNode, values: readonly Typed[]): string =>
  `${node.name.toLowerCase()}(${values.map((value) => value.label).join(', ')})`;

function caseOf(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const branches: { when: Expression; then: Expression }[] = [];
  for (let i = 0; i + 1 < node.args.length; i += 2) {
    branches.push({ when: node.args[i] as Expression, then: node.args[i + 1] as Expression });
  }
  const otherwise = node.args.length % 2 === 1 ? node.args.at(-1) : undefined;
  return analyze(scope, { kind: 'case', operand: undefined, branches, otherwise, at: node.at });
}

function coalesce(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const values = node.args.map((arg) => analyze(scope, arg));
  if (values.length === 0) throw scope.fail(node.at, 'SQL_ANALYSIS', 'coalesce takes at least one argument');
  const type = common(scope, 'coalesce', node.at, values);
  const converted = values.map((value) => cast(scope, value, type));
  return typed(converted, {
    sql: `coalesce(${converted.map((c) => c.sql).join(', ')})`,
    type,
    label: call(node, values),
    at: node.at,
  });
}

/** The greater or the lesser of two fractions; the first of them where both are zeros, whatever their signs. */
function further(scope: Scope, word: 'greatest' | 'least', first: string, second: string): string {
  const sign = word === 'least' ? '<' : '>';
  return once(scope, first, (a) =>
    once(scope, second, (b) => `CASE WHEN ${b} ${sign} ${a} OR ${a} IS NULL THEN ${b} ELSE ${a} END`),
  );
}

function extreme(word: 'greatest' | 'least') {
  return (scope: Scope, node: CallNode, analyze: Analyze): Typed => {
    const values = node.args.map((arg) => analyze(scope, arg));
    if (values.length < 2) throw scope.fail(node.at, 'SQL_ANALYSIS', `${word}(expr, ...) takes at least 2 arguments`);
    const type = common(scope, word, node.at, values);
    refuseNested(scope, type, node.at);
    const converted = values.map((value) => cast(scope, value, type));
    const texts = converted.map(({ sql }) => sql);
    return typed(converted, {
      sql: isFraction(type) ? texts.reduce((a, b) => further(scope, word, a, b)) : `${word}(${texts.join(', ')})`,
      type,
      label: call(node, values),
      at: node.at,
    });
  };
}

/** `decode(expr, search, result, ..., default)`: NULL finds NULL. With two arguments it reads bytes in a charset. */
export function decodeCase(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const values = node.args.map((arg) => analyze(scope, arg));
  const [operand] = values;
  if (!operand)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'decode(expr, search, result, ...) takes at least 2 arguments');
  const searches = values.slice(1).filter((_, i) => i % 2 === 0 && i + 2 < values.length);
  const results = values.slice(1).filter((_, i) => i % 2 === 1);
  const otherwise = values.length % 2 === 0 ? values.at(-1) : undefined;
  const chosen = [...results, ...(otherwise ? [otherwise] : [])];
  // Without a default Spark adds a NULL of type string.
  const type = common(scope, 'decode', node.at, otherwise ? chosen : [...chosen, { ...operand, type: STRING }]);
  const branches = results.map((result, i) => {
    const equal = compare(scope, '<=>', operand, searches[i] ?? operand, node.at);
    return `WHEN ${equal.sql} THEN ${cast(scope, result, type).sql}`;
  });
  const last = otherwise ? ` ELSE ${cast(scope, otherwise, type).sql}` : '';
  return typed(values, { sql: `CASE ${branches.join(' ')}${last} END`, type, label: call(node, values), at: node.at });
}

/** The only argument, and the 0 that it is compared with or replaced by. */
function besideZero(scope: Scope, node: CallNode, analyze: Analyze): [Typed, Typed] {
  const [a] = node.args.map((arg) => analyze(scope, arg));
  if (!a || node.args.length !== 1)
    throw scope.fail(node.at, 'SQL_ANALYSIS', `${node.name.toLowerCase()}(expr) takes 1 argument (WRONG_NUM_ARGS)`);
  return [a, constant(INT, '0', node.at)];
}

export const ROWS: readonly FunctionRow[] = [
  special(
    'if(condition boolean, a any, b any) -> any',
    (scope, node, analyze) => {
      const [when, then, otherwise] = node.args;
      if (!when || !then || !otherwise || node.args.length !== 3)
        throw scope.fail(node.at, 'SQL_ANALYSIS', 'if(condition, a, b) takes 3 arguments');
      const test = analyze(scope, when);
      const condition =
        test.type.kind === 'boolean' || test.type.kind === 'void'
          ? implicit(scope, test, { kind: 'boolean' })
          : undefined;
      if (!condition)
        throw scope.fail(
          test.at,
          'SQL_ANALYSIS',
          `if wants a condition, '${test.label}' is of type ${typeText(test.type)}`,
        );
      const [a, b] = [analyze(scope, then), analyze(scope, otherwise)];
      const type = common(scope, 'if', node.at, [a, b]);
      const [x, y] = [cast(scope, a, type), cast(scope, b, type)];
      const sql = `CASE WHEN ${condition.sql} THEN ${x.sql} ELSE ${y.sql} END`;
      return typed([condition, x, y], { sql, type, label: `(IF(${test.label}, ${a.label}, ${b.label}))`, at: node.at });
    },
    { aliases: ['iff'] },
  ),
  special('when(condition boolean, a any, more any...) -> any', caseOf),
  special('coalesce(a any, more any...) -> any', coalesce),
  special('nvl(a any, b any) -> any', coalesce, { aliases: ['ifnull'] }),
  scalar('nvl2(a any, b T, c T) -> T', 'CASE WHEN $1 IS NOT NULL THEN $2 ELSE $3 END'),
  special('nullif(a any, b any) -> any', (scope, node, analyze) => {
    const [a, b] = node.args.map((arg) => analyze(scope, arg));
    if (!a || !b || node.args.length !== 2) throw scope.fail(node.at, 'SQL_ANALYSIS', 'nullif(a, b) takes 2 arguments');
    const sql = once(
      scope,
      a.sql,
      (x) => `CASE WHEN ${compare(scope, '=', { ...a, sql: x }, b, node.at).sql} THEN NULL ELSE ${x} END`,
    );
    return typed([a, b], { sql, type: a.type, label: call(node, [a, b]), at: node.at });
  }),
  special('nullifzero(a numeric) -> $1', (scope, node, analyze) => {
    const [a, zero] = besideZero(scope, node, analyze);
    const sql = once(
      scope,
      a.sql,
      (x) => `CASE WHEN ${compare(scope, '=', { ...a, sql: x }, zero, node.at).sql} THEN NULL ELSE ${x} END`,
    );
    return typed([a], { sql, type: a.type, label: call(node, [a]), at: node.at });
  }),
  special('zeroifnull(a numeric) -> any', (scope, node, analyze) => {
    const [a, zero] = besideZero(scope, node, analyze);
    const type = common(scope, 'zeroifnull', node.at, [a, zero]);
    const sql = `coalesce(${cast(scope, a, type).sql}, ${cast(scope, zero, type).sql})`;
    return typed([a], { sql, type, label: call(node, [a]), at: node.at });
  }),
  scalar('isnull(a any) -> boolean', '($1 IS NULL)', { label: ({ args }) => `(${args[0]?.label} IS NULL)` }),
  scalar('isnotnull(a any) -> boolean', '($1 IS NOT NULL)', { label: ({ args }) => `(${args[0]?.label} IS NOT NULL)` }),
  scalar('isnan(a double|float) -> boolean', 'coalesce(isnan($1), false)'),
  scalar(
    'nanvl(a double|float, b double|float) -> any',
    ({ args, type, scope }) => {
      const [a, b] = args.map((value) => cast(scope, value, type).sql);
      return `CASE WHEN isnan(${a}) THEN ${b} ELSE ${a} END`;
    },
    { result: ([a, b]) => (a?.type.kind === 'float' && b?.type.kind === 'float' ? FLOAT : DOUBLE) },
  ),
  special('equal_null(a any, b any) -> boolean', (scope, node, analyze) => {
    const [a, b] = node.args.map((arg) => analyze(scope, arg));
    if (!a || !b) throw scope.fail(node.at, 'SQL_ANALYSIS', 'equal_null(a, b) takes 2 arguments');
    return { ...compare(scope, '<=>', a, b, node.at), label: call(node, [a, b]) };
  }),
  special('greatest(a any, more any...) -> any', extreme('greatest')),
  special('least(a any, more any...) -> any', extreme('least')),
  scalar(
    'assert_true(condition boolean, message? string) -> void',
    ({ sql }) =>
      `CASE WHEN ${sql(0)} THEN NULL ELSE CAST(error('[USER_RAISED_EXCEPTION] ' || coalesce(${sql(1)}, 'the condition does not hold')) AS INTEGER) END`,
    { untried: true },
  ),
  scalar('raise_error(message string) -> void', "CAST(error('[USER_RAISED_EXCEPTION] ' || $1) AS INTEGER)", {
    untried: true,
  }),
];
