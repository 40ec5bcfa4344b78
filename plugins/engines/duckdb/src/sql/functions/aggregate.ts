import { ENTRY_KEY, ENTRY_VALUE, identity } from '../bind.js';
import { cast, castSql, wrap } from '../casts.js';
import { implicit } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import type { Typed } from '../typed.js';
import {
  array,
  BIGINT,
  DAY_TIME,
  DOUBLE,
  INT,
  isDatetime,
  isFraction,
  isInteger,
  isInterval,
  isNumeric,
  STRING,
  typeText,
  type DecimalType,
  YEAR_MONTH,
  type SparkType,
} from '../types.js';
import { refuseNested } from '../order.js';
import { sortText, sortLabel } from '../windows.js';
import { MOMENTS } from './moments.js';
import { aggregate, type Call, type FunctionRow } from './row.js';

/** Sums and averages cut precision and scale at 38 each; operators give scale up for whole digits instead. */
const capped = (precision: number, scale: number): SparkType => ({
  kind: 'decimal',
  precision: Math.min(precision, 38),
  scale: Math.min(scale, 38),
});

const sumType = (type: SparkType): SparkType => {
  if (isInteger(type)) return BIGINT;
  if (type.kind === 'decimal') return capped(type.precision + 10, type.scale);
  return isInterval(type) ? type : DOUBLE;
};

/** The months or the microseconds of an interval. */
const amountOf = ({ sql, type }: Typed): string =>
  type.kind === 'year-month' ? `(datepart('year', ${sql}) * 12 + datepart('month', ${sql}))` : `epoch_us(${sql})`;

function sum(mode: 'plain' | 'try') {
  return (call: Call): string => {
    const [value] = call.args;
    if (!value) return 'NULL';
    const type = call.type;
    if (isInteger(value.type)) {
      const total = call.run(`sum(${call.distinct}${value.sql})`);
      if (value.type.kind !== 'bigint') return `CAST(${total} AS BIGINT)`;
      if (mode === 'try') return `TRY_CAST(${total} AS BIGINT)`;
      return call.scope.session.options.ansi
        ? `CAST(${total} AS BIGINT)`
        : wrap(`coalesce(${total}, NULL)`, BIGINT, undefined);
    }
    if (value.type.kind === 'decimal') {
      const wide = `DECIMAL(38,${value.type.scale})`;
      return `TRY_CAST(${call.run(`sum(${call.distinct}CAST(${value.sql} AS ${wide}))`)} AS ${storedType(type)})`;
    }
    if (isInterval(value.type)) {
      const total = call.run(`sum(${call.distinct}${amountOf(value)})`);
      return value.type.kind === 'year-month'
        ? `to_months(CAST(${total} AS INTEGER))`
        : `to_microseconds(CAST(${total} AS BIGINT))`;
    }
    return call.run(`sum(${call.distinct}CAST(${value.sql} AS DOUBLE))`);
  };
}

const avgType = (type: SparkType): SparkType =>
  type.kind === 'decimal' ? capped(type.precision + 4, type.scale + 4) : isInterval(type) ? type : DOUBLE;

function avg(call: Call): string {
  const [value] = call.args;
  if (!value) return 'NULL';
  if (value.type.kind === 'decimal') {
    const type = call.type as DecimalType;
    const total = call.run(`sum(${call.distinct}CAST(${value.sql} AS DECIMAL(38,${value.type.scale})))`);
    const count = call.run(`count(${call.distinct}${value.sql})`);
    return `TRY_CAST(spark_decimal('/', CAST(${total} AS VARCHAR), CAST(${count} AS VARCHAR), ${type.precision}, ${type.scale}) AS ${storedType(type)})`;
  }
  if (isInterval(value.type)) throw call.scope.unsupported(call.at, 'avg of intervals', 'average their seconds');
  // Spark divides the sum of doubles by the count.
  const total = call.run(`sum(${call.distinct}CAST(${value.sql} AS DOUBLE))`);
  return `(${total} / nullif(${call.run(`count(${call.distinct}${value.sql})`)}, 0))`;
}

/** Functions of Spark that take any type but show NULLs: the first value, with or without NULLs. */
function edge(word: 'first' | 'last' | 'any_value') {
  return (call: Call): string => {
    const ignore = call.node.ignoreNulls === true || call.args[1]?.literal === true;
    const name = word === 'any_value' ? 'first' : word;
    const windowed = call.node.over !== undefined;
    if (windowed) return call.run(`${name}_value(${call.sql(0)}${ignore ? ' IGNORE NULLS' : ''})`);
    if (!ignore) return call.run(`${name}(${call.sql(0)})`);
    const filter = call.node.filter ? undefined : `${name}(${call.sql(0)}) FILTER (WHERE ${call.sql(0)} IS NOT NULL)`;
    return (
      filter ??
      `(${call.run(`list(${call.sql(0)})`)}).list_filter(lambda v: v IS NOT NULL)[${word === 'last' ? '-1' : '1'}]`
    );
  };
}
const edgeLabel = (call: Call): string => {
  const name = call.node.name.toLowerCase();
  const value = call.args[0]?.label ?? '';
  return call.node.ignoreNulls === true
    ? `${name}(${value}) ignore nulls`.replace(' ignore nulls', '')
    : `${name}(${value})`;
};

