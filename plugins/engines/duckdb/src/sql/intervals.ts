import { arithmetic } from './arithmetic.js';
import { cast } from './casts.js';
import { implicit, toNumber } from './coercion.js';
import { once } from './bind.js';
import { isUtc, movedInstant, wallClock } from './instants.js';
import { parseIntervalText, type IntervalValue } from './interval-text.js';
import type { Scope } from './scope.js';
import type { Expression, IntervalNode } from './tree.js';
import { typed, type Typed } from './typed.js';
import {
  DATE,
  DAY_TIME,
  DAY_TIME_FIELDS,
  DOUBLE,
  INT,
  INTERVAL,
  STRING,
  isInteger,
  isInterval,
  isNumeric,
  TIMESTAMP,
  type IntervalField,
  type SparkType,
} from './types.js';

type Analyze = (scope: Scope, node: Expression) => Typed;

/** DuckDB's text of an interval of months, days and microseconds. */
export function intervalSql(value: IntervalValue): string {
  const parts = [];
  if (value.months !== 0n) parts.push(`to_months(CAST(${value.months} AS INTEGER))`);
  if (value.days !== 0n) parts.push(`to_days(CAST(${value.days} AS INTEGER))`);
  if (value.micros !== 0n) parts.push(`to_microseconds(CAST(${value.micros} AS BIGINT))`);
  if (parts.length === 0) return 'to_days(0)';
  return parts.length === 1 ? (parts[0] ?? '') : `(${parts.join(' + ')})`;
}

const FIELDS = ['YEAR', 'MONTH', 'WEEK', 'DAY', 'HOUR', 'MINUTE', 'SECOND', 'MILLISECOND', 'MICROSECOND'];
const DAY_MICROS = 86_400_000_000n;

/** An interval literal: of years and months, of days to seconds, or (for mixed ones of the old form) a calendar one. */
export function intervalLiteral(scope: Scope, node: IntervalNode, analyze: Analyze): Typed {
  const fail = (what: string): Error => scope.fail(node.at, 'SQL_SYNTAX', `${what} (INVALID_INTERVAL_FORMAT)`);
  const texts = node.parts.map((part) => part.value);
  const [first] = node.parts;
  if (texts.some((value) => value.kind !== 'literal')) return computedInterval(scope, node, analyze);
  const literals = node.parts.map((part) => ({ ...part, text: String((part.value as { value: unknown }).value) }));
  let value: IntervalValue | undefined;
  let units: string[];
  if (first && first.unit === '') {
    const parsed = parseIntervalText(literals[0]?.text ?? '');
    if (!parsed) throw fail(`'${literals[0]?.text}' is no interval`);
    ({ value, units } = parsed);
  } else if (first?.to !== undefined) {
    const ranged = rangedInterval(literals[0]?.text ?? '', first.unit, first.to);
    if (!ranged) throw fail(`'${literals[0]?.text}' is no interval ${first.unit} TO ${first.to}`);
    return typed([], {
      ...ranged,
      label: literalLabel(ranged.type, ranged.value),
      at: node.at,
      sql: intervalSql(ranged.value),
    });
  } else {
    const parsed = parseIntervalText(literals.map((part) => `${part.text} ${part.unit}`).join(' '));
    if (!parsed) throw fail(`'${literals.map((part) => `${part.text} ${part.unit}`).join(' ')}' is no interval`);
    ({ value, units } = parsed);
  }
  const type = typeOfUnits(units);
  if (!type) throw fail('an interval of years or months cannot be mixed with days or times');
  const normal = type.kind === 'day-time' ? normalised(value) : value;
  return typed([], { sql: intervalSql(normal), type, label: literalLabel(type, normal), at: node.at });
}

/** Microseconds of a day-time interval, whole days apart. */
function normalised(value: IntervalValue): IntervalValue {
  const total = value.days * DAY_MICROS + value.micros;
  return { months: value.months, days: total / DAY_MICROS, micros: total % DAY_MICROS };
}

