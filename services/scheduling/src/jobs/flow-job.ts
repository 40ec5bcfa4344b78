import { SluiceError, isSluiceError, type Client } from '@sluice/chassis';
import type { FlowServiceService } from '@sluice/proto/catalog/v1/flow_service';
import type { Flow } from '@sluice/proto/common/v1/flow';
import { RunOptions, RunState, type Run } from '@sluice/proto/execution/v1/run';
import type { RunServiceService, StartRunRequest } from '@sluice/proto/execution/v1/run_service';
import type { JobRequest } from '../ticks/tick-record.js';
import type { JobRun, JobType } from './job-type.js';

export type Runs = Pick<Client<typeof RunServiceService>, 'startRun' | 'getRun' | 'cancelRun' | 'listRuns'>;
export type Flows = Pick<Client<typeof FlowServiceService>, 'getFlow'>;

/** Runs flows that the catalog keeps. */
export class FlowJob implements JobType {
  readonly name = 'flow';

  constructor(
    private readonly runs: Runs,
    private readonly flows: Flows,
  ) {}

  async start(request: JobRequest, key: string): Promise<JobRun> {
    const source = await this.sourceOf(request);
    const start: StartRunRequest = {
      source,
      variables: { ...request.variables },
      labels: { ...request.labels },
      options: RunOptions.fromPartial({
        engine: request.engine,
        maxAttempts: request.maxAttempts,
        timeout:
          request.timeoutMs === 0
            ? undefined
            : { seconds: BigInt(Math.floor(request.timeoutMs / 1000)), nanos: (request.timeoutMs % 1000) * 1e6 },
      }),
      idempotencyKey: key,
    };
    try {
      const { run } = await this.runs.startRun(start, { idempotent: true });
      return toJobRun(run);
    } catch (error) {
      // An earlier start with this key asked for an older version of the flow: that run is the tick's.
      const earlier = isSluiceError(error) && error.reason === 'IDEMPOTENCY_KEY_REUSED' ? error.details['run'] : '';
      const found = earlier === undefined || earlier === '' ? undefined : await this.find(earlier);
      if (found === undefined) throw error;
      return found;
    }
  }

  async find(runId: string): Promise<JobRun | undefined> {
    try {
      const { run } = await this.runs.getRun({ id: runId });
      return toJobRun(run);
    } catch (error) {
      if (isSluiceError(error) && error.reason === 'RUN_NOT_FOUND') return undefined;
      throw error;
    }
  }

  async cancel(runId: string, reason: string): Promise<void> {
    await this.runs.cancelRun({ id: runId, reason }, { idempotent: true });
  }

  async check({ reference, version }: Pick<JobRequest, 'reference' | 'version'>): Promise<{ version: number }> {
    const { flow } = await this.flows.getFlow({ id: reference, version });
    return { version: flow?.version ?? version };
  }

  private async sourceOf(request: JobRequest): Promise<StartRunRequest['source']> {
    const { reference: id, version, patch } = request;
    if (patch === undefined) return { $case: 'reference', value: { id, version } };
    // The file goes into a property of the flow, so the run has a flow of its own.
    const { flow } = await this.flows.getFlow({ id, version });
    if (flow?.flow === undefined) throw new SluiceError('FLOW_NOT_FOUND', `the catalog has no flow '${id}'`);
    return { $case: 'flow', value: patched(flow.flow, patch) };
  }
}

function patched(flow: Flow, { stop: name, property, value }: NonNullable<JobRequest['patch']>): Flow {
  const names = flow.stops.map((stop) => `'${stop.name}'`).join(', ');
  if (!flow.stops.some((stop) => stop.name === name)) {
    throw new SluiceError('STOP_NOT_FOUND', `the flow '${flow.name}' has no stop '${name}'; its stops are ${names}`);
  }
  const stops = flow.stops.map((stop) =>
    stop.name === name ? { ...stop, properties: { ...stop.properties, [property]: value } } : stop,
  );
  return { ...flow, stops };
}

const ENDS: Readonly<Partial<Record<RunState, 'SUCCEEDED' | 'FAILED' | 'CANCELLED'>>> = {
  [RunState.RUN_STATE_SUCCEEDED]: 'SUCCEEDED',
  [RunState.RUN_STATE_FAILED]: 'FAILED',
  [RunState.RUN_STATE_CANCELLED]: 'CANCELLED',
};

function toJobRun(run: Run | undefined): JobRun {
  if (run === undefined) throw new SluiceError('INTERNAL', 'execution answered without a run');
  return { runId: run.id, state: ENDS[run.state] ?? 'ACTIVE', endedMs: run.endTime?.getTime() };
}
