import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { gzipSync } from 'node:zlib';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { RunOptions, RunState, StopState, type Run } from '@sluice/proto/execution/v1/run';
import { GetRowsRequest, ListRunsRequest, RowsKind, RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { rowOfStops, runFlow, startRequest, waitForEnd, type RunClient } from '../bench/flows.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import { TEST_PLUGINS } from './modes.js';

interface Stop {
  readonly name: string;
  readonly bundle: string;
  readonly properties: object;
}

const PEOPLE = 'id,name,age\n1,Ann,30\n2,张伟,41\n3,Eve,\n';
const XML = '<people>\n<person><name>Ann</name></person>\n<person><name>Bob</nam></person>\n</people>\n';
/** 张伟 in GBK, which is no UTF-8. */
const GBK = Buffer.concat([
  Buffer.from('id,name\n1,Ann\n2,'),
  Buffer.from([0xd5, 0xc5, 0xce, 0xb0]),
  Buffer.from('\n'),
]);

const csv = (path: string, more: object = {}): Stop => ({
  name: 'read',
  bundle: 'sluice.csv.read',
  properties: { path, header: true, ...more },
});
const json = (path: string, more: object = {}): Stop => ({
  name: 'read',
  bundle: 'sluice.json.read',
  properties: { path, ...more },
});
const parquet = (path: string): Stop => ({ name: 'read', bundle: 'sluice.parquet.read', properties: { path } });
const xml = (path: string): Stop => ({
  name: 'read',
  bundle: 'cn.piflow.bundle.xml.XmlParser',
  properties: { xmlpath: path, rowTag: 'person' },
});
const sql = (text: string): Stop => ({
  name: 'sql',
  bundle: 'cn.piflow.bundle.common.ExecuteSQLStop',
  properties: { viewName: 'people', sql: text },
});
const write = (path = 'hdfs:///out'): Stop => ({
  name: 'write',
  bundle: 'sluice.csv.write',
  properties: { path, header: true, saveMode: 'overwrite' },
});
const people = csv('hdfs:///in/people.csv', { inferSchema: true });

let home: string;
let small: string;
let mayMount = false;
let platform: TestPlatform;
let runs: RunClient;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'sluice-bad-'));
  small = join(home, 'small');
  const input = join(home, 'files/in');
  await mkdir(input, { recursive: true });
  await mkdir(small);
  mayMount = mounts(small);
  const files: Readonly<Record<string, string | Buffer>> = {
    'people.csv': PEOPLE,
    'empty.csv': '',
    'empty.json': '',
    'header.csv': 'id,name,age\n',
    'ragged.csv': 'id,name,age\n1,Ann,30\n2,Bob\n3,Eve,20,x\nz,Dan,50\n',
    'gbk.csv': GBK,
    'broken.json': '{"a": 1}\n{"a": 2\n{"a": 3}\n',
    'no.parquet': PEOPLE,
    'broken.xml': XML,
    'half.xml': XML.slice(0, 40),
    'empty.xml': '',
    'cut.xml.gz': gzipSync(`<r>${'<person><a>1</a></person>'.repeat(50_000)}</r>`).subarray(0, 300),
    'cut.csv.gz': gzipSync(PEOPLE.repeat(5_000)).subarray(0, 300),
    'fake.csv.gz': PEOPLE,
    'cut.csv.zst': Buffer.from('28b52ffd2458b1000061', 'hex'),
    'cut.json.gz': gzipSync(Array.from({ length: 5_000 }, (_, a) => `{"a":${a}}\n`).join('')).subarray(0, 5_000),
    'nested.json': '{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000),
    'bomb.xml': '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><r><person><n>&b;</n></person></r>',
    'xxe.xml': '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><person><n>&a;</n></person></r>',
    'deep.json': '['.repeat(5_000) + ']'.repeat(5_000),
    'binary.csv': Buffer.from(Array.from({ length: 4_000 }, (_, at) => (at * 7) % 256)),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(join(input, name), content);
  await writeFile(join(home, 'secret.csv'), 'secret\n1\n');
  await symlink(join(home, 'secret.csv'), join(input, 'link.csv'));
  await symlink(home, join(input, 'linked'));
  await symlink('loop.csv', join(input, 'loop.csv'));
  execFileSync('mkfifo', [join(input, 'pipe.csv')]);
  platform = await startPlatform({
    home,
    env: {
      SLUICE_PLUGINS_FOLDERS: TEST_PLUGINS,
      SLUICE_FILES_ROOTS: join(home, 'files'),
      SLUICE_FILES_MOUNTS: `hdfs://small=${small},hdfs://*=${join(home, 'files')}`,
      SLUICE_EXECUTION_SPILL_BYTES: '16MiB',
    },
  });
  runs = platform.clients.get(RunServiceService);
}, 60_000);

