import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError, type Dataset, type SessionOptions } from '@sluice/plugin-sdk';
import { Executor } from './executor.js';
import type { Instance } from './instance.js';
import { Keeper } from './keeper.js';
import { DuckDataset, Node } from './node.js';
import { Rejects } from './rejects.js';
import { translateQuery, type View } from './sql/index.js';
import { streamBatches } from './values/stream.js';
import { DEFAULT_DATABASE } from './warehouse/catalog.js';

/** A query that gives the rows of a view as they are. */
const WHOLE_VIEW = /^\s*SELECT\s+\*\s+FROM\s+(\w+)\s*$/i;

/** What everything in one run shares: its queries, what is kept, its datasets and its folders. */
export class RunContext {
  readonly executor: Executor;
  readonly keeper: Keeper;
  readonly rejected: Rejects;
  /** The warehouse's database for names without one; `USE` changes it for the run. */
  database: string = DEFAULT_DATABASE;
  private readonly nodes = new WeakMap<Dataset, Node>();
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
    const dataset = new DuckDataset(node, this, (each) => streamBatches(this.executor, this.keeper, each));
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
    const whole = WHOLE_VIEW.exec(text)?.[1]?.toLowerCase();
    const [, given] = views.find(([name]) => name.toLowerCase() === whole) ?? [];
    if (given !== undefined) {
      const same = this.used(given);
      const { columns, relation } = same;
      return this.dataset({ text: () => `SELECT * FROM ${relation}`, columns, inputs: [same], same, stop });
    }
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
    return this.dataset({ text: () => query.sql, columns: query.columns, inputs: nodes, limit: query.limit, stop });
  }

  /** Forgets everything. */
  async close(): Promise<void> {
    await this.keeper.close();
    for (const folder of this.folders.values()) {
      await folder.then((path) => rm(path, { recursive: true, force: true })).catch(() => undefined);
    }
  }
}
