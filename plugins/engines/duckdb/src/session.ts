import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  SluiceError,
  type Batch,
  type Column,
  type Dataset,
  type Engine,
  type EngineSession,
  type FormatOptions,
  type Port,
  type RowsPage,
  type SessionOptions,
  type Value,
  type Warehouse,
  type Written,
} from '@sluice/plugin-sdk';
import { Executor } from './executor.js';
import type { Instance } from './instance.js';
import { Keeper } from './keeper.js';
import { DuckDataset, Node } from './node.js';
import { Rejects, REJECT_COLUMNS } from './rejects.js';
import { quoteLiteral, translateQuery, type View } from './sql/index.js';
import { DEFAULT_DATABASE } from './warehouse/catalog.js';
import { StopEngine } from './stop-engine.js';
import { pageOf } from './values/page.js';
import { streamBatches } from './values/stream.js';
import { changedRows } from './keeper.js';

/** One run's view of the engine. */
export class Session implements EngineSession {
  readonly name = 'duckdb';
  readonly executor: Executor;
  readonly keeper: Keeper;
  readonly rejected: Rejects;
  /** The warehouse's database for names without one; `USE` changes it for the run. */
  database = DEFAULT_DATABASE;
  private readonly nodes = new WeakMap<Dataset, Node>();
  private readonly own: StopEngine;
  private readonly folders = new Map<string, Promise<string>>();
  private last = 0;

  constructor(
    instance: Instance,
    readonly options: SessionOptions,
    readonly warehouseFolder: string,
  ) {
    this.executor = new Executor(instance, options.zone, options.listener);
    this.keeper = new Keeper(instance, this.executor);
    this.rejected = new Rejects(this.executor, this.keeper, options.listener);
    this.own = new StopEngine(this, '');
  }

  forStop(stop: string): Engine {
    return new StopEngine(this, stop);
  }

  place(dataset: Dataset, port: Port, consumers: number): void {
    const node = this.nodeOf(dataset);
    node.place(port, consumers);
    this.executor.placed(node, port);
  }

  async drain(dataset: Dataset): Promise<number> {
    const node = this.used(dataset);
    const rows = await this.keeper.query(node, { doing: 'running the flow' }, async (connection, prefix) => {
      // Every column is computed, as a sink would want it, and thrown away.
      const result = await connection.run(`${prefix}SELECT count(*), count(hash(t)) FROM ${node.relation} t`);
      const [[count] = []] = await result.getRows();
      return Number(count);
    });
    this.executor.countNode(node, rows);
    return rows;
  }

  async store(dataset: Dataset, folder: string, limit?: number): Promise<{ dataset: Dataset; rows: number }> {
    const node = this.used(dataset);
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'part-00000.parquet');
    const whole = limit === undefined;
    const rows = await this.keeper.query(
      node,
      { doing: `storing rows in '${folder}'`, whole },
      (connection, prefix) => {
        const select = `${prefix}SELECT * FROM ${node.relation}${whole ? '' : ` LIMIT ${limit}`}`;
        const copy = `COPY (${select}) TO ${quoteLiteral(path)} (FORMAT parquet, COMPRESSION lz4_raw)`;
        return connection.run(copy).then(changedRows);
      },
    );
    if (whole) this.executor.countNode(node, rows);
    const stored = this.dataset({
      text: () => `SELECT * FROM read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`,
      columns: node.columns,
      stop: node.stop,
      scan: { bytes: 0, rows, mark: '', paths: [path], cheap: true },
    });
    return { dataset: stored, rows };
  }

  sample(dataset: Dataset, limit: number): Promise<RowsPage> {
    const node = this.used(dataset);
    const purpose = { doing: 'reading a sample', whole: false };
    return this.keeper.query(node, purpose, (connection, prefix) =>
      pageOf(connection, `${prefix}SELECT * FROM ${node.relation} LIMIT ${limit}`, node.columns, this.options.zone),
    );
  }

  async rejects(): Promise<Dataset | undefined> {
    const query = await this.rejected.query();
    if (query === undefined) return undefined;
    return this.dataset({ text: () => query, columns: REJECT_COLUMNS, stop: '' });
  }

  interrupt(): void {
    this.executor.interrupt();
  }

  async close(): Promise<void> {
    await this.keeper.close();
    for (const folder of this.folders.values()) {
      await folder.then((path) => rm(path, { recursive: true, force: true })).catch(() => undefined);
    }
  }

  /** A folder of the run's scratch, removed when the session closes. */
  scratch(name: string): Promise<string> {
    let folder = this.folders.get(name);
    if (folder === undefined) {
      const path = join(this.options.scratch, name);
      folder = mkdir(path, { recursive: true }).then(() => path);
      this.folders.set(name, folder);
    }
    return folder;
  }

  /** A number for a new node. */
  nextId(): number {
    return ++this.last;
  }

  /** A dataset for a new node. */
  dataset(parts: ConstructorParameters<typeof Node>[1], id = this.nextId()): Dataset {
    const node = new Node(id, parts);
    const dataset = new DuckDataset(node, this, (each) => this.stream(each));
    this.nodes.set(dataset, node);
    return dataset;
  }

  /** The node of a dataset of this session. */
  nodeOf(dataset: Dataset): Node {
    const node = this.nodes.get(dataset);
    if (node !== undefined) return node;
    throw new SluiceError('INTERNAL', 'a dataset of another run or another engine cannot be used here');
  }

  /** The node of a dataset that a query is about to read. */
  used(dataset: Dataset, times = 1): Node {
    const node = this.nodeOf(dataset);
    node.refer(times);
    return node;
  }

  /** A dataset for a Spark SQL query over others by name. */
  query(stop: string, text: string, views: readonly (readonly [string, Dataset])[]): Dataset {
    const known: View[] = views.map(([name, dataset]) => {
      const node = this.nodeOf(dataset);
      return { name, relation: node.relation, columns: node.columns };
    });
    const { zone, ansi } = this.options;
    const query = translateQuery(text, known, { zone, ansi });
    const read = new Set(query.views.map((name) => name.toLowerCase()));
    const inputs = views.filter(([name]) => read.has(name.toLowerCase()));
    // Where views are read more often than there are views, which of them is read twice is not told.
    const times = query.counts > inputs.length ? 2 : 1;
    const nodes = inputs.map(([, dataset]) => this.used(dataset, times));
    return this.dataset({ text: () => query.sql, columns: query.columns, inputs: nodes, stop });
  }

  private stream(node: Node): AsyncIterable<Batch> {
    return streamBatches(this, node);
  }

  read(format: string, location: string | readonly string[], options?: FormatOptions): Promise<Dataset> {
    return this.own.read(format, location, options);
  }

  sql(text: string, views: Readonly<Record<string, Dataset>>): Promise<Dataset> {
    return this.own.sql(text, views);
  }

  write(dataset: Dataset, format: string, location: string, options?: FormatOptions): Promise<Written> {
    return this.own.write(dataset, format, location, options);
  }

  fromRows(columns: readonly Column[], rows: AsyncIterable<Batch | readonly Value[]>): Promise<Dataset> {
    return this.own.fromRows(columns, rows);
  }

  union(datasets: readonly Dataset[]): Promise<Dataset> {
    return this.own.union(datasets);
  }

  get warehouse(): Warehouse {
    return this.own.warehouse;
  }
}