afterAll(async () => {
  await platform?.close();
  if (mayMount) execFileSync('umount', [small]);
  if (home !== undefined) await rm(home, { recursive: true, force: true });
}, 60_000);

// Whatever a test has done: no run goes on, and nothing half written is left.
afterEach(async () => {
  const { runs: listed } = await runs.listRuns(ListRunsRequest.fromPartial({ pageSize: 100 }));
  expect(listed.filter(({ endTime }) => endTime === undefined).map(({ id }) => id)).toEqual([]);
  expect((await readdir(join(home, 'files'))).filter((name) => name !== 'in' && name !== 'user')).toEqual([]);
});

async function end(stops: readonly Stop[], options: Partial<RunOptions> = {}): Promise<Run> {
  const request_ = startRequest(rowOfStops('bad', stops), { options: RunOptions.fromPartial(options) });
  const { run } = await runs.startRun(request_);
  return waitForEnd(runs, run?.id ?? '');
}

async function failure(stops: readonly Stop[], options: Partial<RunOptions> = {}): Promise<[string, string]> {
  const ended = await end(stops, options);
  expect(ended.state).toBe(RunState.RUN_STATE_FAILED);
  // The stop that failed says why too; those behind it never began.
  const failed = ended.stops.filter(({ state }) => state === StopState.STOP_STATE_FAILED);
  expect(failed.map(({ error }) => error?.reason)).toContain(ended.error?.reason);
  return [ended.error?.reason ?? '', ended.error?.message ?? ''];
}

/** The rows of a run that writes, with the folder gone again. */
async function rowsOf(stops: readonly Stop[]): Promise<string> {
  await runFlow(runs, rowOfStops('good', [...stops, write()]));
  const folder = join(home, 'files/out');
  const parts = (await readdir(folder)).filter((name) => name.startsWith('part-')).sort();
  const texts = await Promise.all(parts.map((name) => readFile(join(folder, name), 'utf8')));
  await rm(folder, { recursive: true });
  return texts.join('');
}