function typeOfUnits(units: readonly string[]): SparkType | undefined {
  const months = units.filter((unit) => unit === 'YEAR' || unit === 'MONTH' || unit === 'QUARTER');
  if (months.length > 0 && months.length < units.length) return undefined;
  if (months.length > 0) {
    const fields = months.map((unit) => (unit === 'YEAR' ? 0 : 1));
    return { kind: 'year-month', from: Math.min(...fields) as 0, to: Math.max(...fields) as 1 };
  }
  const fields = units.map((unit) =>
    unit === 'WEEK' || unit === 'DAY' ? 0 : unit === 'HOUR' ? 1 : unit === 'MINUTE' ? 2 : 3,
  );
  return { kind: 'day-time', from: Math.min(...fields) as 0, to: Math.max(...fields) as 3 };
}

function rangedInterval(text: string, from: string, to: string): { type: SparkType; value: IntervalValue } | undefined {
  const trimmed = text.trim();
  const sign = /^-/.test(trimmed) ? -1n : 1n;
  const body = trimmed.replace(/^[+-]/, '');
  if (from === 'YEAR' && to === 'MONTH') {
    const match = /^(\d+)-(\d+)$/.exec(body);
    if (!match || Number(match[2]) > 11) return undefined;
    const months = sign * (BigInt(match[1] ?? 0) * 12n + BigInt(match[2] ?? 0));
    return { type: { kind: 'year-month', from: 0, to: 1 }, value: { months, days: 0n, micros: 0n } };
  }
  const fields: readonly string[] = DAY_TIME_FIELDS;
  const [a, b] = [fields.indexOf(from.toLowerCase()), fields.indexOf(to.toLowerCase())];
  if (a < 0 || b <= a) return undefined;
  const forms = ['(?<d>\\d+)', '(?<h>\\d{1,2})', '(?<m>\\d{1,2})', '(?<s>\\d{1,2})(?:\\.(?<f>\\d{1,9}))?'];
  const lead = forms.slice(a, b + 1).map((form, i) => (i === 0 ? form.replace('{1,2}', '+') : form));
  const pattern = lead.reduce((all, form, i) => `${all}${i === 0 ? '' : a === 0 && i === 1 ? '[ T]' : ':'}${form}`, '');
  const match = new RegExp(`^${pattern}$`).exec(body)?.groups;
  if (!match) return undefined;
  const limit = (name: string, top: number, isLead: boolean): boolean => isLead || Number(match[name] ?? 0) < top;
  if (!limit('h', 24, a === 1) || !limit('m', 60, a === 2) || !limit('s', 60, a === 3)) return undefined;
  const n = (name: string): bigint => BigInt(match[name] ?? 0);
  const micros =
    ((n('h') * 60n + n('m')) * 60n + n('s')) * 1_000_000n + BigInt((match['f'] ?? '').slice(0, 6).padEnd(6, '0'));
  const value = normalised({ months: 0n, days: sign * n('d'), micros: sign * micros });
  return { type: { kind: 'day-time', from: a as IntervalField, to: b as IntervalField }, value };
}

/** How Spark shows a literal of an ANSI interval: `INTERVAL '1 02:03' DAY TO MINUTE`. */
function literalLabel(type: SparkType, value: IntervalValue): string {
  if (type.kind === 'year-month') {
    const sign = value.months < 0n ? '-' : '';
    const months = value.months < 0n ? -value.months : value.months;
    if (type.from !== type.to) return `INTERVAL '${sign}${months / 12n}-${months % 12n}' YEAR TO MONTH`;
    return type.from === 0 ? `INTERVAL '${sign}${months / 12n}' YEAR` : `INTERVAL '${sign}${months}' MONTH`;
  }
  if (type.kind !== 'day-time') return 'INTERVAL';
  const total = value.days * DAY_MICROS + value.micros;
  const sign = total < 0n ? '-' : '';
  let rest = total < 0n ? -total : total;
  const sizes = [DAY_MICROS, 3_600_000_000n, 60_000_000n, 1_000_000n];
  const parts: string[] = [];
  for (let i = type.from as number; i <= type.to; i++) {
    const size = sizes[i] ?? 1n;
    let text = String(rest / size);
    rest %= size;
    if (i > 0) text = text.padStart(2, '0');
    if (i === 3 && rest > 0n) text += `.${String(rest).padStart(6, '0').replace(/0+$/, '')}`;
    parts.push(text);
  }
  const [head = '', ...tail] = parts;
  const body = type.from === 0 && tail.length > 0 ? `${head} ${tail.join(':')}` : parts.join(':');
  const names = DAY_TIME_FIELDS.map((f) => f.toUpperCase());
  return `INTERVAL '${sign}${body}' ${type.from === type.to ? names[type.from] : `${names[type.from]} TO ${names[type.to]}`}`;
}

