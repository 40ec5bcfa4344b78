import { readArguments, readSpecialCall, readWindow } from './parse-call.js';
import { readInterval } from './parse-interval.js';
import { readType } from './parse-type.js';
import type { Cursor } from './cursor.js';
import type { CallNode, Expression, NamedExpression } from './tree.js';
import { BIGINT, BOOLEAN, decimal, DOUBLE, FLOAT, INT, SMALLINT, STRING, TINYINT, VOID } from './types.js';

type Read = (cursor: Cursor) => Expression;

/** Words that start a clause: where an expression is wanted they are an error, not a column of that name. */
const RESERVED = new Set(
  'FROM WHERE GROUP HAVING ORDER LIMIT UNION INTERSECT EXCEPT ON WHEN THEN ELSE END AND OR AS IN IS SELECT USING JOIN'.split(
    ' ',
  ),
);
const TYPED = new Set(['DATE', 'TIMESTAMP', 'TIMESTAMP_NTZ', 'TIMESTAMP_LTZ', 'TIME', 'X']);

/** Reads what binds strongest: literals, columns, calls, brackets, and what is attached to them. */
export function readPrimary(cursor: Cursor, read: Read, readUnary: Read, sign: '' | '-'): Expression {
  let node = readAtom(cursor, read, readUnary, sign);
  for (;;) {
    const at = cursor.token.at;
    if (cursor.accept('[')) {
      node = { kind: 'index', operand: node, index: read(cursor), at };
      cursor.expect(']');
    } else if (cursor.is('.') && cursor.peek(1).key !== '*') {
      cursor.next();
      const name = cursor.name('a field name');
      // Names joined by dots stay one column reference: which part is a view, a column or a field is decided later.
      node =
        node.kind === 'column'
          ? { ...node, parts: [...node.parts, name] }
          : { kind: 'field', operand: node, name, at: at + 1 };
    } else if (cursor.accept('::')) {
      node = { kind: 'cast', operand: node, type: readType(cursor), lenient: false, at };
    } else return node;
  }
}

function readAtom(cursor: Cursor, read: Read, readUnary: Read, sign: '' | '-'): Expression {
  const token = cursor.token;
  const at = token.at;
  if (token.kind === 'number') {
    cursor.next();
    return numberLiteral(cursor, sign + token.value, sign === '-' ? at - 1 : at);
  }
  if (token.kind === 'string') return { kind: 'literal', type: STRING, value: cursor.string(), at };
  if (token.key === '(') return readParentheses(cursor, read);
  if (token.key === '*') {
    cursor.next();
    return { kind: 'star', qualifier: [], except: readExcept(cursor), at };
  }
  if (token.kind === 'word') {
    const special = readWord(cursor, read, readUnary);
    if (special) return special;
  }
  if (token.kind === 'word' || token.kind === 'quoted') return readNamed(cursor, read);
  throw cursor.unexpected('an expression');
}

function readParentheses(cursor: Cursor, read: Read): Expression {
  const at = cursor.token.at;
  const lambda = readLambda(cursor, read);
  if (lambda) return lambda;
  cursor.expect('(');
  if (cursor.is('SELECT') || cursor.is('WITH') || (cursor.is('VALUES') && cursor.peek(1).key === '(')) {
    const query = cursor.readQuery(cursor);
    cursor.expect(')');
    return { kind: 'subquery', query, at };
  }
  if (cursor.is('(') && nestedQuery(cursor)) {
    const mark = cursor.position;
    const query = cursor.nested(() => cursor.readQuery(cursor));
    if (cursor.accept(')')) return { kind: 'subquery', query, at };
    cursor.position = mark;
  }
  const items = cursor.list((): NamedExpression => {
    const expression = read(cursor);
    return { expression, aliases: cursor.accept('AS') ? [cursor.name()] : [] };
  });
  cursor.expect(')');
  const [first] = items;
  if (items.length === 1 && first && first.aliases.length === 0) return first.expression;
  return { kind: 'row', items, at };
}

