import type { DuckDBConnection } from '@duckdb/node-api';
import { SluiceError, type Batch, type EngineListener, type Port, type PortCount } from '@sluice/plugin-sdk';
import { compose, type Composed } from './compose.js';
import { isReadFault, mapError } from './errors.js';
import type { Instance, Loan } from './instance.js';
import type { Node } from './node.js';
import { isCountedByProfile, scanCounts } from './profile.js';

/** How often a running query is asked how far it is, in milliseconds. */
const PROGRESS_EVERY = 250;

/** What a query is for. */
export interface Purpose {
  /** What is going on, for messages, such as `writing '/data/out'`. */
  readonly doing: string;
  /** Whether the query reads all rows, so that counts and refused rows are those of the ports. Default true. */
  readonly whole?: boolean;
  /** How many rows the query reads at most; undefined for all. */
  readonly most?: number | undefined;
}

/** Runs the queries of one session: tells the listener what runs, counts, and can be interrupted. */
export class Executor {
  private readonly running = new Set<Loan>();
  private readonly told = new Map<string, number>();
  private readonly known = new WeakMap<Node, number>();
  private interrupted = false;

  constructor(
    private readonly instance: Instance,
    private readonly zone: string,
    private readonly listener: EngineListener,
  ) {}

  /**
   * Runs a query over a node that is ready to be read. Readers that bear fewer faults are tried first; when one gives up, the query starts
   * again, so `run` must leave nothing behind that a second call cannot replace.
   *
   * @param run gets a connection and `WITH ...`, after which the node's relation can be referred to
   */
  async query<T>(
    node: Node,
    purpose: Purpose,
    run: (connection: DuckDBConnection, prefix: string) => Promise<T>,
  ): Promise<T> {
    const composed = compose(node);
    const ports = composed.nodes.flatMap((each) => each.ports);
    this.listener.started(ports);
    try {
      const result = await this.attempt(composed, purpose, run);
      this.listener.ended(ports, undefined);
      return result;
    } catch (error) {
      const mapped = mapError(error, purpose.doing);
      this.listener.ended(ports, mapped);
      throw mapped;
    }
  }

  /**
   * Streams the rows of a node that is ready to be read. Batches that were given cannot be taken back, so readers that
   * may have to fall back are tried on all rows before the first batch is given.
   */
  async *stream(
    node: Node,
    run: (connection: DuckDBConnection, prefix: string) => AsyncIterable<Batch>,
  ): AsyncGenerator<Batch> {
    const doing = 'reading rows';
    const composed = compose(node);
    const ports = composed.nodes.flatMap((each) => each.ports);
    this.listener.started(ports);
    let failed: SluiceError | undefined;
    try {
      if (composed.nodes.some((each) => each.kept === undefined && each.scan?.yield !== undefined)) {
        await this.attempt(composed, { doing, whole: false }, (connection, prefix) =>
          connection.run(`${prefix}SELECT count(*), count(hash(t)) FROM ${node.relation} t`),
        );
      }
      yield* this.streamed(node, composed.nodes, run);
    } catch (error) {
      failed = mapError(error, doing);
      throw failed;
    } finally {
      this.listener.ended(ports, failed);
    }
  }

  private async *streamed(
    node: Node,
    nodes: readonly Node[],
    run: (connection: DuckDBConnection, prefix: string) => AsyncIterable<Batch>,
  ): AsyncGenerator<Batch> {
    this.refuseInterrupted();
    const loan = await this.instance.lend(this.zone, nodes.some(isCountedByProfile));
    let sound = false;
    let rows = 0;
    this.running.add(loan);
    const ticker = this.watch(loan.connection, nodes);
    try {
      for await (const batch of run(loan.connection, compose(node).prefix)) {
        this.refuseInterrupted();
        rows += batch.length;
        yield batch;
      }
      sound = true;
      this.count(await scanCounts(loan.profile, nodes));
      this.countNode(node, rows);
    } finally {
      clearInterval(ticker);
      // A stream that was left in the middle still holds its query; the connection goes with it.
      this.running.delete(loan);
      this.instance.giveBack(loan, sound);
    }
  }

