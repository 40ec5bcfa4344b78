import type { Problem } from '@sluice/plugin-sdk';
import type { Flow } from '@sluice/proto/common/v1/flow';

export interface ReadFlow {
  /** What could be read. */
  readonly flow: Flow;
  /** What could not. */
  readonly problems: readonly Problem[];
}

/** Reads a flow from a document in PiFlow's or Sluice's JSON: its text, or the value that it stands for. */
export declare function readFlow(document: unknown): ReadFlow;