function computedInterval(scope: Scope, node: IntervalNode, analyze: Analyze): Typed {
  const values = node.parts.map((part) => ({ unit: part.unit, value: toNumber(scope, analyze(scope, part.value)) }));
  const type = typeOfUnits(values.map((v) => v.unit));
  if (!type || values.some((v) => !FIELDS.includes(v.unit))) {
    throw scope.unsupported(
      node.at,
      'an interval of computed parts of both kinds',
      'use make_dt_interval or make_ym_interval',
    );
  }
  const parts = values.map(({ unit, value }) => {
    const micros: Readonly<Record<string, string>> = {
      WEEK: '604800000000',
      DAY: '86400000000',
      HOUR: '3600000000',
      MINUTE: '60000000',
      SECOND: '1000000',
      MILLISECOND: '1000',
      MICROSECOND: '1',
    };
    if (unit === 'YEAR' || unit === 'MONTH')
      return `to_months(CAST(${value.sql} * ${unit === 'YEAR' ? 12 : 1} AS INTEGER))`;
    return `to_microseconds(CAST(${value.sql} * ${micros[unit] ?? '1'} AS BIGINT))`;
  });
  return typed(
    values.map((v) => v.value),
    { sql: `(${parts.join(' + ')})`, type, label: 'INTERVAL', at: node.at },
  );
}

/** An interval with the other sign. */
export function negateInterval(value: Typed, at: number): Typed {
  return { ...value, sql: `(${value.sql} * -1)`, label: `(- ${value.label})`, at };
}

const isDateLike = (type: SparkType): boolean =>
  type.kind === 'date' || type.kind === 'timestamp' || type.kind === 'timestamp_ntz';

/** Arithmetic with dates, timestamps and intervals; undefined when neither operand is one. */
export function timeArithmetic(
  scope: Scope,
  operator: string,
  left: Typed,
  right: Typed,
  at: number,
): Typed | undefined {
  if (!isDateLike(left.type) && !isDateLike(right.type) && !isInterval(left.type) && !isInterval(right.type))
    return undefined;
  if (operator === '+' || operator === '-') {
    // NULL beside an interval is one.
    const [a, b] = [asInterval(scope, left, right), asInterval(scope, right, left)];
    if (isInterval(a.type) && isInterval(b.type)) return intervalSum(scope, operator, a, b, at);
    if (isInterval(b.type)) return moved(scope, a, b, operator, at);
    if (isInterval(a.type) && operator === '+') return moved(scope, b, a, '+', at);
  }
  if (isInterval(left.type) || isInterval(right.type)) return scaledInterval(scope, operator, left, right, at);
  if (
    operator === '-' &&
    (isDateLike(left.type) || left.type.kind === 'string') &&
    (isDateLike(right.type) || right.type.kind === 'string')
  ) {
    return difference(scope, left, right, at);
  }
  const date = left.type.kind === 'date' ? left : right;
  const days = date === left ? right : left;
  if (
    (operator === '+' || (operator === '-' && date === left)) &&
    date.type.kind === 'date' &&
    (isInteger(days.type) || days.type.kind === 'void')
  ) {
    const count = implicit(scope, days, INT) ?? days;
    const name = operator === '+' ? 'date_add' : 'date_sub';
    return typed([date, count], {
      sql: `(${date.sql} ${operator} ${count.sql})`,
      type: DATE,
      label: `${name}(${date.label}, ${days.label})`,
      at,
    });
  }
  throw scope.fail(
    at,
    'SQL_ANALYSIS',
    `${left.type.kind} ${operator} ${right.type.kind} has no meaning (DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES)`,
  );
}

