import { once } from './bind.js';
import { cast, wrap } from './casts.js';
import { bounded, decimalFor, tightest } from './coercion.js';
import { storedType } from './duckdb-types.js';
import type { Scope } from './scope.js';
import { recast, typed, type Line, type Ring, type Typed } from './typed.js';
import { BIGINT, bitsOf, decimal, DOUBLE, isFraction, isInteger, type DecimalType, type SparkType } from './types.js';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | 'div' | 'pmod';

/** How a failure of arithmetic shows: wrapped or NULL outside ANSI mode, an error inside it, NULL in the `try_` forms. */
export type Mode = 'legacy' | 'ansi' | 'try';

/** Numbers added, multiplied and so on as Spark does, with its result types. The operands must be numeric. */
export function arithmetic(scope: Scope, operator: ArithmeticOperator, left: Typed, right: Typed, mode: Mode): Typed {
  const value = computed(scope, operator, left, right, mode);
  // Beside NULL Spark does not even look at what is to be divided, which may hold an error.
  if (mode !== 'ansi' || !left.untried || !'/%divpmod'.includes(operator)) return value;
  return { ...value, sql: `CASE WHEN ${right.sql} IS NOT NULL THEN ${value.sql} END` };
}

function computed(scope: Scope, operator: ArithmeticOperator, left: Typed, right: Typed, mode: Mode): Typed {
  const label =
    operator === 'pmod' ? `pmod(${left.label}, ${right.label})` : `(${left.label} ${operator} ${right.label})`;
  const [a, b] = operands(scope, operator, left, right);
  if (a.type.kind === 'decimal' && b.type.kind === 'decimal') return decimals(scope, operator, a, b, mode, label);
  if (operator === '/') {
    const [x, y] = [cast(scope, a, DOUBLE), cast(scope, b, DOUBLE)];
    // A whole number is sooner compared with 0 than the fraction made of it.
    const nonZero = { ...right, sql: `nullif(${right.sql}, 0)` };
    const isWhole = isInteger(right.type) && mode !== 'ansi' && !isNonZero(right);
    return typed([x, y], {
      sql: `(${x.sql} / ${isWhole ? cast(scope, nonZero, DOUBLE).sql : divisor(y, mode)})`,
      type: DOUBLE,
      label,
      at: left.at,
      ...raises(mode, y),
    });
  }
  if (operator === 'div') {
    const [x, y] = [cast(scope, a, BIGINT), cast(scope, b, BIGINT)];
    const sql = isNonZero(y) && y.literal !== '-1' ? `(${x.sql} // ${y.sql})` : quotient(scope, x.sql, y, mode);
    return typed([x, y], { sql, type: BIGINT, label, at: left.at, ...raises(mode, y) });
  }
  if (operator === '%' || operator === 'pmod') return remainder(scope, operator, a, b, mode, label);
  if (isFraction(a.type)) {
    return typed([a, b], { sql: `(${a.sql} ${operator} ${b.sql})`, type: a.type, label, at: left.at });
  }
  return ring(operator, a, b, mode, label, left.at);
}

/** The two operands in the type in which Spark computes. */
function operands(scope: Scope, operator: string, left: Typed, right: Typed): [Typed, Typed] {
  const kinds = [left.type.kind, right.type.kind];
  if (kinds.includes('decimal') && !kinds.some((k) => k === 'float' || k === 'double')) {
    return [asDecimal(scope, left, right), asDecimal(scope, right, left)];
  }
  // A division casts each side on its own: through float an int would lose digits.
  if (operator === '/') return [cast(scope, left, DOUBLE), cast(scope, right, DOUBLE)];
  const common = tightest(left.type, right.type) ?? DOUBLE;
  const type = common.kind === 'void' ? DOUBLE : common;
  return [cast(scope, left, type), cast(scope, right, type)];
}

/** An integer beside a decimal becomes one; a literal takes no more digits than it has. */
function asDecimal(scope: Scope, value: Typed, other: Typed): Typed {
  if (value.type.kind === 'void') return cast(scope, value, other.type);
  if (isInteger(value.type) && typeof value.literal === 'string') {
    const digits = Math.max(value.literal.replace('-', '').length, 1);
    return { ...cast(scope, value, decimal(digits, 0)), literal: value.literal };
  }
  return cast(scope, value, decimalFor(value.type));
}

export const isNonZero = (value: Typed): boolean => typeof value.literal === 'string' && Number(value.literal) !== 0;