describe('files', () => {
  test.each<[string, Stop, string, RegExp]>([
    [
      'that is missing',
      csv('hdfs:///in/nobody.csv'),
      'FILE_NOT_FOUND',
      /there is no file 'hdfs:\/\/\/in\/nobody\.csv'/,
    ],
    [
      'that no pattern matches',
      csv('hdfs:///in/no*.csv'),
      'FILE_NOT_FOUND',
      /no file matches 'hdfs:\/\/\/in\/no\*\.csv'/,
    ],
    ['that links to itself', csv('hdfs:///in/loop.csv'), 'FILE_UNREADABLE', /loop\.csv' cannot be reached/],
    ['that is a pipe', csv('hdfs:///in/pipe.csv'), 'FILE_UNREADABLE', /pipe\.csv/],
    ['that is a pipe, JSON', json('hdfs:///in/pipe.csv'), 'FILE_UNREADABLE', /pipe\.csv.*neither a file nor a folder/],
    ['that is a pipe, XML', xml('hdfs:///in/pipe.csv'), 'FILE_UNREADABLE', /pipe\.csv.*neither a file nor a folder/],
    ['that is binary', csv('hdfs:///in/binary.csv'), 'ENCODING_INVALID', /binary\.csv.*UTF-8/],
    [
      'of nothing but brackets',
      json('hdfs:///in/deep.json'),
      'FILE_FORMAT',
      /deep\.json.*nested more than 1000 levels/,
    ],
    ['that is cut off, CSV', csv('hdfs:///in/cut.csv.gz'), 'FILE_UNREADABLE', /in\/cut\.csv\.gz.*unexpected end.*gzip/],
    ['that is no gzip, CSV', csv('hdfs:///in/fake.csv.gz'), 'FILE_UNREADABLE', /in\/fake\.csv\.gz.*incorrect header/],
    ['that is cut off, zstd', csv('hdfs:///in/cut.csv.zst'), 'FILE_UNREADABLE', /in\/cut\.csv\.zst.*whole.*zstd/],
    ['that is cut off, JSON', json('hdfs:///in/cut.json.gz'), 'FILE_UNREADABLE', /in\/cut\.json\.gz.*unexpected end/],
    ['nested without end', json('hdfs:///in/nested.json'), 'FILE_FORMAT', /in\/nested\.json.*more than 200 levels/],
    ['that is cut off, gzip', xml('hdfs:///in/cut.xml.gz'), 'FILE_UNREADABLE', /cut\.xml\.gz.*unexpected end of file/],
    ['whose entities multiply', xml('hdfs:///in/bomb.xml'), 'FILE_FORMAT', /bomb\.xml.*not expanded/],
    ['whose entities read files', xml('hdfs:///in/xxe.xml'), 'FILE_FORMAT', /xxe\.xml.*not expanded/],
    ['that is empty, CSV', csv('hdfs:///in/empty.csv'), 'FILE_FORMAT', /empty\.csv.*empty/],
    ['that is empty, JSON', json('hdfs:///in/empty.json'), 'FILE_FORMAT', /empty\.json/],
    ['that is empty, XML', xml('hdfs:///in/empty.xml'), 'FILE_FORMAT', /empty\.xml', line 1, column 0: it is empty/],
    ['that is no Parquet', parquet('hdfs:///in/no.parquet'), 'FILE_FORMAT', /no\.parquet.*Parquet/i],
    ['in another encoding', csv('hdfs:///in/gbk.csv'), 'ENCODING_INVALID', /gbk\.csv.*UTF-8.*line/],
    [
      'in an encoding nobody knows',
      csv('hdfs:///in/gbk.csv', { encoding: 'GBKK' }),
      'PROPERTY_INVALID',
      /'GBKK'; use a name such as/,
    ],
    [
      'that is ragged, where no row may be refused',
      csv('hdfs:///in/ragged.csv', { schema: 'id INT, name STRING, age INT', mode: 'FAILFAST' }),
      'DATA_INVALID',
      /ragged\.csv.*line 3/,
    ],
    ['of broken JSON', json('hdfs:///in/broken.json', { mode: 'FAILFAST' }), 'DATA_INVALID', /broken\.json.*line 2/],
    [
      'of XML that breaks in the middle',
      xml('hdfs:///in/broken.xml'),
      'FILE_FORMAT',
      /broken\.xml', line 3, column \d+/,
    ],
    [
      'of XML that ends in the middle',
      xml('hdfs:///in/half.xml'),
      'FILE_FORMAT',
      /half\.xml', line 2, column \d+: unclosed tag/,
    ],
  ])('a file %s ends the run with its name', async (_, stop, reason, message) => {
    const [got, text] = await failure([stop, write()]);
    expect([got, text]).toEqual([reason, expect.stringMatching(message)]);
  });

  test.each<[string, string]>([
    ['..', 'HOME/files/../secret.csv'],
    ['a URL with ..', 'file:///HOME/files/in/../../secret.csv'],
    ['a link', 'hdfs:///in/link.csv'],
    ['a folder that is a link', 'hdfs:///in/linked/secret.csv'],
    ['a pattern over links', 'hdfs:///in/l*k.csv'],
    ['a pattern through a link', 'hdfs:///in/link*/secret.csv'],
    ['a pattern elsewhere', '/et*/passwd'],
    ['its plain path', '/etc/passwd'],
    ['a scheme that nobody mapped', 's3://bucket/secret.csv'],
  ])('a file outside the roots cannot be read by %s', async (_, location) => {
    const [reason, message] = await failure([csv(location.replace('HOME', home)), write()]);
    expect([reason, message]).toEqual(['FILE_FORBIDDEN', expect.stringMatching(/setting files\.(roots|mounts)/)]);
    expect(message).not.toContain('root:');
  });

  test('.. in an hdfs location does not climb over its root', async () => {
    const [reason] = await failure([csv('hdfs:///../secret.csv'), write()]);
    expect(reason).toBe('FILE_NOT_FOUND');
  });

  test.each(['HOME/elsewhere', 'hdfs:///in/linked/elsewhere', '/etc/sluice-test'])(
    'nothing is written outside the roots: %s',
    async (location) => {
      const [reason] = await failure([people, write(location.replace('HOME', home))]);
      expect(reason).toBe('FILE_FORBIDDEN');
      expect((await readdir(home)).includes('elsewhere')).toBe(false);
    },
  );

  test('a header without rows, the right encoding and NULL in place of what does not fit are no faults', async () => {
    expect(await rowsOf([csv('hdfs:///in/header.csv')])).toBe('id,name,age\n');
    expect(await rowsOf([csv('hdfs:///in/gbk.csv', { encoding: 'GBK' })])).toBe('id,name\n1,Ann\n2,张伟\n');
    const schema = 'id INT, name STRING, age INT';
    const ragged = csv('hdfs:///in/ragged.csv', { schema });
    expect(await rowsOf([ragged])).toBe('id,name,age\n1,Ann,30\n2,Bob,\n3,Eve,20\n,Dan,50\n');
  });

  test('ragged rows that are refused are listed with file, line and reason', async () => {
    const schema = 'id INT, name STRING, age INT';
    const read = csv('hdfs:///in/ragged.csv', { schema, mode: 'DROPMALFORMED' });
    const run = await end([
      read,
      { name: 'show', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '9' } },
    ]);
    expect(run).toMatchObject({ state: RunState.RUN_STATE_SUCCEEDED });
    const ask = GetRowsRequest.fromPartial({ runId: run.id, kind: RowsKind.ROWS_KIND_REJECTED });
    const { rows } = await runs.getRows(ask);
    const at = (name: string) => rows?.columns.findIndex((column) => column.name === name) ?? -1;
    expect(rows?.rows.map((row) => [row[at('line')], String(row[at('file')]).endsWith('in/ragged.csv')])).toEqual([
      ['3', true],
      ['4', true],
      ['5', true],
    ]);
    expect(rows?.rows.every((row) => String(row[at('reason')]).length > 5)).toBe(true);
  });
});

describe('SQL', () => {
  test.each<[string, string, string, RegExp]>([
    ['does not parse', 'SELECT id FRM people WHERE', 'SQL_SYNTAX', /line 1, column \d+/],
    ['has two statements', 'SELECT 1; DROP TABLE people', 'SQL_STATEMENTS', /two statements; a stop runs one/],
    ['is no query', 'DELETE FROM people', 'SQL_UNSUPPORTED', /DELETE is no query/],
    ['is empty', '-- nothing', 'SQL_SYNTAX', /the SQL is empty/],
    [
      'reads a file by a function',
      "SELECT * FROM read_csv('/etc/passwd')",
      'SQL_FORBIDDEN',
      /read_csv.*read files with a stop/,
    ],
    ['reads a file by its name', "SELECT * FROM '/etc/passwd'", 'SQL_FORBIDDEN', /read it with a stop/],
    ['reads a file as Spark does', 'SELECT * FROM csv.`/etc/passwd`', 'VIEW_UNKNOWN', /the views are people/],
    ['asks for settings', "SELECT getenv('HOME')", 'SQL_UNSUPPORTED', /getenv/],
    ['names an unknown view', 'SELECT * FROM poeple', 'VIEW_UNKNOWN', /'poeple'.*did you mean.*people/],
    ['names an unknown column', 'SELECT nmae FROM people', 'COLUMN_UNKNOWN', /'nmae'.*did you mean.*name/],
    ['uses a function nobody knows', 'SELECT frobnicate(id) FROM people', 'SQL_UNSUPPORTED', /frobnicate/],
    [
      'uses a function without a faithful translation',
      "SELECT java_method('java.util.UUID', 'randomUUID')",
      'SQL_UNSUPPORTED',
      /java_method/,
    ],
  ])('that %s ends the run and says so', async (_, text, reason, message) => {
    const [got, words] = await failure([people, sql(text), write()]);
    expect([got, words]).toEqual([reason, expect.stringMatching(message)]);
    expect(words).not.toContain('root:');
  });
});

describe('a condition', () => {
  const filter = (condition: string): Stop => ({
    name: 'filter',
    bundle: 'cn.piflow.bundle.common.Filter',
    properties: { condition },
  });
  test.each([
    ["1 = 1) UNION ALL SELECT * FROM read_csv('/etc/passwd') --", 'SQL_SYNTAX', /a '\)' closes what was not opened/],
    ['1 = 1; DROP TABLE people', 'SQL_SYNTAX', /found ';'/],
    ["id IN (SELECT 1 FROM '/etc/passwd')", 'SQL_FORBIDDEN', /a file cannot stand as a table/],
    ["(SELECT count(*) FROM read_text('/etc/passwd')) > 0", 'SQL_FORBIDDEN', /read_text reads outside the views/],
  ])('cannot be more than one: %s', async (condition, reason, message) => {
    expect(await failure([people, filter(condition), write()])).toEqual([reason, expect.stringMatching(message)]);
  });
});

describe('limits', () => {
  const many = (rows: number) =>
    `SELECT n, repeat('y', 100) AS y FROM (SELECT explode(sequence(1, ${rows})) AS n FROM people LIMIT ${rows})`;

  test('a run that needs more memory than it may have ends with the remedy, and the next one runs', async () => {
    const text = `SELECT length(concat_ws(',', collect_list(concat(y, n)))) AS n FROM (${many(3_000_000)})`;
    const [reason, message] = await failure([people, sql(text), write()], { memoryBytes: 96n << 20n });
    expect(['OUT_OF_MEMORY', 'DISK_FULL']).toContain(reason);
    expect(message).toMatch(/memory limit|free space/);
    expect(await rowsOf([people])).toBe(PEOPLE);
  });

  test('a disk that is full ends the run and leaves nothing on it', async ({ skip }) => {
    skip(!mayMount, 'a small disk cannot be mounted by this user');
    const [reason, message] = await failure([people, sql(many(100_000)), write('hdfs://small/out')]);
    expect([reason, message]).toEqual(['DISK_FULL', expect.stringMatching(/hdfs:\/\/small\/out.*free space/s)]);
    expect(await readdir(small)).toEqual([]);
  });
});

/** Whether a disk of 2 MB stands at a folder now. */
function mounts(folder: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false; // only root may
  }
}
