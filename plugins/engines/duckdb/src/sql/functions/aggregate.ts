import { identity } from '../bind.js';
import { cast, wrap } from '../casts.js';
import { implicit } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import type { Typed } from '../typed.js';
import {
  array,
  BIGINT,
  DOUBLE,
  INT,
  isFraction,
  isInteger,
  isInterval,
  STRING,
  type DecimalType,
  type SparkType,
} from '../types.js';
import { refuseNested, structOrder } from '../order.js';
import { sortText, sortLabel } from '../windows.js';
import { keepZeros } from '../zeros.js';
import { MOMENTS } from './moments.js';
import { PERCENTILES } from './percentiles.js';
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

/**
 * A sum that is NULL when it overflows. Where positive and negative numbers overflow on the way alone, Spark's answer
 * depends on their order: that is refused while the query runs.
 */
function sure(call: Call, item: string, type: SparkType): string {
  const stored = storedType(type);
  // DuckDB's sums of decimals may have a digit more than their type.
  const largest =
    type.kind === 'decimal'
      ? `CAST('${'9'.repeat(type.precision - type.scale)}.${'9'.repeat(type.scale)}' AS ${stored})`
      : '';
  const fits = (sum: string): string =>
    type.kind === 'decimal' ? `CASE WHEN abs(${sum}) <= ${largest} THEN ${sum} END` : `TRY_CAST(${sum} AS ${stored})`;
  const total = fits(call.run(`sum(${call.distinct}${item})`));
  const all = fits(call.run(`sum(${call.distinct}abs(${item}))`));
  const fault = `CAST(error('[SQL_UNSUPPORTED] a sum that overflows on the way, but not at the end, is not supported; sum a wider type') AS ${stored})`;
  return `CASE WHEN ${total} IS NOT NULL AND ${all} IS NULL THEN ${fault} ELSE ${total} END`;
}

/** Timestamps are summed as seconds. */
const summand = ({ scope, args: [value] }: Call): Typed | undefined =>
  value?.type.kind === 'timestamp' ? cast(scope, value, DOUBLE) : value;