function divisor(value: Typed, mode: Mode): string {
  if (isNonZero(value)) return value.sql;
  return mode === 'ansi' ? orDivideByZero(value.sql, storedType(value.type)) : `nullif(${value.sql}, 0)`;
}

function orDivideByZero(sql: string, stored: string): string {
  return `CASE WHEN ${sql} = 0 THEN CAST(error('[DIVIDE_BY_ZERO] Division by zero.') AS ${stored}) ELSE ${sql} END`;
}

const raises = (mode: Mode, value: Typed): { untried: true } | object =>
  mode === 'ansi' && !isNonZero(value) ? { untried: true } : {};

function quotient(scope: Scope, x: string, y: Typed, mode: Mode): string {
  // The smallest bigint divided by -1 has no bigint: Java gives the number itself back.
  return once(scope, x, (a) =>
    once(scope, y.sql, (b) => {
      const overflow =
        mode === 'legacy'
          ? a
          : mode === 'try'
            ? 'NULL'
            : `CAST(error('[ARITHMETIC_OVERFLOW] Overflow in integral divide.') AS BIGINT)`;
      const smallest = "CAST('-9223372036854775808' AS BIGINT)";
      return `CASE WHEN ${b} = -1 AND ${a} = ${smallest} THEN ${overflow} ELSE ${a} // ${divisor({ ...y, sql: b }, mode)} END`;
    }),
  );
}

function remainder(scope: Scope, operator: '%' | 'pmod', a: Typed, b: Typed, mode: Mode, label: string): Typed {
  const type = a.type;
  const sql = once(scope, a.sql, (x) =>
    once(scope, b.sql, (y) => {
      const safe = divisor({ ...b, sql: y }, mode);
      const plain = `(${x} % ${safe})`;
      const rest = isInteger(type) && !isNonZero(b) ? `CASE WHEN ${y} = -1 THEN ${x} - ${x} ELSE ${plain} END` : plain;
      if (operator === '%') return rest;
      if (isFraction(type)) return `CASE WHEN ${rest} < 0 THEN (${rest} + ${y}) % ${safe} ELSE ${rest} END`;
      const wide = bitsOf(type) === 64 ? 'HUGEINT' : 'BIGINT';
      const sum = `(CAST(${rest} AS ${wide}) + ${y})`;
      // Java adds in int or bigint, where the sum may wrap around.
      const moved = bitsOf(type) < 32 ? sum : wrap(sum, type, undefined);
      return `CAST(CASE WHEN ${rest} < 0 THEN ${moved} % ${safe} ELSE ${rest} END AS ${storedType(type)})`;
    }),
  );
  return typed([a, b], { sql: `(${sql})`, type, label, at: a.at, ...raises(mode, b) });
}

const FIT_BIGINT = (1n << 63n) - 1n;
const FIT_HUGEINT = (1n << 127n) - 1n;

function ring(operator: '+' | '-' | '*', a: Typed, b: Typed, mode: Mode, label: string, at: number): Typed {
  const type = a.type;
  const limit = bitsOf(type) === 64 ? FIT_HUGEINT : FIT_BIGINT;
  const combine = (p: Ring, q: Ring): Ring => ({
    narrow: `(${p.narrow} ${operator} ${q.narrow})`,
    wide: `(${p.wide} ${operator} ${q.wide})`,
    bound: operator === '*' ? p.bound * q.bound : p.bound + q.bound,
    operands: [...new Set([...p.operands, ...q.operands])],
    line: operator === '*' ? product(p.line, q.line) : sum(p.line, q.line),
  });
  let joined = combine(ringOf(a), ringOf(b));
  if (joined.bound > limit) joined = combine(leaf(a), leaf(b));
  const made = typed([a, b], { sql: '', type, label, at });
  if (mode === 'ansi') return { ...made, sql: joined.narrow };
  if (mode === 'try') {
    return { ...made, sql: `TRY_CAST(${joined.wide} AS ${storedType(type)})` };
  }
  return { ...made, sql: settle(joined, type, made.untried), ring: joined };
}

const sum = (p: Line | undefined, q: Line | undefined): Line | undefined =>
  p && q && { slope: p.slope + q.slope, rest: p.rest + q.rest };

/** Undefined where both factors have operands. */
function product(p: Line | undefined, q: Line | undefined): Line | undefined {
  if (!p || !q || (p.slope > 0n && q.slope > 0n)) return undefined;
  const [line, factor] = q.slope === 0n ? [p, q.rest] : [q, p.rest];
  // Factors below 1 would hide how large the steps before them are.
  return factor === 0n ? undefined : { slope: line.slope * factor, rest: line.rest * factor };
}

