import type { Random } from '../random.js';

/** A column of a query, by the name that a SELECT over it uses. */
export interface Column {
  readonly name: string;
  readonly type: string;
}

export const NUMBERS = ['int', 'bigint', 'decimal', 'double'];
/** The types that values are made of. */
export const WORDS = [...NUMBERS, 'string', 'date', 'timestamp', 'boolean'];

const CONSTANTS: Readonly<Record<string, readonly string[]>> = {
  int: ['1', '0', '-3', 'NULL'],
  bigint: ['5L', '10000000000'],
  decimal: ['1.25', '0.5', '100.00'],
  double: ['1.5D', '0.0D', '-2e0'],
  string: ["'a'", "'abc'", "''", "'1'"],
  date: ["DATE'2020-01-01'"],
  timestamp: ["TIMESTAMP'2020-01-01 10:00:00'"],
  boolean: ['true', 'false', 'NULL'],
  array: ['array(1)'],
};

/** A value of a type over columns: one of them, a constant, or something made of them. */
export function valueOver(r: Random, columns: readonly Column[], type: string, depth: number): string {
  const of = (wanted: string): string => valueOver(r, columns, wanted, depth - 1);
  const fitting = columns.filter((c) => c.type === type);
  if (depth <= 0) {
    if (fitting.length > 0) return r.pick(fitting).name;
    return r.pick(CONSTANTS[type] ?? ['NULL']);
  }
  switch (type) {
    case 'int':
      return r.pick([
        `(${of('int')} + ${of('int')})`,
        `(${of('int')} % 2)`,
        `length(${of('string')})`,
        `year(${of('date')})`,
        `coalesce(${of('int')}, 0)`,
        `CAST(${of('double')} AS INT)`,
        `if(${of('boolean')}, ${of('int')}, 7)`,
        `datediff(${of('date')}, ${of('date')})`,
        `month(${of('timestamp')})`,
      ]);
    case 'bigint':
      return r.pick([
        `(${of('bigint')} * ${of('int')})`,
        `CAST(${of('decimal')} AS BIGINT)`,
        `abs(${of('bigint')})`,
        `(${of('int')} div 2)`,
        `ceil(${of('double')})`,
      ]);
    case 'decimal':
      return r.pick([
        `(${of('decimal')} * 2)`,
        `(${of('decimal')} + ${of('int')})`,
        `(${of('decimal')} / 3)`,
        `round(${of('decimal')}, 1)`,
        `CAST(${of('int')} AS DECIMAL(5,1))`,
        `(${of('decimal')} - 0.125)`,
      ]);
    case 'double':
      return r.pick([
        `(${of('int')} / ${of('int')})`,
        `CAST(${of('string')} AS DOUBLE)`,
        `(${of('double')} * 2)`,
        `nullif(${of('double')}, 0)`,
        `(${of('double')} + ${of('decimal')})`,
        `sqrt(abs(${of('double')}))`,
      ]);
    case 'string':
      return r.pick([
        `upper(${of('string')})`,
        `concat(${of('string')}, '-', ${of('int')})`,
        `CAST(${of(r.pick(WORDS))} AS STRING)`,
        `coalesce(${of('string')}, 'none')`,
        `(${of('string')} || ${of('string')})`,
        `date_format(${of('date')}, 'yyyy-MM')`,
        `CASE ${of('string')} WHEN 'a' THEN 'one' WHEN NULL THEN 'two' ELSE ${of('string')} END`,
      ]);
    case 'date':
      return r.pick([
        `date_add(${of('date')}, ${of('int')})`,
        `CAST(${of('timestamp')} AS DATE)`,
        `last_day(${of('date')})`,
        `trunc(${of('date')}, 'MM')`,
        `add_months(${of('date')}, 1)`,
      ]);
    case 'timestamp':
      return r.pick([
        `CAST(${of('date')} AS TIMESTAMP)`,
        `(${of('timestamp')} + INTERVAL 1 HOUR)`,
        `date_trunc('DAY', ${of('timestamp')})`,
        `coalesce(${of('timestamp')}, ${of('date')})`,
      ]);
    case 'boolean': {
      const kind = r.pick(WORDS);
      return r.pick([
        `(${of(kind)} ${r.pick(['=', '<', '>=', '!=', '<=>'])} ${of(kind)})`,
        `(${of(kind)} IS NULL)`,
        `(${of('boolean')} AND ${of('boolean')})`,
        `(${of('boolean')} OR ${of('boolean')})`,
        `(NOT ${of('boolean')})`,
        `(${of('int')} IN (1, 2, ${of('int')}))`,
        `(${of('string')} LIKE '%a%')`,
        `(${of('int')} BETWEEN 0 AND ${of('bigint')})`,
        `(${of('string')} = ${of('int')})`,
        `(${of('date')} > '2020-06-01')`,
        `(${of('string')} NOT IN ('a', NULL))`,
      ]);
    }
    default:
      return valueOver(r, columns, type, 0);
  }
}
