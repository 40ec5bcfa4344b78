import { cast } from './casts.js';
import type { Scope } from './scope.js';
import type { Typed } from './typed.js';
import {
  array,
  BIGINT,
  bitsOf,
  decimal,
  DOUBLE,
  isAtomic,
  isDatetime,
  isInteger,
  isInterval,
  isNumeric,
  map,
  sameType,
  STRING,
  struct,
  TIMESTAMP,
  TIMESTAMP_NTZ,
  type DecimalType,
  type SparkType,
} from './types.js';

/** The decimal type that holds every value of an integer type; of a fraction, what Spark takes. */
export function decimalFor(type: SparkType): DecimalType {
  switch (type.kind) {
    case 'decimal':
      return type;
    case 'tinyint':
      return decimal(3, 0);
    case 'smallint':
      return decimal(5, 0);
    case 'int':
      return decimal(10, 0);
    case 'bigint':
      return decimal(20, 0);
    case 'float':
      return decimal(14, 7);
    default:
      return decimal(30, 15);
  }
}

/** Precision and scale cut to what Spark keeps: beyond 38 digits the fraction gives way, down to six places. */
export function bounded(precision: number, scale: number): DecimalType {
  if (precision <= 38) return decimal(precision, scale);
  const whole = precision - scale;
  return decimal(38, Math.max(38 - whole, Math.min(scale, 6)));
}

/** The decimal type that holds the values of both. */
export function widerDecimal(a: DecimalType, b: DecimalType): DecimalType {
  const scale = Math.max(a.scale, b.scale);
  const whole = Math.max(a.precision - a.scale, b.precision - b.scale);
  // Beyond 38 digits the fraction gives way.
  return whole + scale <= 38 ? decimal(whole + scale, scale) : decimal(38, Math.max(38 - whole, 0));
}

const NUMBERS = ['tinyint', 'smallint', 'int', 'bigint', 'float', 'double'];

/** The type that holds both without losing anything, if there is one. Strings do not mix with others here. */
export function tightest(a: SparkType, b: SparkType, ansi = false): SparkType | undefined {
  if (sameType(a, b)) return a;
  if (a.kind === 'void') return b;
  if (b.kind === 'void') return a;
  if (isNumeric(a) && isNumeric(b)) {
    if (a.kind === 'decimal' || b.kind === 'decimal') {
      if (a.kind === 'double' || b.kind === 'double' || a.kind === 'float' || b.kind === 'float') return DOUBLE;
      return widerDecimal(decimalFor(a), decimalFor(b));
    }
    // A float cannot hold all digits of a whole number; ANSI mode minds.
    if (ansi && (a.kind === 'float' || b.kind === 'float') && (isInteger(a) || isInteger(b))) return DOUBLE;
    return NUMBERS.indexOf(a.kind) > NUMBERS.indexOf(b.kind) ? a : b;
  }
  if (isDatetime(a) && isDatetime(b)) {
    return a.kind === 'timestamp' || b.kind === 'timestamp' ? TIMESTAMP : TIMESTAMP_NTZ;
  }
  if ((a.kind === 'year-month' && b.kind === 'year-month') || (a.kind === 'day-time' && b.kind === 'day-time')) {
    return { kind: a.kind, from: Math.min(a.from, b.from) as 0, to: Math.max(a.to, b.to) as 3 };
  }
  return undefined;
}

/** The common type of the branches of a CASE, the elements of an array, the two sides of a UNION. */
export function wider(scope: Scope, a: SparkType, b: SparkType): SparkType | undefined {
  const { ansi } = scope.session.options;
  const direct = tightest(a, b, ansi);
  if (direct) return direct;
  if (a.kind === 'string' || b.kind === 'string') {
    const other = a.kind === 'string' ? b : a;
    if (ansi) return promoted(other);
    return isAtomic(other) && other.kind !== 'binary' && other.kind !== 'boolean' ? STRING : undefined;
  }
  if (a.kind === 'array' && b.kind === 'array') {
    const element = wider(scope, a.element, b.element);
    return element && array(element);
  }
  if (a.kind === 'map' && b.kind === 'map') {
    const key = wider(scope, a.key, b.key);
    const value = wider(scope, a.value, b.value);
    return key && value && map(key, value);
  }
  if (a.kind === 'struct' && b.kind === 'struct' && a.fields.length === b.fields.length) {
    const fields = a.fields.map((field, i) => {
      const other = b.fields[i];
      const type =
        other && other.name.toLowerCase() === field.name.toLowerCase()
          ? wider(scope, field.type, other.type)
          : undefined;
      return type && { name: field.name, type };
    });
    return fields.every((field) => field !== undefined) ? struct(fields) : undefined;
  }
  return undefined;
}

