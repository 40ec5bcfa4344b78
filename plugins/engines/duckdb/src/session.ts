import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Column,
  Dataset,
  Engine,
  EngineSession,
  FormatOptions,
  Port,
  RowsPage,
  SessionOptions,
  Warehouse,
  Written,
} from '@sluice/plugin-sdk';
import type { Instance } from './instance.js';
import { changedRows } from './keeper.js';
import type { Node } from './node.js';
import { REJECT_COLUMNS } from './rejects.js';
import { RunContext } from './run-context.js';
import { quoteLiteral } from './sql/index.js';
import { StopEngine } from './stop-engine.js';
import { pageOf } from './values/page.js';

/** One run's view of the engine. */
export class Session implements EngineSession {
  readonly name = 'duckdb';
  private readonly context: RunContext;
  private readonly own: StopEngine;

  constructor(instance: Instance, options: SessionOptions, warehouseFolder: string) {
    this.context = new RunContext(instance, options, warehouseFolder);
    this.own = new StopEngine(this.context, '');
  }

  forStop(stop: string): Engine {
    return new StopEngine(this.context, stop);
  }

  place(dataset: Dataset, port: Port, consumers: number): void {
    const node = this.context.nodeOf(dataset);
    node.place(port, consumers);
    this.context.executor.placed(node, port);
  }

  async drain(dataset: Dataset): Promise<number> {
    const node = this.context.used(dataset);
    const kept = await this.keptRows(node);
    if (kept !== undefined) {
      this.context.executor.countNode(node, kept);
      return kept;
    }
    const rows = await this.context.keeper.query(node, { doing: 'running the flow' }, async (connection, prefix) => {
      // Every column is computed, as a sink would want it, and thrown away.
      const result = await connection.run(`${prefix}SELECT count(*), count(hash(t)) FROM ${node.relation} t`);
      const [[count] = []] = await result.getRows();
      return Number(count);
    });
    this.context.executor.countNode(node, rows);
    return rows;
  }

  /** The number of rows of a node that needs no query, because it gives on what is kept. */
  private async keptRows(node: Node): Promise<number | undefined> {
    await this.context.keeper.ready(node);
    let source = node;
    while (source.kept === undefined && source.same !== undefined) source = source.same;
    return source.kept === undefined ? undefined : this.context.executor.rowsOf(source);
  }

  async store(dataset: Dataset, folder: string, limit?: number): Promise<{ dataset: Dataset; rows: number }> {
    const node = this.context.used(dataset);
    await mkdir(folder, { recursive: true });
    const path = join(folder, 'part-00000.parquet');
    const whole = limit === undefined;
    const rows = await this.context.keeper.query(
      node,
      { doing: `storing rows in '${folder}'`, whole },
      (connection, prefix) => {
        const select = `${prefix}SELECT * FROM ${node.relation}${whole ? '' : ` LIMIT ${limit}`}`;
        const copy = `COPY (${select}) TO ${quoteLiteral(path)} (FORMAT parquet, COMPRESSION lz4_raw)`;
        return connection.run(copy).then(changedRows);
      },
    );
    if (whole) this.context.executor.countNode(node, rows);
    const stored = this.context.dataset({
      text: () => `SELECT * FROM read_parquet(${quoteLiteral(path)}, hive_partitioning = false)`,
      columns: node.columns,
      stop: node.stop,
      scan: { bytes: 0, rows, mark: '', paths: [path], cheap: true },
    });
    return { dataset: stored, rows };
  }

  async sample(dataset: Dataset, limit: number): Promise<RowsPage> {
    const node = this.context.used(dataset);
    const purpose = { doing: 'reading a sample', whole: false, most: limit };
    let source = node;
    while (source.same !== undefined && !source.shared) source = source.same;
    // Rows from outside are not taken beyond what is shown: a sample of a table does not read the table.
    const isCut = source.prepare !== undefined && !source.choosy && source.kept === undefined && !source.shared;
    if (isCut) source.wanted = limit;
    try {
      return await this.context.keeper.query(node, purpose, (connection, prefix) =>
        pageOf(
          connection,
          `${prefix}SELECT * FROM ${node.relation} LIMIT ${limit}`,
          node.columns,
          this.context.options.zone,
        ),
      );
    } finally {
      if (isCut) source.sampled = true;
    }
  }

  async rejects(): Promise<Dataset | undefined> {
    const query = await this.context.rejected.query();
    if (query === undefined) return undefined;
    return this.context.dataset({ text: () => query, columns: REJECT_COLUMNS, stop: '' });
  }

  interrupt(): void {
    this.context.executor.interrupt();
  }

  close(): Promise<void> {
    return this.context.close();
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

  fromRows(columns: readonly Column[], rows: Parameters<Engine['fromRows']>[1]): Promise<Dataset> {
    return this.own.fromRows(columns, rows);
  }

  union(datasets: readonly Dataset[]): Promise<Dataset> {
    return this.own.union(datasets);
  }

  get warehouse(): Warehouse {
    return this.own.warehouse;
  }
}
