import { aggregate, type Call, type FunctionRow } from './row.js';

/**
 * A function of the values or pairs that are not NULL, computed as Spark's formulas do, NaN and infinities among them;
 * DuckDB's functions refuse those. Their order decides the last digits, as in Spark.
 */
const moments =
  (what: string) =>
  (call: Call): string => {
    const [x, y] = [call.sql(0), call.args.length > 1 ? call.sql(1) : undefined];
    if (call.node.distinct && what.startsWith('regr_'))
      throw call.scope.unsupported(call.at, `DISTINCT in ${what}`, 'take distinct rows in an inner query');
    // Of these two Spark takes the moments the other way round, which counts where values are infinite.
    const pair = what === 'regr_slope' || what === 'regr_intercept' ? [y, x] : [x, y];
    const item = y === undefined ? x : `CASE WHEN ${x} IS NOT NULL AND ${y} IS NOT NULL THEN [${pair.join(', ')}] END`;
    const kept = `list_filter(${call.run(`list(${call.distinct}${item})`)}, lambda v: v IS NOT NULL)`;
    const values = y === undefined ? kept : `flatten(${kept})`;
    return `spark_moments('${what}', ${values}, ${call.node.over !== undefined})`;
  };

/** Squares of numbers below this cannot overflow, however many are added. */
const HUGE = "CAST('1e140' AS DOUBLE)";

/**
 * NaN where a value is NaN or infinite, which DuckDB's functions refuse; of a single value a sample has no spread. What
 * becomes of huge numbers depends on the order in which Spark sees them: that is refused while the query runs.
 */
const spread =
  (word: string) =>
  (call: Call): string => {
    const x = call.sql(0);
    const odd = call.run(`bool_or(NOT isfinite(${x}))`);
    const huge = call.run(`bool_or(NOT abs(${x}) < ${HUGE})`);
    const one = `${call.run(`count(${call.distinct}${x})`)} = 1`;
    const single = word.endsWith('_samp') ? `WHEN ${one} THEN NULL` : '';
    const plain = call.run(`${word}(${call.distinct}CASE WHEN abs(${x}) < ${HUGE} THEN ${x} END)`);
    const fault = `CAST(error('[SQL_UNSUPPORTED] ${word} of numbers beyond 1e140 is not supported; leave them out with FILTER') AS DOUBLE)`;
    const isAlone = call.node.over !== undefined && !word.endsWith('_samp');
    const finite = isAlone ? `CASE WHEN ${one} THEN 0.0 ELSE ${fault} END` : fault;
    return `CASE WHEN ${huge} THEN CASE ${single} WHEN ${odd} THEN CAST('NaN' AS DOUBLE) ELSE ${finite} END ELSE ${plain} END`;
  };

const ofOne = (name: string, what: string): FunctionRow => aggregate(`${name}(expr double) -> double`, moments(what));
const ofPairs = (name: string, x: string, y: string): FunctionRow =>
  aggregate(`${name}(${x} double, ${y} double) -> double`, moments(name));

/** Spread, shape, correlation and regression. */
export const MOMENTS: readonly FunctionRow[] = [
  aggregate('stddev_samp(expr double) -> double', spread('stddev_samp'), { aliases: ['stddev', 'std'] }),
  aggregate('stddev_pop(expr double) -> double', spread('stddev_pop')),
  aggregate('var_samp(expr double) -> double', spread('var_samp'), { aliases: ['variance'] }),
  aggregate('var_pop(expr double) -> double', spread('var_pop')),
  ofPairs('covar_samp', 'x', 'y'),
  ofPairs('covar_pop', 'x', 'y'),
  ofPairs('corr', 'x', 'y'),
  ofOne('skewness', 'skewness'),
  ofOne('kurtosis', 'kurtosis'),
  aggregate(
    'regr_count(y double, x double) -> bigint',
    'count($dCASE WHEN $1 IS NOT NULL AND $2 IS NOT NULL THEN row($1, $2) END)',
  ),
  ofPairs('regr_intercept', 'y', 'x'),
  ofPairs('regr_r2', 'y', 'x'),
  ofPairs('regr_slope', 'y', 'x'),
  ofPairs('regr_sxx', 'y', 'x'),
  ofPairs('regr_sxy', 'y', 'x'),
  ofPairs('regr_syy', 'y', 'x'),
];
