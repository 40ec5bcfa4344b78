import type { Random } from '../random.js';

/** Texts that a parameter understands, by `function.parameter` or by the parameter's name alone. */
const POOLS: Readonly<Record<string, readonly string[]>> = {
  regexp: ["'a'", "'[b-d]+'", "'(\\\\w)(\\\\w)'", "'\\\\s+'", "'^\\\\s*'", "'(a)|(b)'", "'.'", "''", "'\\\\d+'", "'(?i)hello'", 's'],
  rep: ["''", "'X'", "'<$0>'", "'$1-'", "'\\\\\\\\'", 'u'],
  regex: ["','", "' '", "'X'", "'\\\\s+'", "''", "'[,X]'", "'(a)(b)'"],
  pattern: ["'%a%'", "'_b%'", "''", "'abc'", "'%'", "'a\\\\%%'", "'%\\n%'", 's', 'u'],
  'rlike.pattern': ["'^a'", "'[0-9]+'", "'b$'", "'(?i)ABC'", "'\\\\d+'", "'a.b'", "'^$'", "'\\\\p{L}+'"],
  escape: ["'/'", "'!'"],
  fmt: ["'year'", "'MM'", "'quarter'", "'week'", "'day'", "'mon'", "'YY'", "'x'", 'NULL', "'DD'"],
  'date_trunc.fmt': ["'year'", "'MM'", "'week'", "'day'", "'HOUR'", "'minute'", "'quarter'", "'second'", "'millisecond'", "'microsecond'", "'bad'"],
  'date_format.fmt': ["'yyyy-MM-dd'", "'dd.MM.yy HH:mm'", "'EEE, d MMM y'", "'EEEE h:mm a'", "'HH:mm:ss.SSSSSS'", "'D'", "'QQQ'", "'MMMM'", "'X'", "'yyyy-MM-dd\\'T\\'HH:mm:ssXXX'", "'G'", "'kk'", "'u'", "'yy'", "'z'", "'VV'", "'MMM L'"],
  format: ["'yyyy-MM-dd'", "'yyyy-MM-dd HH:mm:ss'", "'yyyy/MM/dd'", "'yyyyMMdd'", "'yyyy-M-d'", "'yyyy'", "'HH:mm:ss'", "'yyyy-MM-dd HH:mm:ss.SSS'", "'yyyy-MM-dd\\'T\\'HH:mm:ssX'", "'dd MMM yyyy'"],
  'to_char.format': ["'999'", "'000.00'", "'$9,999.99'", "'S999D9'", "'9G999MI'", "'999PR'"],
  'to_number.format': ["'999'", "'000.00'", "'$9,999.99'", "'S99'", "'99D99'"],
  'try_to_number.format': ["'999'", "'99.99'", "'$9,999.99'", "'S99'", "'99999'"],
  'to_binary.format': ["'hex'", "'utf-8'", "'base64'", "'UTF8'"],
  'try_to_binary.format': ["'hex'", "'utf-8'", "'base64'", "'bad'"],
  'format_string.format': ["'%s|%s'", "'%5s'", "'%-6s|'", "'x%%'", "'%2$s %1$s'", "'%S'"],
  timezone: ["'Asia/Shanghai'", "'America/New_York'", "'+08:00'", "'UTC'", "'GMT+1'", "'PST'", "'Nowhere/X'"],
  source: ["'Asia/Shanghai'", "'UTC'", "'Europe/Brussels'"],
  target: ["'America/Los_Angeles'", "'UTC'", "'+01:00'"],
  day: ["'MO'", "'tue'", "'Sunday'", "'SATURDAY'", "'x'", "''"],
  json: ['\'{"a":1,"b":"x"}\'', '\'{"a": {"b": [1, 2.50, "x", null]}}\'', '\'[{"a":1},{"a":2}]\'', "'[]'", "'{}'", "'nothing'", '\'{"a":null,"é":"ü"}\'', '\'"text"\'', "''", '\'{"a":1.0e5,"b":true}\'', "'[1,2,3]'", 'NULL', '\'{"a":"2020-01-01","b":12345678901}\''],
  path: ["'$.a'", "'$.a.b'", "'$.a.b[1]'", "'$[*].a'", "'$.a.b[*]'", "'$'", "'$[0]'", "'$.x'", "'a'", "'$[\\'a\\']'"],
  'from_json.schema': ["'a INT, b STRING'", "'a STRING'", "'a DOUBLE, b BOOLEAN'", "'a STRUCT<b: ARRAY<DOUBLE>>'", "'ARRAY<STRUCT<a: INT>>'", "'a DATE'", "'b STRING, z INT'", "'a DECIMAL(5,2)'", "'MAP<STRING,STRING>'", "'ARRAY<INT>'", "'a BIGINT, b TIMESTAMP'"],
  csv: ["'1,abc'", "',x'", "'q,\"a b\"'", "'1.5,true'", "''", "'2020-01-01,3'", "'1,2,3'", "'\"a\\\\\"b\",1'"],
  'from_csv.schema': ["'a INT, b STRING'", "'a STRING'", "'a DOUBLE, b BOOLEAN'", "'a DATE, b INT'", "'a DECIMAL(5,2), b STRING'"],
  url: ["'http://u:p@h.com:80/a/b?x=1&y=2#f'", "'https://example.org'", "'nothing'", "'http://h/?q=a%20b'", "''", "'ftp://h/x y'"],
  'parse_url.part': ["'HOST'", "'PATH'", "'QUERY'", "'REF'", "'PROTOCOL'", "'AUTHORITY'", "'USERINFO'", "'FILE'", "'host'"],
  'try_parse_url.part': ["'HOST'", "'PATH'", "'QUERY'", "'REF'"],
  'parse_url.key': ["'x'", "'y'", "'z'"],
  'url_decode.str': ["'a%20b'", "'a+b'", "'%E4%BD%A0'", "''", "'%zz'", 's'],
  'try_url_decode.str': ["'a%20b'", "'%zz'", "'%'", 's'],
  charset: ["'UTF-8'", "'utf-8'", "'US-ASCII'", "'ISO-8859-1'", "'UTF-16BE'"],
  bits: ['0', '224', '256', '384', '512', '1'],
  from_base: ['10', '16', '2', '36', '1'],
  to_base: ['16', '2', '-10', '36', '10', '-16'],
  num: ['n', "'ff'", "'-10'", "'7Z'", "'99999999999999999999'", "''", "' 12'", 'l'],
  fraction: ['0.5', '0', '1', '0.25', 'array(0.1, 0.9)', '0.333D'],
  frequency: ['1', '2'],
  accuracy: ['100', '10000'],
  rsd: ['0.05', '0.1'],
  delimiter: ["','", "''", "'--'", 'NULL'],
  delim: ["','", "'X'", "' '", "''", "'b'"],
  sep: ["','", "'-'", "''", 'NULL', 'u'],
  pair_delim: ["','", "';'", "' '"],
  key_value_delim: ["':'", "'='", "'b'"],
  year: ['2020', '1', '2021', '0', '-5', '9999', '10000'],
  month: ['1', '2', '12', '13', '0', 'NULL'],
  hour: ['0', '23', '24', '5'],
  min: ['0', '59', '60'],
  sec: ['0', '59.999999', '60', '61', '1.5', '-1'],
  bin: ['bin', "encode(s, 'UTF-8')", "X'E4BDA0'", 'unhex(n)'],
  'unhex.expr': ["'61'", "'6'", "'zz'", "'FF00'", "''", 'hex(s)'],
  'unbase64.str': ["'YWJj'", "''", "'YQ=='", "'YW Jj'", 'base64(bin)'],
  quantity: ['1', '-1', '13', '0', '100'],
  buckets: ['5', '1', '0', '10'],
  seed: ['1'],
  field: ["'a'", "'b'", "'zz'"],
  'date_part.field': ["'YEAR'", "'month'", "'DAY'", "'hour'", "'SECONDS'", "'DOW'", "'WEEK'", "'DOY'", "'quarter'", "'DAYOFWEEK_ISO'", "'YEAROFWEEK'"],
  'datepart.field': ["'YEAR'", "'minute'", "'DAY'"],
  ascending: ['true', 'false'],
  round: ['true', 'false'],
  ignore_nulls: ['true', 'false'],
  deterministic: ['true'],
  upper: ["'X'", "'U'", 'NULL'],
  lower: ["'x'", "'l'", 'NULL'],
  digit: ["'n'", 'NULL'],
  other: ["'o'", 'NULL'],
  characters: ["' a'", "'abc'", "''", "'漢😀'", 'u'],
  null_replacement: ["'?'", "''"],
  search: ["'a'", "'ab'", "''", "'ü'", 'u'],
  substr: ["'a'", "'b'", "''", "'o'", "'漢'", 'u'],
  from: ["'abc'", "'aX'", "''", "'a漢'"],
  to: ["'xy'", "''", "'äöü'"],
  pad: ["'*'", "'ab'", "''", "'漢'"],
  list: ["'a,b,c'", "'abc,b'", 'u', "''"],
  threshold: ['2', '0', '-1'],
  lang: ["'en'"],
  country: ["'US'"],
  schema: ["'a INT'"],
  'format_number.d': ['0', '2', '4', '-1', "'#,###.##'", 'NULL'],
};

/** Whole numbers that say a place, a length or a count: mostly small, sometimes the extreme. */
const SMALL = new Set(['len', 'pos', 'n', 'count', 'scale', 'd', 'idx', 'part', 'distance', 'months', 'days', 'position', 'index', 'start', 'length', 'limit', 'offset', 'hours', 'mins', 'years', 'weeks']);
const SMALL_TYPES = /int|bigint/;

/** A value that the parameter understands, or undefined when any of its type will do. */
export function pooled(r: Random, name: string, parameter: string, types: readonly string[]): string | undefined {
  const pool = POOLS[`${name}.${parameter}`] ?? POOLS[parameter];
  if (pool) return r.pick(pool);
  if (SMALL.has(parameter) && types.some((type) => SMALL_TYPES.test(type))) {
    // A place that is not constant takes other ways through an engine, and a huge one must not be made real.
    return r.chance(0.85) ? String(r.below(9) - 2) : r.pick(['ti', 'NULL', '(ti % 5)']);
  }
  return undefined;
}
