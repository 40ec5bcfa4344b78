import type { StopDefinition, Table } from '../define-stop.js';
import { runStop } from './run-stop.js';
import { openTestSession, type TestSessionOptions } from './test-session.js';

/** A session in which several stops run one after another, over the same files and the same warehouse. */
export interface StopRuns {
  /** The folder that stands for the root of all files. */
  readonly root: string;
  /** What the stops wrote to their logs, a line each. */
  readonly log: string[];
  /** Runs a stop on rows for its default port; gives the rows of its default port, or nothing. */
  run(stop: StopDefinition, properties: Readonly<Record<string, unknown>>, input?: Table): Promise<Table | undefined>;
  close(): Promise<void>;
}

/** Opens a session for stops that leave something behind for one another; close it at the end of the test. */
export async function openStopRuns(options: TestSessionOptions = {}): Promise<StopRuns> {
  const session = await openTestSession(options);
  const log: string[] = [];
  return {
    root: session.root,
    log,
    async run(stop, properties, input) {
      const inputs = input === undefined ? {} : { '': input };
      const result = await runStop(stop, { session, properties, inputs });
      log.push(...result.log);
      return result.outputs[''];
    },
    close: () => session.close(),
  };
}
