import { arithmetic, negate, type ArithmeticOperator } from '../arithmetic.js';
import { once } from '../bind.js';
import { cast, castSql } from '../casts.js';
import { bounded, decimalFor, toNumber } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import { negateInterval, timeArithmetic } from '../intervals.js';
import { binary, operandOf, shift } from '../operators.js';
import type { Scope } from '../scope.js';
import type { CallNode } from '../tree.js';
import { typed, without, type Typed } from '../typed.js';
import { BIGINT, decimal, DOUBLE, isInteger, isInterval, type DecimalType, type SparkType } from '../types.js';
import { scalar, special, type Analyze, type Call, type FunctionRow } from './row.js';

/** A function of one double, shown in capitals as Spark does. */
const unary = (name: string, form: string, shown = name.toUpperCase()): FunctionRow =>
  scalar(`${name}(expr double) -> double`, form, { shown });

const NAN = "CAST('NaN' AS DOUBLE)";

/** The type of ceil, floor and round for a decimal and a scale. */
function roundedType(type: SparkType, scale: number, keepsScale: boolean): SparkType {
  if (type.kind !== 'decimal') return type;
  const whole = type.precision - type.scale + 1;
  if (scale < 0)
    return keepsScale ? decimal(Math.min(Math.max(whole, -scale + 1), 38), 0) : bounded(Math.max(whole, -scale + 1), 0);
  const kept = Math.min(type.scale, scale);
  return bounded(whole + kept, kept);
}

function toWhole(word: 'ceil' | 'floor') {
  return (scope: Scope, node: CallNode, analyze: Analyze): Typed => {
    const name = node.name.toLowerCase();
    const [first, places] = node.args.map((arg) => analyze(scope, arg));
    if (!first || node.args.length > 2)
      throw scope.fail(node.at, 'SQL_ANALYSIS', `${name}(expr[, scale]) takes 1 or 2 arguments`);
    // With places a string is read as a decimal, not as a double.
    const text = places && /^(?:string|void)$/.test(first.type.kind) ? cast(scope, first, decimal(38, 18)) : first;
    const value = toNumber(scope, text);
    const shown = name === 'ceiling' ? 'ceiling' : places ? name : name.toUpperCase();
    const label = `${shown}(${[first, ...(places ? [places] : [])].map((a) => a.label).join(', ')})`;
    if (places) return toPlaces(scope, word, value, places, label, node.at);
    if (isInteger(value.type)) return { ...cast(scope, value, BIGINT), label, at: node.at };
    if (value.type.kind === 'decimal') {
      const type = bounded(value.type.precision - value.type.scale + (value.type.scale > 0 ? 1 : 0) || 1, 0);
      return typed([value], { sql: `CAST(${word}(${value.sql}) AS ${storedType(type)})`, type, label, at: node.at });
    }
    const double = cast(scope, value, DOUBLE);
    const rounded = typed([double], { sql: `${word}(${double.sql})`, type: DOUBLE, label, at: node.at });
    // Java's conversion: NaN is 0, and what is too large the largest, in ANSI mode too.
    return typed([rounded], {
      sql: castSql(scope, rounded.sql, DOUBLE, BIGINT, true, false, node.at),
      type: BIGINT,
      label,
      at: node.at,
    });
  };
}

function scaleOf(scope: Scope, places: Typed): number {
  if (typeof places.literal !== 'string' || !isInteger(places.type)) {
    throw scope.unsupported(places.at, 'a number of places that is not a literal', 'write it as a whole number');
  }
  return Number(places.literal);
}

function toPlaces(scope: Scope, word: string, value: Typed, places: Typed, label: string, at: number): Typed {
  const scale = scaleOf(scope, places);
  const number =
    value.type.kind === 'decimal'
      ? value
      : isInteger(value.type)
        ? cast(
            scope,
            value,
            decimal(
              value.type.kind === 'bigint'
                ? 20
                : value.type.kind === 'int'
                  ? 10
                  : value.type.kind === 'smallint'
                    ? 5
                    : 3,
              0,
            ),
          )
        : cast(scope, value, decimalFor(value.type));
  const type = roundedType(number.type, scale, true) as DecimalType;
  const name = word === 'ceil' ? 'ceiling' : 'floor';
  const sql = `CAST(spark_round_decimal(CAST(${number.sql} AS VARCHAR), ${scale}, '${name}') AS ${storedType(type)})`;
  return typed([number], { sql, type, label, at });
}

