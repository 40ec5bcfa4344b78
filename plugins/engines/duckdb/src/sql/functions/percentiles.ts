import { refuseNested } from '../order.js';
import { ENTRY_KEY, ENTRY_VALUE } from '../bind.js';
import { cast, castSql } from '../casts.js';
import { storedType } from '../duckdb-types.js';
import type { Typed } from '../typed.js';
import {
  array,
  DAY_TIME,
  DOUBLE,
  isDatetime,
  isFraction,
  isInterval,
  isNumeric,
  typeText,
  YEAR_MONTH,
  type SparkType,
} from '../types.js';
import { aggregate, type Call, type FunctionRow } from './row.js';

/** The type of a value between values: intervals get all their fields. */
const averaged = (value: Typed | undefined): SparkType =>
  value?.type.kind === 'day-time' ? DAY_TIME : value?.type.kind === 'year-month' ? YEAR_MONTH : DOUBLE;

function percentile(call: Call): string {
  const [value, fraction] = call.args;
  if (!value || !fraction) return 'NULL';
  if (call.node.args.length > 2)
    throw call.scope.unsupported(call.at, 'percentile with frequencies', 'repeat the rows');
  return quantile(call, value, fraction, 'quantile_cont');
}

function quantile(call: Call, value: Typed, fraction: Typed, word: string): string {
  const interval = isInterval(value.type);
  const source = interval ? `epoch_us(${value.sql})` : `CAST(${value.sql} AS DOUBLE)`;
  const many = fraction.type.kind === 'array';
  const at = cast(call.scope, fraction, many ? array(DOUBLE) : DOUBLE);
  // From the highest value on: the same of the negated values.
  const sign = call.node.withinGroup[0]?.descending === true ? '-' : '';
  const found = call.run(`${word}(${call.distinct}${sign}${source}, ${constantFraction(call, at)})`);
  const signed = sign === '' ? found : many ? `list_transform(${found}, lambda v: -v)` : `(-${found})`;
  if (!interval) return signed;
  const back = (sql: string): string => `to_microseconds(CAST(trunc(${sql}) AS BIGINT))`;
  return many ? `list_transform(${signed}, lambda v: ${back('v')})` : back(signed);
}

/** DuckDB wants constants there; anything without columns is one. */
function constantFraction(call: Call, fraction: Typed): string {
  if (fraction.uses.length > 0)
    throw call.scope.fail(
      fraction.at,
      'SQL_ANALYSIS',
      'the percentage must be a constant (DATATYPE_MISMATCH.NON_FOLDABLE_INPUT)',
    );
  return fraction.sql;
}

/** The type of approx_percentile's values: texts are read as doubles. */
const approximated = (value: Typed | undefined): SparkType =>
  value && value.type.kind !== 'string' && value.type.kind !== 'void' ? value.type : DOUBLE;

/** Spark's sketch holds doubles and is exact up to its accuracy: the value at rank ceil(p * n), through a double. */
function approxPercentile(call: Call): string {
  const [value, fraction] = call.args;
  if (!value || !fraction) return 'NULL';
  constantFraction(call, fraction);
  const type = approximated(value);
  if (!isNumeric(type) && !isDatetime(type) && !isInterval(type))
    throw call.scope.fail(call.at, 'SQL_ANALYSIS', `approx_percentile takes numbers and times, not ${typeText(type)}`);
  const many = fraction.type.kind === 'array';
  const at = cast(call.scope, fraction, many ? array(DOUBLE) : DOUBLE);
  const wide = !isFraction(type) && (type.kind === 'bigint' || type.kind === 'decimal');
  const own = isFraction(type) || wide || type.kind !== value.type.kind;
  const item = own ? cast(call.scope, value, DOUBLE).sql : value.sql;
  // To Java -0.0 is smaller than 0.0; what DuckDB sorts by loses the sign. DISTINCT takes no other order than its value.
  const order = isFraction(type) && call.distinct === '' ? `(${item} + 0) ASC, signbit(${item}) DESC` : `${item} ASC`;
  const sorted = call.run(`list(${call.distinct}${item} ORDER BY ${order})`);
  const kept = `list_filter(${sorted}, lambda v: v IS NOT NULL)`;
  const pick = (p: string): string => `xs[CAST(greatest(ceil(${p} * len(xs)), 1) AS BIGINT)]`;
  const back = (picked: string): string => {
    if (type.kind === 'decimal') return `TRY_CAST(CAST(${picked} AS VARCHAR) AS ${storedType(type)})`;
    if (type.kind === 'bigint') return castSql(call.scope, picked, DOUBLE, type, true, false, call.at);
    if (!isFraction(type)) return picked;
    // Spark's sketch loses its order over NaN, and answers now with one value, now with another.
    const fault = `error('[SQL_UNSUPPORTED] approx_percentile of NaN is not supported; leave NaN out with FILTER')`;
    return `CASE WHEN isnan(xs[len(xs)]) THEN CAST(${fault} AS DOUBLE) ELSE ${picked} END`;
  };
  const one = many
    ? `CASE WHEN len(xs) > 0 THEN list_transform(${at.sql}, lambda p: ${back(pick('p'))}) END`
    : back(pick(at.sql));
  return `CAST(list_transform([${kept}], lambda xs: ${one})[1] AS ${storedType(call.type)})`;
}

