import { implicit } from './coercion.js';
import { javaPattern } from './java-pattern.js';
import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';
import type { Expression, LikeNode } from './tree.js';
import { typed, type Typed } from './typed.js';
import { BOOLEAN, STRING } from './types.js';

type Analyze = (scope: Scope, node: Expression) => Typed;

/** LIKE, ILIKE and RLIKE, with NOT, ESCAPE, ANY and ALL. */
export function like(scope: Scope, node: LikeNode, analyze: Analyze): Typed {
  const operand = text(scope, analyze(scope, node.operand));
  const patterns = node.patterns.map((pattern) => text(scope, analyze(scope, pattern)));
  const matches = patterns.map((pattern) => match(scope, node.operator, operand, pattern, node.escape, node.at));
  const [first] = matches;
  if (node.quantifier === '' && first) return node.negated ? negated(first) : first;
  const joined = matches.map((m) => (node.negated ? `(NOT ${m.sql})` : m.sql));
  const word = node.quantifier === 'ALL' ? 'AND' : 'OR';
  const name = `${node.negated ? 'not' : ''}like${node.quantifier.toLowerCase()}`;
  const label = `${name}(${operand.label}, ${patterns.map((p) => p.label).join(', ')})`;
  return typed(matches, { sql: `(${joined.join(` ${word} `)})`, type: BOOLEAN, label, at: node.at });
}

const negated = (value: Typed): Typed => ({ ...value, sql: `(NOT ${value.sql})`, label: `(NOT ${value.label})` });

function text(scope: Scope, value: Typed): Typed {
  const converted = implicit(scope, value, STRING);
  if (!converted) throw scope.fail(value.at, 'SQL_ANALYSIS', `a string is wanted here, not '${value.label}'`);
  return converted.type === value.type
    ? value
    : { ...converted, ...(value.literal === undefined ? {} : { literal: value.literal }) };
}

/** One match of a text with a pattern. */
export function match(
  scope: Scope,
  operator: LikeNode['operator'],
  operand: Typed,
  pattern: Typed,
  escape: string | undefined,
  at: number,
): Typed {
  if (operator === 'RLIKE') {
    const label = `RLIKE(${operand.label}, ${pattern.label})`;
    return typed([operand, pattern], { sql: matches(scope, operand.sql, pattern), type: BOOLEAN, label, at });
  }
  const character = escape ?? '\\';
  if (typeof pattern.literal === 'string') checkEscapes(scope, pattern.literal, character, pattern.at);
  const word = operator === 'LIKE' ? 'LIKE' : 'ILIKE';
  const suffix = escape === undefined ? '' : ` ESCAPE '${escape}'`;
  const label =
    operator === 'LIKE'
      ? `${operand.label} LIKE ${pattern.label}${suffix}`
      : `ilike(${operand.label}, ${pattern.label})`;
  // Spark folds both sides to lower case; DuckDB's ILIKE folds alike. Without ESCAPE it compares prefixes and the like.
  const isPlain = typeof pattern.literal === 'string' && !pattern.literal.includes(character);
  const sql = `(${operand.sql} ${word} ${pattern.sql}${isPlain ? '' : ` ESCAPE ${quoteLiteral(character)}`})`;
  return typed([operand, pattern], { sql, type: BOOLEAN, label, at });
}

function matches(scope: Scope, text: string, pattern: Typed): string {
  const regex = javaPattern(scope, pattern);
  if (!regex) return 'CAST(NULL AS BOOLEAN)';
  if (regex.onlyJs) return `spark_regexp_matches(${text}, ${quoteLiteral(regex.js)})`;
  return `regexp_matches(${text}, ${quoteLiteral(regex.re2)})`;
}

function checkEscapes(scope: Scope, pattern: string, escape: string, at: number): void {
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] !== escape) continue;
    const next = pattern[i + 1];
    if (next !== '%' && next !== '_' && next !== escape) {
      throw scope.fail(
        at,
        'SQL_ANALYSIS',
        `the escape character '${escape}' must stand before %, _ or itself in '${pattern}' (INVALID_FORMAT)`,
      );
    }
    i++;
  }
}
