import type { Random } from '../random.js';
import type { Column } from './query-values.js';

/** The columns of the base tables; their values come from few, so that joins and groups meet. */
const BASE: Readonly<Record<string, readonly string[]>> = {
  g: ["'a'", "'b'", "'B'", "''", "'ü'", 'CAST(NULL AS STRING)'],
  x: ['1', '2', '3', '-1', '0', 'CAST(NULL AS INT)'],
  l: ['1L', '2L', '3000000000L', 'CAST(NULL AS BIGINT)'],
  y: [
    'CAST(1.50 AS DECIMAL(10,2))',
    'CAST(-2 AS DECIMAL(10,2))',
    'CAST(99.99 AS DECIMAL(10,2))',
    'CAST(NULL AS DECIMAL(10,2))',
  ],
  z: ['1.5D', '-0.5D', '2.0D', '0.0D', "CAST('NaN' AS DOUBLE)", 'CAST(NULL AS DOUBLE)'],
  t: ["DATE'2020-02-29'", "DATE'2021-01-31'", "DATE'1969-12-31'", 'CAST(NULL AS DATE)'],
  w: ["TIMESTAMP'2020-02-29 12:34:56.5'", "TIMESTAMP'2021-01-31 00:00:00'", 'CAST(NULL AS TIMESTAMP)'],
  f: ['true', 'false', 'CAST(NULL AS BOOLEAN)'],
  xs: [
    'array(1, 2)',
    'array(CAST(NULL AS INT))',
    'CAST(array() AS ARRAY<INT>)',
    'CAST(NULL AS ARRAY<INT>)',
    'array(3, NULL, 1)',
  ],
};
const BASE_TYPES: Readonly<Record<string, string>> = {
  id: 'int',
  g: 'string',
  x: 'int',
  l: 'bigint',
  y: 'decimal',
  z: 'double',
  t: 'date',
  w: 'timestamp',
  f: 'boolean',
  xs: 'array',
};

/** A small table under an alias, and its columns by their qualified names; the first is the unique `id`. */
export function baseTable(r: Random, alias: string): { text: string; columns: Column[] } {
  const names = ['id', ...Object.keys(BASE).filter(() => r.chance(0.7))];
  const count = r.below(6);
  const row = (k: number): string =>
    `(${names.map((name) => (name === 'id' ? String(k) : r.pick(BASE[name] ?? []))).join(', ')})`;
  const rows = Array.from({ length: Math.max(count, 1) }, (_, k) => row(k)).join(', ');
  const text = `(SELECT * FROM VALUES ${rows} AS v(${names.join(', ')})${count === 0 ? ' WHERE false' : ''}) AS ${alias}`;
  return { text, columns: names.map((name) => ({ name: `${alias}.${name}`, type: BASE_TYPES[name] ?? 'int' })) };
}
