import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { duckdb } from '@sluice/engine-duckdb';
import { isSluiceError, type EngineSession, type Files, type OpenEngine } from '@sluice/plugin-sdk';

import type { OwnAnswer } from '../compare.js';
import { OwnEngine } from '../differential/own-engine.js';
import type { RealSpark, Setting, SparkAnswer } from '../differential/real-spark.js';
import type { NastyFile } from './nasty-files.js';

const UTC: Setting = { zone: 'UTC', ansi: false };
const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;

/** Reads files with our engine, as a flow's stop would, and with Spark. */
export class Readers {
  #count = 0;

  private constructor(
    private readonly folder: string,
    private readonly engine: OpenEngine,
    private readonly own: OwnEngine,
    private readonly spark: RealSpark,
  ) {}

  static async open(folder: string, spark: RealSpark): Promise<Readers> {
    const engine = await duckdb.open({
      roots: [folder],
      warehouse: join(folder, 'warehouse'),
      scratch: folder,
      memoryBytes: 1 << 29,
      threads: 2,
      zone: 'UTC',
    });
    return new Readers(folder, engine, await OwnEngine.open(), spark);
  }

  /** What both say of a file. */
  async read(file: NastyFile): Promise<{ own: OwnAnswer; spark: SparkAnswer }> {
    const place = join(this.folder, `file-${++this.#count}`);
    await mkdir(place);
    const path = join(place, `in.${file.format}`);
    await writeFile(path, file.text);
    try {
      const own = await this.#own(file, path, place);
      const spark = await this.#spark(file, path);
      return { own, spark };
    } finally {
      await rm(place, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    this.own.close();
    await this.engine.close();
  }

  async #own(file: NastyFile, path: string, place: string): Promise<OwnAnswer> {
    const session = await this.#session(join(place, 'scratch'));
    try {
      const options = { ...file.options, ...(file.schema === undefined ? {} : { schema: file.schema }) };
      const read = await session.read(file.format, path, options);
      const { dataset } = await session.store(read, join(place, 'rows'));
      const relation = `read_parquet('${join(place, 'rows', '*.parquet')}')`;
      return await this.own.ask('SELECT * FROM v', UTC, [{ name: 'v', relation, columns: dataset.columns }]);
    } catch (error) {
      if (!isSluiceError(error)) throw error;
      return { error: { reason: error.reason, message: error.message } };
    } finally {
      await session.close();
    }
  }

  #session(scratch: string): Promise<EngineSession> {
    const nothing = (): undefined => undefined;
    return this.engine.session({
      run: 'files',
      files: THESE,
      scratch,
      ansi: false,
      zone: 'UTC',
      beforeCommit: () => Promise.resolve(),
      listener: { started: nothing, ended: nothing, counted: nothing, rejected: nothing, progressed: nothing },
    });
  }

  async #spark(file: NastyFile, path: string): Promise<SparkAnswer> {
    const options = Object.entries({ path, ...file.options }).map(([name, value]) => `${name} ${quoted(value)}`);
    const columns = file.schema === undefined ? '' : ` (${file.schema})`;
    const made = await this.spark.ask(
      `CREATE OR REPLACE TEMPORARY VIEW files_view${columns} USING ${file.format} OPTIONS (${options.join(', ')})`,
      UTC,
    );
    return made.error === undefined ? this.spark.ask('SELECT * FROM files_view', UTC) : made;
  }
}

/** The one file that is asked for. */
const THESE: Files = {
  roots: ['/'],
  resolve: (location) => Promise.resolve(location),
  locate: (path) => path,
  list: (location) => Promise.resolve([location]),
};
