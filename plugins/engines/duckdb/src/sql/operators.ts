import { arithmetic, negate, type ArithmeticOperator } from './arithmetic.js';
import { cast } from './casts.js';
import { compare } from './compare.js';
import { implicit, tightest, toNumber } from './coercion.js';
import { negateInterval, timeArithmetic } from './intervals.js';
import type { Scope } from './scope.js';
import { typed, type Typed } from './typed.js';
import { BIGINT, bitsOf, DOUBLE, INT, isInteger, isInterval, isNumeric, STRING, typeText } from './types.js';

const ARITHMETIC = new Set(['+', '-', '*', '/', '%', 'div']);
const BITWISE: Readonly<Record<string, string>> = { '&': '&', '|': '|', '^': 'xor' };

/** An operator between two values, with Spark's implicit casts and result types. */
export function binary(scope: Scope, operator: string, left: Typed, right: Typed, at: number): Typed {
  const value = binaryOf(scope, operator, left, right, at);
  return { ...value, at };
}

function binaryOf(scope: Scope, operator: string, left: Typed, right: Typed, at: number): Typed {
  if (ARITHMETIC.has(operator)) {
    const time = timeArithmetic(scope, operator, left, right, at);
    if (time) return time;
    const a = operandOf(scope, left, right);
    const b = operandOf(scope, right, left);
    return arithmetic(scope, operator as ArithmeticOperator, a, b, scope.session.options.ansi ? 'ansi' : 'legacy');
  }
  if (operator === '||') return concatenation(scope, left, right, at);
  if (operator in BITWISE) return bitwise(scope, operator, left, right, at);
  if (operator === '<<' || operator === '>>' || operator === '>>>') return shift(scope, operator, left, right, at);
  return compare(scope, operator, left, right, at);
}

/** In ANSI mode a string beside a whole number is read as one, and a float beside a whole number becomes a double. */
export function operandOf(scope: Scope, value: Typed, other: Typed, lenient = false): Typed {
  if (value.type.kind === 'void' && isNumeric(other.type)) return cast(scope, value, other.type);
  if (!scope.session.options.ansi) return toNumber(scope, value);
  if (value.type.kind === 'string') return cast(scope, value, isInteger(other.type) ? BIGINT : DOUBLE, lenient);
  if (!isInteger(other.type)) return toNumber(scope, value);
  return value.type.kind === 'float' ? cast(scope, value, DOUBLE) : toNumber(scope, value);
}

function concatenation(scope: Scope, left: Typed, right: Typed, at: number): Typed {
  const label = `concat(${left.label}, ${right.label})`;
  if (left.type.kind === 'array' || right.type.kind === 'array') {
    const type = left.type.kind === 'array' ? left.type : right.type;
    const [a, b] = [implicit(scope, left, type), implicit(scope, right, type)];
    if (!a || !b) throw scope.fail(at, 'SQL_ANALYSIS', `|| joins two arrays of one type or two strings`);
    return typed([a, b], {
      sql: `CASE WHEN ${a.sql} IS NOT NULL AND ${b.sql} IS NOT NULL THEN list_concat(${a.sql}, ${b.sql}) END`,
      type,
      label,
      at,
    });
  }
  if (left.type.kind === 'binary' && right.type.kind === 'binary') {
    return typed([left, right], { sql: `(${left.sql} || ${right.sql})`, type: left.type, label, at });
  }
  const [a, b] = [implicit(scope, left, STRING), implicit(scope, right, STRING)];
  if (!a || !b) throw scope.fail(at, 'SQL_ANALYSIS', '|| joins two strings, two binary values or two arrays');
  return typed([a, b], { sql: `(${a.sql} || ${b.sql})`, type: STRING, label, at });
}

function bitwise(scope: Scope, operator: string, left: Typed, right: Typed, at: number): Typed {
  const type = tightest(left.type, right.type, scope.session.options.ansi);
  const common = type?.kind === 'void' ? INT : type;
  if (!common || !isInteger(common)) {
    throw scope.fail(
      at,
      'SQL_ANALYSIS',
      `${operator} takes whole numbers, found ${typeText(left.type)} and ${typeText(right.type)}`,
    );
  }
  const [a, b] = [cast(scope, left, common), cast(scope, right, common)];
  const sql = operator === '^' ? `xor(${a.sql}, ${b.sql})` : `(${a.sql} ${BITWISE[operator]} ${b.sql})`;
  return typed([a, b], { sql, type: common, label: `(${left.label} ${operator} ${right.label})`, at });
}

/** Java's shifts: the distance counts modulo the width, and bits fall off at the end. */
export function shift(
  scope: Scope,
  operator: string,
  left: Typed,
  right: Typed,
  at: number,
  label = `(${left.label} ${operator} ${right.label})`,
): Typed {
  const value = left.type.kind === 'bigint' ? left : implicit(scope, left, INT);
  const distance = implicit(scope, right, INT);
  if (!value || !distance) throw scope.fail(at, 'SQL_ANALYSIS', `${operator} takes whole numbers`);
  const bits = BigInt(bitsOf(value.type));
  const mask = (1n << bits) - 1n;
  const half = 1n << (bits - 1n);
  const stored = bits === 64n ? 'BIGINT' : 'INTEGER';
  const by = `(${distance.sql} & ${bits - 1n})`;
  const unsigned = `(CAST(${value.sql} AS HUGEINT) & ${mask})`;
  const power = `CAST(pow(2::DOUBLE, ${by}) AS HUGEINT)`;
  const signed = (sql: string): string => `CAST(((${sql} + ${half}) & ${mask}) - ${half} AS ${stored})`;
  const forms: Readonly<Record<string, string>> = {
    '<<': signed(`((CAST(${value.sql} AS HUGEINT) & (${mask} // ${power})) * ${power})`),
    '>>': `(${value.sql} >> ${by})`,
    '>>>': signed(`(${unsigned} // ${power})`),
  };
  return typed([value, distance], { sql: forms[operator] ?? '', type: value.type, label, at });
}

/** `- x` for a number or an interval. */
export function negative(scope: Scope, operand: Typed, at: number): Typed {
  if (isInterval(operand.type)) return negateInterval(operand, at);
  return { ...negate(toNumber(scope, operand), scope.session.options.ansi ? 'ansi' : 'legacy'), at };
}
