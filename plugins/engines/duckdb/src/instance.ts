import { mkdir, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import type { EngineOptions } from '@sluice/plugin-sdk';
import { loadExtensions } from './extensions.js';
import { prepareInstance, quoteLiteral } from './sql/index.js';

/** Settings of single connections; user SQL cannot reach them, for it is translated and never says SET. */
const CONNECTION_SETTINGS = [
  'timezone',
  'enable_profiling',
  'profiling_output',
  'custom_profiling_settings',
  'enable_progress_bar',
  'enable_progress_bar_print',
  'progress_bar_time',
];
const METRICS = JSON.stringify({
  OPERATOR_CARDINALITY: 'true',
  OPERATOR_TYPE: 'true',
  OPERATOR_NAME: 'true',
  EXTRA_INFO: 'true',
});
/** Connections kept for the next query; more are made as needed and closed after use. */
const IDLE_CONNECTIONS = 8;

/** A connection on loan. */
export interface Loan {
  readonly connection: DuckDBConnection;
  /** The file where DuckDB writes the profile of its last query; a connection without one runs small queries faster. */
  readonly profile: string | undefined;
  zone: string;
}

/** The one DuckDB instance of a process, locked down, and its connections. */
export class Instance {
  private readonly idle: Loan[] = [];
  private made = 0;
  private databases = 0;

  private constructor(
    private readonly instance: DuckDBInstance,
    private readonly scratch: string,
  ) {}

  /**
   * Opens an instance that can reach the roots, the warehouse and the scratch folder and nothing else, for good: DuckDB
   * takes no change of its configuration afterwards.
   */
  static async open(options: EngineOptions): Promise<Instance> {
    const own = join(options.scratch, `duckdb-${process.pid}`);
    await mkdir(own, { recursive: true });
    await mkdir(options.warehouse, { recursive: true });
    const folders = await Promise.all([...options.roots, options.warehouse, options.scratch].map(real));
    const instance = await DuckDBInstance.create(':memory:', {
      memory_limit: `${Math.max(64, Math.floor(options.memoryBytes / 1048576))}MiB`,
      threads: String(Math.max(1, options.threads)),
      temp_directory: join(own, 'spill'),
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      // Those that an operator has mounted; DuckDB loads none whose signature it does not know.
      allow_community_extensions: String((options.extensions ?? []).length > 0),
      preserve_insertion_order: 'true',
    });
    const connection = await instance.connect();
    try {
      await prepareInstance(connection);
      await loadExtensions(connection, options.extensions ?? []);
      const allowed = [...new Set(folders)].map((folder) => quoteLiteral(folder.endsWith('/') ? folder : `${folder}/`));
      await connection.run(`SET allowed_directories = [${allowed.join(', ')}]`);
      await connection.run(`SET allowed_configs = [${CONNECTION_SETTINGS.map(quoteLiteral).join(', ')}]`);
      await connection.run('SET enable_external_access = false');
      await connection.run('SET lock_configuration = true');
    } finally {
      connection.closeSync();
    }
    return new Instance(instance, own);
  }

  /** A connection of its own for one query, with the session time zone given; one with a profile where wanted. */
  async lend(zone: string, profiled = false): Promise<Loan> {
    const index = this.idle.findLastIndex((each) => (each.profile !== undefined) === profiled);
    const [waiting] = index < 0 ? [] : this.idle.splice(index, 1);
    const loan = waiting ?? (await this.connect(profiled));
    if (loan.zone !== zone) {
      await loan.connection.run(`SET timezone = ${quoteLiteral(zone)}`);
      loan.zone = zone;
    }
    return loan;
  }

  /** Takes a connection back; a broken one is closed. */
  giveBack(loan: Loan, sound: boolean): void {
    if (sound && this.idle.length < IDLE_CONNECTIONS) this.idle.push(loan);
    else loan.connection.closeSync();
  }

  /** A name that no other database of this instance has had. */
  nextDatabase(): string {
    return `run_${++this.databases}`;
  }

  async close(): Promise<void> {
    for (const loan of this.idle.splice(0)) loan.connection.closeSync();
    this.instance.closeSync();
    await rm(this.scratch, { recursive: true, force: true });
  }

  private async connect(profiled: boolean): Promise<Loan> {
    const connection = await this.instance.connect();
    const settings = [
      'SET enable_progress_bar = true',
      'SET enable_progress_bar_print = false',
      'SET progress_bar_time = 0',
    ];
    const profile = profiled ? join(this.scratch, `profile-${++this.made}.json`) : undefined;
    if (profile !== undefined) {
      settings.push(
        "SET enable_profiling = 'json'",
        `SET profiling_output = ${quoteLiteral(profile)}`,
        `SET custom_profiling_settings = ${quoteLiteral(METRICS)}`,
      );
    }
    await connection.run(settings.join('; '));
    return { connection, profile, zone: '' };
  }
}

/** A folder with its symbolic links resolved; as it is when it does not exist yet. */
async function real(folder: string): Promise<string> {
  await mkdir(folder, { recursive: true }).catch(() => undefined);
  return realpath(folder).catch(() => folder);
}
