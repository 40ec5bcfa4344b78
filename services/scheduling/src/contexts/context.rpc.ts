import { pageOf, pageSize, readPageToken, type Handlers, type RpcServer } from '@sluice/chassis';
import type { Run } from '@sluice/proto/execution/v1/run';
import { ListRunsRequest } from '@sluice/proto/execution/v1/run_service';
import {
  ContextServiceService,
  ContextState,
  type Context,
  type ContextRun,
} from '@sluice/proto/scheduling/v1/context_service';
import type { Client } from '@sluice/chassis';
import type { RunServiceService } from '@sluice/proto/execution/v1/run_service';
import type { ScheduleStore } from '../schedules/schedule.store.js';
import type { TickRecord } from '../ticks/tick-record.js';
import { SCHEDULE_LABEL, TICK_LABEL } from '../ticks/variables.js';
import type { Contexts } from './context.service.js';

type Runs = Client<typeof RunServiceService>;

const MOST_RUNS = 100;
const FOLLOW_MS = 300;

/** Mounts ContextService. */
export function mountContexts(server: RpcServer, contexts: Contexts, schedules: ScheduleStore, runs: Runs): void {
  const runsOf = async ({ scheduleId, key }: TickRecord): Promise<Run[]> => {
    const labels = { [SCHEDULE_LABEL]: scheduleId, [TICK_LABEL]: key };
    const found = await runs.listRuns(ListRunsRequest.fromPartial({ labels, pageSize: MOST_RUNS }));
    return found.runs.reverse();
  };
  const full = async (tick: TickRecord): Promise<Context> => {
    const found = await runsOf(tick);
    const last = found.at(-1);
    const { run } = last === undefined ? { run: undefined } : await runs.getRun({ id: last.id });
    return {
      ...(await summaries([tick], schedules))[0]!,
      runs: found.map(toContextRun),
      tasks: (run?.stops ?? []).map((stop) => ({
        name: stop.name,
        state: stop.state,
        startTime: stop.startTime,
        endTime: stop.endTime,
        error: stop.error?.message ?? '',
      })),
      error: run?.error?.message ?? (tick.state === 'FAILED' ? tick.message : ''),
    };
  };
  const handlers: Handlers<typeof ContextServiceService> = {
    async getContext({ id }) {
      return { context: await full(await contexts.ticks.get(id)) };
    },
    async listContexts(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const { scheduleId } = request;
      const scope = ['contexts', scheduleId];
      const place = readPageToken(request.pageToken, scope, ['number', 'string']);
      const after = place === undefined ? undefined : { dueMs: place[0], id: place[1] };
      const filter = { scheduleId, states: [], dueFromMs: undefined, dueBeforeMs: undefined, contexts: true };
      const found = await contexts.ticks.list(filter, after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, scope, (tick) => [tick.dueMs, tick.id]);
      return { contexts: await summaries(items, schedules), nextPageToken };
    },
    async cancelContext({ id, reason }) {
      return { context: await full(await contexts.cancel(id, reason)) };
    },
    async retryContext({ id }) {
      return { context: await full(await contexts.retry(id)) };
    },
    async *streamContextLogs({ id, follow }, { signal }) {
      const told = new Set<string>();
      for (;;) {
        const tick = await contexts.ticks.get(id);
        for (const run of await runsOf(tick)) {
          if (told.has(run.id)) continue;
          told.add(run.id);
          const request = { id: run.id, stop: '', offset: 0n, follow };
          for await (const { lines } of runs.streamRunLogs(request, { signal })) yield { runId: run.id, lines };
        }
        const isOver = tick.state !== 'WAITING' && tick.state !== 'STARTING' && tick.runState !== 'ACTIVE';
        if (!follow || isOver || signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
      }
    },
  };
  server.add(ContextServiceService, handlers);
}

function toContextRun(run: Run): ContextRun {
  return { runId: run.id, state: run.state, startTime: run.startTime, endTime: run.endTime };
}

async function summaries(ticks: readonly TickRecord[], schedules: ScheduleStore): Promise<Context[]> {
  const found = await schedules.find([...new Set(ticks.map(({ scheduleId }) => scheduleId))]);
  const names = new Map(found.map(({ id, spec }) => [id, spec.name]));
  return ticks.map((tick) => {
    const ms = tick.firedMs === undefined ? 0 : Math.max(0, (tick.endedMs ?? Date.now()) - tick.firedMs);
    return {
      id: tick.id,
      scheduleId: tick.scheduleId,
      scheduleName: names.get(tick.scheduleId) ?? '',
      state: stateOf(tick),
      scheduleTime: new Date(tick.dueMs),
      startTime: tick.firedMs === undefined ? undefined : new Date(tick.firedMs),
      endTime: tick.endedMs === undefined ? undefined : new Date(tick.endedMs),
      duration: { seconds: BigInt(Math.floor(ms / 1000)), nanos: (ms % 1000) * 1e6 },
      runs: [],
      tasks: [],
      error: tick.state === 'FAILED' ? tick.message : '',
    };
  });
}

function stateOf({ state, reason, runState }: TickRecord): ContextState {
  if (state === 'WAITING' || state === 'STARTING') return ContextState.CONTEXT_STATE_PENDING;
  if (state === 'SKIPPED' && reason === 'CANCELLED') return ContextState.CONTEXT_STATE_CANCELLED;
  if (runState === 'ACTIVE') return ContextState.CONTEXT_STATE_RUNNING;
  if (runState === undefined) return ContextState.CONTEXT_STATE_FAILED;
  return ContextState[`CONTEXT_STATE_${runState}`];
}