function ringOf(value: Typed): Ring {
  return value.ring ?? leaf(value);
}

function leaf(value: Typed): Ring {
  const bits = bitsOf(value.type);
  const wide = bits === 64 ? 'HUGEINT' : 'BIGINT';
  const literal =
    typeof value.literal === 'string' && /^-?\d+$/.test(value.literal)
      ? BigInt(value.literal.replace('-', ''))
      : undefined;
  return {
    narrow: value.sql,
    wide: `CAST(${value.sql} AS ${wide})`,
    bound: literal ?? 1n << BigInt(bits - 1),
    operands: literal === undefined ? [value.sql] : [],
    line: literal === undefined ? { slope: 1n, rest: 0n } : { slope: 0n, rest: literal },
  };
}

/** Forms longer than this mention their operands once, which is slower, so that nested ones do not grow beyond bounds. */
const LONG = 300;
/** Operands that together are longer than this are not compared with a range. */
const SHORT = 120;

/** The value of a ring in its type, wrapped around where it does not fit. */
function settle(value: Ring, type: SparkType, untried: boolean): string {
  const half = 1n << BigInt(bitsOf(type) - 1);
  if (value.bound < half) return value.narrow;
  const wrapped = wrap(value.wide, type, undefined);
  const { line, operands, narrow, wide } = value;
  if (line && !untried && operands.length > 0 && operands.join('').length <= SHORT && line.rest < half) {
    // Between these no step of the way can overflow, which DuckDB often knows of a column without looking.
    const most = (half - 1n - line.rest) / line.slope;
    const near = operands.map((operand) => `${operand} BETWEEN ${-most} AND ${most}`).join(' AND ');
    return `CASE WHEN ${near} THEN ${narrow} ELSE ${wrapped} END`;
  }
  if (bitsOf(type) < 64) {
    if (wide.length > LONG) return wrapped;
    return `CASE WHEN ${wide} BETWEEN ${-half} AND ${half - 1n} THEN CAST(${wide} AS ${storedType(type)}) ELSE ${wrapped} END`;
  }
  const [operand] = [...operands].sort((a, b) => a.length - b.length);
  if (untried || operand === undefined || narrow.length > LONG) return wrapped;
  // DuckDB's checked arithmetic is the fast way; only rows that overflow are computed again. Around it stands a CASE,
  // since DuckDB moves subexpressions that occur twice out of a TRY, but never out of a CASE.
  return `CASE WHEN ${operand} IS NOT NULL THEN coalesce(TRY(${narrow}), ${wrapped}) END`;
}

/** A number with the other sign; the smallest integer keeps its own. */
export function negate(value: Typed, mode: Mode): Typed {
  const label = `(- ${value.label})`;
  if (isInteger(value.type)) {
    const zero = typed([], {
      sql: `CAST(0 AS ${storedType(value.type)})`,
      type: value.type,
      label: '0',
      at: value.at,
      literal: '0',
    });
    return { ...ring('-', zero, value, mode, label, value.at), at: value.at };
  }
  return { ...recast(value, `(-${value.sql})`, value.type), label };
}

/** The type of a decimal operation, before it is cut to 38 digits. */
function decimalResult(operator: ArithmeticOperator, a: DecimalType, b: DecimalType): DecimalType {
  const [wholeA, wholeB] = [a.precision - a.scale, b.precision - b.scale];
  switch (operator) {
    case '*':
      return bounded(a.precision + b.precision + 1, a.scale + b.scale);
    case '/': {
      const scale = Math.max(6, a.scale + b.precision + 1);
      return bounded(wholeA + b.scale + scale, scale);
    }
    case '%':
    case 'pmod': {
      const scale = Math.max(a.scale, b.scale);
      return bounded(Math.min(wholeA, wholeB) + scale, scale);
    }
    case 'div':
      return bounded(wholeA + b.scale, 0);
    default: {
      const scale = Math.max(a.scale, b.scale);
      return bounded(Math.max(wholeA, wholeB) + scale + 1, scale);
    }
  }
}

function decimals(scope: Scope, operator: ArithmeticOperator, a: Typed, b: Typed, mode: Mode, label: string): Typed {
  const [p, q] = [a.type as DecimalType, b.type as DecimalType];
  const type = decimalResult(operator, p, q);
  const result = operator === 'div' ? BIGINT : type;
  const sql = decimalSql(scope, operator, a, b, p, q, type, mode);
  return typed([a, b], { sql, type: result, label, at: a.at, ...(mode === 'ansi' ? { untried: true } : {}) });
}