/** min and max, and the order of min_by and max_by. */
const ordered = ({ scope, args, at }: Call, index = 0): void => refuseNested(scope, args[index]?.type ?? INT, at);

const collect =
  (unique: boolean) =>
  (call: Call): string => {
    const [value] = call.args;
    if (unique && value?.type.kind === 'map')
      throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'collect_set cannot have maps');
    const once = unique || call.distinct !== '';
    const item = call.sql(0);
    // Spark's set takes every NaN for another value.
    const kept =
      unique && value && isFraction(value.type)
        ? `list_concat(${call.run(`list(DISTINCT CASE WHEN NOT isnan(${item}) THEN ${item} END)`)}, ${call.run(`list(CASE WHEN isnan(${item}) THEN ${item} END)`)})`
        : call.run(`list(${once ? 'DISTINCT ' : ''}${item})`);
    return `coalesce(list_filter(${kept}, lambda v: v IS NOT NULL), CAST([] AS ${storedType(call.type)}))`;
  };

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
  const kept = `list_filter(${call.run(`list(${call.distinct}${item} ORDER BY ${item} ASC)`)}, lambda v: v IS NOT NULL)`;
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

/** listagg and string_agg: NULLs are left out; WITHIN GROUP orders, else the order of the rows. */
function listagg(call: Call): string {
  const order = orderOf(call);
  const separator = call.args[1]?.literal === null ? "''" : call.sql(1);
  if (call.type.kind === 'binary')
    throw call.scope.unsupported(call.at, 'listagg of binary values', 'join their hex() texts');
  const value = implicit(call.scope, call.args[0] as Typed, STRING)?.sql ?? call.sql(0);
  return call.run(`string_agg(${call.distinct}${value}, ${separator}${order})`);
}

function orderOf(call: Call): string {
  const items = call.node.withinGroup.map((item) => {
    const own = call.args[0];
    const same =
      item.expression.kind === 'column' && own?.label.toLowerCase() === item.expression.parts.at(-1)?.toLowerCase();
    if (!same)
      throw call.scope.unsupported(
        call.at,
        'WITHIN GROUP ordered by another expression',
        'order by the aggregated column',
      );
    return sortText(own?.sql ?? '', item);
  });
  return items.length > 0 ? ` ORDER BY ${items.join(', ')}` : '';
}

function listaggLabel(call: Call): string {
  const [value, separator] = call.args;
  const distinct = call.node.distinct ? 'DISTINCT ' : '';
  const within = call.node.withinGroup.map((item) => sortLabel(value?.label ?? '', item)).join(', ');
  const name = within === '' ? call.node.name.toLowerCase() : 'listagg';
  return `${name}(${distinct}${value?.label}, ${separator?.label})${within === '' ? '' : ` WITHIN GROUP (ORDER BY ${within})`}`;
}

/** The call with one of its two columns alone, in the rows where neither is NULL. */
function ofBoth(call: Call, index: number): Call {
  const [value, other] = [call.args[index], call.args[1 - index]];
  if (!value || !other) return call;
  return { ...call, args: [{ ...value, sql: `CASE WHEN ${other.sql} IS NOT NULL THEN ${value.sql} END` }] };
}

