import type { Column, Dataset, Value } from './dataset.js';
import type { Engine, Files } from './engine.js';
import type { Text } from './text.js';

/** What one runner process gives an engine, once. */
export interface EngineOptions {
  /** Folders that may be read and written; nothing else is reachable once the engine is open. */
  readonly roots: readonly string[];
  /** The folder of the warehouse, shared by every run of the platform. */
  readonly warehouse: string;
  /** A folder of this process for spilling and for what runs store on their way. */
  readonly scratch: string;
  /** Memory in bytes; a soft limit where the engine knows no hard one. */
  readonly memoryBytes: number;
  readonly threads: number;
  /** The session time zone, an IANA name. */
  readonly zone: string;
  /** Files of extensions to load; default none. */
  readonly extensions?: readonly string[];
}

/** The place of a dataset in the flow: it is what this out port of this stop gives. */
export interface Port {
  readonly stop: string;
  readonly port: string;
}

/** What one port passed. `rows` is exact. */
export interface PortCount extends Port {
  readonly side: 'in' | 'out';
  readonly rows: number;
  /** Bytes of files read or written at this port; 0 where the port stands for no files. */
  readonly bytes: number;
}

/** What the engine tells while a run goes on. */
export interface EngineListener {
  /** A query began that contains these ports. */
  started(ports: readonly Port[]): void;
  /** That query ended, well or not. */
  ended(ports: readonly Port[], error: Error | undefined): void;
  /** Exact counts of ports, when they are known. */
  counted(counts: readonly PortCount[]): void;
  /** Rows that a reader refused for this stop. */
  rejected(stop: string, rows: number): void;
  /** The share of the work that is done (0 to 1), rows and bytes read so far. */
  progressed(progress: { readonly share: number; readonly rows: number; readonly bytes: number }): void;
}

/** What one run gives an engine. */
export interface SessionOptions {
  readonly run: string;
  readonly files: Files;
  /** A folder of this run. */
  readonly scratch: string;
  /** Whether SQL follows ANSI mode; default false, as PiFlow's Spark. */
  readonly ansi: boolean;
  readonly zone: string;
  /** Fails with RUN_FENCED when the run no longer belongs to this runner; asked before anything becomes visible. */
  beforeCommit(): Promise<void>;
  readonly listener: EngineListener;
}

/** Some rows for people and programs: values are JSON as `sluice.common.v1.Rows` says. */
export interface RowsPage {
  readonly columns: readonly Column[];
  readonly rows: readonly (readonly Value[])[];
}

/** The engine as one run sees it. */
export interface EngineSession extends Engine {
  /** The engine on behalf of one stop: what it reads, writes and counts is told under that stop's name. */
  forStop(stop: string): Engine;
  /** Says that a dataset is what a port gives, and how many in ports take it. */
  place(dataset: Dataset, port: Port, consumers: number): void;
  /** Runs a dataset for its effect alone, as for a flow that ends without a sink; gives the exact number of rows. */
  drain(dataset: Dataset): Promise<number>;
  /** Stores the rows at a folder as Parquet, and gives a dataset that reads them there. */
  store(
    dataset: Dataset,
    folder: string,
    limit?: number,
  ): Promise<{ readonly dataset: Dataset; readonly rows: number }>;
  /** The first rows. */
  sample(dataset: Dataset, limit: number): Promise<RowsPage>;
  /** Rows that readers refused, as a dataset with the columns stop, file, line, column, reason, text; absent if none. */
  rejects(): Promise<Dataset | undefined>;
  /** Ends the queries that run now. */
  interrupt(): void;
  /** Forgets everything of this run. */
  close(): Promise<void>;
}

/** An open engine in one process. */
export interface OpenEngine {
  session(options: SessionOptions): Promise<EngineSession>;
  close(): Promise<void>;
}

/** An engine type. */
export interface EngineDefinition {
  /** The name by which flows and stops refer to it, such as `duckdb`. */
  readonly name: string;
  readonly title: Text;
  open(options: EngineOptions): Promise<OpenEngine>;
  /** Loads the file of an extension to see whether it fits, and says what it adds; an error says why it does not. */
  inspectExtension?(file: string): Promise<{ readonly version: string; readonly functions: readonly string[] }>;
}

/** Declares an engine. */
export function defineEngine(definition: EngineDefinition): EngineDefinition {
  return definition;
}