const asInterval = (scope: Scope, value: Typed, other: Typed): Typed =>
  value.type.kind === 'void' && isInterval(other.type) ? cast(scope, value, other.type) : value;

/** A date, a timestamp or a text moved by an interval; the text stays one. */
function moved(scope: Scope, time: Typed, interval: Typed, operator: '+' | '-', at: number): Typed {
  const days = `extractansiintervaldays(${interval.label})`;
  const isDays = time.type.kind === 'date' && interval.type.kind === 'day-time' && interval.type.to === 0;
  const label = isDays
    ? `date_add(${time.label}, ${operator === '+' ? days : `(- ${days})`})`
    : `${time.label} ${operator} ${interval.label}`;
  if (time.type.kind !== 'string') return { ...plusInterval(scope, time, interval, operator, at), label };
  if (interval.type.kind === 'year-month')
    throw scope.fail(
      at,
      'SQL_ANALYSIS',
      'an interval of months cannot be added to a string (DATATYPE_MISMATCH.BINARY_OP_DIFF_TYPES); cast it to date',
    );
  return { ...cast(scope, plusInterval(scope, time, interval, operator, at), STRING), label };
}

/** A date or timestamp moved by an interval: months keep the day of the month where it exists. */
export function plusInterval(scope: Scope, time: Typed, interval: Typed, operator: '+' | '-', at: number): Typed {
  const zone = scope.session.options.zone;
  const value = time.type.kind === 'string' ? cast(scope, time, TIMESTAMP) : time;
  const shifted = (wall: string): string => `(${wall} ${operator} ${interval.sql})`;
  const make = (sql: string, type: SparkType): Typed => typed([value, interval], { sql, type, label: '', at });
  if (value.type.kind === 'date') {
    if (interval.type.kind === 'year-month') return make(`CAST(${shifted(value.sql)} AS DATE)`, DATE);
    if (interval.type.kind === 'day-time' && interval.type.to > 0) {
      return plusInterval(scope, cast(scope, value, TIMESTAMP), interval, operator, at);
    }
    return make(`CAST(${shifted(value.sql)} AS DATE)`, DATE);
  }
  if (value.type.kind === 'timestamp_ntz') return make(shifted(value.sql), value.type);
  if (value.type.kind !== 'timestamp')
    throw scope.fail(at, 'SQL_ANALYSIS', `an interval cannot be added to ${value.type.kind}`);
  if (interval.type.kind === 'day-time') {
    const micros = `epoch_us(${interval.sql})`;
    if (isUtc(zone)) return make(`make_timestamptz(epoch_us(${value.sql}) ${operator} ${micros})`, TIMESTAMP);
    // Whole days keep the time that the clocks show; the rest counts as it passes.
    const days = `to_days(CAST(trunc(${micros} / 86400000000) AS INTEGER))`;
    const later = movedInstant(scope, value.sql, zone, (wall) => `(${wall} ${operator} ${days})`);
    return make(`make_timestamptz(epoch_us(${later}) ${operator} ${micros} % 86400000000)`, TIMESTAMP);
  }
  if (isUtc(zone) || interval.type.kind !== 'interval')
    return make(movedInstant(scope, value.sql, zone, shifted), TIMESTAMP);
  const sql = once(scope, interval.sql, (all) => {
    const dated = `(to_months(CAST(datepart('year', ${all}) * 12 + datepart('month', ${all}) AS INTEGER)) + to_days(CAST(datepart('day', ${all}) AS INTEGER)))`;
    const moved = movedInstant(scope, value.sql, zone, (wall) => `(${wall} ${operator} ${dated})`);
    return `make_timestamptz(epoch_us(${moved}) ${operator} epoch_us(${all} - ${dated}))`;
  });
  return make(sql, TIMESTAMP);
}

