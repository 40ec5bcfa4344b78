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
  isInteger,
  isInterval,
  isNumeric,
  isOrderable,
  STRING,
  typeText,
  type DecimalType,
  type SparkType,
} from '../types.js';
import { sortText, sortLabel } from '../windows.js';
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
    if (isInterval(value.type)) return call.run(`sum(${call.distinct}${value.sql})`);
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

const ordered = (scopeCall: Call): void => {
  const type = scopeCall.args[0]?.type;
  if (type && !isOrderable(type))
    throw scopeCall.scope.fail(scopeCall.at, 'SQL_ANALYSIS', `values of type ${typeText(type)} have no order`);
};

/** Moments from the sums that DuckDB's functions take; NULL for no rows, NaN where Spark gives NaN. */
const collect =
  (unique: boolean) =>
  (call: Call): string => {
    const [value] = call.args;
    if (unique && value?.type.kind === 'map')
      throw call.scope.fail(call.at, 'SQL_ANALYSIS', 'collect_set cannot have maps');
    const list = `list(${unique || call.distinct !== '' ? 'DISTINCT ' : ''}${call.sql(0)})`;
    const kept = call.run(list);
    return `coalesce(list_filter(${kept}, lambda v: v IS NOT NULL), CAST([] AS ${storedType(call.type)}))`;
  };

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
  const found = call.run(`${word}(${source}, ${constantFraction(call, at)})`);
  if (!interval) return found;
  const back = (sql: string): string => `to_microseconds(CAST(${sql} AS BIGINT))`;
  return many ? `list_transform(${found}, lambda v: ${back('v')})` : back(found);
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

function approxPercentile(call: Call): string {
  const [value, fraction] = call.args;
  if (!value || !fraction) return 'NULL';
  const many = fraction.type.kind === 'array';
  const at = cast(call.scope, fraction, many ? array(DOUBLE) : DOUBLE);
  // Spark's sketch is exact up to its accuracy: the value at rank ceil(p * n).
  const list = call.run(`list(${value.sql} ORDER BY ${value.sql} ASC)`);
  const kept = `list_filter(${list}, lambda v: v IS NOT NULL)`;
  const pick = (p: string): string => `xs[CAST(greatest(ceil(${p} * len(xs)), 1) AS BIGINT)]`;
  const one = many ? `CASE WHEN len(xs) > 0 THEN list_transform(${at.sql}, lambda p: ${pick('p')}) END` : pick(at.sql);
  return `list_transform([${kept}], lambda xs: ${one})[1]`;
}

