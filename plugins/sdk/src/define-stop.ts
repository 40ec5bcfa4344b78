import type { Dataset, Value } from './dataset.js';
import type { Connection } from './define-datasource.js';
import type { Engine, Files } from './engine.js';
import type { PortShape } from './ports.js';
import type { Properties, Values } from './property.js';
import type { Text } from './text.js';

/** The datasets that came in, by in port. */
export interface Inputs {
  /** The dataset of a port (default: the default port, or the only one); INPUT_MISSING when there is none. */
  get(port?: string): Dataset;
  /** The same, or undefined. */
  find(port?: string): Dataset | undefined;
  /** The ports that have a dataset, in the order of the flow's paths. */
  readonly ports: readonly string[];
}

/** Where a stop writes what its user should read. */
export interface StopLog {
  info(message: string): void;
  warn(message: string): void;
}

/** What a stop gets when it runs. */
export interface StopContext<P extends Properties = Properties> {
  readonly properties: Values<P>;
  /** PiFlow's customized properties: texts by name. */
  readonly customized: Readonly<Record<string, string>>;
  readonly inputs: Inputs;
  /** The out ports that paths lead from, for stops whose ports the flow names. */
  readonly outports: readonly string[];
  readonly engine: Engine;
  readonly files: Files;
  /**
   * A connection of its own to a datasource that a property of the kind `datasource` names; close it. Rows are taken
   * after `run` has ended, so whoever reads opens another for them.
   */
  connect(datasource: string): Promise<Connection>;
  /** An npm package that the plugin names under `bundles` in its package.json; see {@link ConnectOptions.bundle}. */
  bundle(name: string): Promise<unknown>;
  readonly log: StopLog;
  /** Aborted when the run is cancelled or out of time. */
  readonly signal: AbortSignal;
  /**
   * For a stop that changes files or services itself: call it before each change becomes visible. It fails with
   * RUN_FENCED when the run has gone to another attempt, so that no work is done twice. The engine's writes do so
   * themselves.
   */
  beforeCommit(): Promise<void>;
  /** Does work when the whole run has succeeded, such as keeping how far it read; its failure fails the run. */
  onSuccess(work: () => Promise<void>): void;
  /** The name of this stop in its flow. */
  readonly stop: string;
  readonly run: { readonly id: string; readonly flow: string };
  /** A folder of this stop in this run, removed when the run ends. */
  scratch(): Promise<string>;
}

/** A dataset for the default port, datasets by port, or nothing. */
export type Outputs = Dataset | Readonly<Record<string, Dataset>> | void;

/** Rows written down, for examples and tests. */
export interface Table {
  readonly columns: readonly (readonly [name: string, type: string])[];
  readonly rows: readonly (readonly Value[])[];
}

/** A use of the stop with what must come of it; run when the plugin is inspected, and by its tests. */
export interface Example {
  readonly title: string;
  readonly properties?: Readonly<Record<string, unknown>>;
  readonly customized?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, Table>>;
  readonly outputs: Readonly<Record<string, Table>>;
}

/** A stop type: an object that is its own manifest. */
export interface StopDefinition<P extends Properties = Properties> {
  /** Unique among all plugins, such as `sluice.csv.read`. */
  readonly name: string;
  /** Other names that flows may use. */
  readonly aliases?: readonly string[];
  readonly title: Text;
  readonly description: Text;
  readonly groups: readonly string[];
  /** Who wrote it. */
  readonly owner?: string;
  /** An image for the canvas as a data URL. */
  readonly icon?: string;
  readonly ports: { readonly in: PortShape; readonly out: PortShape };
  readonly properties: P;
  /** Whether properties that are not declared are ignored (as PiFlow does) or refused; default `refuse`. */
  readonly extraProperties?: 'ignore' | 'refuse';
  /** What its customized properties mean; absent when it takes none. */
  readonly customized?: Text;
  /** The engines it runs on. */
  readonly engines: readonly string[];
  /** Whether its output depends on its inputs, properties and files alone; default true. */
  readonly pure?: boolean;
  /** Whether it changes something outside the run; such a stop is not run in a preview. Default false. */
  readonly writes?: boolean;
  readonly examples?: readonly Example[];
  /** Composes the outputs from the inputs. Datasets are lazy: rows move when a sink asks for them. */
  run(context: StopContext<P>): Outputs | Promise<Outputs>;
}

/** Declares a stop. The types of `run`'s property values come from `properties`. */
export function defineStop<const P extends Properties>(definition: StopDefinition<P>): StopDefinition<P> {
  return definition;
}
