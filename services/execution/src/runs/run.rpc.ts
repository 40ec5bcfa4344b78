import { SluiceError, pageOf, pageSize, readPageToken, type Handlers, type RpcServer } from '@sluice/chassis';
import {
  RowsKind,
  RunServiceService,
  StartRunRequest,
  type ListRunsRequest,
} from '@sluice/proto/execution/v1/run_service';
import type { RunLogs } from '../logs/run-log.js';
import { findFlow, type Flows } from './flow-source.js';
import type { RunRows } from './run-rows.js';
import { TERMINAL_STATES } from './run-record.js';
import type { Runs } from './run.service.js';
import type { RunFilter } from './run-filter.js';
import { fromRunState, toLogLine, toRows, toRun, toRunEvents } from './run.wire.js';

/** Lines of a log that go into one message. */
const LINES_A_MESSAGE = 500;
/** How often a log that is followed is looked at, besides at each notice of its run. */
const FOLLOW_MS = 200;

/** Mounts RunService. */
export function mountRuns(server: RpcServer, runs: Runs, rows: RunRows, logs: RunLogs, flows: Flows): void {
  const handlers: Handlers<typeof RunServiceService> = {
    async startRun(request) {
      const { source, variables, options, labels, idempotencyKey } = request;
      requireKey(idempotencyKey);
      const fingerprint = StartRunRequest.encode(request).finish();
      const run = await runs.start({ source, variables, options, labels, idempotencyKey, fingerprint });
      return { run: toRun(run, runs.isStalled(run)) };
    },
    async cancelRun({ id, reason }) {
      const run = await runs.cancel(id, reason);
      return { run: toRun(run, runs.isStalled(run)) };
    },
    async getRun({ id }) {
      const run = await runs.get(id);
      return { run: toRun(run, runs.isStalled(run)) };
    },
    async listRuns(request) {
      const limit = pageSize(request.pageSize, 50, 500);
      const filter = toFilter(request);
      const scope = ['runs', filter];
      const place = readPageToken(request.pageToken, scope, ['number', 'string']);
      const after = place === undefined ? undefined : { createdMs: place[0], id: place[1] };
      const found = await runs.list(filter, after, limit + 1);
      const { items, nextPageToken } = pageOf(found, limit, scope, (run) => [run.createdMs, run.id]);
      return { runs: items.map((run) => toRun(run, runs.isStalled(run))), nextPageToken };
    },
    async *watchRun({ id, afterSequence }, { signal }) {
      for await (const news of runs.watch(id, Number(afterSequence), signal)) {
        for (const event of toRunEvents(news, runs.isStalled(news.run))) yield { event };
      }
    },
    async *streamRunLogs({ id, stop, offset, follow }, { signal }) {
      let place = Number(offset);
      for (;;) {
        const run = await runs.get(id);
        let lines = [];
        for await (const line of logs.read(id, stop, place)) {
          place = line.offset;
          lines.push(toLogLine(line));
          if (lines.length < LINES_A_MESSAGE) continue;
          yield { lines };
          lines = [];
        }
        if (lines.length > 0) yield { lines };
        // The run was looked at before its log, so that no line of a run that has ended is left.
        if (!follow || TERMINAL_STATES.includes(run.state) || signal.aborted) return;
        await new Promise((resolve) => setTimeout(resolve, FOLLOW_MS));
      }
    },
    async getRows(request, { signal }) {
      const { runId, stop, port, columns, condition, kind, pageToken } = request;
      const limit = pageSize(request.pageSize, 100, 10_000);
      const scope = ['rows', runId, stop, port, kind, columns, condition];
      const [offset] = readPageToken(pageToken, scope, ['number']) ?? [0];
      const rejected = kind === RowsKind.ROWS_KIND_REJECTED;
      const wish = { runId, stop, port, rejected, columns, condition, offset, limit: limit + 1 };
      const found = await rows.stored(wish, signal);
      const { items, nextPageToken } = pageOf(found.rows ?? [], limit, scope, () => [offset + limit]);
      return { rows: toRows(found.columns ?? [], items), totalRows: BigInt(found.total ?? 0), nextPageToken };
    },
    async previewFlow({ source, stop, port, limit, variables }, { signal }) {
      const { flow } = await findFlow(source, flows);
      const wish = { flow, variables, stop, port, limit: pageSize(limit, 100, 10_000) };
      const found = await rows.preview(wish, signal);
      return { rows: toRows(found.columns ?? [], found.rows ?? []) };
    },
  };
  server.add(RunServiceService, handlers);
}

function toFilter(request: ListRunsRequest): RunFilter {
  return {
    flowId: request.flowId,
    states: request.states.map(fromRunState).filter((state) => state !== undefined),
    createdFromMs: request.createdFrom?.getTime(),
    createdBeforeMs: request.createdBefore?.getTime(),
    labels: request.labels,
    flowName: request.flowName,
  };
}

function requireKey(key: string): void {
  if (key.length <= 200) return;
  throw new SluiceError('REQUEST_INVALID', `the idempotency key has ${key.length} characters; at most 200 are taken`);
}
