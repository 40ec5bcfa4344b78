import type { Column, PortCount, Problem, Reason, Value } from '@sluice/plugin-sdk';
import type { PythonCall, PythonOutput } from '@sluice/python';

/**
 * What an execution node and its runner processes say to each other, as JSON over the channel that the child process
 * has with its parent. A runner does one piece of work at a time.
 */

/** The first message to a runner: what to load before any work comes. */
export interface Open {
  readonly type: 'open';
  readonly engine: EngineEntry;
  readonly options: {
    readonly roots: readonly string[];
    /** Folders by the root that they stand for, such as `hdfs://*`. */
    readonly mounts: Readonly<Record<string, string>>;
    readonly warehouse: string;
    /** Where runs keep rows; the engine may use it, stops may not. */
    readonly store: string;
    readonly scratch: string;
    readonly memoryBytes: number;
    readonly threads: number;
    readonly zone: string;
    readonly heartbeatMs: number;
    /** Files of extensions of the engine. */
    readonly extensions: readonly string[];
    /** Whether native code may be loaded after the engine's. */
    readonly nativeCode: boolean;
    /** The hosts that may be reached; absent where any may, or the process has no network. */
    readonly hosts?: readonly string[] | undefined;
  };
}

/** An engine in the file of the plugin that contributes it. */
export interface EngineEntry {
  readonly name: string;
  readonly entry: string;
}

/** Work: run a flow, preview a port of one, or read stored rows. */
export type Work = RunWork | PreviewWork | RowsWork;

export interface RunWork {
  readonly type: 'run';
  readonly plan: Plan;
  /** Where the rows of every port are kept; absent unless the run is a debug run. */
  readonly debug?: { readonly rows: string; readonly piflow: string } | undefined;
  /** Where refused rows are kept. */
  readonly rejects: string;
}

export interface PreviewWork {
  readonly type: 'preview';
  readonly plan: Plan;
  readonly stop: string;
  readonly port: string;
  readonly limit: number;
}

export interface RowsWork {
  readonly type: 'rows';
  /** A folder that a run stored rows in. */
  readonly folder: string;
  readonly columns: readonly string[];
  readonly condition: string;
  readonly offset: number;
  readonly limit: number;
}

/** A checked flow, ready to be run: names are present names, values are typed, variables are in. */
export interface Plan {
  readonly run: string;
  readonly flow: string;
  readonly engine: string;
  readonly zone: string;
  readonly ansi: boolean;
  /** Whether every edge is stored on its way, so that all rows are counted. */
  readonly exact: boolean;
  /** In an order in which each stop comes after those it takes rows from. */
  readonly stops: readonly PlanStop[];
  /** The datasources that stops may connect to, by name in lower case. */
  readonly datasources: Readonly<Record<string, PlanDatasource>>;
}

/** A datasource with its secrets; it lives in the memory of the node and the runner only. */
export interface PlanDatasource {
  /** The present name of its type. */
  readonly type: string;
  /** The file of the plugin that contributes the type. */
  readonly entry: string;
  readonly values: Readonly<Record<string, string>>;
  /** The folders of the npm packages that the plugin names as bundles, by name; those of which one fits. */
  readonly modules: Readonly<Record<string, string>>;
}

export interface PlanStop {
  readonly name: string;
  /** The stop type's present name. */
  readonly type: string;
  /** The file of the plugin that contributes the stop type. */
  readonly entry: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly customized: Readonly<Record<string, string>>;
  /** The folders of the npm packages that the plugin names as bundles, by name; those of which one fits. */
  readonly modules: Readonly<Record<string, string>>;
  readonly inputs: readonly {
    readonly port: string;
    readonly from: { readonly stop: string; readonly port: string };
  }[];
  readonly outports: readonly { readonly port: string; readonly consumers: number }[];
  /** For a stop in Python. */
  readonly python?: PythonPlan | undefined;
}

/** What the runner of a stop in Python needs to know. */
export interface PythonPlan {
  /** Folders with modules: the package, its wheels, and those of bundles. */
  readonly path: readonly string[];
  /** The package's name. */
  readonly component: string;
  readonly writes: boolean;
  /** The properties whose values are locations. */
  readonly paths: readonly string[];
  /** The properties whose values are names of datasources. */
  readonly datasources: readonly string[];
}

/** A stop to be run in Python. */
export interface PythonWork {
  readonly path: readonly string[];
  readonly call: PythonCall;
}

export type ToRunner =
  | Open
  | Work
  | { readonly type: 'cancel' }
  | { readonly type: 'commit'; readonly id: number; readonly error?: WireError | undefined }
  | {
      readonly type: 'python';
      readonly id: number;
      readonly outputs?: readonly PythonOutput[] | undefined;
      readonly error?: WireError | undefined;
    };

/** An error as it crosses the channel. */
export interface WireError {
  readonly reason: Reason;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
  readonly problems: readonly Problem[];
}

export type StopStateWord = 'WAITING' | 'RUNNING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED' | 'SKIPPED' | 'RESTORED';

/** A change of one stop run. */
export interface StopChange {
  readonly stop: string;
  readonly state: StopStateWord;
  readonly at: number;
  readonly error?: WireError | undefined;
}

export type LogWord = 'DEBUG' | 'INFO' | 'WARN' | 'ERROR';

export interface LogEntry {
  readonly at: number;
  readonly level: LogWord;
  readonly stop: string;
  readonly message: string;
}

export interface Progress {
  readonly share: number;
  readonly rows: number;
  readonly bytes: number;
}

/** How a piece of work ended. */
export type Outcome =
  | {
      readonly ok: true;
      readonly columns?: readonly Column[];
      readonly rows?: readonly (readonly Value[])[];
      readonly total?: number;
    }
  | { readonly ok: false; readonly error: WireError };

/** What happened since the last update. */
export interface Update {
  readonly changes: readonly StopChange[];
  readonly counts: readonly PortCount[];
  readonly rejected: readonly { readonly stop: string; readonly rows: number }[];
  readonly log: readonly LogEntry[];
}

export type FromRunner =
  | { readonly type: 'ready' }
  | { readonly type: 'unready'; readonly error: WireError }
  | { readonly type: 'heartbeat'; readonly progress: Progress | undefined }
  | { readonly type: 'update'; readonly update: Update }
  | { readonly type: 'commit'; readonly id: number }
  | { readonly type: 'python'; readonly id: number; readonly work: PythonWork }
  | { readonly type: 'endPython' }
  | {
      readonly type: 'done';
      readonly outcome: Outcome;
      readonly update: Update;
      /** Whether nothing of the work is left in the process, so that it may be used again. */
      readonly clean: boolean;
    };
