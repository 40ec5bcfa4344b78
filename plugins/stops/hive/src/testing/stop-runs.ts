import type { Dataset, StopDefinition, Table } from '@sluice/plugin-sdk';
import { readProperties } from '@sluice/plugin-sdk';
import { fromTable, openTestSession, toTable, type TestSession } from '@sluice/plugin-sdk/testing';

/** A session over one folder in which several stops run one after another. */
export interface StopRuns {
  readonly root: string;
  readonly log: string[];
  /** Runs a stop; gives the rows of its default port, or nothing. */
  run(stop: StopDefinition, properties: Record<string, unknown>, input?: Table): Promise<Table | undefined>;
  close(): Promise<void>;
}

export async function openStopRuns(): Promise<StopRuns> {
  const test = await openTestSession();
  const log: string[] = [];
  return {
    root: test.root,
    log,
    run: (stop, properties, input) => runOne(test, log, stop, properties, input),
    close: () => test.close(),
  };
}

async function runOne(
  { session, files, scratch }: TestSession,
  log: string[],
  stop: StopDefinition,
  given: Record<string, unknown>,
  input?: Table,
): Promise<Table | undefined> {
  const { values, problems } = readProperties(stop.properties, given, stop.extraProperties ?? 'refuse');
  if (problems[0] !== undefined) throw new Error(problems[0].message);
  const engine = session.forStop('stop');
  const dataset = input === undefined ? undefined : await fromTable(engine, input);
  const output = await stop.run({
    properties: values,
    customized: {},
    inputs: {
      ports: dataset === undefined ? [] : [''],
      find: () => dataset,
      get: () => {
        if (dataset === undefined) throw new Error('no input');
        return dataset;
      },
    },
    outports: [''],
    engine,
    files,
    log: { info: (line) => void log.push(line), warn: (line) => void log.push(line) },
    beforeCommit: () => Promise.resolve(),
    signal: new AbortController().signal,
    stop: 'stop',
    run: { id: 'run', flow: 'flow' },
    scratch: () => Promise.resolve(scratch),
  });
  return output === undefined ? undefined : toTable(output as Dataset);
}
