import type { Column, Files } from '@sluice/plugin-sdk';
import type { Executor } from '../executor.js';
import type { Scan } from '../node.js';

/** What readers of formats get from the session. */
export interface ReadContext {
  readonly executor: Executor;
  readonly files: Files;
  readonly zone: string;
  /** A number that no other node of the session has. */
  readonly id: number;
  readonly stop: string;
  /** A folder of its own in the run's scratch. */
  scratch(name: string): Promise<string>;
  /** Keeps rows that were refused, and tells how many. */
  reject(rows: readonly RejectedRow[]): Promise<void>;
}

/** A row that a reader refused. */
export interface RejectedRow {
  readonly file: string;
  /** From 1; where a record has several lines, the first. */
  readonly line: number;
  /** The name of the column at fault; null where the whole row is. */
  readonly column: string | null;
  readonly reason: string;
  readonly text: string;
}

/** What a reader makes of files: a node in the making. */
export interface Source {
  readonly columns: readonly Column[];
  readonly text: () => string;
  readonly scan: Scan;
  readonly prepare?: (() => Promise<void>) | undefined;
}
