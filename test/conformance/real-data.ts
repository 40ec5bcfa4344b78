import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection, type Json } from '@duckdb/node-api';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import type { RunClient } from '../bench/flows.js';
import { ROOT } from '../support/root.js';
import { startPlatform, type TestPlatform } from '../support/platform.js';

/** The files of the npm package vega-datasets: `hdfs://vega/cars.json` in flows. */
export const VEGA = join(ROOT, 'node_modules/vega-datasets/data');
/** Files of Debian packages: `hdfs://debian/xml/iso-codes/iso_639-3.xml` in flows. */
export const DEBIAN = '/usr/share';

export const hasVega = existsSync(VEGA);

export type Row = Record<string, Json>;

/** A stop of a flow in these tests. */
export interface Stop {
  readonly name: string;
  readonly bundle: string;
  readonly properties: object;
  readonly customizedProperties?: object;
}

/**
 * A platform that reads files nobody here wrote, and a plain DuckDB that reads the same files and what the platform
 * made of them, with nothing of Sluice in between.
 */
export class RealData {
  private constructor(
    readonly platform: TestPlatform,
    private readonly instance: DuckDBInstance,
    private readonly plain: DuckDBConnection,
  ) {}

  static async start(): Promise<RealData> {
    const home = await mkdtemp(join(tmpdir(), 'sluice-real-'));
    const files = join(home, 'files');
    await mkdir(files);
    const mounts = `hdfs://vega=${VEGA},hdfs://debian=${DEBIAN},hdfs://*=${files}`;
    const platform = await startPlatform({ home, env: { SLUICE_FILES_MOUNTS: mounts, SLUICE_TIME_ZONE: 'UTC' } });
    const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
    const plain = await instance.connect();
    await plain.run(`SET TimeZone = 'UTC'`);
    return new RealData(platform, instance, plain);
  }

  get runs(): RunClient {
    return this.platform.clients.get(RunServiceService);
  }

  /** Where `hdfs:///name` is. */
  file(name: string): string {
    return join(this.platform.home, 'files', name);
  }

  /** What plain DuckDB answers; numbers of more than 53 bits are texts. */
  async query(sql: string): Promise<Row[]> {
    return (await this.plain.runAndReadAll(sql)).getRowObjectsJson();
  }

  /** Rows that one query has and the other has not, each as often as it has it more often: none where they agree. */
  async difference(got: string, want: string): Promise<{ readonly unwanted: Row[]; readonly missing: Row[] }> {
    const unwanted = await this.query(`(${got}) EXCEPT ALL (${want}) LIMIT 5`);
    const missing = await this.query(`(${want}) EXCEPT ALL (${got}) LIMIT 5`);
    return { unwanted, missing };
  }

  async close(): Promise<void> {
    this.plain.closeSync();
    this.instance.closeSync();
    await this.platform.close();
    await rm(this.platform.home, { recursive: true, force: true });
  }
}

/** What {@link RealData.difference} gives where two queries agree in every row. */
export const NONE = { unwanted: [], missing: [] };

export const readCsv = (path: string, delimiter = ','): Stop => ({
  name: 'read',
  bundle: 'cn.piflow.bundle.csv.CsvParser',
  properties: { csvPath: path, header: 'true', delimiter, schema: '' },
});

export const readJson = (path: string, tag = ''): Stop => ({
  name: 'read',
  bundle: 'cn.piflow.bundle.json.JsonParser',
  properties: { jsonPath: path, tag },
});

export const sql = (text: string, name = 'sql'): Stop => ({
  name,
  bundle: 'cn.piflow.bundle.common.ExecuteSQLStop',
  properties: { viewName: 'input', sql: text },
});

/** Writes one Parquet file, whose types and values are exact. */
export const writeParquet = (path: string, name = 'write'): Stop => ({
  name,
  bundle: 'sluice.parquet.write',
  properties: { path: `hdfs:///${path}`, single: true },
});

/** A JSON value without the fields that are NULL: Spark's rows say NULL where an object has no such field. */
export function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).filter(([, each]) => each !== null);
  return Object.fromEntries(
    fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, withoutNulls(each)]),
  );
}

/** A value of a JSON file as it is where a column, as `got` shows, became a text because its values are of several types. */
export function widened(value: Json, got: Json | undefined): Json {
  if (typeof got === 'string' && typeof value !== 'string' && value !== null) return JSON.stringify(value);
  if (Array.isArray(value)) return value.map((each, at) => widened(each, Array.isArray(got) ? got[at] : undefined));
  if (value === null || typeof value !== 'object') return value;
  const fields = got !== null && typeof got === 'object' && !Array.isArray(got) ? got : {};
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, widened(each, fields[name])]));
}
