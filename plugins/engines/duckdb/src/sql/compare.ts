import { once } from './bind.js';
import { cast } from './casts.js';
import { comparable } from './coercion.js';
import { refuseNested } from './order.js';
import type { Scope } from './scope.js';
import { typed, type Typed } from './typed.js';
import { BOOLEAN, isInteger, isOrderable, sameType, typeText, type SparkType } from './types.js';

/** `=`, `<`, `<=>` and so on with Spark's implicit casts. */
export function compare(scope: Scope, operator: string, left: Typed, right: Typed, at: number): Typed {
  const label = (a: Typed, b: Typed): string => `(${a.label} ${operator} ${b.label})`;
  if (operator === '!=') {
    const equal = compare(scope, '=', left, right, at);
    return { ...equal, sql: `(NOT ${equal.sql})`, label: `(NOT ${equal.label})` };
  }
  const [a, b] = roundedLiterals(operator, left, right);
  const [x, y] = inCommonType(scope, a, b, at);
  if (operator !== '=' && operator !== '<=>') refuseNested(scope, x.type, at);
  const sql = operator === '<=>' ? alike(scope, x, y) : `(${x.sql} ${operator} ${y.sql})`;
  return typed([x, y], { sql, type: BOOLEAN, label: label(a, b), at });
}

/** Equal, or both NULL. Beside a constant DuckDB takes a TRY_CAST for what it casts, and so finds no NULL in it. */
function alike(scope: Scope, x: Typed, y: Typed): string {
  if (x.uses.length > 0 && y.uses.length > 0) return `(${x.sql} IS NOT DISTINCT FROM ${y.sql})`;
  return once(scope, x.sql, (a) =>
    once(scope, y.sql, (b) => `(coalesce(${a} = ${b}, false) OR (${a} IS NULL AND ${b} IS NULL))`),
  );
}

/** The two values in the type in which they compare; SQL_ANALYSIS when there is none. */
export function inCommonType(scope: Scope, left: Typed, right: Typed, at: number): [Typed, Typed] {
  const type = comparable(scope, left.type, right.type);
  if (!type || !comparableAt(type)) throw mismatch(scope, left.type, right.type, at);
  return [cast(scope, left, type), cast(scope, right, type)];
}

function comparableAt(type: SparkType): boolean {
  return type.kind === 'void' || isOrderable(type);
}

function mismatch(scope: Scope, a: SparkType, b: SparkType, at: number): Error {
  const why = sameType(a, b)
    ? `${typeText(a)} cannot be compared`
    : `${typeText(a)} and ${typeText(b)} have no common type`;
  return scope.fail(at, 'SQL_ANALYSIS', `${why} (DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES); cast one of the two`);
}

/**
 * Spark compares an integer with a decimal literal as integers: `2 > 1.1` is `2 > 1`, and is shown so. The meaning is
 * the same; only the name of the column tells.
 */
function roundedLiterals(operator: string, left: Typed, right: Typed): [Typed, Typed] {
  const integerOf = (value: Typed, up: boolean): Typed | undefined => {
    if (value.type.kind !== 'decimal' || typeof value.literal !== 'string' || value.type.scale === 0) return undefined;
    const floor = BigInt(Math.floor(Number(value.literal)));
    const whole = up ? BigInt(Math.ceil(Number(value.literal))) : floor;
    if (whole > 2n ** 53n || whole < -(2n ** 53n)) return undefined;
    return { ...value, label: String(whole) };
  };
  if (isInteger(left.type) && '<=>='.includes(operator)) {
    const up = operator === '<' || operator === '>=';
    const label = ['<', '<=', '>', '>='].includes(operator) ? integerOf(right, up) : undefined;
    if (label) return [left, label];
  }
  if (isInteger(right.type) && ['<', '<=', '>', '>='].includes(operator)) {
    const up = operator === '>' || operator === '<=';
    const label = integerOf(left, up);
    if (label) return [label, right];
  }
  return [left, right];
}
