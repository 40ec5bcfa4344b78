import type { WireError } from '../runner/protocol.js';
import type { ClaimedRun, RunRecord, RunStateWord, RunSummary, StopRecord } from './run-record.js';

/** A run to be stored. */
export interface NewRun extends ClaimedRun {
  /** Until when it belongs to the node that accepted it; undefined for a run that waits. */
  readonly leaseUntilMs: number | undefined;
  /** The digests of the uploaded packages that it needs. */
  readonly packages: readonly string[];
  readonly idempotencyKey: string | undefined;
  /** A digest of what the caller asked for: the same key with another digest is refused. */
  readonly requestDigest: string;
}

/** The columns of a list; the long ones are left out. */
export const SUMMARY_COLUMNS = [
  'id',
  'flow_id',
  'flow_version',
  'flow_name',
  'state',
  'attempt',
  'max_attempts',
  'epoch',
  'mode',
  'engine',
  'generation',
  'generation_number',
  'node',
  'progress',
  'created_ms',
  'started_ms',
  'ended_ms',
  'heartbeat_ms',
  'cancel_requested_ms',
  'labels',
  'checkpoints',
  'error',
  'pool',
  'pool_slots',
  'priority',
  'waiting_for',
] as const;

/** The columns of a run with its stop runs. */
export const RECORD_COLUMNS = [...SUMMARY_COLUMNS, 'sequence', 'stops'] as const;

export interface SummaryRow {
  readonly id: string;
  readonly flow_id: string;
  readonly flow_version: number;
  readonly flow_name: string;
  readonly state: RunStateWord;
  readonly attempt: number;
  readonly max_attempts: number;
  readonly epoch: number | string;
  readonly mode: 'RUN' | 'DEBUG';
  readonly engine: string;
  readonly generation: string;
  readonly generation_number: number | string;
  readonly node: string;
  readonly progress: number;
  readonly created_ms: number | string;
  readonly started_ms: number | string | null;
  readonly ended_ms: number | string | null;
  readonly heartbeat_ms: number | string | null;
  readonly cancel_requested_ms: number | string | null;
  readonly labels: string;
  readonly checkpoints: string;
  readonly error: string | null;
  readonly pool: string;
  readonly pool_slots: number;
  readonly priority: number;
  readonly waiting_for: string;
}

export interface FullRow extends SummaryRow {
  readonly sequence: number | string;
  readonly stops: string;
  readonly request: string;
}

export function toRow(run: NewRun): Record<string, unknown> {
  return {
    id: run.id,
    flow_id: run.flowId,
    flow_version: run.flowVersion,
    flow_name: run.flowName,
    state: run.state,
    attempt: run.attempt,
    max_attempts: run.maxAttempts,
    epoch: run.epoch,
    mode: run.mode,
    engine: run.engine,
    generation: run.generation,
    generation_number: run.generationNumber,
    packages: run.packages.map((digest) => `${digest},`).join(''),
    node: run.node,
    progress: run.progress,
    created_ms: run.createdMs,
    ready_ms: run.createdMs,
    started_ms: run.startedMs ?? null,
    heartbeat_ms: run.heartbeatMs ?? null,
    lease_until_ms: run.leaseUntilMs ?? null,
    sequence: run.sequence,
    idempotency_key: run.idempotencyKey ?? null,
    request_digest: run.requestDigest,
    labels: JSON.stringify(run.labels),
    checkpoints: JSON.stringify(run.checkpoints),
    pool: run.pool,
    pool_slots: run.poolSlots,
    priority: run.priority,
    waiting_for: run.waitingFor,
    stops: JSON.stringify(run.stops),
    request: JSON.stringify(run.request),
  };
}

export function toSummary(row: SummaryRow): RunSummary {
  const time = (value: number | string | null): number | undefined => (value === null ? undefined : Number(value));
  return {
    id: row.id,
    flowId: row.flow_id,
    flowVersion: row.flow_version,
    flowName: row.flow_name,
    state: row.state,
    attempt: row.attempt,
    maxAttempts: row.max_attempts,
    epoch: Number(row.epoch),
    mode: row.mode,
    engine: row.engine,
    generation: row.generation,
    generationNumber: Number(row.generation_number),
    node: row.node,
    progress: row.progress,
    createdMs: Number(row.created_ms),
    startedMs: time(row.started_ms),
    endedMs: time(row.ended_ms),
    heartbeatMs: time(row.heartbeat_ms),
    cancelRequestedMs: time(row.cancel_requested_ms),
    labels: JSON.parse(row.labels) as Record<string, string>,
    checkpoints: JSON.parse(row.checkpoints) as string[],
    error: row.error === null ? undefined : (JSON.parse(row.error) as WireError),
    pool: row.pool,
    poolSlots: Number(row.pool_slots),
    priority: Number(row.priority),
    waitingFor: row.waiting_for,
  };
}

export function toRecord(row: Omit<FullRow, 'request'>): RunRecord {
  return { ...toSummary(row), sequence: Number(row.sequence), stops: JSON.parse(row.stops) as StopRecord[] };
}