/** In ANSI mode a string takes the type of what stands beside it, in the widest form. */
function promoted(other: SparkType): SparkType | undefined {
  if (isInteger(other)) return BIGINT;
  if (isNumeric(other)) return DOUBLE;
  return isAtomic(other) ? other : undefined;
}

/** The common type of several. Outside ANSI mode strings come first: a list with one string in it is a list of strings. */
export function widest(scope: Scope, types: readonly SparkType[]): SparkType | undefined {
  const hasString = (type: SparkType): boolean =>
    type.kind === 'string' || (type.kind === 'array' && hasString(type.element));
  const sorted = scope.session.options.ansi
    ? types
    : [...types.filter(hasString), ...types.filter((type) => !hasString(type))];
  let result: SparkType | undefined = { kind: 'void' };
  for (const type of sorted) {
    result = wider(scope, result, type);
    if (!result) return undefined;
  }
  return result;
}

/** The type in which Spark compares two values. */
export function comparable(scope: Scope, a: SparkType, b: SparkType): SparkType | undefined {
  if (a.kind === 'string' && b.kind === 'string') return STRING;
  if (a.kind === 'string' || b.kind === 'string') {
    const other = a.kind === 'string' ? b : a;
    if (other.kind === 'void') return STRING;
    if (scope.session.options.ansi) return promoted(other);
    if (other.kind === 'decimal') return DOUBLE;
    return isAtomic(other) && !isInterval(other) ? other : undefined;
  }
  const { ansi } = scope.session.options;
  if (a.kind === 'boolean' && isNumeric(b)) return ansi ? undefined : b;
  if (b.kind === 'boolean' && isNumeric(a)) return ansi ? undefined : a;
  if (a.kind === 'array' && b.kind === 'array') {
    const element = comparable(scope, a.element, b.element);
    return element && array(element);
  }
  return wider(scope, a, b);
}

/** The value in a type that Spark casts it to by itself where a function wants that type; undefined where it does not. */
export function implicit(scope: Scope, value: Typed, to: SparkType): Typed | undefined {
  const from = value.type;
  if (sameType(from, to)) return value;
  if (!canImplicit(from, to, scope.session.options.ansi)) return undefined;
  return cast(scope, value, to);
}

function canImplicit(from: SparkType, to: SparkType, ansi: boolean): boolean {
  if (sameType(from, to) || from.kind === 'void') return true;
  if (from.kind === 'array' && to.kind === 'array') return canImplicit(from.element, to.element, ansi);
  if (from.kind === 'map' && to.kind === 'map')
    return canImplicit(from.key, to.key, ansi) && canImplicit(from.value, to.value, ansi);
  if (from.kind === 'struct' && to.kind === 'struct') {
    return (
      from.fields.length === to.fields.length &&
      from.fields.every((f, i) => canImplicit(f.type, to.fields[i]?.type ?? f.type, ansi))
    );
  }
  if (to.kind === 'string') return isAtomic(from) || from.kind === 'interval';
  if (from.kind === 'string')
    return isNumeric(to) || isDatetime(to) || to.kind === 'binary' || (ansi && to.kind === 'boolean');
  if (isNumeric(from) && isNumeric(to)) return true;
  if (isDatetime(from) && isDatetime(to)) return true;
  return from.kind === to.kind && isInterval(from);
}

/** The value as a number: a string is read as a double. */
export function toNumber(scope: Scope, value: Typed): Typed {
  if (isNumeric(value.type)) return value;
  if (value.type.kind === 'string' || value.type.kind === 'void') return cast(scope, value, DOUBLE);
  throw scope.fail(value.at, 'SQL_ANALYSIS', `a number is wanted here, not ${value.type.kind} ('${value.label}')`);
}

/** Whether the type is an integer at most as wide as `limit`. */
export function fits(type: SparkType, limit: SparkType = BIGINT): boolean {
  return isInteger(type) && bitsOf(type) <= bitsOf(limit);
}
