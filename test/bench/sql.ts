import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import mysql from 'mysql2';
import { createConnection, type Connection as Session } from 'mysql2/promise';
import pg from 'pg';
import Cursor from 'pg-cursor';
import { from as copyFrom } from 'pg-copy-streams';
import { CreateDatasourceRequest, DatasourceServiceService } from '@sluice/proto/datasource/v1/datasource_service';
import { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import { startPlatform, type TestPlatform } from '../support/platform.js';
import type { Figure } from './figure.js';
import { rowOfStops, runFlow } from './flows.js';
import { descendants, peakMb } from './processes.js';

export const ROWS = Number(process.env['SLUICE_BENCH_SQL_ROWS'] ?? 2_000_000);

/** The eight columns, as both servers say them. */
export const COLUMNS =
  'id BIGINT, code INT, price DECIMAL(12,2), ratio DOUBLE PRECISION, name VARCHAR(40), note VARCHAR(80), day DATE, at TIMESTAMP';

/** A server of the measurement, with a database of its own. */
export interface BenchServer {
  readonly name: string;
  readonly type: string;
  readonly url: URL;
  /** Runs statements. */
  run(...statements: string[]): Promise<void>;
  /** Fills the table `rows_in`. */
  fill(): Promise<void>;
  /** The driver's own loop over a table; gives the number of rows. */
  rawRead(): Promise<number>;
  /** The driver's own fastest write of lines into `rows_raw`. */
  rawWrite(lines: () => Iterable<string>): Promise<void>;
  drop(): Promise<void>;
}

/** The servers that `deploy/dev/services.sh env` has named. */
export async function benchServers(): Promise<BenchServer[]> {
  const found: BenchServer[] = [];
  if (process.env['SLUICE_TEST_MARIADB_URL']) found.push(await mariadb(process.env['SLUICE_TEST_MARIADB_URL']));
  if (process.env['SLUICE_TEST_POSTGRESQL_URL'])
    found.push(await postgresql(process.env['SLUICE_TEST_POSTGRESQL_URL']));
  return found;
}

async function mariadb(given: string): Promise<BenchServer> {
  const url = new URL(given);
  const database = `bench_${randomBytes(4).toString('hex')}`;
  const session: Session = await createConnection({ uri: given, multipleStatements: false });
  await session.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`);
  await session.query(`USE ${database}`);
  url.pathname = `/${database}`;
  const run = async (...statements: string[]): Promise<void> => {
    for (const each of statements) await session.query(each);
  };
  return {
    name: 'MariaDB',
    type: 'mariadb',
    url,
    run,
    fill: () =>
      run(
        `CREATE TABLE rows_in (${COLUMNS.replace('TIMESTAMP', 'DATETIME(6)')})`,
        `INSERT INTO rows_in SELECT seq, seq % 1000, seq / 7, seq / 3, concat('name ', seq % 5000), if(seq % 10 = 0, NULL, concat('note 备注 ', seq)),
         DATE '2020-01-01' + INTERVAL seq % 2000 DAY, TIMESTAMP '2020-01-01 00:00:00' + INTERVAL seq SECOND FROM seq_1_to_${ROWS}`,
      ),
    async rawRead() {
      const raw = mysql.createConnection({ uri: url.href, dateStrings: true });
      let rows = 0;
      await new Promise<void>((resolve, reject) => {
        raw
          .query('SELECT * FROM rows_in')
          .on('result', () => rows++)
          .on('end', resolve)
          .on('error', reject);
      });
      raw.destroy();
      return rows;
    },
    async rawWrite(lines) {
      await session.query({
        sql: "LOAD DATA LOCAL INFILE 'x' INTO TABLE rows_raw CHARACTER SET utf8mb4",
        infileStreamFactory: () => Readable.from(lines(), { objectMode: false }),
      } as never);
    },
    async drop() {
      await session.query(`DROP DATABASE ${database}`);
      await session.end();
    },
  };
}

async function postgresql(given: string): Promise<BenchServer> {
  const database = `bench_${randomBytes(4).toString('hex')}`;
  const admin = new pg.Client({ connectionString: given });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${database}`);
  const url = new URL(given);
  url.pathname = `/${database}`;
  const session = new pg.Client({ connectionString: url.href });
  await session.connect();
  const run = async (...statements: string[]): Promise<void> => {
    for (const each of statements) await session.query(each);
  };
  return {
    name: 'PostgreSQL',
    type: 'postgresql',
    url,
    run,
    fill: () =>
      run(
        `CREATE TABLE rows_in (${COLUMNS})`,
        `INSERT INTO rows_in SELECT seq, seq % 1000, seq / 7.0, seq / 3.0, 'name ' || seq % 5000, CASE WHEN seq % 10 = 0 THEN NULL ELSE 'note 备注 ' || seq END,
         DATE '2020-01-01' + seq % 2000, TIMESTAMP '2020-01-01' + seq * INTERVAL '1 second' FROM generate_series(1, ${ROWS}) AS seq`,
      ),
    async rawRead() {
      const cursor = session.query(new Cursor<unknown>('SELECT * FROM rows_in'));
      let rows = 0;
      for (;;) {
        const some = await cursor.read(2048);
        if (some.length === 0) break;
        rows += some.length;
      }
      await cursor.close();
      return rows;
    },
    async rawWrite(lines) {
      await pipeline(
        Readable.from(lines(), { objectMode: false }),
        session.query(copyFrom('COPY rows_raw FROM STDIN')),
      );
    },
    async drop() {
      await session.end();
      await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await admin.end();
    },
  };
}

/** A platform with a datasource for each server, and what it measures runs by. */
export async function benchPlatform(home: string, servers: readonly BenchServer[]) {
  const env = { SLUICE_EXECUTION_WARM_RUNNERS: '1', SLUICE_EXECUTION_MAX_RUNS: '1' };
  const platform: TestPlatform = await startPlatform({ home, env });
  const datasources = platform.clients.get(DatasourceServiceService);
  for (const { type, url } of servers) {
    const { hostname: host, port, username: user, password } = url;
    const properties = { host, port, user, password, database: url.pathname.slice(1) };
    await datasources.createDatasource(CreateDatasourceRequest.fromPartial({ name: type, type, properties }));
  }
  const runs = platform.clients.get(RunServiceService);
  const pid = platform.processes[0]?.pid ?? 0;
  return {
    seconds: async (...stops: Parameters<typeof rowOfStops>[1]): Promise<number> => {
      const began = performance.now();
      await runFlow(runs, rowOfStops('rows', stops));
      return (performance.now() - began) / 1000;
    },
    /** The most memory of a runner so far. */
    peak: (): number => Math.max(...descendants(pid).map(peakMb)),
    close: () => platform.close(),
  };
}

export const parquet = {
  write: {
    name: 'write',
    bundle: 'sluice.parquet.write',
    properties: { path: 'hdfs:///rows.parquet', saveMode: 'overwrite' },
  },
  read: { name: 'read', bundle: 'sluice.parquet.read', properties: { path: 'hdfs:///rows.parquet' } },
};

/** Sluice's rows a second beside the driver's. */
export function compare(what: string, ours: number, theirs: number): Omit<Figure, 'bench'>[] {
  return [
    { figure: `${what}: through a run`, value: ROWS / ours / 1e6, unit: 'M rows/s', target: '' },
    { figure: `${what}: the driver's own loop`, value: ROWS / theirs / 1e6, unit: 'M rows/s', target: '' },
    { figure: `${what}: run / driver`, value: theirs / ours, unit: 'x', target: '>= 0.8' },
  ];
}
