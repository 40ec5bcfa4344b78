import type { Problem, SluiceError } from '@sluice/plugin-sdk';
import type { Flow } from '@sluice/proto/common/v1/flow';
import type { Generation, MountedStop } from './generation.js';

/** An in port with the out port that feeds it. */
export interface CheckedInput {
  /** The name that the stop type gives the port. */
  readonly port: string;
  readonly from: { readonly stop: string; readonly port: string };
}

/** An out port that paths lead from. */
export interface CheckedOutport {
  readonly port: string;
  /** The number of in ports that it feeds. */
  readonly consumers: number;
}

/** A stop of a flow, ready to run. */
export interface CheckedStop {
  readonly name: string;
  readonly type: MountedStop;
  /** Values under present names, typed, with defaults, `${NAME}` references resolved. */
  readonly properties: Readonly<Record<string, unknown>>;
  /** Customized properties, references resolved. */
  readonly customized: Readonly<Record<string, string>>;
  /** In the order of the flow's paths. */
  readonly inputs: readonly CheckedInput[];
  readonly outports: readonly CheckedOutport[];
}

/** A flow without problems, ready to run. */
export interface CheckedFlow {
  readonly name: string;
  /** The engine it was checked for. */
  readonly engine: string;
  /** In the order of the flow. */
  readonly stops: readonly CheckedStop[];
  /** Stop names, each after those that feed it. */
  readonly order: readonly string[];
  /** The variables it was checked with, by name without `${}`. */
  readonly variables: Readonly<Record<string, string>>;
  /** Names of stops whose output is kept as a checkpoint. */
  readonly checkpoints: readonly string[];
  /** Whether the flow asks to keep the rows of every port. */
  readonly debug: boolean;
}

/**
 * Checks a flow against a generation and finds all problems at once.
 *
 * @param variables values for `${NAME}`; they go before the flow's own
 * @param engine the engine to run on; default `duckdb`
 */
export declare function checkFlow(
  flow: Flow,
  generation: Generation,
  variables: Readonly<Record<string, string>>,
  engine?: string,
): { readonly checked: CheckedFlow | undefined; readonly problems: readonly Problem[] };

/** The error that tells the problems of a flow: their own reason where they share one that says it all. */
export declare function flowError(name: string, problems: readonly Problem[]): SluiceError;
