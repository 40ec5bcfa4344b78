import type { Random } from './random.js';

/** The columns of the table that random expressions read, by type. */
export const COLUMNS: Readonly<Record<string, string>> = {
  b: 'boolean',
  ti: 'tinyint',
  si: 'smallint',
  i: 'int',
  j: 'int',
  l: 'bigint',
  f: 'float',
  d: 'double',
  e: 'double',
  dec: 'decimal(10,2)',
  big: 'decimal(38,10)',
  s: 'string',
  u: 'string',
  n: 'string',
  ds: 'string',
  bin: 'binary',
  dt: 'date',
  ts: 'timestamp',
  ntz: 'timestamp_ntz',
  ai: 'array<int>',
  az: 'array<string>',
  m: 'map<string,int>',
  st: 'struct<a:int,b:string>',
  dti: 'interval day to second',
  ymi: 'interval year to month',
};

const VALUES: Readonly<Record<string, readonly string[]>> = {
  boolean: ['true', 'false'],
  tinyint: ['0', '1', '-1', '127', '-128', '42'],
  smallint: ['0', '1', '-7', '32767', '-32768', '300'],
  int: ['0', '1', '-1', '2', '3', '7', '-13', '100', '2147483647', '-2147483648', '65536', '20', '5'],
  bigint: [
    '0',
    '1',
    '-1',
    '9223372036854775807',
    '-9223372036854775808',
    '4294967296',
    '1234567890123',
    '60',
    '-86400',
    '1600000000',
  ],
  float: [
    "'0.0'",
    "'1.5'",
    "'-2.25'",
    "'NaN'",
    "'Infinity'",
    "'3.4028235E38'",
    "'0.1'",
    "'-0.0'",
    "'16777217'",
    "'1.0E-10'",
  ],
  double: [
    "'0.0'",
    "'1.5'",
    "'-2.5'",
    "'0.1'",
    "'NaN'",
    "'Infinity'",
    "'-Infinity'",
    "'1.0E10'",
    "'1.0E-5'",
    "'123456.789'",
    "'2.5'",
    "'-0.5'",
    "'3.0'",
    "'1.7976931348623157E308'",
    "'-0.0'",
    "'0.005'",
  ],
  'decimal(10,2)': ["'0.00'", "'1.50'", "'-1.25'", "'99999999.99'", "'-99999999.99'", "'0.01'", "'12.35'", "'100.00'"],
  'decimal(38,10)': [
    "'0'",
    "'1.5'",
    "'-1.0000000001'",
    "'9999999999999999999999999999.9999999999'",
    "'123456789012345678.1234567890'",
    "'0.3333333333'",
  ],
  string: [
    "''",
    "'a'",
    "'abc'",
    "'ABC'",
    "'Hello World'",
    "'  pad  '",
    "'a,b,c'",
    "'ünï ÇÖDE'",
    "'漢字テスト'",
    "'it\\'s'",
    "'a%b_c'",
    "'😀x'",
    "'null'",
    "'foo bar baz'",
    "'aXbXc'",
    "'line\\nbreak'",
  ],
  number: [
    "'12'",
    "' 12 '",
    "'12.7'",
    "'-3'",
    "'1e3'",
    "'abc'",
    "'0'",
    "'9223372036854775808'",
    "'+5'",
    "'.5'",
    "'5.'",
    "'-0'",
    "'0x1F'",
    "'1_000'",
    "'NaN'",
    "'Infinity'",
    "'1.5d'",
    "''",
    "'true'",
    "'3.14159'",
  ],
  day: [
    "'2020-02-29'",
    "'2021-12-31 23:59:59.123456'",
    "'1999-1-5'",
    "'2020-13-01'",
    "'2020'",
    "'2020-06'",
    "'0001-01-01'",
    "'9999-12-31'",
    "'2021-03-14T01:30:00Z'",
    "'2021-03-14 01:30:00+08:00'",
    "'12:30:00'",
    "'2020-02-30'",
    "'1969-12-31 23:59:59.999'",
    "'2021-07-04 10:20:30'",
    "'20210704'",
    "'2021/07/04'",
  ],
  binary: ["X''", "X'00'", "X'FF00'", "X'61626364'", "X'E4BDA0'"],
  date: [
    "'2020-02-29'",
    "'1970-01-01'",
    "'1969-12-31'",
    "'2021-12-31'",
    "'1900-01-01'",
    "'2024-08-15'",
    "'2000-03-01'",
    "'2023-01-31'",
    "'0101-01-01'",
    "'9999-12-31'",
  ],
  timestamp: [
    "'2020-02-29 12:34:56.789012'",
    "'1970-01-01 00:00:00'",
    "'1969-12-31 23:59:59.5'",
    "'2021-12-31 23:59:59'",
    "'2024-08-15 00:00:00.000001'",
    "'2021-03-14 02:30:00'",
    "'1900-01-01 00:00:00'",
    "'2021-11-07 01:30:00'",
    "'2023-01-31 08:05:09'",
  ],
};

/** A value of a type as Spark SQL writes it. */
export function literalOf(random: Random, type: string, nulls = 0.15): string {
  if (random.chance(nulls)) return `CAST(NULL AS ${type.toUpperCase()})`;
  if (type === 'timestamp_ntz') return `CAST(${random.pick(VALUES['timestamp'] ?? [])} AS TIMESTAMP_NTZ)`;
  const list = (element: string): string =>
    Array.from({ length: random.below(5) }, () => literalOf(random, element, 0.2)).join(', ');
  switch (type) {
    case 'array<int>':
      return `CAST(array(${list('int')}) AS ARRAY<INT>)`;
    case 'array<string>':
      return `CAST(array(${list('string')}) AS ARRAY<STRING>)`;
    case 'map<string,int>':
      return random.chance(0.2)
        ? 'CAST(map() AS MAP<STRING,INT>)'
        : `map('a', ${literalOf(random, 'int')}, 'k', ${literalOf(random, 'int')})`;
    case 'struct<a:int,b:string>':
      return `named_struct('a', ${literalOf(random, 'int')}, 'b', ${literalOf(random, 'string')})`;
    case 'interval day to second':
      return `INTERVAL '${random.pick(['0 00:00:00', '1 02:03:04.5', '-3 00:00:01', '100 23:59:59.999999', '0 00:30:00'])}' DAY TO SECOND`;
    case 'interval year to month':
      return `INTERVAL '${random.pick(['0-0', '1-2', '-0-1', '10-11'])}' YEAR TO MONTH`;
    case 'string':
    case 'binary':
      return random.pick(VALUES[type] ?? []);
    default:
      return `CAST(${random.pick(VALUES[type] ?? ['NULL'])} AS ${type.toUpperCase()})`;
  }
}

const TEXTS: Readonly<Record<string, string>> = { n: 'number', ds: 'day' };

/** A FROM clause with a table of some rows of every type, NULLs and extremes among them. */
export function randomTable(random: Random, rows: number): string {
  const names = Object.keys(COLUMNS);
  const row = (): string =>
    names
      .map((name) => {
        const texts = TEXTS[name];
        if (texts !== undefined) return random.chance(0.1) ? 'CAST(NULL AS STRING)' : random.pick(VALUES[texts] ?? []);
        return literalOf(random, COLUMNS[name] ?? 'int');
      })
      .join(', ');
  return `VALUES ${Array.from({ length: rows }, () => `(${row()})`).join(', ')} AS t(${names.join(', ')})`;
}