  private async attempt<T>(
    composed: Composed,
    purpose: Purpose,
    run: (connection: DuckDBConnection, prefix: string) => Promise<T>,
  ): Promise<T> {
    let prefix = composed.prefix;
    for (;;) {
      try {
        const profiled = purpose.whole !== false && composed.nodes.some(isCountedByProfile);
        return await this.connected(async (loan) => {
          const ticker = this.watch(loan.connection, composed.nodes);
          try {
            const result = await run(loan.connection, prefix);
            if (purpose.whole !== false) this.count(await scanCounts(loan.profile, composed.nodes));
            return result;
          } finally {
            clearInterval(ticker);
          }
        }, profiled);
      } catch (error) {
        if (!isReadFault(error) || !(await yieldReaders(composed.nodes))) throw error;
        prefix = compose(composed.nodes.at(-1) as Node).prefix;
      }
    }
  }

  /** Runs statements on a connection that {@link interrupt} reaches, one that writes profiles where wanted. */
  async connected<T>(run: (loan: Loan) => Promise<T>, profiled = false): Promise<T> {
    this.refuseInterrupted();
    const loan = await this.instance.lend(this.zone, profiled);
    let sound = false;
    this.running.add(loan);
    try {
      this.refuseInterrupted();
      const result = await run(loan);
      sound = true;
      return result;
    } finally {
      this.running.delete(loan);
      this.instance.giveBack(loan, sound);
    }
  }

  /** Tells exact rows that a node gave, at every port that gives it. */
  countNode(node: Node, rows: number): void {
    this.known.set(node, rows);
    this.tell(node.ports.map((port) => ({ ...port, side: 'out', rows, bytes: node.scan?.bytes ?? 0 })));
  }

  /** The exact number of rows of a node, when it is known. */
  rowsOf(node: Node): number | undefined {
    return this.known.get(node);
  }

  /** Tells at a new port of a node what is known already. */
  placed(node: Node, port: Port): void {
    const rows = this.known.get(node);
    if (rows !== undefined) this.tell([{ ...port, side: 'out', rows, bytes: node.scan?.bytes ?? 0 }]);
  }

  /** Tells what a sink of a stop took. */
  countSink(stop: string, rows: number, bytes: number): void {
    this.tell([{ stop, port: '', side: 'in', rows, bytes }]);
  }

  interrupt(): void {
    this.interrupted = true;
    for (const loan of this.running) loan.connection.interrupt();
  }

  private refuseInterrupted(): void {
    if (this.interrupted) throw new SluiceError('RUN_CANCELLED', 'the run was cancelled');
  }

  private count(counts: ReadonlyMap<Node, number>): void {
    for (const [node, rows] of counts) this.countNode(node, rows);
  }

  private tell(counts: readonly PortCount[]): void {
    const fresh = counts.filter((count) => {
      const key = JSON.stringify([count.stop, count.port, count.side]);
      if (this.told.get(key) === count.rows) return false;
      this.told.set(key, count.rows);
      return true;
    });
    if (fresh.length > 0) this.listener.counted(fresh);
  }

  private watch(connection: DuckDBConnection, nodes: readonly Node[]): NodeJS.Timeout {
    const total = nodes.reduce((sum, node) => sum + (node.kept === undefined ? (node.scan?.bytes ?? 0) : 0), 0);
    const ticker = setInterval(() => {
      const { percentage, rows_processed: rows } = connection.progress;
      if (percentage < 0) return;
      const share = Math.min(1, percentage / 100);
      // DuckDB tells no bytes; its share is that of the files.
      this.listener.progressed({ share, rows: Number(rows), bytes: Math.round(share * total) });
    }, PROGRESS_EVERY);
    ticker.unref();
    return ticker;
  }
}

/** Turns the readers of a query to slower ways that bear more; false when none has one left, so asking ends. */
async function yieldReaders(nodes: readonly Node[]): Promise<boolean> {
  let hasYielded = false;
  for (const node of nodes) {
    if (node.kept === undefined && (await node.scan?.yield?.()) === true) hasYielded = true;
  }
  return hasYielded;
}
