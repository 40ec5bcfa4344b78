import type { Flow } from '@sluice/proto/common/v1/flow';
import type { StopStateWord, WireError } from '../runner/protocol.js';

/** A run's states as they are stored. STALLED is shown, never stored: it is a RUNNING run that nobody hears of. */
export type RunStateWord = 'PENDING' | 'QUEUED' | 'RUNNING' | 'RETRYING' | 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

export const TERMINAL_STATES: readonly RunStateWord[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/** What one port passed. */
export interface PortRows {
  readonly port: string;
  readonly rows: number;
  readonly bytes: number;
}

/** One stop run as it is stored with its run. */
export interface StopRecord {
  readonly name: string;
  readonly type: string;
  readonly state: StopStateWord;
  readonly startedMs?: number | undefined;
  readonly endedMs?: number | undefined;
  readonly inputs: readonly PortRows[];
  readonly outputs: readonly PortRows[];
  readonly rejected: number;
  readonly error?: WireError | undefined;
}

/** What a run was asked to do; enough to start it again on any node. */
export interface RunRequest {
  readonly flow: Flow;
  readonly variables: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryBytes: number;
  readonly threads: number;
  readonly exactAccounting: boolean;
}

/** A run as lists show it. */
export interface RunSummary {
  readonly id: string;
  readonly flowId: string;
  readonly flowVersion: number;
  readonly flowName: string;
  readonly state: RunStateWord;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly epoch: number;
  readonly mode: 'RUN' | 'DEBUG';
  readonly engine: string;
  readonly generation: string;
  /** The number of the set of uploaded plugins in the generation. */
  readonly generationNumber: number;
  readonly node: string;
  readonly progress: number;
  readonly createdMs: number;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly heartbeatMs: number | undefined;
  readonly cancelRequestedMs: number | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly checkpoints: readonly string[];
  readonly error: WireError | undefined;
  /** The pool whose slots it needs; empty for none. */
  readonly pool: string;
  readonly poolSlots: number;
  readonly priority: number;
  /** What it waits for while it is pending; empty otherwise. */
  readonly waitingFor: string;
}

/** A run with its stop runs. */
export interface RunRecord extends RunSummary {
  /** The number of the run's last transition. */
  readonly sequence: number;
  readonly stops: readonly StopRecord[];
}

/** A run that a node has claimed, with what it needs to do it. */
export interface ClaimedRun extends RunRecord {
  readonly request: RunRequest;
}

/** A change of state, of the run (`stop` is empty) or of one of its stops. */
export interface Transition {
  readonly stop: string;
  readonly from: string;
  readonly to: string;
  readonly atMs: number;
}

/** A transition that is kept, with its number in its run, from 1. */
export interface KeptTransition extends Transition {
  readonly sequence: number;
}
