import { FAMILIES } from './functions/index.js';
import { nameOf, type FunctionRow } from './functions/row.js';

/** What Spark has and Sluice refuses by name, with the way that works. */
const REFUSED: readonly (readonly [name: string, instead: string])[] = [
  [
    'approx_count_distinct and other sketches (`hll_*`, `kll_*`, `theta_*`, `approx_top_k`, `bitmap_*`)',
    '`count(DISTINCT ...)`',
  ],
  ['variants (`parse_json`, `variant_get`, ...)', '`get_json_object`, `from_json`'],
  ['XML (`from_xml`, `xpath*`), Avro, Protobuf, `java_method`, geometry (`st_*`), `aes_*`', 'a stop of their own'],
  ['collations', '`lower` on both sides'],
  ['`window`, `session_window`', '`date_trunc`, window functions'],
  ['`mode(col)` without an order', '`mode(col, true)`: Spark picks any of several values'],
  ['`rand(seed)`, `TABLESAMPLE ... REPEATABLE`, `shuffle`', 'no seed: what Spark draws depends on its partitions'],
  ['regular expressions with back references, possessive quantifiers, classes in classes', 'a pattern without them'],
  ['patterns, formats and units that are no literals', 'a literal'],
  ['the order of arrays and structs (`<`, `ORDER BY` inside arrays)', 'order by their parts'],
  ['`sentences`', "`split`: where words and sentences end is Java's own"],
  ['`approx_percentile` of NaN', '`FILTER (WHERE NOT isnan(...))`'],
  ['`format_string` of arrays, maps, structs and binary values', 'a cast to string'],
  ['the type TIME, intervals of months as a result', 'timestamps; a cast to string'],
  ['the pipe syntax, QUALIFY, UNION BY NAME, MERGE, UPDATE, DELETE', 'the plain forms'],
];

function line(row: FunctionRow): string {
  const arrow = row.signature.lastIndexOf(' -> ');
  const call = row.signature.slice(0, arrow).replaceAll('|', ' or ');
  const aliases = row.aliases.map((name) => `\`${name}\``).join(', ');
  return `| \`${call}\` | ${aliases} |`;
}

/** The tables of docs/spark-sql.md: every function with its other names, family by family, and what is refused. */
export function describeFunctions(): string {
  const families = Object.entries(FAMILIES).map(([family, rows]) => {
    const shown = rows.filter((row) => !nameOf(row).endsWith('_of')).map(line);
    return `### ${family[0]?.toUpperCase()}${family.slice(1)}\n\n| function | also |\n| --- | --- |\n${shown.join('\n')}`;
  });
  const refused = REFUSED.map(([name, instead]) => `| ${name} | ${instead} |`).join('\n');
  return `<!-- prettier-ignore-start -->\n\n${families.join('\n\n')}\n\n## Refused by name\n\n| construct | use instead |\n| --- | --- |\n${refused}\n\n<!-- prettier-ignore-end -->\n`;
}