/** Whether parentheses hold a query with a set operation, as in `((SELECT 1) UNION (SELECT 2))`. */
function nestedQuery(cursor: Cursor): boolean {
  let ahead = 0;
  while (cursor.peek(ahead).key === '(') ahead++;
  if (cursor.peek(ahead).key !== 'SELECT') return false;
  let depth = 0;
  for (let i = 0; ; i++) {
    const key = cursor.peek(i).key;
    if (cursor.peek(i).kind === 'end') return false;
    if (key === '(') depth++;
    if (key === ')' && --depth === 0)
      return ['UNION', 'EXCEPT', 'INTERSECT', 'MINUS', ')'].includes(cursor.peek(i + 1).key);
  }
}

function readLambda(cursor: Cursor, read: Read): Expression | undefined {
  const at = cursor.token.at;
  const parameters: string[] = [];
  let ahead = 0;
  if (cursor.is('(')) {
    do {
      const token = cursor.peek(++ahead);
      if (token.kind !== 'word' && token.kind !== 'quoted') return undefined;
      parameters.push(token.value);
    } while (cursor.peek(++ahead).key === ',');
    if (cursor.peek(ahead).key !== ')') return undefined;
  } else parameters.push(cursor.token.value);
  if (cursor.peek(ahead + 1).key !== '->') return undefined;
  cursor.position += ahead + 2;
  return { kind: 'lambda', parameters, body: read(cursor), at };
}

function readWord(cursor: Cursor, read: Read, readUnary: Read): Expression | undefined {
  const token = cursor.token;
  const at = token.at;
  const after = cursor.peek(1);
  switch (token.key) {
    case 'NULL':
      cursor.next();
      return { kind: 'literal', type: VOID, value: null, at };
    case 'TRUE':
    case 'FALSE':
      cursor.next();
      return { kind: 'literal', type: BOOLEAN, value: token.key === 'TRUE', at };
    case 'CASE':
      cursor.next();
      return readCase(cursor, read, at);
    case 'CAST':
    case 'TRY_CAST':
      if (after.key !== '(') return undefined;
      cursor.next();
      return cursor.inParentheses(() => {
        const operand = read(cursor);
        cursor.expect('AS');
        return { kind: 'cast', operand, type: readType(cursor), lenient: token.key === 'TRY_CAST', at };
      });
    case 'EXISTS':
      if (after.key !== '(' || !['SELECT', 'WITH', 'FROM', 'VALUES', 'TABLE'].includes(cursor.peek(2).key))
        return undefined;
      cursor.next();
      return { kind: 'exists', query: cursor.inParentheses(() => cursor.readQuery(cursor)), at };
    case 'INTERVAL':
      return readInterval(cursor, read, readUnary);
    default:
      break;
  }
  if (TYPED.has(token.key) && after.kind === 'string') {
    cursor.next();
    return { kind: 'typed-literal', word: token.key, text: cursor.string(), at };
  }
  if (RESERVED.has(token.key) && after.key !== '(' && after.key !== '.') throw cursor.unexpected('an expression');
  return undefined;
}

function readCase(cursor: Cursor, read: Read, at: number): Expression {
  const operand = cursor.is('WHEN') ? undefined : read(cursor);
  const branches: { when: Expression; then: Expression }[] = [];
  while (cursor.accept('WHEN')) {
    const when = read(cursor);
    cursor.expect('THEN');
    branches.push({ when, then: read(cursor) });
  }
  if (branches.length === 0) throw cursor.unexpected("'WHEN'");
  const otherwise = cursor.accept('ELSE') ? read(cursor) : undefined;
  cursor.expect('END');
  return { kind: 'case', operand, branches, otherwise, at };
}