/** round (half up) and bround (half even): integers and decimals keep their kind, fractions go by their exact text. */
function round(mode: 'half-up' | 'half-even') {
  return (scope: Scope, node: CallNode, analyze: Analyze): Typed => {
    const name = node.name.toLowerCase();
    const [first, second] = node.args.map((arg) => analyze(scope, arg));
    if (!first || node.args.length > 2)
      throw scope.fail(node.at, 'SQL_ANALYSIS', `${name}(expr[, d]) takes 1 or 2 arguments`);
    const value = toNumber(scope, first);
    const scale = second ? scaleOf(scope, second) : 0;
    const label = `${name}(${first.label}, ${scale})`;
    const type = roundedType(value.type, scale, false);
    const make = (sql: string): Typed => typed([value], { sql, type, label, at: node.at });
    if (isInteger(value.type) && scale >= 0) return { ...value, label, at: node.at };
    if (value.type.kind === 'decimal' && mode === 'half-up') {
      if (scale >= 0) return make(`CAST(${value.sql} AS ${storedType(type)})`);
    }
    if (value.type.kind === 'decimal' || isInteger(value.type)) {
      const rounded = `spark_round_decimal(CAST(${value.sql} AS VARCHAR), ${scale}, '${mode}')`;
      if (value.type.kind === 'decimal') return make(`TRY_CAST(${rounded} AS ${storedType(type)})`);
      const wide = typed([value], { sql: `CAST(${rounded} AS HUGEINT)`, type: decimal(38, 0), label, at: node.at });
      return { ...cast(scope, { ...wide, sql: `CAST(${wide.sql} AS DECIMAL(38,0))` }, value.type), label };
    }
    // Half of the cases need the exact text of the fraction; far from a tie DuckDB's own function is right.
    return make(
      `CAST(spark_round_double(CAST(${value.sql} AS DOUBLE), ${scale}, '${mode}') AS ${storedType(value.type)})`,
    );
  };
}

function operatorCall(operator: ArithmeticOperator, mode: 'plain' | 'try') {
  return (scope: Scope, node: CallNode, analyze: Analyze): Typed => {
    const [a, b] = node.args.map((arg) => analyze(scope, arg));
    const name = node.name.toLowerCase();
    if (!a || !b || node.args.length !== 2)
      throw scope.fail(node.at, 'SQL_ANALYSIS', `${name}(a, b) takes 2 arguments`);
    const label = `${name}(${a.label}, ${b.label})`;
    const time = operator === 'pmod' ? undefined : timeArithmetic(scope, operator, a, b, node.at);
    if (time) {
      if (mode === 'plain') return { ...time, label };
      return { ...time, sql: time.untried ? time.sql : `TRY(${time.sql})`, label };
    }
    const chosen = mode === 'try' ? 'try' : scope.session.options.ansi ? 'ansi' : 'legacy';
    const quiet = mode === 'try';
    const value = arithmetic(scope, operator, operandOf(scope, a, b, quiet), operandOf(scope, b, a, quiet), chosen);
    return { ...value, label, at: node.at };
  };
}

const bits = (text: string): string => `CAST(bit_count(${text}) AS INTEGER)`;

function absolute(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const [first] = node.args.map((arg) => analyze(scope, arg));
  if (!first || node.args.length !== 1) throw scope.fail(node.at, 'SQL_ANALYSIS', 'abs(expr) takes 1 argument');
  const label = `abs(${first.label})`;
  if (isInterval(first.type)) {
    const sql = once(scope, first.sql, (x) => `CASE WHEN ${x} < to_days(0) THEN ${x} * -1 ELSE ${x} END`);
    return { ...first, sql, label };
  }
  const value = toNumber(scope, first);
  if (!isInteger(value.type)) return typed([value], { sql: `abs(${value.sql})`, type: value.type, label, at: node.at });
  const plain = without(value, 'ring');
  const sql = once(scope, value.sql, (x) => {
    const flipped = negate({ ...plain, sql: x }, scope.session.options.ansi ? 'ansi' : 'legacy');
    return `CASE WHEN ${x} < 0 THEN ${flipped.sql} ELSE ${x} END`;
  });
  return typed([value], { sql, type: value.type, label, at: node.at });
}

const shiftRow = (name: string, operator: string): FunctionRow =>
  special(`${name}(base integral, distance int) -> $1`, (scope, node, analyze) => {
    const [a, b] = node.args.map((arg) => analyze(scope, arg));
    if (!a || !b) throw scope.fail(node.at, 'SQL_ANALYSIS', `${name}(base, distance) takes 2 arguments`);
    return shift(scope, operator, a, b, node.at, `${name}(${a.label}, ${b.label})`);
  });

const signed = ({ sql, args }: Call): string =>
  isInterval(args[0]?.type ?? DOUBLE)
    ? `CAST(CASE WHEN ${sql(0)} < to_days(0) THEN -1 WHEN ${sql(0)} > to_days(0) THEN 1 WHEN ${sql(0)} IS NOT NULL THEN 0 END AS DOUBLE)`
    : `CASE WHEN isnan(${sql(0)}) OR ${sql(0)} = 0 THEN ${sql(0)} ELSE CAST(sign(${sql(0)}) AS DOUBLE) END`;

