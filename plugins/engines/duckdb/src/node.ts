import type { Batch, Column, Dataset, Port, Wanted } from '@sluice/plugin-sdk';

/** Files that a node reads itself. */
export interface Scan {
  /** Bytes of the files, as they lie on the disk. */
  readonly bytes: number;
  /** The exact number of rows where the files themselves say it. */
  readonly rows?: number | undefined;
  /** How the query's profile shows this scan: the beginning of its columns' names there. */
  readonly mark: string;
  /** The files' paths as the profile shows them. */
  readonly paths: readonly string[];
  /** Whether reading the files twice costs less than keeping their rows. */
  readonly cheap: boolean;
  /** Turns to a slower way of reading that bears more faults; false when there is none left. */
  readonly yield?: (() => Promise<boolean>) | undefined;
}

/**
 * One step of a pipeline: a query over other nodes, immutable but for what is known of it later. Rows are an affair of
 * the sinks.
 */
export class Node {
  /** The query, over the relations of the inputs. */
  readonly text: () => string;
  readonly columns: readonly Column[];
  readonly inputs: readonly Node[];
  readonly scan: Scan | undefined;
  /** The stop that made it. */
  readonly stop: string;
  /** The node whose rows it gives unchanged. */
  readonly same: Node | undefined;
  /** The constant after LIMIT at the end of its query. */
  readonly limit: number | undefined;
  /** What must be done before a query reads the node, such as bringing in rows from JavaScript. */
  readonly prepare: ((wanted: Wanted | undefined) => Promise<void>) | undefined;
  /** Whether {@link prepare} can do with what a query wants of the rows. */
  readonly choosy: boolean;
  /** The ports that give it. */
  readonly ports: Port[] = [];
  /** The consumers that the flow says it has. */
  private consumers = 0;
  /** How often calls of the engine have referred to it. */
  private references = 0;
  /** The table or file scan that holds its rows, once they are kept. */
  kept: string | undefined;
  /** The keeping that is under way or done. */
  keeping: Promise<void> | undefined;
  /** At most so many of its rows are wanted; undefined for all. */
  wanted: number | undefined;
  /** Whether a sample was all that its rows were taken for: the others are gone. */
  sampled = false;
  private preparing: Promise<void> | undefined;
  /** What it is prepared for. */
  private preparedFor = '';

  constructor(
    readonly id: number,
    parts: {
      readonly text: () => string;
      readonly columns: readonly Column[];
      readonly stop: string;
      readonly same?: Node | undefined;
      readonly inputs?: readonly Node[];
      readonly scan?: Scan | undefined;
      readonly limit?: number | undefined;
      readonly prepare?: ((wanted: Wanted | undefined) => Promise<void>) | undefined;
      readonly choosy?: boolean;
    },
  ) {
    this.text = parts.text;
    this.columns = parts.columns;
    this.stop = parts.stop;
    this.same = parts.same;
    this.inputs = parts.inputs ?? [];
    this.scan = parts.scan;
    this.limit = parts.limit;
    this.prepare = parts.prepare;
    this.choosy = parts.choosy ?? false;
  }

  /** The name by which queries refer to it. */
  get relation(): string {
    return relationOf(this.id);
  }

  /** Says that a call refers to it so many times. */
  refer(times = 1): void {
    this.references += times;
  }

  /** Says that it is what a port gives, and how many in ports take it. */
  place(port: Port, consumers: number): void {
    // A stop that gives on what it was given is a consumer of the port before and not one more reader.
    const passedOn = this.ports.length > 0 && !this.ports.some((other) => other.stop === port.stop);
    this.ports.push(port);
    this.consumers += consumers - (passedOn ? 1 : 0);
  }

  /** Whether more than one reader wants its rows, so that they are worth keeping. */
  get shared(): boolean {
    return Math.max(this.consumers, this.references) > 1 && this.scan?.cheap !== true;
  }

  /** Does what {@link prepare} says, once for the same need. */
  prepared(wanted?: Wanted): Promise<void> {
    const need = JSON.stringify(wanted, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each)) ?? '';
    if (this.preparing === undefined || need !== this.preparedFor) {
      this.preparedFor = need;
      this.preparing = this.prepare?.(wanted) ?? Promise.resolve();
    }
    return this.preparing;
  }
}

/** The quoted name by which queries refer to a node. */
export function relationOf(id: number): string {
  return `"sluice:${id}"`;
}

/** A dataset of this engine: a node and the session that it belongs to. */
export class DuckDataset implements Dataset {
  constructor(
    readonly node: Node,
    readonly session: object,
    private readonly stream: (node: Node) => AsyncIterable<Batch>,
  ) {}

  get columns(): readonly Column[] {
    return this.node.columns;
  }

  batches(): AsyncIterable<Batch> {
    this.node.refer();
    return this.stream(this.node);
  }
}
