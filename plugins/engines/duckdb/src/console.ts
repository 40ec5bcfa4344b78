import { mkdtemp, readdir, realpath, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { SluiceError, type EngineSession, type Files } from '@sluice/plugin-sdk';
import { duckdb } from './engine.js';
import { answerLine, explainQuery, prepareInstance, quoteLiteral, runSql, translateQuery } from './sql/index.js';
import type { SqlAnswer, SqlOptions, TranslatedQuery, View } from './sql/index.js';

export type { SqlAnswer, SqlOptions, TranslatedQuery } from './sql/index.js';

/** Spark SQL for a person at a terminal: queries over local files, without a platform. */
export interface SqlConsole {
  /** The views that queries can read. */
  readonly views: readonly View[];
  /** Runs one query. */
  run(text: string, options: SqlOptions): Promise<SqlAnswer>;
  /** One query as a tree with types and in DuckDB's words, with its columns; nothing is run. */
  explain(text: string, options: SqlOptions): TranslatedQuery & { readonly tree: string };
  /** Writes the rows of one query to a Parquet file. */
  save(text: string, options: SqlOptions, path: string): Promise<void>;
  /** Answers a line of JSON with a line of JSON; never rejects for what stands in the line. */
  answer(line: string): Promise<string>;
  close(): Promise<void>;
}

const FORMATS: readonly (readonly [RegExp, string, object])[] = [
  [/\.(csv|tsv)(\.(gz|zst))?$/i, 'csv', { header: true, inferSchema: true, multiLine: true }],
  [/\.(ndjson|jsonl)(\.(gz|zst))?$/i, 'ndjson', {}],
  [/\.json(\.(gz|zst))?$/i, 'json', { multiLine: true }],
  [/\.parquet$/i, 'parquet', {}],
  [/\.(txt|log)(\.(gz|zst))?$/i, 'text', {}],
];

/**
 * Opens a console.
 *
 * @param views files by view name: CSV and TSV with a header, JSON, NDJSON, Parquet, or text, by their endings
 */
export async function openConsole(views: Readonly<Record<string, string>>): Promise<SqlConsole> {
  const scratch = await realpath(await mkdtemp(join(tmpdir(), 'sluice-sql-')));
  try {
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await prepareInstance(connection);
    const opened = await openViews(views, scratch);
    const zoned = (zone: string): Promise<unknown> => connection.run(`SET timezone = ${quoteLiteral(zone)}`);
    return {
      views: opened,
      async run(text, options) {
        await zoned(options.zone);
        return runSql(connection, text, opened, options);
      },
      explain: (text, options) => explainQuery(text, opened, options),
      async save(text, options, path) {
        await zoned(options.zone);
        await copy(connection, translateQuery(text, opened, options).sql, path);
      },
      answer: (line) => answerLine(connection, line, opened),
      async close() {
        connection.closeSync();
        instance.closeSync();
        await rm(scratch, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    throw error;
  }
}

async function copy(connection: DuckDBConnection, query: string, path: string): Promise<void> {
  await connection.run(`COPY (${query}) TO ${quoteLiteral(resolve(path))} (FORMAT parquet)`);
}

/** Reads the files as flows read them, once, and keeps them as Parquet. */
async function openViews(views: Readonly<Record<string, string>>, scratch: string): Promise<View[]> {
  const names = Object.entries(views);
  if (names.length === 0) return [];
  const engine = await duckdb.open({
    roots: ['/'],
    warehouse: join(scratch, 'warehouse'),
    scratch,
    memoryBytes: 1 << 30,
    threads: 2,
    zone: 'UTC',
  });
  const session = await engine.session({
    run: 'console',
    files: anyFiles(),
    scratch,
    ansi: false,
    zone: 'UTC',
    beforeCommit: () => Promise.resolve(),
    listener: {
      started: () => undefined,
      ended: () => undefined,
      counted: () => undefined,
      rejected: () => undefined,
      progressed: () => undefined,
    },
  });
  try {
    const opened: View[] = [];
    for (const [name, path] of names)
      opened.push(await openView(session, name, path, join(scratch, `view-${opened.length}`)));
    return opened;
  } finally {
    await session.close();
    await engine.close();
  }
}

async function openView(session: EngineSession, name: string, path: string, folder: string): Promise<View> {
  const [, format, options] = FORMATS.find(([ending]) => ending.test(path)) ?? [];
  if (format === undefined) {
    const message = `the view '${name}' is of '${path}', whose format its ending does not tell; use .csv, .tsv, .json, .ndjson, .parquet or .txt`;
    throw new SluiceError('FILE_FORMAT', message, { details: { path } });
  }
  const delimiter = /\.tsv(\.(gz|zst))?$/i.test(path) ? { delimiter: '\t' } : {};
  const { dataset } = await session.store(await session.read(format, path, { ...options, ...delimiter }), folder);
  return { name, relation: `read_parquet(${quoteLiteral(join(folder, '*.parquet'))})`, columns: dataset.columns };
}

/** Whatever the user of the terminal may read. */
function anyFiles(): Files {
  return {
    roots: ['/'],
    resolve: (location) => Promise.resolve(resolve(location)),
    locate: (path) => path,
    async list(location) {
      const path = resolve(location);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined)
        throw new SluiceError('FILE_NOT_FOUND', `there is no file '${location}'`, { details: { path } });
      if (!found.isDirectory()) return [path];
      const names = (await readdir(path)).filter((name) => !/^[._]/.test(name));
      return names.map((name) => join(path, name)).sort();
    },
  };
}
