import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Figure } from './figure.js';
import type { BenchServer } from './sql.js';

/** An interpreter that has pandas, SQLAlchemy, pymysql, psycopg2 and pyarrow. */
const PYTHON = process.env['SLUICE_BENCH_PYTHON'] ?? 'python3';

/**
 * pandas writes the first tenth of the rows, and its time counts ten times: it takes minutes for all of them, at the same
 * pace from the first to the last. Its reading of the file is not counted.
 */
const PART = 10;

const PROGRAM = `
import sys, time
import pandas, pyarrow, pymysql, psycopg2, sqlalchemy
work, url, table, file = sys.argv[1:] or ['', '', '', '']
if work == 'read':
    engine = sqlalchemy.create_engine(url)
    began = time.perf_counter()
    pandas.read_sql('SELECT * FROM ' + table, engine).to_parquet(file)
    print(time.perf_counter() - began)
if work == 'write':
    engine = sqlalchemy.create_engine(url)
    frame = pandas.read_parquet(file)
    part = frame.head(len(frame) // ${PART})
    began = time.perf_counter()
    part.to_sql(table, engine, if_exists='append', index=False, chunksize=10000)
    print((time.perf_counter() - began) * ${PART})
`;
const DRIVERS: Readonly<Record<string, string>> = { mariadb: 'mysql+pymysql', postgresql: 'postgresql+psycopg2' };

/** Why pandas cannot be measured here; undefined where it can. */
export async function pandasMissing(): Promise<string | undefined> {
  try {
    await promisify(execFile)(PYTHON, ['-c', PROGRAM]);
    return undefined;
  } catch (error) {
    const [last] = String((error as { readonly stderr?: string }).stderr ?? error)
      .trim()
      .split('\n')
      .slice(-1);
    return `${last ?? 'no answer'}; name an interpreter that has all five in SLUICE_BENCH_PYTHON`;
  }
}

/** Seconds in which pandas with SQLAlchemy takes a table to a Parquet file, or the file to a table. */
export async function pandasSeconds(
  work: 'read' | 'write',
  { type, url }: BenchServer,
  table: string,
  file: string,
): Promise<number> {
  const driver = DRIVERS[type] ?? type;
  // The scheme of such a URL cannot be set: it has a plus sign in it.
  const address = `${driver}://${url.href.split('://')[1] ?? ''}`;
  const { stdout } = await promisify(execFile)(PYTHON, ['-c', PROGRAM, work, address, table, file]);
  return Number(stdout);
}

/** Sluice's time beside that of pandas; nothing, told on the error output, where pandas is not there. */
export async function compareWithPandas(
  work: 'read' | 'write',
  server: BenchServer,
  table: string,
  file: string,
  ours: number,
): Promise<Omit<Figure, 'bench'>[]> {
  const missing = await pandasMissing();
  if (missing !== undefined) {
    console.error(`  ${server.name}: not compared with pandas: ${missing}`);
    return [];
  }
  const theirs = await pandasSeconds(work, server, table, file);
  return [{ figure: `${server.name}: run / pandas + SQLAlchemy`, value: theirs / ours, unit: 'x', target: '>= 3' }];
}
