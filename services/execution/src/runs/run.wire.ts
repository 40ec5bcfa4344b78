import {
  LogLevel,
  RunMode,
  RunState,
  StopState,
  type LogLine,
  type Run,
  type RunEvent,
  type StopRun,
} from '@sluice/proto/execution/v1/run';
import type { ErrorInfo } from '@sluice/proto/common/v1/problem';
import type { Rows } from '@sluice/proto/common/v1/rows';
import type { Column, Value } from '@sluice/plugin-sdk';
import type { StoredLine } from '../logs/run-log.js';
import type { WireError } from '../runner/protocol.js';
import type { RunRecord, RunStateWord, RunSummary, StopRecord } from './run-record.js';
import type { RunNews } from './run-feed.js';

/** A run as the contract says it. */
export function toRun(run: RunSummary | RunRecord, stalled: boolean): Run {
  return {
    id: run.id,
    flow: { id: run.flowId, version: run.flowVersion },
    flowName: run.flowName,
    state: stalled ? RunState.RUN_STATE_STALLED : RunState[`RUN_STATE_${run.state}`],
    attempt: run.attempt,
    epoch: BigInt(run.epoch),
    mode: RunMode[`RUN_MODE_${run.mode}`],
    engine: run.engine,
    generation: run.generation,
    labels: { ...run.labels },
    progress: run.progress,
    createTime: new Date(run.createdMs),
    startTime: time(run.startedMs),
    endTime: time(run.endedMs),
    heartbeatTime: time(run.heartbeatMs),
    error: errorInfo(run.error),
    stops: 'stops' in run ? run.stops.map(toStopRun) : [],
    checkpoints: [...run.checkpoints],
    node: run.node,
    pool: run.pool,
    waitingFor: run.waitingFor,
  };
}

export function toStopRun(stop: StopRecord): StopRun {
  const count = (each: { port: string; rows: number; bytes: number }) => ({
    port: each.port,
    rows: BigInt(each.rows),
    bytes: BigInt(each.bytes),
  });
  return {
    name: stop.name,
    stopType: stop.type,
    state: StopState[`STOP_STATE_${stop.state}`],
    startTime: time(stop.startedMs),
    endTime: time(stop.endedMs),
    inputs: stop.inputs.map(count),
    outputs: stop.outputs.map(count),
    rejectedRows: BigInt(stop.rejected),
    error: errorInfo(stop.error),
  };
}

/** The events of one piece of news: the stops that changed, then the run. */
export function toRunEvents({ run, transitions, progress }: RunNews, stalled: boolean): RunEvent[] {
  const changed = new Set(transitions.map((transition) => transition.stop));
  const event = (what: RunEvent['event']): RunEvent => ({
    sequence: BigInt(run.sequence),
    time: new Date(),
    event: what,
  });
  if (progress !== undefined) {
    const value = { progress: progress.share, rows: BigInt(progress.rows), bytes: BigInt(progress.bytes) };
    return [{ sequence: 0n, time: new Date(), event: { $case: 'progress', value } }];
  }
  return [
    ...run.stops
      .filter((stop) => changed.has(stop.name))
      .map((stop) => event({ $case: 'stop', value: toStopRun(stop) })),
    event({ $case: 'run', value: toRun(run, stalled) }),
  ];
}

export function toLogLine(line: StoredLine): LogLine {
  return {
    time: new Date(line.at),
    level: LogLevel[`LOG_LEVEL_${line.level}`],
    stop: line.stop,
    message: line.message,
    offset: BigInt(line.offset),
  };
}

/** Rows as an engine sampled them: their values are JSON already. */
export function toRows(columns: readonly Column[], rows: readonly (readonly Value[])[]): Rows {
  return { columns: columns.map(({ name, type }) => ({ name, type })), rows: rows.map((row) => [...row]) };
}

/** The stored words for states of the contract; nothing for those that say nothing. */
export function fromRunState(state: RunState): RunStateWord | 'STALLED' | undefined {
  if (state === RunState.RUN_STATE_UNSPECIFIED || state === RunState.UNRECOGNIZED) return undefined;
  return state.replace('RUN_STATE_', '') as RunStateWord | 'STALLED';
}

function time(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}

function errorInfo(error: WireError | undefined): ErrorInfo | undefined {
  if (error === undefined) return undefined;
  return {
    reason: error.reason,
    message: error.message,
    details: { ...error.details },
    problems: error.problems.map((problem) => ({
      reason: problem.reason,
      message: problem.message,
      stop: problem.stop ?? '',
      property: problem.property ?? '',
      port: problem.port ?? '',
      line: problem.line ?? 0,
      column: problem.column ?? 0,
    })),
  };
}
