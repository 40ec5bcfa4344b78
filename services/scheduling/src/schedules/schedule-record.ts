import { ScheduleSpec } from '@sluice/proto/scheduling/v1/schedule';

export type ScheduleStateWord = 'ACTIVE' | 'PAUSED' | 'ENDED';

/** How many parts the schedules are dealt into; schedulers share the parts. It never changes. */
export const SHARDS = 64;

/** A schedule as it is stored, with where it is. Times are in epoch milliseconds. */
export interface ScheduleRecord {
  readonly id: string;
  readonly version: number;
  readonly state: ScheduleStateWord;
  readonly stateReason: string;
  readonly spec: ScheduleSpec;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly warning: string;
  readonly shard: number;
  /** The next due time that is not decided; undefined when there is none. */
  readonly dueMs: number | undefined;
  /** When that one starts: with its jitter. */
  readonly startMs: number | undefined;
  readonly lastDueMs: number | undefined;
  readonly lastSuccessMs: number | undefined;
  readonly failures: number;
  readonly dropped: number;
}

/** Something that was done to a schedule. */
export interface ChangeRecord {
  readonly version: number;
  readonly atMs: number;
  readonly kind: ChangeKind;
  readonly reason: string;
  readonly spec: ScheduleSpec;
}

export type ChangeKind = 'created' | 'updated' | 'paused' | 'resumed' | 'ended' | 'deleted';

/** A row of the schedules joined with its cursor. */
export interface ScheduleRow {
  readonly id: string;
  readonly version: number | string;
  readonly state: ScheduleStateWord;
  readonly state_reason: string;
  readonly spec: string;
  readonly created_ms: number | string;
  readonly updated_ms: number | string;
  readonly warning: string;
  readonly shard: number | string;
  readonly due_ms: number | string | null;
  readonly start_ms: number | string | null;
  readonly last_due_ms: number | string | null;
  readonly last_success_ms: number | string | null;
  readonly failures: number | string;
  readonly dropped: number | string;
}

/** What decisions read of a schedule; its content is long, and known when its version is. */
export const SHORT_COLUMNS = [
  's.id',
  's.version',
  's.state',
  's.state_reason',
  's.created_ms',
  'c.shard',
  'c.due_ms',
  'c.start_ms',
  'c.last_due_ms',
  'c.last_success_ms',
] as const;

/** A row of those columns. */
export type ShortRow = Omit<ScheduleRow, 'spec' | 'updated_ms' | 'warning' | 'failures' | 'dropped'>;

export const SCHEDULE_COLUMNS = [
  ...SHORT_COLUMNS,
  's.spec',
  's.updated_ms',
  's.warning',
  'c.failures',
  'c.dropped',
] as const;

/** A time column; undefined for null. */
export function timeOf(value: number | string | null): number | undefined {
  return value === null ? undefined : Number(value);
}

export function toScheduleRecord(row: ScheduleRow): ScheduleRecord {
  return {
    id: row.id,
    version: Number(row.version),
    state: row.state,
    stateReason: row.state_reason,
    spec: ScheduleSpec.fromJSON(JSON.parse(row.spec)),
    createdMs: Number(row.created_ms),
    updatedMs: Number(row.updated_ms),
    warning: row.warning,
    shard: Number(row.shard),
    dueMs: timeOf(row.due_ms),
    startMs: timeOf(row.start_ms),
    lastDueMs: timeOf(row.last_due_ms),
    lastSuccessMs: timeOf(row.last_success_ms),
    failures: Number(row.failures),
    dropped: Number(row.dropped),
  };
}