function readNamed(cursor: Cursor, read: Read): Expression {
  const lambda = readLambda(cursor, read);
  if (lambda) return lambda;
  const at = cursor.token.at;
  const parts = [cursor.name()];
  while (cursor.is('.') && cursor.peek(1).key !== '*' && cursor.peek(1).kind !== 'number') {
    cursor.next();
    parts.push(cursor.name('a name behind the dot'));
  }
  if (cursor.is('.', '*')) {
    cursor.position += 2;
    return { kind: 'star', qualifier: parts, except: readExcept(cursor), at };
  }
  if (!cursor.is('(')) return { kind: 'column', parts, at };
  const name = parts.join('.');
  const call = readSpecialCall(cursor, name, at, read) ?? readArguments(cursor, name, at, read);
  return cursor.is('OVER') ? ({ ...call, over: readWindow(cursor, read) } satisfies CallNode) : call;
}

function readExcept(cursor: Cursor): (readonly string[])[] {
  if (!cursor.is('EXCEPT', '(') || cursor.peek(2).key === 'SELECT') return [];
  cursor.next();
  return cursor.inParentheses(() => cursor.list(() => cursor.names('a column')));
}

function numberLiteral(cursor: Cursor, text: string, at: number): Expression {
  const suffix = /^-?(?:[\d.]+(?:[eE][+-]?\d+)?)(BD|[LSYDF])?$/i.exec(text)?.[1]?.toUpperCase() ?? '';
  const value = suffix === '' ? text : text.slice(0, -suffix.length);
  const literal = (type: Parameters<typeof inRange>[1]): Expression => ({ kind: 'literal', type, value, at });
  const inRange = (bits: bigint, type: typeof INT): Expression => {
    const number = BigInt(value);
    if (number < -(1n << (bits - 1n)) || number >= 1n << (bits - 1n)) {
      throw cursor.error('SQL_SYNTAX', `the number ${text} is outside the range of ${type.kind}`);
    }
    return literal(type);
  };
  if (suffix === 'Y') return inRange(8n, TINYINT);
  if (suffix === 'S') return inRange(16n, SMALLINT);
  if (suffix === 'L') return inRange(64n, BIGINT);
  if (suffix === 'D') return literal(DOUBLE);
  if (suffix === 'F') return literal(FLOAT);
  if (suffix === '' && /[eE]/.test(value)) return literal(DOUBLE);
  if (suffix === '' && /^-?\d+$/.test(value)) {
    const number = BigInt(value);
    if (number >= -(1n << 31n) && number < 1n << 31n) return literal(INT);
    if (number >= -(1n << 63n) && number < 1n << 63n) return literal(BIGINT);
  }
  return decimalLiteral(cursor, value, at);
}

/** A decimal literal has the precision of the digits that are written: 1.50 is decimal(3,2), 0.5 decimal(1,1). */
function decimalLiteral(cursor: Cursor, value: string, at: number): Expression {
  const match = /^-?(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(value);
  const whole = (match?.[1] ?? '').replace(/^0+/, '');
  const fraction = match?.[2] ?? '';
  const exponent = Number(match?.[3] ?? 0);
  const digits = (whole + fraction).replace(/^0+/, '').length;
  const scale = Math.max(fraction.length - exponent, 0);
  const precision = Math.max(digits + Math.max(exponent - fraction.length, 0), scale, 1);
  if (precision > 38) throw cursor.error('SQL_SYNTAX', `the number ${value} has more than 38 digits`);
  return { kind: 'literal', type: decimal(precision, scale), value: plainDecimal(value), at };
}

function plainDecimal(value: string): string {
  const match = /^(-?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(value);
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match ?? [];
  const shift = Number(exponent);
  let digits = whole + fraction;
  let point = whole.length + shift;
  if (point <= 0) {
    digits = '0'.repeat(1 - point) + digits;
    point = 1;
  } else if (point > digits.length) digits = digits.padEnd(point, '0');
  const head = digits.slice(0, point).replace(/^0+(?=\d)/, '');
  const tail = digits.slice(point);
  return sign + head + (tail === '' ? '' : `.${tail}`);
}
