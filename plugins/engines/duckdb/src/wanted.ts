import type { Column, Condition, Value, Wanted } from '@sluice/plugin-sdk';
import { compose } from './compose.js';
import type { Executor } from './executor.js';
import type { Node } from './node.js';
import { duckdbType, quoteIdentifier } from './sql/index.js';

/** Where tables of the run can be made. */
interface Tables {
  table(name: string): Promise<{ readonly quoted: string }>;
}

interface Operator {
  readonly name: string;
  readonly extra_info: Readonly<Record<string, unknown>>;
  readonly children: readonly Operator[];
}

/**
 * What a query over `sink` wants of the rows of each source: DuckDB plans the query over tables that stand for the
 * sources, and its scans of them say which columns they read and what they filter by. Nothing is wanted less of where
 * the plan does not say so plainly.
 *
 * @param most how many rows of `sink` are read; undefined for all
 */
export async function wantedOf(
  tables: Tables,
  executor: Executor,
  sink: Node,
  sources: readonly Node[],
  most: number | undefined,
): Promise<ReadonlyMap<Node, Wanted>> {
  const stand = new Map<Node, string>();
  for (const source of sources) stand.set(source, await standIn(tables, executor, source));
  const textOf = (node: Node): string => {
    const table = stand.get(node);
    if (table !== undefined) return `SELECT ${namedCells(node.columns)} FROM ${table}`;
    // Sources that take no wishes are not filled yet, and are not planned over.
    return node.kept ?? node.text();
  };
  const { prefix, nodes } = compose(sink, textOf);
  const text = `${prefix}SELECT * FROM ${sink.relation}${most === undefined ? '' : ` LIMIT ${most}`}`;
  const root = await planOf(executor, text);
  const scans = new Map(sources.map((source) => [source, scansOf(root, stand.get(source) ?? '')]));
  // A source that is not scanned was reckoned with: what the plan says of the others may come from its stand-in.
  if ([...scans.values()].some((found) => found.length !== 1)) return new Map();
  const limits = [most, ...nodes.map((node) => node.limit)].filter((each) => each !== undefined);
  const limit = isPlainLimit(root, text, limits.length) ? Math.min(...limits) : undefined;
  const wanted = [...scans].map(([source, [scan]]): [Node, Wanted] => {
    const { isWhole, ...need } = needOf(scan as Operator, source.columns);
    return [source, { ...need, limit: isWhole ? limit : undefined }];
  });
  return new Map(wanted);
}

/** The plan of a query; undefined where there is none, such as for one that fails: running it will say why. */
async function planOf(executor: Executor, text: string): Promise<Operator | undefined> {
  try {
    return await executor.connected(async ({ connection }) => {
      const [row] = await (await connection.run(`EXPLAIN (FORMAT json) ${text}`)).getRows();
      return (JSON.parse(String(row?.[1])) as Operator[])[0];
    });
  } catch {
    return undefined;
  }
}

/**
 * A table with a source's columns. It has rows at the ends of what its types hold, and nulls: of an empty table DuckDB
 * would plan no scan, and of another it might leave out what its few rows make needless.
 */
async function standIn(tables: Tables, executor: Executor, { id, columns }: Node): Promise<string> {
  const { quoted } = await tables.table(`wanted_${id}`);
  const types = columns.map(({ type }) => duckdbType(type));
  const rows = [0, 1, 2].map((row) => `(${types.map((type) => extremesOf(type)[row] ?? 'NULL').join(', ')})`);
  await executor.connected(async ({ connection }) => {
    await connection.run(
      `CREATE TABLE IF NOT EXISTS ${quoted} (${types.map((type, index) => `c${index} ${type}`).join(', ')})`,
    );
    await connection.run(`INSERT INTO ${quoted} VALUES ${rows.join(', ')}`);
  });
  return quoted;
}

function extremesOf(type: string): readonly string[] {
  const [, precision, scale = '0'] = /^DECIMAL\((\d+),\s*(\d+)\)$/i.exec(type) ?? [];
  if (precision !== undefined) {
    const most = `${'9'.repeat(Number(precision) - Number(scale))}.${'9'.repeat(Number(scale))}`.replace(/^\./, '0.');
    return [`'-${most}'`, `'${most}'`];
  }
  return EXTREMES[type.toUpperCase()] ?? [];
}

const EXTREMES: Readonly<Record<string, readonly string[]>> = {
  BOOLEAN: ['false', 'true'],
  TINYINT: ['-128', '127'],
  SMALLINT: ['-32768', '32767'],
  INTEGER: ['-2147483648', '2147483647'],
  BIGINT: ['-9223372036854775808', '9223372036854775807'],
  FLOAT: ["'-inf'", "'nan'"],
  DOUBLE: ["'-inf'", "'nan'"],
  VARCHAR: ["''", "repeat(chr(1114111), 3)"],
  DATE: ["'5877642-06-25 (BC)'", "'5881580-07-10'"],
  TIMESTAMP: ['make_timestamp(-9223372022400000000)', 'make_timestamp(9223372036854775806)'],
  TIMESTAMPTZ: ['make_timestamptz(-9223372022400000000)', 'make_timestamptz(9223372036854775806)'],
}; // prettier-ignore