export const ROWS: readonly FunctionRow[] = [
  special('abs(expr numeric) -> $1', absolute),
  unary('acos', `CASE WHEN abs($1) > 1 THEN ${NAN} ELSE acos($1) END`),
  unary(
    'acosh',
    `CASE WHEN $1 < 1 THEN ${NAN} WHEN $1 > 1e150 THEN ln($1) + ln(2) ELSE ln($1 + sqrt($1 * $1 - 1)) END`,
  ),
  unary('asin', `CASE WHEN abs($1) > 1 THEN ${NAN} ELSE asin($1) END`),
  unary(
    'asinh',
    "CASE WHEN abs($1) > 1e150 AND isfinite($1) THEN sign($1) * (ln(abs($1)) + ln(2)) WHEN isinf($1) THEN $1 WHEN $1 + sqrt($1 * $1 + 1) = 0 THEN CAST('-Infinity' AS DOUBLE) ELSE ln($1 + sqrt($1 * $1 + 1)) END",
  ),
  unary('atan', 'atan($1)'),
  scalar('atan2(y double, x double) -> double', 'atan2($1 + 0.0, $2 + 0.0)', { shown: 'ATAN2' }),
  unary('atanh', `CASE WHEN abs($1) > 1 THEN ${NAN} ELSE 0.5::DOUBLE * (spark_log1p($1) - spark_log1p(-$1)) END`),
  unary('cbrt', 'cbrt($1)'),
  unary('cos', `CASE WHEN isinf($1) THEN ${NAN} ELSE cos($1) END`),
  unary('cosh', 'cosh($1)'),
  unary('cot', `CASE WHEN isinf($1) THEN ${NAN} ELSE 1 / tan($1) END`),
  unary('csc', `CASE WHEN isinf($1) THEN ${NAN} ELSE 1 / sin($1) END`),
  unary('degrees', '($1 * (180.0::DOUBLE / pi()))'),
  unary('exp', 'exp($1)'),
  unary('expm1', 'spark_expm1($1)'),
  unary('ln', 'CASE WHEN $1 > 0 OR isnan($1) THEN ln($1) END', 'ln'),
  unary('log10', 'CASE WHEN $1 > 0 OR isnan($1) THEN log10($1) END'),
  unary('log1p', 'CASE WHEN $1 > -1 OR isnan($1) THEN spark_log1p($1) END'),
  unary('log2', 'CASE WHEN $1 > 0 OR isnan($1) THEN log2($1) END'),
  scalar(
    'log(base double, expr? double) -> double',
    ({ args, sql, node }) =>
      node.args.length < 2
        ? `CASE WHEN ${sql(0)} > 0 OR isnan(${sql(0)}) THEN ln(${sql(0)}) END`
        : `CASE WHEN ${sql(0)} > 0 AND ${sql(1)} > 0 THEN ln(${sql(1)}) / ln(${args[0]?.sql}) END`,
    {
      label: ({ args, node }) =>
        node.args.length < 2 ? `LOG(E(), ${args[0]?.label})` : `LOG(${args[0]?.label}, ${args[1]?.label})`,
    },
  ),
  unary('radians', "($1 * CAST('0.017453292519943295' AS DOUBLE))"),
  unary('rint', 'round_even($1, 0)', 'rint'),
  unary('sec', `CASE WHEN isinf($1) THEN ${NAN} ELSE 1 / cos($1) END`),
  unary('sin', `CASE WHEN isinf($1) THEN ${NAN} ELSE sin($1) END`),
  unary('sinh', 'sinh($1)'),
  unary('sqrt', `CASE WHEN $1 < 0 THEN ${NAN} ELSE sqrt($1) END`),
  unary('tan', `CASE WHEN isinf($1) THEN ${NAN} ELSE tan($1) END`),
  unary('tanh', 'tanh($1)'),
  scalar('signum(expr double|day-time|year-month) -> double', signed, { shown: 'SIGNUM', aliases: ['sign'] }),
  scalar('hypot(a double, b double) -> double', 'spark_hypot($1, $2)', { shown: 'HYPOT' }),
  scalar(
    'pow(a double, b double) -> double',
    `CASE WHEN $1 IS NULL THEN NULL WHEN isnan($2) THEN ${NAN} WHEN abs($1) = 1 AND isinf($2) THEN ${NAN} ELSE pow($1, $2) END`,
    {
      aliases: ['power'],
      label: ({ args, node }) =>
        `${node.name.toLowerCase() === 'power' ? 'POWER' : 'pow'}(${args[0]?.label}, ${args[1]?.label})`,
    },
  ),
  scalar('e() -> double', "CAST('2.718281828459045' AS DOUBLE)", { shown: 'E' }),
  scalar('pi() -> double', 'pi()', { shown: 'PI' }),
  special('ceil(expr numeric, scale? int) -> any', toWhole('ceil'), { aliases: ['ceiling'] }),
  special('floor(expr numeric, scale? int) -> any', toWhole('floor')),
  special('round(expr numeric, d int = 0) -> any', round('half-up')),
  special('bround(expr numeric, d int = 0) -> any', round('half-even')),
  special('mod(a numeric, b numeric) -> any', operatorCall('%', 'plain')),
  special('pmod(a numeric, b numeric) -> any', operatorCall('pmod', 'plain')),
  special('try_add(a any, b any) -> any', operatorCall('+', 'try')),
  special('try_subtract(a any, b any) -> any', operatorCall('-', 'try')),
  special('try_multiply(a any, b any) -> any', operatorCall('*', 'try')),
  special('try_divide(a any, b any) -> any', operatorCall('/', 'try')),
  special('try_mod(a numeric, b numeric) -> any', operatorCall('%', 'try')),
  special('negative(expr numeric) -> $1', (scope, node, analyze) => {
    const [value] = node.args.map((arg) => analyze(scope, arg));
    if (!value || node.args.length !== 1) throw scope.fail(node.at, 'SQL_ANALYSIS', 'negative(expr) takes 1 argument');
    const label = `negative(${value.label})`;
    if (isInterval(value.type)) return { ...negateInterval(value, node.at), label };
    return { ...negate(toNumber(scope, value), scope.session.options.ansi ? 'ansi' : 'legacy'), label };
  }),
  special('positive(expr numeric) -> $1', (scope, node, analyze) => {
    const [value] = node.args.map((arg) => analyze(scope, arg));
    if (!value) throw scope.fail(node.at, 'SQL_ANALYSIS', 'positive(expr) takes 1 argument');
    return { ...(isInterval(value.type) ? value : toNumber(scope, value)), label: `(+ ${value.label})` };
  }),
  special('div(a numeric, b numeric) -> bigint', (scope, node, analyze) => {
    const [a, b] = node.args.map((arg) => analyze(scope, arg));
    if (!a || !b) throw scope.fail(node.at, 'SQL_ANALYSIS', 'div(a, b) takes 2 arguments');
    return binary(scope, 'div', a, b, node.at);
  }),
  shiftRow('shiftleft', '<<'),
  shiftRow('shiftright', '>>'),
  shiftRow('shiftrightunsigned', '>>>'),
  scalar('bit_count(expr integral|boolean) -> int', ({ sql, args }) =>
    args[0]?.type.kind === 'boolean' ? `CAST(${sql(0)} AS INTEGER)` : bits(`CAST(${sql(0)} AS BIGINT)`),
  ),
  scalar('bit_get(expr integral, pos int) -> tinyint', 'CAST((($1 >> $2) & 1) AS TINYINT)', { aliases: ['getbit'] }),
  scalar('factorial(expr int) -> bigint', 'CASE WHEN $1 BETWEEN 0 AND 20 THEN CAST(factorial($1) AS BIGINT) END'),
  scalar(
    'bin(expr bigint) -> string',
    'CASE WHEN $1 >= 0 THEN to_binary($1) ELSE to_binary(CAST($1 AS HUGEINT) + 18446744073709551616) END',
  ),
  scalar('conv(num string, from_base int, to_base int) -> string', 'spark_conv($1, $2, $3)'),
  scalar('hex(expr bigint|binary|string) -> string', ({ sql, args, scope }) => {
    if (args[0]?.type.kind !== 'bigint') return `hex(${sql(0)})`;
    return once(
      scope,
      sql(0),
      (x) => `CASE WHEN ${x} >= 0 THEN to_hex(${x}) ELSE to_hex(CAST(${x} AS HUGEINT) + 18446744073709551616) END`,
    );
  }),
  scalar('unhex(expr string) -> binary', 'spark_unhex($1)'),
  scalar(
    'width_bucket(value double|day-time|year-month, min double|day-time|year-month, max double|day-time|year-month, buckets bigint) -> bigint',
    ({ sql, args }) => {
      const unit = (i: number): string =>
        args[0]?.type.kind === 'double' ? sql(i) : `CAST(epoch(${sql(i)}) AS DOUBLE)`;
      return `spark_width_bucket(${unit(0)}, ${unit(1)}, ${unit(2)}, ${sql(3)})`;
    },
  ),
  scalar(
    'rand(seed? bigint) -> double',
    ({ scope, at, node }) => {
      if (node.args.length > 0)
        throw scope.unsupported(
          at,
          'rand with a seed',
          'leave the seed out: the numbers that Spark makes of one depend on its partitions',
        );
      return 'random()';
    },
    { untried: true, aliases: ['random'] },
  ),
];