/** listagg and string_agg: NULLs are left out; WITHIN GROUP orders, else the order of the rows. */
function listagg(call: Call): string {
  const order = orderOf(call);
  const separator = call.args[1]?.literal === null ? "''" : call.sql(1);
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

/** The values of one of two columns over the rows where neither is NULL, as a list. */
function pairs(call: Call, index: number): string {
  const both = `${call.sql(0)} IS NOT NULL AND ${call.sql(1)} IS NOT NULL`;
  return `list_filter(${call.run(`list(CASE WHEN ${both} THEN ${call.sql(index)} END)`)}, lambda v: v IS NOT NULL)`;
}

/** NaN where a value is NaN or infinite, which DuckDB's functions refuse; of a single value a sample has no spread. */
const spread =
  (word: string) =>
  (call: Call): string => {
    const x = call.sql(0);
    const odd = call.run(`bool_or(NOT isfinite(${x}))`);
    const many = word.endsWith('_samp')
      ? `CASE WHEN ${call.run(`count(${call.distinct}${x})`)} > 1 THEN CAST('NaN' AS DOUBLE) END`
      : `CAST('NaN' AS DOUBLE)`;
    return `CASE WHEN ${odd} THEN ${many} ELSE ${call.run(`${word}(${call.distinct}CASE WHEN isfinite(${x}) THEN ${x} END)`)} END`;
  };

/** NULL where all x are the same: there is no line. */
const sloped =
  (word: string) =>
  (call: Call): string => {
    const pair = `${call.sql(0)}, ${call.sql(1)}`;
    return `CASE WHEN ${call.run(`regr_sxx(${pair})`)} <> 0 THEN ${call.run(`${word}(${pair})`)} END`;
  };

/** A function of two columns over the rows where neither is NULL. */
const regression = (name: string, form: string): FunctionRow =>
  aggregate(`${name}(y double, x double) -> double`, form);

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
  aggregate('min_by(x any, y any) -> $1', (call) => call.run(`arg_min_null(${call.sql(0)}, ${call.sql(1)})`)),
  aggregate('max_by(x any, y any) -> $1', (call) => call.run(`arg_max_null(${call.sql(0)}, ${call.sql(1)})`)),
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
  aggregate('bit_and(expr integral) -> $1', 'bit_and($1)'),
  aggregate('bit_or(expr integral) -> $1', 'bit_or($1)'),
  aggregate('bit_xor(expr integral) -> $1', 'bit_xor($1)'),
  aggregate('collect_list(expr any) -> any', collect(false), {
    aliases: ['array_agg'],
    result: ([value]) => array(value?.type ?? INT),
    label: (call) => `collect_list(${call.distinct}${call.args[0]?.label})`,
  }),
  aggregate('collect_set(expr any) -> any', collect(true), { result: ([value]) => array(value?.type ?? INT) }),
  aggregate('listagg(expr any, delimiter string = null) -> string', listagg, {
    aliases: ['string_agg'],
    label: listaggLabel,
  }),
  aggregate('stddev_samp(expr double) -> double', spread('stddev_samp'), { aliases: ['stddev', 'std'] }),
  aggregate('stddev_pop(expr double) -> double', spread('stddev_pop')),
  aggregate('var_samp(expr double) -> double', spread('var_samp'), { aliases: ['variance'] }),
  aggregate('var_pop(expr double) -> double', spread('var_pop')),
  aggregate('covar_samp(x double, y double) -> double', 'covar_samp($1, $2)'),
  aggregate('covar_pop(x double, y double) -> double', 'covar_pop($1, $2)'),
  aggregate('corr(x double, y double) -> double', (call) => `spark_correlation(${pairs(call, 0)}, ${pairs(call, 1)})`),
  aggregate('skewness(expr double) -> double', (call) => moments(call, 3)),
  aggregate('kurtosis(expr double) -> double', (call) => moments(call, 4)),
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
      result: ([value]) => (value && isInterval(value.type) ? value.type : DOUBLE),
    },
  ),
  aggregate(
    'percentile(expr numeric|day-time|year-month, fraction numeric|array, frequency int = 1) -> any',
    percentile,
    {
      result: ([value, fraction]) => {
        const one: SparkType =
          value && isInterval(value.type)
            ? value.type.kind === 'day-time'
              ? { kind: 'day-time', from: 0, to: 3 }
              : { kind: 'year-month', from: 0, to: 1 }
            : DOUBLE;
        return fraction?.type.kind === 'array' ? array(one) : one;
      },
    },
  ),
  aggregate('approx_percentile(expr any, fraction numeric|array, accuracy int = 10000) -> any', approxPercentile, {
    aliases: ['percentile_approx'],
    result: ([value, fraction]) =>
      fraction?.type.kind === 'array' ? array(value?.type ?? DOUBLE) : (value?.type ?? DOUBLE),
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
  regression('regr_avgx', 'regr_avgx($1, $2)'),
  regression('regr_avgy', 'regr_avgy($1, $2)'),
  aggregate('regr_count(y any, x any) -> bigint', 'count(CASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN 1 END)'),
  aggregate('regr_intercept(y double, x double) -> double', sloped('regr_intercept')),
  regression('regr_r2', 'regr_r2($1, $2)'),
  aggregate('regr_slope(y double, x double) -> double', sloped('regr_slope')),
  aggregate('regr_sxx(y double, x double) -> double', (call) => `spark_squares(${pairs(call, 1)})`),
  regression('regr_sxy', 'regr_sxy($1, $2)'),
  aggregate('regr_syy(y double, x double) -> double', (call) => `spark_squares(${pairs(call, 0)})`),
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
  const order = node.withinGroup[0]?.descending === true ? ' DESC NULLS LAST' : '';
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

/** Central moments, computed as Spark's formula: m3 and m4 over the population, without DuckDB's correction. */
function moments(call: Call, power: 3 | 4): string {
  const list = call.run(`list(${call.sql(0)})`);
  return `spark_${power === 3 ? 'skewness' : 'kurtosis'}(list_filter(${list}, lambda v: v IS NOT NULL))`;
}

function mode(call: Call): string {
  const [within] = call.node.withinGroup;
  const deterministic = call.args[1]?.literal === true;
  const sql = call.sql(0);
  if (!deterministic && !within) {
    throw call.scope.unsupported(
      call.at,
      'mode without an order',
      'use mode(col, true) or mode() WITHIN GROUP (ORDER BY col): Spark picks any of several values',
    );
  }
  if (!isNumeric(call.args[0]?.type ?? DOUBLE))
    throw call.scope.unsupported(call.at, 'mode of values that are no numbers', 'count them with GROUP BY');
  return call.run(`mode(${sql} ORDER BY ${sql} ${within?.descending === true ? 'DESC' : 'ASC'})`);
}

function modeLabel(call: Call): string {
  const value = call.args[0]?.label;
  return call.args[1]?.literal === true || call.node.withinGroup.length > 0
    ? `mode() WITHIN GROUP (ORDER BY ${value} DESC)`
    : `mode(${value})`;
}