export const ROWS: readonly FunctionRow[] = [
  aggregate('count(expr? any, more any...) -> bigint', (call) => {
    const [first] = call.node.args;
    if (!first || first.kind === 'star') return call.run('count(*)');
    if (call.args.length === 1) return call.run(`count(${call.distinct}${call.sql(0)})`);
    const all = call.args.map((arg) => `${arg.sql} IS NOT NULL`).join(' AND ');
    if (!call.node.distinct) return call.run(`count(CASE WHEN ${all} THEN 1 END)`);
    return call.run(`count(DISTINCT CASE WHEN ${all} THEN row(${call.args.map((arg) => arg.sql).join(', ')}) END)`);
  }),
  aggregate(
    'count_if(condition boolean) -> bigint',
    (call) => `CAST(coalesce(${call.run(`count_if(${call.distinct}${call.sql(0)})`)}, 0) AS BIGINT)`,
  ),
  aggregate('sum(expr numeric|day-time|year-month) -> any', sum('plain'), {
    result: ([value]) => sumType(value?.type ?? DOUBLE),
  }),
  aggregate('try_sum(expr numeric|day-time|year-month) -> any', sum('try'), {
    result: ([value]) => sumType(value?.type ?? DOUBLE),
  }),
  aggregate('avg(expr numeric|day-time|year-month) -> any', avg, {
    aliases: ['mean', 'try_avg'],
    result: ([value]) => avgType(value?.type ?? DOUBLE),
  }),
  aggregate('min(expr any) -> $1', (call) => (ordered(call), call.run(`min(${call.sql(0)})`))),
  aggregate('max(expr any) -> $1', (call) => (ordered(call), call.run(`max(${call.sql(0)})`))),
  aggregate(
    'min_by(x any, y any) -> $1',
    (call) => (ordered(call, 1), call.run(`arg_min_null(${call.sql(0)}, ${call.sql(1)})`)),
  ),
  aggregate(
    'max_by(x any, y any) -> $1',
    (call) => (ordered(call, 1), call.run(`arg_max_null(${call.sql(0)}, ${call.sql(1)})`)),
  ),
  aggregate('first(expr any, ignore_nulls boolean = false) -> $1', edge('first'), {
    aliases: ['first_value'],
    label: edgeLabel,
  }),
  aggregate('last(expr any, ignore_nulls boolean = false) -> $1', edge('last'), {
    aliases: ['last_value'],
    label: edgeLabel,
  }),
  aggregate('any_value(expr any, ignore_nulls boolean = false) -> $1', edge('any_value'), { label: edgeLabel }),
  aggregate('bool_and(expr boolean) -> boolean', 'bool_and($1)', { aliases: ['every'] }),
  aggregate('bool_or(expr boolean) -> boolean', 'bool_or($1)', { aliases: ['some', 'any'] }),
  aggregate('bit_and(expr integral) -> $1', 'bit_and($d$1)'),
  aggregate('bit_or(expr integral) -> $1', 'bit_or($d$1)'),
  aggregate('bit_xor(expr integral) -> $1', 'bit_xor($d$1)'),
  aggregate('collect_list(expr any) -> any', collect(false), {
    aliases: ['array_agg'],
    result: ([value]) => array(value?.type ?? INT),
    label: (call) => `collect_list(${call.distinct}${call.args[0]?.label})`,
  }),
  aggregate('collect_set(expr any) -> any', collect(true), { result: ([value]) => array(value?.type ?? INT) }),
  aggregate('listagg(expr any, delimiter any = null) -> any', listagg, {
    result: ([value]) => (value?.type.kind === 'binary' ? value.type : STRING),
    aliases: ['string_agg'],
    label: listaggLabel,
  }),
  ...MOMENTS,
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
  aggregate('approx_count_distinct(expr any, rsd? double) -> bigint', ({ scope, at }) => {
    throw scope.unsupported(at, 'approx_count_distinct', 'use count(DISTINCT ...), which is exact');
  }),
  aggregate('regr_avgx(y numeric, x numeric) -> any', (call) => avg(ofBoth(call, 1)), {
    result: ([, x]) => avgType(x?.type ?? DOUBLE),
  }),
  aggregate('regr_avgy(y numeric, x numeric) -> any', (call) => avg(ofBoth(call, 0)), {
    result: ([y]) => avgType(y?.type ?? DOUBLE),
  }),
  aggregate('grouping(expr any) -> tinyint', (call) => `CAST(grouping(${keyOf(call, 0)}) AS TINYINT)`),
  aggregate('grouping_id(more any...) -> bigint', (call) => {
    const keys =
      call.node.args.length > 0
        ? call.args.map((_, i) => keyOf(call, i))
        : (call.scope.grouping ?? []).map((key) => key.sql);
    return `CAST(grouping(${keys.join(', ')}) AS BIGINT)`;
  }),
];

/** The ordered column of WITHIN GROUP comes as the first argument. */
function percentileLabel({ args, node }: Call, name: string): string {
  const order = node.withinGroup[0]?.descending === true ? ' DESC' : '';
  return `${name}(${args[1]?.label}) WITHIN GROUP (ORDER BY ${args[0]?.label}${order})`;
}

function keyOf(call: Call, index: number): string {
  const key = call.scope.keys.get(identity(call.sql(index)));
  if (!key)
    throw call.scope.fail(
      call.at,
      'SQL_ANALYSIS',
      `'${call.args[index]?.label}' is no key of GROUP BY (GROUPING_COLUMN_MISMATCH)`,
    );
  return key.sql;
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
  ordered(call);
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
