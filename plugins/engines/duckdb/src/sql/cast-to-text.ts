import { ENTRY_KEY, ENTRY_VALUE, once } from './bind.js';
import { wallClock } from './instants.js';
import { quoteLiteral } from './quote.js';
import type { Scope } from './scope.js';
import type { SparkType } from './types.js';

/** A value as the text that Spark shows for it. */
export function castToText(scope: Scope, sql: string, from: SparkType): string {
  switch (from.kind) {
    case 'void':
      return 'CAST(NULL AS VARCHAR)';
    case 'float':
    case 'double': {
      const text = `spark_${from.kind}_text(${sql})`;
      // Both print numbers of this size alike; the rest goes the slow way.
      return `CASE WHEN abs(${sql}) >= 0.001 AND abs(${sql}) < 10000000 THEN CAST(${sql} AS VARCHAR) ELSE ${text} END`;
    }
    case 'decimal': {
      // Where all digits are behind the point, DuckDB writes no 0 before it.
      const text = `CAST(${sql} AS VARCHAR)`;
      const plain = from.scale === from.precision ? `regexp_replace(${text}, '^(-?)[.]', '\\10.')` : text;
      if (from.scale <= 6 || scope.session.options.ansi) return plain;
      return `CASE WHEN abs(${sql}) < 0.000001 THEN spark_decimal_text(${plain}) ELSE ${plain} END`;
    }
    case 'date':
      return once(scope, sql, (x) => {
        const near = `${x} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'`;
        return `CASE WHEN ${near} THEN CAST(${x} AS VARCHAR) ELSE spark_far_date(${x}) END`;
      });
    case 'timestamp':
    case 'timestamp_ntz':
      return once(scope, from.kind === 'timestamp' ? wallClock(sql, scope.session.options.zone) : sql, (x) => {
        const near = `${x} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31 23:59:59.999999'`;
        const far = `spark_far_date(CAST(${x} AS DATE)) || ' ' || CAST(CAST(${x} AS TIME) AS VARCHAR)`;
        return `CASE WHEN ${near} THEN CAST(${x} AS VARCHAR) ELSE ${far} END`;
      });
    case 'binary':
      return `decode(${sql})`;
    case 'interval':
    case 'year-month':
    case 'day-time':
      return intervalText(sql, from);
    case 'array':
      return `('[' || array_to_string(list_transform(${sql}, lambda v: ${element(scope, 'v', from.element)}), ', ') || ']')`;
    case 'map': {
      const entry = `${element(scope, ENTRY_KEY, from.key)} || ' -> ' || ${element(scope, ENTRY_VALUE, from.value)}`;
      return `('{' || array_to_string(list_transform(map_entries(${sql}), lambda e: ${entry}), ', ') || '}')`;
    }
    case 'struct': {
      const fields = from.fields.map((f) => element(scope, `struct_extract(${sql}, ${quoteLiteral(f.name)})`, f.type));
      if (fields.length === 0) return `CASE WHEN ${sql} IS NOT NULL THEN '{}' END`;
      return `CASE WHEN ${sql} IS NOT NULL THEN '{' || ${fields.join(" || ', ' || ")} || '}' END`;
    }
    default:
      return `CAST(${sql} AS VARCHAR)`;
  }
}

function element(scope: Scope, sql: string, type: SparkType): string {
  return `coalesce(${type.kind === 'string' ? sql : castToText(scope, sql, type)}, 'null')`;
}

function intervalText(sql: string, from: SparkType): string {
  const parts = `CAST(datepart('year', ${sql}) * 12 + datepart('month', ${sql}) AS BIGINT), CAST(datepart('day', ${sql}) AS BIGINT)`;
  const micros = `CAST(epoch_us(${sql} - to_months(CAST(datepart('year', ${sql}) * 12 + datepart('month', ${sql}) AS INTEGER)) - to_days(CAST(datepart('day', ${sql}) AS INTEGER))) AS BIGINT)`;
  const fields = from.kind === 'year-month' || from.kind === 'day-time' ? `${from.from}${from.to}` : '';
  return `spark_interval_text(${parts}, ${micros}, '${from.kind}${fields}')`;
}