function intervalSum(scope: Scope, operator: '+' | '-', left: Typed, right: Typed, at: number): Typed {
  if (left.type.kind !== right.type.kind) {
    throw scope.fail(at, 'SQL_ANALYSIS', 'an interval of years and months cannot be added to one of days and times');
  }
  const type =
    left.type.kind === 'interval' || right.type.kind === 'interval'
      ? INTERVAL
      : ({
          ...left.type,
          from: Math.min((left.type as { from: number }).from, (right.type as { from: number }).from),
          to: Math.max((left.type as { to: number }).to, (right.type as { to: number }).to),
        } as SparkType);
  const sql = operator === '+' ? `(${left.sql} + ${right.sql})` : `(${left.sql} + (${right.sql} * -1))`;
  return typed([left, right], { sql, type, label: `(${left.label} ${operator} ${right.label})`, at });
}

function scaledInterval(scope: Scope, operator: string, left: Typed, right: Typed, at: number): Typed {
  const interval = isInterval(left.type) ? left : right;
  const factor = interval === left ? right : left;
  const label = `(${left.label} ${operator} ${right.label})`;
  const usable =
    (operator === '*' || (operator === '/' && interval === left)) &&
    (isNumeric(factor.type) || factor.type.kind === 'string' || factor.type.kind === 'void');
  if (!usable || interval.type.kind === 'interval') {
    throw scope.fail(
      at,
      'SQL_ANALYSIS',
      `${left.type.kind} ${operator} ${right.type.kind} has no meaning (DATATYPE_MISMATCH.BINARY_OP_WRONG_TYPE)`,
    );
  }
  const plain = toNumber(scope, factor);
  const number = plain.type.kind === 'float' ? cast(scope, plain, DOUBLE) : plain;
  const months = interval.type.kind === 'year-month';
  const unit = months
    ? `(datepart('year', ${interval.sql}) * 12 + datepart('month', ${interval.sql}))`
    : `epoch_us(${interval.sql})`;
  const amount = typed([interval], { sql: `CAST(${unit} AS BIGINT)`, type: { kind: 'bigint' }, label: '', at });
  const product =
    operator === '*'
      ? arithmetic(scope, '*', amount, number, 'ansi')
      : arithmetic(
          scope,
          '/',
          cast(scope, amount, { kind: 'decimal', precision: 20, scale: 0 }),
          number.type.kind === 'decimal' ? number : number,
          'legacy',
        );
  const whole = `CAST(round(${product.sql}) AS BIGINT)`;
  const type: SparkType = months ? { kind: 'year-month', from: 0, to: 1 } : DAY_TIME;
  const sql = months ? `to_months(CAST(${whole} AS INTEGER))` : `to_microseconds(${whole})`;
  return typed([interval, number], { sql, type, label, at });
}

function difference(scope: Scope, left: Typed, right: Typed, at: number): Typed {
  const label = `(${left.label} - ${right.label})`;
  const dates = left.type.kind === 'date' && right.type.kind === 'date';
  if (
    dates ||
    (left.type.kind !== 'timestamp' &&
      right.type.kind !== 'timestamp' &&
      left.type.kind !== 'timestamp_ntz' &&
      right.type.kind !== 'timestamp_ntz')
  ) {
    const [a, b] = [cast(scope, left, DATE), cast(scope, right, DATE)];
    const sql = `to_days(CAST(${a.sql} - ${b.sql} AS INTEGER))`;
    return typed([a, b], { sql, type: { kind: 'day-time', from: 0, to: 0 }, label, at });
  }
  const type =
    left.type.kind === 'timestamp_ntz' && right.type.kind !== 'timestamp'
      ? left.type
      : right.type.kind === 'timestamp_ntz' && left.type.kind !== 'timestamp'
        ? right.type
        : TIMESTAMP;
  const [a, b] = [cast(scope, left, type), cast(scope, right, type)];
  // Spark takes the difference of what the clocks show: an hour that they skip does not count.
  const { zone } = scope.session.options;
  const shown = ({ sql }: Typed): string => (type.kind === 'timestamp' ? wallClock(sql, zone) : sql);
  const sql = `to_microseconds(epoch_us(${shown(a)}) - epoch_us(${shown(b)}))`;
  return typed([a, b], { sql, type: DAY_TIME, label, at });
}