/** The ordered column of WITHIN GROUP comes as the first argument. */
function percentileLabel({ args, node }: Call, name: string): string {
  const order = node.withinGroup[0]?.descending === true ? ' DESC' : '';
  return `${name}(${args[1]?.label}) WITHIN GROUP (ORDER BY ${args[0]?.label}${order})`;
}

function mode(call: Call): string {
  const [within] = call.node.withinGroup;
  const deterministic = call.args[1]?.literal === true;
  if (!deterministic && !within) {
    throw call.scope.unsupported(
      call.at,
      'mode without an order',
      'use mode(col, true) or mode() WITHIN GROUP (ORDER BY col): Spark picks any of several values',
    );
  }
  refuseNested(call.scope, call.args[0]?.type ?? DOUBLE, call.at);
  const stored = storedType(call.type);
  // A text tells -0.0 from 0.0, as Spark does here.
  const counted = isFraction(call.type) ? `CAST(${call.sql(0)} AS VARCHAR)` : call.sql(0);
  const most = `list_filter(map_entries(h), lambda e: ${ENTRY_VALUE} = list_max(map_values(h)))`;
  const keys = `list_transform(${most}, lambda e: CAST(${ENTRY_KEY} AS ${stored}))`;
  const edge = within?.descending === true ? 'list_max' : 'list_min';
  return `list_transform([${call.run(`histogram(${counted})`)}], lambda h: ${edge}(${keys}))[1]`;
}

/** Spark shows the order the other way round. */
function modeLabel({ args, node }: Call): string {
  const value = args[0]?.label;
  if (args[1]?.literal !== true && node.withinGroup.length === 0) return `mode(${value})`;
  return `mode() WITHIN GROUP (ORDER BY ${value}${node.withinGroup[0]?.descending === true ? '' : ' DESC'})`;
}

/** Values by their rank, and the one that is there most often. */
export const PERCENTILES: readonly FunctionRow[] = [
  aggregate(
    'median(expr numeric|day-time|year-month) -> any',
    (call) =>
      quantile(
        call,
        call.args[0] as Typed,
        { ...(call.args[0] as Typed), sql: '0.5', type: DOUBLE, uses: [] },
        'quantile_cont',
      ),
    {
      result: ([value]) => averaged(value),
    },
  ),
  aggregate(
    'percentile(expr numeric|day-time|year-month, fraction numeric|array, frequency int = 1) -> any',
    percentile,
    {
      result: ([value, fraction]) => {
        const one = averaged(value);
        return fraction?.type.kind === 'array' ? array(one) : one;
      },
    },
  ),
  aggregate('approx_percentile(expr any, fraction numeric|array, accuracy int = 10000) -> any', approxPercentile, {
    aliases: ['percentile_approx'],
    result: ([value, fraction]) => (fraction?.type.kind === 'array' ? array(approximated(value)) : approximated(value)),
  }),
  aggregate('mode(expr? any, deterministic boolean = false) -> $1', mode, { label: modeLabel }),
  aggregate('percentile_cont(expr numeric|day-time|year-month, fraction numeric|array) -> any', percentile, {
    result: ([value]) => (value && isInterval(value.type) ? value.type : DOUBLE),
    label: (call) => percentileLabel(call, 'percentile_cont'),
  }),
  aggregate(
    'percentile_disc(expr numeric, fraction numeric|array) -> double',
    (call) => quantile(call, call.args[0] as Typed, call.args[1] as Typed, 'quantile_disc'),
    {
      label: (call) => percentileLabel(call, 'percentile_disc'),
    },
  ),
];
