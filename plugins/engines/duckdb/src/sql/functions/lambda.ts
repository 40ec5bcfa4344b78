import type { Scope } from '../scope.js';
import type { Expression } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import type { SparkType } from '../types.js';
import type { Analyze } from './row.js';

/** A lambda function with its parameters typed. */
export interface Lambda {
  readonly body: Typed;
  /** How Spark shows it in column names. */
  readonly label: string;
  /** DuckDB's `lambda x: body` with another body, such as one that is cast. */
  readonly text: (body: string) => string;
  /** A body with other names in the place of the parameters. */
  readonly withNames: (names: readonly string[], body: string) => string;
}

/**
 * Analyses a lambda function whose parameters have these types. `names` says what DuckDB text stands for them; by
 * default fresh variables. When `indexed`, the second is an index, which Spark counts from 0 and DuckDB from 1.
 */
export function lambdaOf(
  scope: Scope,
  node: Expression,
  types: readonly SparkType[],
  analyze: Analyze,
  names?: readonly string[],
  indexed = false,
): Lambda {
  if (node.kind !== 'lambda')
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'a lambda function such as x -> x + 1 is wanted here');
  if (node.parameters.length > types.length) {
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `the lambda function can have ${types.length} parameters, found ${node.parameters.length}`,
    );
  }
  const variables = node.parameters.map((_, i) => names?.[i] ?? scope.session.fresh('_x'));
  const bound = new Map(
    node.parameters.map((parameter, i): [string, Typed] => {
      const type = types[i] ?? { kind: 'void' };
      const variable = variables[i] ?? '';
      const sql = indexed && i === 1 ? `CAST(${variable} - 1 AS INTEGER)` : variable;
      return [
        parameter.toLowerCase(),
        typed([], { sql, type, label: 'namedlambdavariable()', at: node.at, name: parameter }),
      ];
    }),
  );
  const body = analyze(scope.withLambdas(bound), node.body);
  const shown = node.parameters.map(() => 'namedlambdavariable()').join(', ');
  return {
    body,
    label: `lambdafunction(${[body.label, shown].filter((part) => part !== '').join(', ')})`,
    text: (sql) => `lambda ${variables.join(', ')}: ${sql}`,
    withNames: (others, sql) =>
      variables.reduce(
        (text, variable, i) => text.replace(new RegExp(`\\b${variable}\\b`, 'g'), others[i] ?? variable),
        sql,
      ),
  };
}