function sum(mode: 'plain' | 'try') {
  return (call: Call): string => {
    const value = summand(call);
    if (!value) return 'NULL';
    const type = call.type;
    if (isInteger(value.type)) {
      const total = call.run(`sum(${call.distinct}${value.sql})`);
      if (value.type.kind !== 'bigint') return `CAST(${total} AS BIGINT)`;
      if (mode === 'try') return sure(call, `CAST(${value.sql} AS HUGEINT)`, BIGINT);
      return call.scope.session.options.ansi
        ? `CAST(${total} AS BIGINT)`
        : wrap(`coalesce(${total}, NULL)`, BIGINT, undefined);
    }
    if (value.type.kind === 'decimal') {
      const wide = `DECIMAL(38,${value.type.scale})`;
      const item = `CAST(${value.sql} AS ${wide})`;
      if (value.type.precision > 28) return sure(call, item, type);
      return `TRY_CAST(${call.run(`sum(${call.distinct}${item})`)} AS ${storedType(type)})`;
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
  const value = summand(call);
  if (!value) return 'NULL';
  if (value.type.kind === 'decimal') {
    const type = call.type as DecimalType;
    const total = call.run(`sum(${call.distinct}CAST(${value.sql} AS DECIMAL(38,${value.type.scale})))`);
    const count = call.run(`count(${call.distinct}${value.sql})`);
    return `TRY_CAST(spark_decimal('/', CAST(${total} AS VARCHAR), CAST(${count} AS VARCHAR), ${type.precision}, ${type.scale}) AS ${storedType(type)})`;
  }
  if (isInterval(value.type)) throw call.scope.unsupported(call.at, 'avg of intervals', 'average their seconds');
  return call.run(`avg(${call.distinct}CAST(${value.sql} AS DOUBLE))`);
}

/** Functions of Spark that take any type but show NULLs: the first value, with or without NULLs. */
function edge(word: 'first' | 'last' | 'any_value') {
  return (call: Call): string => {
    const ignore = call.node.ignoreNulls === true || call.args[1]?.literal === true;
    const name = word === 'any_value' ? 'first' : word;
    const windowed = call.node.over !== undefined;
    if (windowed) return call.run(`${name}_value(${call.sql(0)}${ignore ? ' IGNORE NULLS' : ''})`);
    const type = call.args[0]?.type ?? INT;
    if (!ignore) return keepZeros(call.sql(0), type, (item) => call.run(`${name}(${item})`));
    const filter = call.node.filter
      ? undefined
      : keepZeros(call.sql(0), type, (item) => `${name}(${item}) FILTER (WHERE ${call.sql(0)} IS NOT NULL)`);
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

/** min and max; of structs by what orders them as Spark does. */
const extreme =
  (name: 'min' | 'max') =>
  (call: Call): string => {
    const type = call.args[0]?.type ?? INT;
    const key = type.kind === 'struct' ? structOrder(call.sql(0), type) : undefined;
    if (key !== undefined) return keepZeros(call.sql(0), type, (item) => call.run(`arg_${name}(${item}, ${key})`));
    ordered(call);
    return call.run(`${name}(${call.sql(0)})`);
  };

/** Types by which DuckDB orders without taking the value for a sort key, in which zeros have no sign. */
const PLAIN_ORDER = new Set(['int', 'bigint', 'double', 'string', 'date', 'timestamp', 'timestamp_ntz', 'binary']);

const extremeBy =
  (name: 'min' | 'max') =>
  (call: Call): string => {
    ordered(call, 1);
    const [value, key] = call.args;
    const run = (item: string): string => call.run(`arg_${name}_null(${item}, ${call.sql(1)})`);
    if (!value || !isFraction(value.type)) return keepZeros(call.sql(0), value?.type ?? INT, run);
    const passed = PLAIN_ORDER.has(key?.type.kind ?? '') ? 'DOUBLE' : 'VARCHAR';
    return `CAST(${run(`CAST(${value.sql} AS ${passed})`)} AS ${storedType(value.type)})`;
  };

const collect =
  (unique: boolean) =>
  (call: Call): string => {
    const [value] = call.args;
    if (unique && value?.type.kind === 'map')
      throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'collect_set cannot have maps');
    const once = unique || call.distinct !== '';
    const item = call.sql(0);
    const list = call.run(`list(${once ? 'DISTINCT ' : ''}${item})`);
    const several = `${call.run(`count(CASE WHEN isnan(${item}) THEN 1 END)`)} > 1`;
    const fault = `CAST(error('[SQL_UNSUPPORTED] collect_set of several NaN is not supported: Spark keeps some of them; leave NaN out with FILTER') AS ${storedType(call.type)})`;
    const kept =
      unique && value && isFraction(value.type) ? `CASE WHEN ${several} THEN ${fault} ELSE ${list} END` : list;
    return `coalesce(list_filter(${kept}, lambda v: v IS NOT NULL), CAST([] AS ${storedType(call.type)}))`;
  };

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
  aggregate('sum(expr numeric|day-time|year-month|timestamp!) -> any', sum('plain'), {
    result: ([value]) => sumType(value?.type ?? DOUBLE),
  }),
  aggregate('try_sum(expr numeric|day-time|year-month|timestamp!) -> any', sum('try'), {
    result: ([value]) => sumType(value?.type ?? DOUBLE),
  }),
  aggregate('avg(expr numeric|day-time|year-month|timestamp!) -> any', avg, {
    aliases: ['mean', 'try_avg'],
    result: ([value]) => avgType(value?.type ?? DOUBLE),
  }),
  aggregate('min(expr any) -> $1', extreme('min')),
  aggregate('max(expr any) -> $1', extreme('max')),
  aggregate('min_by(x any, y any) -> $1', extremeBy('min')),
  aggregate('max_by(x any, y any) -> $1', extremeBy('max')),
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
  ...PERCENTILES,
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