function decimalSql(
  scope: Scope,
  operator: ArithmeticOperator,
  a: Typed,
  b: Typed,
  p: DecimalType,
  q: DecimalType,
  type: DecimalType,
  mode: Mode,
): string {
  const stored = storedType(type);
  const slow = (): string => {
    const call = `spark_decimal('${operator}', CAST(${a.sql} AS VARCHAR), CAST(${b.sql} AS VARCHAR), ${type.precision}, ${type.scale})`;
    const wanted = operator === 'div' ? 'BIGINT' : stored;
    const read = operator === 'div' ? `spark_low_bits(${call})` : `CAST(${call} AS ${wanted})`;
    if (mode !== 'ansi') return read;
    const zero =
      operator === '+' || operator === '-' || operator === '*'
        ? ''
        : `WHEN ${b.sql} = 0 THEN CAST(error('[DIVIDE_BY_ZERO] Division by zero.') AS ${wanted}) `;
    return (
      `CASE WHEN ${a.sql} IS NULL OR ${b.sql} IS NULL THEN NULL ${zero}ELSE coalesce(${read}, ` +
      `CAST(error('[NUMERIC_VALUE_OUT_OF_RANGE] The result does not fit ${stored}.') AS ${wanted})) END`
    );
  };
  if (operator === '+' || operator === '-') {
    const scale = Math.max(p.scale, q.scale);
    const needed = Math.max(p.precision - p.scale, q.precision - q.scale) + scale + 1;
    if (needed > 38) return slow();
    // Both in the type of the result: there DuckDB's own addition cannot overflow.
    return `CAST(CAST(${a.sql} AS ${stored}) ${operator} CAST(${b.sql} AS ${stored}) AS ${stored})`;
  }
  if (operator === '*') {
    if (p.precision + q.precision + 1 > 38) return slow();
    const wide = (t: DecimalType, sql: string): string => `CAST(${sql} AS DECIMAL(${t.precision},${t.scale}))`;
    return `CAST(CAST(${wide(p, a.sql)} AS DECIMAL(${38 - q.precision},${p.scale})) * ${wide(q, b.sql)} AS ${stored})`;
  }
  if (operator === '/') {
    const shift = type.scale - p.scale + q.scale;
    const room = p.precision + shift <= 38 && p.precision + p.scale < 38 && q.precision + q.scale < 38;
    if (!room || type.precision + type.scale > 38) return slow();
    return quotientOfDecimals(scope, a, b, p, q, type, shift, mode);
  }
  if (
    (operator === '%' || operator === 'pmod') &&
    Math.max(p.precision - p.scale, q.precision - q.scale) + Math.max(p.scale, q.scale) <= 38
  ) {
    const scale = Math.max(p.scale, q.scale);
    const common = `DECIMAL(${Math.max(p.precision - p.scale, q.precision - q.scale) + scale},${scale})`;
    if (operator === 'pmod') return slow();
    return `CAST(CAST(${a.sql} AS ${common}) % CAST(${divisor(b, mode)} AS ${common}) AS ${stored})`;
  }
  return slow();
}

/** Exact division on the unscaled integers, rounded half up. */
function quotientOfDecimals(
  scope: Scope,
  a: Typed,
  b: Typed,
  p: DecimalType,
  q: DecimalType,
  type: DecimalType,
  shift: number,
  mode: Mode,
): string {
  const raw = (sql: string, t: DecimalType): string =>
    `CAST(CAST(${sql} AS DECIMAL(${t.precision},${t.scale})) * ${10n ** BigInt(t.scale)} AS HUGEINT)`;
  return once(scope, `(${raw(a.sql, p)} * ${10n ** BigInt(shift)})`, (n) =>
    once(scope, raw(divisor(b, mode), q), (d) => {
      const rounded = `((abs(${n}) + abs(${d}) // 2) // abs(${d}))`;
      const signed = `CASE WHEN (${n} < 0) <> (${d} < 0) THEN -${rounded} ELSE ${rounded} END`;
      // The result's digits are known to fit, so that no step here can overflow.
      const unit = `CAST('0.${'0'.repeat(type.scale - 1)}1' AS DECIMAL(${Math.max(type.scale, 1)},${type.scale}))`;
      return `CAST(CAST(${signed} AS DECIMAL(${type.precision},0)) * ${unit} AS ${storedType(type)})`;
    }),
  );
}
