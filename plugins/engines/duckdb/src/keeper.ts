import type { DuckDBConnection, DuckDBMaterializedResult } from '@duckdb/node-api';
import { reachable } from './compose.js';
import type { Executor, Purpose } from './executor.js';
import type { Instance } from './instance.js';
import type { Node } from './node.js';
import { quoteIdentifier } from './sql/index.js';
import { wantedOf } from './wanted.js';

/** Nodes in a row that one query may hold; DuckDB's planner recurses, so a longer chain is cut by keeping a node. */
const LONGEST_CHAIN = 150;

/**
 * Keeps rows that several readers want: one in-memory database of the run, made when first needed, whose tables spill
 * to the scratch folder when memory is short.
 */
export class Keeper {
  private database: Promise<string> | undefined;

  constructor(
    private readonly instance: Instance,
    private readonly executor: Executor,
  ) {}

  /** Runs a query over a node, after all that must be done before: shared nodes are kept, sources prepared. */
  async query<T>(
    node: Node,
    purpose: Purpose,
    run: (connection: DuckDBConnection, prefix: string) => Promise<T>,
  ): Promise<T> {
    await this.ready(node, purpose.most);
    return this.executor.query(node, purpose, run);
  }

  /** Does all that must be done before a query over a node, of whose rows it reads at most so many. */
  async ready(node: Node, most?: number): Promise<void> {
    await this.prepareBehind(node, node.shared ? undefined : most);
    if (node.shared) await this.keep(node);
  }

  /** Keeps the rows of a node, once, whoever asks. */
  keep(node: Node): Promise<void> {
    if (node.kept !== undefined) return Promise.resolve();
    node.keeping ??= this.fill(node);
    return node.keeping;
  }

  /** A name for a new table of the run's database, qualified and quoted. */
  async table(name: string): Promise<{ readonly database: string; readonly name: string; readonly quoted: string }> {
    this.database ??= this.attach();
    const database = await this.database;
    return { database, name, quoted: `${database}.main.${quoteIdentifier(name)}` };
  }

  /** Drops everything that is kept. */
  async close(): Promise<void> {
    const database = await this.database?.catch(() => undefined);
    this.database = undefined;
    if (database === undefined) return;
    const loan = await this.instance.lend('UTC');
    let sound = false;
    try {
      await loan.connection.run(`DETACH ${database}`);
      sound = true;
    } finally {
      this.instance.giveBack(loan, sound);
    }
  }

  private async prepareBehind(sink: Node, most?: number): Promise<void> {
    const depths = new Map<Node, number>();
    for (const node of reachable(sink)) {
      const depth = 1 + Math.max(0, ...node.inputs.map((input) => depths.get(input) ?? 0));
      const isKept = node !== sink && (node.shared || depth > LONGEST_CHAIN);
      if (isKept) await this.keep(node);
      depths.set(node, isKept ? 1 : depth);
    }
    const open = reachable(sink).filter((node) => node.kept === undefined);
    const choosy = open.filter((node) => node.choosy && !node.shared);
    const wanted = choosy.length === 0 ? undefined : await wantedOf(this, this.executor, sink, choosy, most);
    for (const node of open) await node.prepared(wanted?.get(node));
  }

  private async fill(node: Node): Promise<void> {
    await this.prepareBehind(node);
    // What brought its rows in may have kept them.
    if (node.kept !== undefined) return;
    const table = await this.table(`kept_${node.id}`);
    const rows = await this.executor.query(node, { doing: 'keeping rows' }, async (connection, prefix) => {
      const query = `${prefix}SELECT * FROM ${node.relation}`;
      return changedRows(await connection.run(`CREATE OR REPLACE TABLE ${table.quoted} AS ${query}`));
    });
    node.kept = `SELECT * FROM ${table.quoted}`;
    this.executor.countNode(node, rows);
  }

  private async attach(): Promise<string> {
    const database = this.instance.nextDatabase();
    await this.executor.connected((loan) => loan.connection.run(`ATTACH ':memory:' AS ${database}`));
    return database;
  }
}

/** The number of rows that a statement wrote, as DuckDB answers it. */
export async function changedRows(result: DuckDBMaterializedResult): Promise<number> {
  const [row] = await result.getRows();
  return Number(row?.[0] ?? 0);
}
