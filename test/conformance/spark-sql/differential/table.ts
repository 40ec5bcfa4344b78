import type { Column } from '@sluice/plugin-sdk';

import type { Random } from '../random.js';
import { COLUMNS, literalOf } from '../tables.js';

/** Texts that look like numbers or dates, well written and badly. */
const TEXTS: Readonly<Record<string, readonly string[]>> = {
  n: [
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
    "'-inf'",
    "'1.5d'",
    "''",
    "'true'",
    "'1,000'",
    "'-128'",
    "'99999999999999999999999999999999999999999'",
    "'1e-400'",
    "'\\t7\\n'",
    "'１２'",
  ],
  ds: [
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
    "'20210704'",
    "'2021/07/04'",
    "' 2020-01-01 '",
    "'2020-01-01x'",
    "'2020-01-01T'",
    "'2020-1-1 1:2:3'",
    "'2020-01-01 10:00:00.1234567'",
    "'epoch'",
    "'2020-01-01 10:00:00 Europe/Brussels'",
    "''",
  ],
};

/** The columns of a random table: `k` counts its rows, the others are of every type. */
export const TABLE: readonly Column[] = Object.entries({ k: 'int', ...COLUMNS }).map(([name, type]) => ({
  name,
  type,
}));
export const NAMES: readonly string[] = TABLE.map((column) => column.name);

/** Some rows of every type; NULLs and extremes among them. */
export function randomRows(r: Random, count: number): string[][] {
  return Array.from({ length: count }, (_, k) => [
    String(k),
    ...Object.entries(COLUMNS).map(([name, type]) => {
      const texts = TEXTS[name];
      if (texts) return r.chance(0.1) ? 'CAST(NULL AS STRING)' : r.pick(texts);
      return literalOf(r, type);
    }),
  ]);
}

/** The rows as a FROM clause; without rows, a table of the same types. */
export function fromClause(rows: readonly (readonly string[])[], names: readonly string[], empty = false): string {
  const values = `VALUES ${rows.map((row) => `(${row.join(', ')})`).join(', ')} AS t(${names.join(', ')})`;
  return empty ? `(SELECT * FROM ${values} WHERE k < 0) AS t` : values;
}
