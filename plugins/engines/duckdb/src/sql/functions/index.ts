import { findAdded } from './added.js';
import { ROWS as AGGREGATE } from './aggregate.js';
import { ROWS as ARRAY } from './array.js';
import { ROWS as CAST } from './cast.js';
import { ROWS as CONDITIONAL } from './conditional.js';
import { ROWS as DATETIME } from './datetime.js';
import { ROWS as GENERATOR } from './generator.js';
import { ROWS as HASH } from './hash.js';
import { ROWS as JSON_CSV } from './json-csv.js';
import { ROWS as MAP } from './map.js';
import { ROWS as MATH } from './math.js';
import { ROWS as REGEXP } from './regexp.js';
import { nameOf, type FunctionRow } from './row.js';
import { ROWS as STRING } from './string.js';
import { ROWS as STRUCT } from './struct.js';
import { ROWS as URL } from './url.js';
import { ROWS as WINDOW } from './window.js';

/** The families of the table by name, in the order in which docs/spark-sql.md shows them. */
export const FAMILIES: Readonly<Record<string, readonly FunctionRow[]>> = {
  conditional: CONDITIONAL,
  math: MATH,
  string: STRING,
  'regular expression': REGEXP,
  'date and time': DATETIME,
  array: ARRAY,
  map: MAP,
  struct: STRUCT,
  'JSON and CSV': JSON_CSV,
  URL,
  hash: HASH,
  cast: CAST,
  aggregate: AGGREGATE,
  window: WINDOW,
  generator: GENERATOR,
};

const byName = new Map<string, FunctionRow>();
for (const row of Object.values(FAMILIES).flat()) {
  for (const name of [nameOf(row), ...row.aliases]) byName.set(name, row);
}

/** The row of a function by any of its names, whatever its case. */
export const findFunction = (name: string): FunctionRow | undefined =>
  byName.get(name.toLowerCase()) ?? findAdded(name);

/** Every name that a call may use. */
export const functionNames = (): Iterable<string> => byName.keys();
