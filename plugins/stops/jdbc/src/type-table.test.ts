import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isSluiceError, type Connection, type Table, type Value } from '@sluice/plugin-sdk';
import { fromTable, openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';
import hive from 'hive-driver';
import { connectTarget } from './connect.js';
import { columnType as damengType } from './dameng/dialect.js';
import { resultColumn as impalaColumn } from './impala/types.js';
import { parseJdbcUrl } from './jdbc-url.js';
import { columnType as oracleType } from './oracle/dialect.js';
import { resultColumn as prestoColumn } from './presto/types.js';
import { freshServer, OPTIONS, SERVERS, type ServerName } from './test-servers.test.js';
import { GOLDEN } from './testing/golden.js';
import { tdengineServer } from './testing/tdengine-server.js';
import { tdsServer } from './testing/tds-server.js';
import { dateText } from './times.js';

const PAGE = fileURLToPath(new URL('../../../../docs/datasource-types.md', import.meta.url));
const MARK = '<!-- made by plugins/stops/jdbc/src/type-table.test.ts; `npx vitest run -u` there makes it anew -->';

/** A database that rows can be written to, and how a test reaches it. */
interface Tried {
  readonly title: string;
  /** The first column of its tables, for those that ask for a certain one. */
  readonly first: readonly [name: string, type: string];
  open(): Promise<Connection>;
  close(): unknown;
}

const TITLES: Readonly<Record<ServerName, string>> = { mariadb: 'MariaDB', mysql: 'MySQL', postgresql: 'PostgreSQL' };
const NUMBERED = ['n', 'int'] as const;

/** Values beyond those of the golden table that not every database takes. */
const FURTHER: Readonly<Record<string, Readonly<Record<string, Value>>>> = {
  float: { NaN: NaN, infinity: Infinity },
  double: { NaN: NaN, infinity: -Infinity },
  string: { NUL: 'a\0b' },
  date: { 'the year 10000': 2_932_897 },
  timestamp: { 'the year 1900': -2_208_988_800_000_000n, 'the year 2100': 4_102_444_800_000_000n },
  timestamp_ntz: { 'the year 10000': 253_402_300_800_000_000n },
};

/** What values of the golden table are, by their rows. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  date: ['1970-01-01', '0001-01-01', 'NULL', '9999-12-31', '2024-02-29'],
  timestamp: ['microseconds', '2033', 'NULL', 'microseconds of 2024', '1970-01-02'],
  timestamp_ntz: ['before 1970', 'the year 1', 'NULL', 'the year 9999', '2020'],
};

/** Types with values to try: of the golden table, and those that hold others. */
const TYPES: readonly (readonly [type: string, values: readonly Value[]])[] = [
  ['int', [2_147_483_647, -2_147_483_648, null, 0]],
  ...GOLDEN.columns.slice(1).map(([, type], c) => [type, GOLDEN.rows.map((row) => row[c + 1] ?? null)] as const),
  ['array<int>', [[1, null]]],
  ['map<string,int>', [new Map([['a', 1]])]],
  ['struct<a:int>', [{ a: 1 }]],
];

let session: TestSession;
const tried: Tried[] = [];
let folder: string;
beforeAll(async () => {
  session = await openTestSession();
  folder = await mkdtemp(join(tmpdir(), 'sluice-types-'));
  const files = { resolve: (path: string) => Promise.resolve(join(folder, path)) };
  for (const name of SERVERS) {
    const server = await freshServer(name);
    tried.push({ title: TITLES[name], first: NUMBERED, open: () => server.connect(), close: () => server.drop() });
  }
  for (const [driver, title] of [['sqlite', 'SQLite'], ['duckdb', 'DuckDB']] as const) {
    const open = () => connectTarget({ driver, path: `types.${driver}` }, { ...OPTIONS, files });
    tried.push({ title, first: NUMBERED, open, close: () => undefined });
  } // prettier-ignore
  const tds = await tdsServer('right');
  const at = (url: string, user: string, password = 'right') => () => connectTarget(parseJdbcUrl(url, user, password), OPTIONS); // prettier-ignore
  const sqlserver = at(`jdbc:sqlserver://127.0.0.1:${tds.port};databaseName=shop`, 'sa');
  tried.push({ title: 'SQL Server', first: NUMBERED, open: sqlserver, close: () => tds.close() });
  const address = process.env['SLUICE_TEST_CLICKHOUSE_URL'] ?? '';
  if (address !== '') {
    const { host, username, password } = new URL(address);
    const clickhouse = at(`jdbc:clickhouse://${host}/default`, username, password);
    tried.push({ title: 'ClickHouse', first: NUMBERED, open: clickhouse, close: () => undefined });
  }
  const taos = await tdengineServer('right');
  const tdengine = at(`jdbc:TAOS-RS://127.0.0.1:${taos.port}/shop`, 'root');
  tried.push({ title: 'TDengine', first: ['ts', 'timestamp'], open: tdengine, close: () => taos.close() });
});
afterAll(async () => {
  await session?.close();
  for (const each of tried) await each.close();
  await rm(folder, { recursive: true, force: true });
});

/** What came of values of a type that went to a database and back. */
type Outcome =
  | { readonly kind: 'back'; readonly type: string; readonly values: readonly Value[] }
  | { readonly kind: 'refused'; readonly isType: boolean };

async function send(database: Tried, type: string, values: readonly Value[]): Promise<Outcome> {
  const name = `t_${randomBytes(6).toString('hex')}`;
  const [, firstType] = database.first;
  const place = (index: number): Value => (firstType === 'int' ? index : BigInt(index) * 1_000_000n);
  const given: Table = {
    columns: [database.first, ['x', type]],
    rows: values.map((value, index) => [place(index), value]),
  };
  const connection = await database.open();
  try {
    const rows = await fromTable(session.session.forStop('given'), given);
    await connection.write?.(name, rows, { mode: 'append', beforeCommit: () => Promise.resolve() });
    const reading = await connection.read?.({ table: name });
    if (reading === undefined) throw new Error(`${database.title} cannot be read`);
    const back = await toTable(await session.session.forStop('back').fromRows(reading.columns, reading.rows()));
    await connection.execute?.(`DROP TABLE ${name}`);
    const sorted = [...back.rows].sort((a, b) => Number(a[0]) - Number(b[0]));
    return { kind: 'back', type: back.columns[1]?.[1] ?? '', values: sorted.map((row) => row[1] ?? null) };
  } catch (error) {
    if (!isSluiceError(error)) throw error;
    return { kind: 'refused', isType: error.reason === 'TYPE_UNSUPPORTED' };
  } finally {
    await connection.close();
  }
}

/** A value of whatever type it was widened to: whole numbers and decimals by their digits, booleans as numbers. */
function plain(value: Value | undefined, type: string): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (typeof value === 'boolean') return String(Number(value));
  if (typeof value === 'bigint') return String(value);
  if (typeof value === 'number' && Number.isInteger(value) && Math.abs(value) < 1e15 && !Object.is(value, -0)) return String(value); // prettier-ignore
  return /^decimal/.test(type) && typeof value === 'string' ? value.replace(/\.0*$|(\.\d*?)0+$/, '$1') : value;
}

