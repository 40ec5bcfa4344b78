import type { ClaimedRun } from '../runs/run-record.js';

/** A place for a run on a node. */
export interface RunPlace {
  readonly node: string;
  readonly leaseUntilMs: number;
}

/** What the node of this process does for runs. */
export interface RunNode {
  /** Keeps a place for a run that is about to be stored; nothing when there is no room or others wait. */
  reserve(): RunPlace | undefined;
  /** Begins a run in the place that was kept for it. */
  begin(run: ClaimedRun): void;
  /** Gives a place back. */
  release(): void;
  /** A run waits. */
  wake(): void;
  cancel(runId: string, reason: string): void;
}
