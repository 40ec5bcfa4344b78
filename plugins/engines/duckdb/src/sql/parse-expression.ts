import { readPrimary } from './parse-primary.js';
import type { Cursor } from './cursor.js';
import type { Expression, LikeNode, LogicalNode } from './tree.js';

/** How strongly the operators of value expressions bind, weakest first, as Spark's grammar orders them. */
const POWERS: Readonly<Record<string, number>> = {
  '=': 1,
  '==': 1,
  '<>': 1,
  '!=': 1,
  '<': 1,
  '<=': 1,
  '>': 1,
  '>=': 1,
  '<=>': 1,
  '!<': 1,
  '!>': 1,
  '|': 2,
  '^': 3,
  '&': 4,
  '<<': 5,
  '>>': 5,
  '>>>': 5,
  '+': 6,
  '-': 6,
  '||': 6,
  '*': 7,
  '/': 7,
  '%': 7,
  DIV: 7,
};
const SAME: Readonly<Record<string, string>> = { '==': '=', '<>': '!=', '!<': '>=', '!>': '<=', DIV: 'div' };
const UNARY = 8;
/** Operators in a row make a tree as deep as they are many. */
const LONGEST = 400;

/** Reads an expression at the cursor. */
export function readExpression(cursor: Cursor): Expression {
  return cursor.nested(() => readLogical(cursor, 'OR'));
}

function readLogical(cursor: Cursor, operator: 'AND' | 'OR'): Expression {
  const read = (): Expression => (operator === 'OR' ? readLogical(cursor, 'AND') : readNot(cursor));
  const first = read();
  if (!cursor.is(operator)) return first;
  const operands = [first];
  while (cursor.accept(operator)) operands.push(read());
  return { kind: 'logical', operator, operands, at: first.at } satisfies LogicalNode;
}

function readNot(cursor: Cursor): Expression {
  const at = cursor.token.at;
  if (cursor.is('NOT') || cursor.is('!')) {
    cursor.next();
    return { kind: 'unary', operator: 'NOT', operand: cursor.nested(() => readNot(cursor)), at };
  }
  return readPredicates(cursor, readValue(cursor, 1));
}

/** Reads operators that bind at least as strongly as `power`. */
function readValue(cursor: Cursor, power: number): Expression {
  let left = readUnary(cursor);
  for (let length = 1; ; length++) {
    const token = cursor.token;
    const own = token.kind === 'symbol' || token.key === 'DIV' ? POWERS[token.key] : undefined;
    if (own === undefined || own < power) return left;
    if (length > LONGEST)
      throw cursor.unsupported(
        `a chain of more than ${LONGEST} operators`,
        'put parts of it into parentheses or common table expressions',
      );
    cursor.next();
    const right = readValue(cursor, own + 1);
    left = { kind: 'binary', operator: SAME[token.key] ?? token.key, left, right, at: token.at };
  }
}

function readUnary(cursor: Cursor): Expression {
  const token = cursor.token;
  if (token.key === '-' || token.key === '+' || token.key === '~') {
    cursor.next();
    const number = cursor.token;
    // A minus belongs to the number behind it: -9223372036854775808 is a bigint.
    if (token.key === '-' && number.kind === 'number') {
      return readPrimary(cursor, readExpression, readUnary, '-');
    }
    return { kind: 'unary', operator: token.key, operand: cursor.nested(() => readValue(cursor, UNARY)), at: token.at };
  }
  return readPrimary(cursor, readExpression, readUnary, '');
}

function readPredicates(cursor: Cursor, operand: Expression): Expression {
  let left = operand;
  for (;;) {
    const read = readPredicate(cursor, left);
    if (!read) return left;
    left = read;
  }
}

function readPredicate(cursor: Cursor, operand: Expression): Expression | undefined {
  const at = cursor.token.at;
  if (cursor.accept('IS')) return readIs(cursor, operand, at);
  const negated = cursor.is('NOT') || cursor.is('!');
  const key = cursor.peek(negated ? 1 : 0).key;
  if (!['BETWEEN', 'IN', 'LIKE', 'ILIKE', 'RLIKE', 'REGEXP'].includes(key)) return undefined;
  cursor.position += negated ? 2 : 1;
  if (key === 'BETWEEN') {
    const low = readValue(cursor, 1);
    cursor.expect('AND');
    return { kind: 'between', negated, operand, low, high: readValue(cursor, 1), at };
  }
  if (key === 'IN') {
    const items = cursor.inParentheses(() =>
      startsQuery(cursor) ? cursor.readQuery(cursor) : cursor.list(() => readExpression(cursor)),
    );
    return { kind: 'in', negated, operand, items, at };
  }
  return readLike(cursor, operand, negated, key === 'REGEXP' ? 'RLIKE' : (key as LikeNode['operator']), at);
}

/** Whether a query starts at the cursor, rather than an expression. */
export function startsQuery(cursor: Cursor): boolean {
  let ahead = 0;
  while (cursor.peek(ahead).key === '(') ahead++;
  const key = cursor.peek(ahead).key;
  if (key === 'SELECT' || key === 'WITH' || key === 'FROM') return ahead === 0 || key === 'SELECT' || key === 'WITH';
  return key === 'VALUES' && cursor.peek(ahead + 1).key === '(';
}

function readIs(cursor: Cursor, operand: Expression, at: number): Expression {
  const negated = cursor.accept('NOT');
  if (cursor.accept('DISTINCT', 'FROM')) {
    return { kind: 'distinct-from', negated, left: operand, right: readValue(cursor, 1), at };
  }
  for (const test of ['NULL', 'TRUE', 'FALSE', 'UNKNOWN'] as const) {
    if (cursor.accept(test)) return { kind: 'test', test, negated, operand, at };
  }
  throw cursor.unexpected('NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM');
}

function readLike(
  cursor: Cursor,
  operand: Expression,
  negated: boolean,
  operator: LikeNode['operator'],
  at: number,
): Expression {
  const quantifier = cursor.is('ALL') ? 'ALL' : cursor.is('ANY') || cursor.is('SOME') ? 'ANY' : '';
  if (quantifier !== '' && operator !== 'RLIKE' && cursor.peek(1).key === '(') {
    cursor.next();
    const patterns = cursor.inParentheses(() => cursor.list(() => readExpression(cursor)));
    return { kind: 'like', operator, quantifier, negated, operand, patterns, escape: undefined, at };
  }
  const patterns = [readValue(cursor, 1)];
  let escape: string | undefined;
  if (operator !== 'RLIKE' && cursor.accept('ESCAPE')) {
    escape = cursor.string('the escape character');
    if ([...escape].length !== 1) throw cursor.error('SQL_SYNTAX', `ESCAPE takes one character, not '${escape}'`);
  }
  return { kind: 'like', operator, quantifier: '', negated, operand, patterns, escape, at };
}