const isSame = (type: string, value: Value, { type: other, values: [back] }: Extract<Outcome, { kind: 'back' }>) =>
  Object.is(plain(value, type), plain(back, /^decimal/.test(type) ? type : other)) ||
  (type === 'date' && other === 'string' && dateText(value as number) === back) ||
  (type === 'timestamp_ntz' && other === 'timestamp' && Object.is(value, back));

/** A cell of the table: `exact`, the wider type, or `refused`, with the values that are refused. */
async function cellFor(database: Tried, type: string, values: readonly Value[]): Promise<string> {
  const refused: string[] = [];
  const changed: string[] = [];
  const all = await send(database, type, values);
  if (all.kind === 'refused' && all.isType) return 'refused';
  let into = '';
  const note = (name: string, value: Value, outcome: Outcome): void => {
    if (outcome.kind === 'refused') return void refused.push(name);
    into = outcome.type;
    if (!isSame(type, value, outcome)) changed.push(name);
  };
  for (const [index, value] of values.entries()) {
    const name = NAMES[type]?.[index] ?? shown(value);
    // One by one where one of them ended the writing of all.
    const outcome = all.kind === 'back' ? { ...all, values: [all.values[index] ?? null] } : await send(database, type, [value]); // prettier-ignore
    note(name, value, outcome);
  }
  for (const [name, value] of Object.entries(FURTHER[type] ?? {}))
    note(name, value, await send(database, type, [value]));
  // Only ClickHouse is known to change what it takes.
  if (database.title !== 'ClickHouse') expect(changed, `${database.title}: ${type}`).toEqual([]);
  const list = (word: string, names: readonly string[]) => (names.length === 0 ? [] : [`${word} ${names.join(', ')}`]);
  return [into === type ? 'exact' : into, ...list('not', refused), ...list('changed:', changed)].join('; ');
}

