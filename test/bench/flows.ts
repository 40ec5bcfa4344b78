import type { Client } from '@sluice/chassis';
import type { RunServiceService, StartRunRequest } from '@sluice/proto/execution/v1/run_service';
import { RunState, type Run } from '@sluice/proto/execution/v1/run';

export type RunClient = Client<typeof RunServiceService>;

const ENDED: ReadonlySet<RunState> = new Set([
  RunState.RUN_STATE_SUCCEEDED,
  RunState.RUN_STATE_FAILED,
  RunState.RUN_STATE_CANCELLED,
]);

/** A request to run a flow that is given as a document. */
export function startRequest(flow: object, more: Partial<StartRunRequest> = {}): StartRunRequest {
  const source = { $case: 'document', value: JSON.stringify({ flow }) } as const;
  return { source, variables: {}, options: undefined, labels: {}, idempotencyKey: '', ...more };
}

/** Runs a flow and waits for its end; fails when the run did. */
export async function runFlow(runs: RunClient, flow: object, more: Partial<StartRunRequest> = {}): Promise<Run> {
  const { run } = await runs.startRun(startRequest(flow, more));
  const ended = await waitForEnd(runs, run?.id ?? '');
  if (ended.state !== RunState.RUN_STATE_SUCCEEDED)
    throw new Error(`${ended.id}: ${ended.state} ${ended.error?.message}`);
  return ended;
}

export async function waitForEnd(runs: RunClient, id: string): Promise<Run> {
  let ended: Run | undefined;
  // Read to its end: a stream that is left costs a reset, and many of those end the connection.
  for await (const { event } of runs.watchRun({ id, afterSequence: 0n })) {
    const what = event?.event;
    if (what?.$case === 'run' && ENDED.has(what.value.state)) ended = what.value;
  }
  if (ended !== undefined) return ended;
  throw new Error(`the stream of run ${id} ended before the run did`);
}

/** MockData -> ShowData, PiFlow's smallest flow. */
export function mockFlow(rows: number): object {
  return {
    name: 'mock',
    stops: [
      {
        name: 'MockData',
        bundle: 'cn.piflow.bundle.common.MockData',
        properties: { schema: 'title:String,author:String,age:Int', count: String(rows) },
      },
      { name: 'ShowData', bundle: 'cn.piflow.bundle.external.ShowData', properties: { showNumber: '5' } },
    ],
    paths: [{ from: 'MockData', outport: '', inport: '', to: 'ShowData' }],
  };
}

/** A flow of stops in a row, each taking the rows of the one before. */
export function rowOfStops(
  name: string,
  stops: readonly { name: string; bundle: string; properties: object; datasource?: string }[],
): object {
  const paths = stops.slice(1).map((stop, i) => ({ from: stops[i]?.name, outport: '', inport: '', to: stop.name }));
  return { name, stops, paths };
}