function namedCells(columns: readonly Column[]): string {
  return columns.map(({ name }, index) => `c${index} AS ${quoteIdentifier(name)}`).join(', ');
}

function scansOf(root: Operator | undefined, table: string): Operator[] {
  if (root === undefined) return [];
  const below = root.children.flatMap((child) => scansOf(child, table));
  return String(root.extra_info['Table']).replaceAll('"', '') === table.replaceAll('"', '') ? [root, ...below] : below;
}

const LIMITS = /^(STREAMING_)?LIMIT$/;

/**
 * Whether all that the query does with the rows that its one scan gives is to leave out columns and rows behind the
 * first: then no more are needed than the least of its limits, which are so many.
 */
function isPlainLimit(root: Operator | undefined, text: string, limits: number): boolean {
  if (limits === 0 || /\bOFFSET\b/i.test(text) || text.match(/\bLIMIT\b/gi)?.length !== limits) return false;
  let operator = root;
  while (operator?.children.length === 1 && (operator.name === 'PROJECTION' || LIMITS.test(operator.name))) {
    operator = operator.children[0];
  }
  return operator?.children.length === 0;
}

/** What a scan reads; `isWhole` says that the conditions are all that it filters by. */
function needOf(scan: Operator, columns: readonly Column[]): Omit<Wanted, 'limit'> & { readonly isWhole: boolean } {
  const listed = (key: string): string[] => [scan.extra_info[key] ?? []].flat().map(String);
  const filters = listed('Filters');
  const read = new Set([...listed('Projections'), ...filters].flatMap((text) => text.match(/\bc\d+\b/g) ?? []));
  const names = columns.filter((_, index) => read.has(`c${index}`)).map(({ name }) => name);
  const parsed = filters.map((text) => conditionsOf(text, columns));
  return {
    columns: names.length > 0 ? names : columns.slice(0, 1).map(({ name }) => name),
    conditions: parsed.flatMap((each) => each ?? []),
    isWhole: parsed.every((each) => each !== undefined),
  };
}

const COMPARED = /^c(\d+)(=|!=|<=?|>=?)(-?\d+(?:\.\d+)?|'[^']*'::(?:DATE|TIMESTAMP(?: WITH TIME ZONE)?))$/;
const NULLED = /^\(c(\d+) (IS NULL|IS NOT NULL)\)$/;

/** The conditions that a filter consists of, joined by AND; undefined for one that says anything else. */
function conditionsOf(filter: string, columns: readonly Column[]): Condition[] | undefined {
  const found: Condition[] = [];
  for (const part of filter.split(' AND ')) {
    const [, nulled, is = ''] = NULLED.exec(part) ?? [];
    const [, compared, test = '', literal = ''] = COMPARED.exec(part) ?? [];
    const column = columns[Number(nulled ?? compared ?? -1)];
    if (column === undefined) return undefined;
    if (nulled !== undefined) {
      found.push({ column: column.name, test: is === 'IS NULL' ? 'is null' : 'is not null', value: null });
      continue;
    }
    const value = valueOf(literal, column.type);
    if (value === undefined) return undefined;
    found.push({ column: column.name, test: (test === '!=' ? '<>' : test) as Condition['test'], value });
  }
  return found;
}

const MOMENT = /^'(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?(?:([+-])(\d\d)(?::(\d\d))?)?)?'::(.+)$/;

/** The value that a literal of a plan stands for in a column; undefined where it is not plain. */
function valueOf(literal: string, type: string): Value | undefined {
  if (!literal.startsWith("'")) {
    if (type.startsWith('decimal')) return literal;
    if (literal.includes('.')) return undefined;
    if (type === 'bigint') return BigInt(literal);
    return type === 'int' || type === 'smallint' || type === 'tinyint' ? Number(literal) : undefined;
  }
  const [, day, clock, fraction = '', sign, hours, minutes, kind] = MOMENT.exec(literal) ?? [];
  const wanted = { date: 'DATE', timestamp_ntz: 'TIMESTAMP', timestamp: 'TIMESTAMP WITH TIME ZONE' }[type];
  if (day === undefined || kind !== wanted) return undefined;
  if (type === 'date') return Date.parse(`${day}T00:00:00Z`) / 86_400_000;
  if (clock === undefined || (type === 'timestamp') !== (sign !== undefined)) return undefined;
  const shift = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * (sign === '-' ? -60_000 : 60_000);
  const millis = Date.parse(`${day}T${clock}Z`) - (sign === undefined ? 0 : shift);
  return BigInt(millis) * 1000n + BigInt(fraction.padEnd(6, '0'));
}
