import { cast } from '../casts.js';
import { widest } from '../coercion.js';
import { storedType } from '../duckdb-types.js';
import { plusInterval } from '../intervals.js';
import type { Scope } from '../scope.js';
import type { CallNode } from '../tree.js';
import { typed, type Typed } from '../typed.js';
import { array, BIGINT, isDatetime, isInteger, typeText, type SparkType } from '../types.js';
import { type Analyze } from './row.js';
import { labelOf } from './lists.js';

export function sequence(scope: Scope, node: CallNode, analyze: Analyze): Typed {
  const values = node.args.map((arg) => analyze(scope, arg));
  const [first, second, by] = values;
  if (!first || !second || values.length > 3)
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'sequence(start, stop[, step]) takes 2 or 3 arguments');
  const label = labelOf(node, values);
  // NULL takes the type of the other end.
  const [a, b] = [
    first.type.kind === 'void' ? cast(scope, first, second.type) : first,
    second.type.kind === 'void' ? cast(scope, second, first.type) : second,
  ];
  const type =
    isInteger(a.type) && isInteger(b.type)
      ? widest(scope, [a.type, b.type])
      : a.type.kind === b.type.kind && isDatetime(a.type)
        ? a.type
        : undefined;
  if (!type)
    throw scope.fail(
      node.at,
      'SQL_ANALYSIS',
      `sequence takes two whole numbers, dates or timestamps, found ${typeText(a.type)} and ${typeText(b.type)}`,
    );
  const [start, stop] = [cast(scope, a, type), cast(scope, b, type)];
  if (isInteger(type)) {
    if (by?.type.kind === 'void')
      return typed([start, stop], {
        sql: `CAST(NULL AS ${storedType(array(type))})`,
        type: array(type),
        label,
        at: node.at,
      });
    const step = by ? cast(scope, by, BIGINT).sql : `CASE WHEN ${start.sql} <= ${stop.sql} THEN 1 ELSE -1 END`;
    const boundary = `CASE WHEN (${step}) = 0 OR ((${step}) > 0 AND ${start.sql} > ${stop.sql}) OR ((${step}) < 0 AND ${start.sql} < ${stop.sql}) THEN CAST(error('[INVALID_PARAMETER_VALUE] sequence: the step leads away from the stop') AS BIGINT[]) ELSE generate_series(CAST(${start.sql} AS BIGINT), CAST(${stop.sql} AS BIGINT), ${step}) END`;
    const series = by
      ? boundary
      : `generate_series(CAST(${start.sql} AS BIGINT), CAST(${stop.sql} AS BIGINT), ${step})`;
    return typed([start, stop, ...(by ? [by] : [])], {
      sql: `CAST(${series} AS ${storedType(array(type))})`,
      type: array(type),
      label,
      at: node.at,
      ...(by ? { untried: true } : {}),
    });
  }
  const step =
    by ?? typed([], { sql: 'to_days(1)', type: { kind: 'day-time', from: 0, to: 0 }, label: '', at: node.at });
  if (step.type.kind !== 'year-month' && step.type.kind !== 'day-time')
    throw scope.fail(node.at, 'SQL_ANALYSIS', 'the step of a sequence of dates is an interval');
  const k = scope.session.fresh('_k');
  const months = step.type.kind === 'year-month';
  const units = months
    ? `(datepart('year', ${step.sql}) * 12 + datepart('month', ${step.sql}))`
    : `epoch_us(${step.sql})`;
  const days = `CAST(${k} * trunc(${units} / 86400000000) AS INTEGER)`;
  const calendar: SparkType = months ? step.type : { kind: 'interval' };
  const multiple = typed([step], {
    sql: months ? `to_months(CAST(${k} * ${units} AS INTEGER))` : `to_days(${days})`,
    type: calendar,
    label: '',
    at: node.at,
  });
  // Whole days of the step are days of the calendar; the rest counts as it passes.
  const later = plusInterval(scope, start, multiple, '+', node.at);
  const rest = `to_microseconds(${k} * (${units} % 86400000000))`;
  const exact = months ? later : { ...later, sql: `CAST(${later.sql} + ${rest} AS ${storedType(later.type)})` };
  const moved = cast(scope, exact, type).sql;
  const span = months
    ? `(datediff('month', ${asStamp(start)}, ${asStamp(stop)}))`
    : `(epoch_us(${asStamp(stop)}) - epoch_us(${asStamp(start)}))`;
  const count = `CAST(abs(${span} // nullif(${units}, 0)) AS BIGINT) + 2`;
  const inside = `CASE WHEN ${units} > 0 THEN v <= ${stop.sql} ELSE v >= ${stop.sql} END`;
  const sql = `list_filter(list_transform(range(0, ${count}), lambda ${k}: ${moved}), lambda v: ${inside})`;
  return typed([start, stop, step], { sql, type: array(type), label, at: node.at });
}

const asStamp = (value: Typed): string => (value.type.kind === 'date' ? `CAST(${value.sql} AS TIMESTAMP)` : value.sql);