function shown(value: Value): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'string' && value.length > 30 ? `a text of ${value.length}` : JSON.stringify(String(value));
}

/** The cells of a table of Markdown by the names of its columns and rows. */
function cellsIn(text: string): Map<string, string> {
  const lines = text.split('\n').filter((line) => line.startsWith('|'));
  const [head = [], , ...rows] = lines.map((line) =>
    line
      .slice(1, -1)
      .split('|')
      .map((cell) => cell.trim()),
  );
  return new Map(rows.flatMap((row) => row.map((cell, c) => [`${row[0]} ${head[c]}`, cell] as const)));
}

/** What Oracle and Dameng store a type as, and what the databases that are only read give; there is no server to try it on. */
function declared(): string {
  const stored = TYPES.map(([type]) => {
    const cells = [oracleType, damengType].map((of) => of(type, false) ?? 'refused');
    return `| ${[type, ...cells].join(' | ')} |`;
  });
  const presto = ['boolean', 'tinyint', 'smallint', 'integer', 'bigint', 'real', 'double', 'decimal(38,10)', 'varchar', 'date', 'timestamp(3)', 'timestamp(3) with time zone', 'varbinary', 'time', 'json', 'array(integer)', 'map(varchar,integer)', 'row(a integer)']; // prettier-ignore
  const given = presto.map((type) => `| openLooKeng | ${type} | ${prestoColumn({ name: 'c', type }).type} |`);
  const impala = Object.entries(hive.thrift.TCLIService_types.TTypeId as unknown as Readonly<Record<string, number>>)
    .filter(([name]) => /_TYPE$/.test(name))
    .map(([name, type]) => {
      const column = { columnName: 'c', typeDesc: { types: [{ primitiveEntry: { type } }] } };
      return `| Impala | ${name.replace(/_TYPE$/, '')} | ${impalaColumn(column).type} |`;
    });
  return [
    '## Where there was no server to try it on',
    'Types as they are declared, when a table is made:',
    `| type | Oracle | Dameng |\n| --- | --- | --- |\n${stored.join('\n')}`,
    'Types of databases that are only read, as they come; a decimal keeps its size:',
    `| database | its type | comes as |\n| --- | --- | --- |\n${[...given, ...impala].join('\n')}`,
  ].join('\n\n');
}

test('docs/datasource-types.md says how each type goes to each database and back', { timeout: 60_000 }, async () => {
  const page = await readFile(PAGE, 'utf8');
  const [before = '', after = ''] = page.split(MARK);
  const known = cellsIn(after.split('\n## ')[0] ?? '');
  const titles = ['MariaDB', 'MySQL', 'PostgreSQL', 'SQLite', 'DuckDB', 'SQL Server', 'ClickHouse', 'TDengine'];
  const rows: string[] = [];
  for (const [type, values] of TYPES) {
    const cells: string[] = [];
    for (const title of titles) {
      const database = tried.find((each) => each.title === title);
      // What is not there to be asked keeps what it said.
      cells.push(
        database === undefined ? (known.get(`${type} ${title}`) ?? '?') : await cellFor(database, type, values),
      );
    }
    rows.push(`| ${[type, ...cells].join(' | ')} |`);
  }
  const made = `${before}${MARK}\n\n| type | ${titles.join(' | ')} |\n|${' --- |'.repeat(titles.length + 1)}\n${rows.join('\n')}\n\n${declared()}\n`;
  const formatted = await format(made, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
  await expect(formatted).toMatchFileSnapshot(PAGE);
});
