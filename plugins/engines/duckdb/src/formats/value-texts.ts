import { quoteLiteral } from '../sql/index.js';

/** Patterns of strftime for dates and timestamps; undefined: as Spark writes them. */
export interface TextFormats {
  readonly date?: string | undefined;
  readonly timestamp?: string | undefined;
}

/** The text of a value as Spark writes it into CSV; types that DuckDB spells alike are left as they are. */
export function textOfValue(expression: string, type: string, formats: TextFormats): string {
  if (type === 'date') {
    return formats.date === undefined ? expression : `strftime(${expression}, ${quoteLiteral(formats.date)})`;
  }
  if (type === 'timestamp' || type === 'timestamp_ntz') {
    if (formats.timestamp !== undefined) return `strftime(${expression}, ${quoteLiteral(formats.timestamp)})`;
    const text = `strftime(${expression}, '%Y-%m-%dT%H:%M:%S.%g')`;
    return type === 'timestamp' ? `${text} || ${offset(expression)}` : text;
  }
  if (type === 'double' || type === 'float') return javaNumber(expression);
  if (type === 'binary') return `decode(${expression})`;
  return expression;
}

/** The zone's offset as `+08:00`, and `Z` for none. */
function offset(expression: string): string {
  const minutes = `CAST(timezone_hour(${expression}) * 60 + timezone_minute(${expression}) AS INTEGER)`;
  const text = `format('{}{:02d}:{:02d}', CASE WHEN ${minutes} < 0 THEN '-' ELSE '+' END, abs(${minutes}) // 60, abs(${minutes}) % 60)`;
  return `CASE WHEN ${minutes} = 0 THEN 'Z' ELSE ${text} END`;
}

/**
 * A floating-point number as Java spells it: `1.0E10`, `Infinity`. DuckDB spells the same digits, and differently only
 * from 10^7 up, below 10^-3, and where there is no number.
 */
function javaNumber(expression: string): string {
  const text = `CAST(${expression} AS VARCHAR)`;
  const sign = `CASE WHEN ${expression} < 0 THEN '-' ELSE '' END`;
  const bare = `ltrim(${text}, '-')`;
  const [whole, fraction] = [`split_part(${bare}, '.', 1)`, `split_part(${bare}, '.', 2)`];
  const small = `ltrim(${fraction}, '0')`;
  const withExponent = mantissa(`replace(split_part(${bare}, 'e', 1), '.', '')`);
  return [
    `CASE WHEN ${expression} = 0 OR abs(${expression}) >= 0.001 AND abs(${expression}) < 10000000 THEN ${text}`,
    `WHEN isnan(${expression}) THEN 'NaN'`,
    `WHEN isinf(${expression}) THEN ${sign} || 'Infinity'`,
    `WHEN contains(${bare}, 'e') THEN ${sign} || ${withExponent} || 'E' || CAST(split_part(${bare}, 'e', 2) AS INTEGER)`,
    `WHEN ${whole} <> '0' THEN ${sign} || ${mantissa(`${whole} || ${fraction}`)} || 'E' || (length(${whole}) - 1)`,
    `ELSE ${sign} || ${mantissa(small)} || 'E' || (length(${small}) - length(${fraction}) - 1) END`,
  ].join(' ');
}

/** Digits with a point behind the first. */
function mantissa(digits: string): string {
  const rest = `rtrim(substr(${digits}, 2), '0')`;
  return `left(${digits}, 1) || '.' || CASE WHEN ${rest} = '' THEN '0' ELSE ${rest} END`;
}
