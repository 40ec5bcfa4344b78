import type { RuleResult, TickSourceWord } from '../policies/decide.js';
import { timeOf } from '../schedules/schedule-record.js';

export type TickState = 'WAITING' | 'STARTING' | 'FIRED' | 'SKIPPED' | 'MISSED' | 'FAILED';
export type RunEnd = 'SUCCEEDED' | 'FAILED' | 'CANCELLED';

/** What a job is started with; kept with the tick, so that a second start asks for the same. */
export interface JobRequest {
  readonly type: string;
  readonly reference: string;
  /** 0 for the newest. */
  readonly version: number;
  /** Those of the target; the tick's go before them when it is started. */
  readonly variables: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly engine: string;
  readonly maxAttempts: number;
  readonly timeoutMs: number;
  /** A property of a stop that takes a value, such as the file that a tick is for. */
  readonly patch?: { readonly stop: string; readonly property: string; readonly value: string };
  /** Whether earlier runs of the schedule are cancelled first. */
  readonly cancelsPrevious: boolean;
}

/** A tick as it is stored. Times are in epoch milliseconds. */
export interface TickRecord {
  readonly id: string;
  readonly scheduleId: string;
  readonly key: string;
  readonly source: TickSourceWord;
  readonly shard: number;
  readonly dueMs: number;
  readonly startMs: number;
  readonly logicalMs: number;
  readonly state: TickState;
  readonly reason: string;
  readonly message: string;
  readonly runId: string | undefined;
  readonly runState: 'ACTIVE' | RunEnd | undefined;
  readonly pool: string;
  readonly slots: number;
  readonly priority: number;
  readonly scheduleVersion: number;
  readonly node: string;
  readonly decidedMs: number | undefined;
  readonly firedMs: number | undefined;
  readonly endedMs: number | undefined;
  readonly retries: number;
  readonly variables: Readonly<Record<string, string>>;
  readonly rules: readonly RuleResult[];
  readonly request: JobRequest | undefined;
}

/** A row of the ticks. */
export interface TickRow {
  readonly id: string;
  readonly schedule_id: string;
  readonly tick_key: string;
  readonly source: TickSourceWord;
  readonly shard: number | string;
  readonly due_ms: number | string;
  readonly start_ms: number | string;
  readonly logical_ms: number | string;
  readonly state: TickState;
  readonly reason: string;
  readonly message: string;
  readonly run_id: string | null;
  readonly run_state: 'ACTIVE' | RunEnd | null;
  readonly live: number | null;
  readonly pool: string;
  readonly slots: number | string;
  readonly priority: number | string;
  readonly schedule_version: number | string;
  readonly node: string;
  readonly decided_ms: number | string | null;
  readonly fired_ms: number | string | null;
  readonly ended_ms: number | string | null;
  readonly retries: number | string;
  readonly variables: string;
  readonly rules: string;
  readonly request: string | null;
}

/** The identifier of a tick. */
export function tickId(scheduleId: string, key: string): string {
  return `${scheduleId}.${key}`;
}

/** The key with which a tick starts its run: a second start with it is the first. */
export function idempotencyKey(tick: Pick<TickRecord, 'scheduleId' | 'key' | 'retries'>): string {
  return `${tick.scheduleId}/${tick.key}${tick.retries === 0 ? '' : `/${tick.retries}`}`;
}

/** The key of a tick that time made. */
export function timeKey(dueMs: number): string {
  return `t${dueMs}`;
}

export function toTickRow(tick: TickRecord): Record<string, unknown> {
  const isLive = tick.state === 'WAITING' || tick.state === 'STARTING' || tick.runState === 'ACTIVE';
  return {
    id: tick.id,
    schedule_id: tick.scheduleId,
    tick_key: tick.key,
    source: tick.source,
    shard: tick.shard,
    due_ms: tick.dueMs,
    start_ms: tick.startMs,
    logical_ms: tick.logicalMs,
    state: tick.state,
    reason: tick.reason,
    message: tick.message.slice(0, 500),
    run_id: tick.runId ?? null,
    run_state: tick.runState ?? null,
    live: isLive ? 1 : null,
    pool: tick.pool,
    slots: tick.slots,
    priority: tick.priority,
    schedule_version: tick.scheduleVersion,
    node: tick.node,
    decided_ms: tick.decidedMs ?? null,
    fired_ms: tick.firedMs ?? null,
    ended_ms: tick.endedMs ?? null,
    retries: tick.retries,
    variables: JSON.stringify(tick.variables),
    rules: JSON.stringify(tick.rules),
    request: tick.request === undefined ? null : JSON.stringify(tick.request),
  };
}

export function toTickRecord(row: TickRow): TickRecord {
  return {
    id: row.id,
    scheduleId: row.schedule_id,
    key: row.tick_key,
    source: row.source,
    shard: Number(row.shard),
    dueMs: Number(row.due_ms),
    startMs: Number(row.start_ms),
    logicalMs: Number(row.logical_ms),
    state: row.state,
    reason: row.reason,
    message: row.message,
    runId: row.run_id ?? undefined,
    runState: row.run_state ?? undefined,
    pool: row.pool,
    slots: Number(row.slots),
    priority: Number(row.priority),
    scheduleVersion: Number(row.schedule_version),
    node: row.node,
    decidedMs: timeOf(row.decided_ms),
    firedMs: timeOf(row.fired_ms),
    endedMs: timeOf(row.ended_ms),
    retries: Number(row.retries),
    variables: JSON.parse(row.variables) as Record<string, string>,
    rules: JSON.parse(row.rules) as RuleResult[],
    request: row.request === null ? undefined : (JSON.parse(row.request) as JobRequest),
  };
}
