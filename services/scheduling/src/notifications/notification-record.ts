import type { NoticeEvent, TickFacts } from './facts.js';

/** A notification as it is stored. Times are in epoch milliseconds. */
export interface NotificationRecord {
  readonly id: string;
  readonly targetId: string;
  readonly event: NoticeEvent;
  readonly title: string;
  readonly text: string;
  readonly facts: TickFacts;
  readonly state: 'PENDING' | 'SENT' | 'DEAD';
  readonly attempts: number;
  readonly lastError: string;
  readonly createdMs: number;
  readonly sentMs: number | undefined;
  readonly nextMs: number | undefined;
}

/** A row of the notifications. */
export interface NotificationRow {
  readonly id: string;
  readonly target_id: string;
  readonly event: NoticeEvent;
  readonly schedule_id: string;
  readonly tick_key: string;
  readonly run_id: string;
  readonly title: string;
  readonly text: string;
  readonly facts: string;
  readonly state: NotificationRecord['state'];
  readonly attempts: number | string;
  readonly last_error: string;
  readonly created_ms: number | string;
  readonly sent_ms: number | string | null;
  readonly next_ms: number | string | null;
}

export function toRow(record: NotificationRecord): NotificationRow {
  return {
    id: record.id,
    target_id: record.targetId,
    event: record.event,
    schedule_id: record.facts.scheduleId,
    tick_key: record.facts.tickKey,
    run_id: record.facts.runId,
    title: record.title,
    text: record.text,
    facts: JSON.stringify(record.facts),
    state: record.state,
    attempts: record.attempts,
    last_error: record.lastError,
    created_ms: record.createdMs,
    sent_ms: record.sentMs ?? null,
    next_ms: record.nextMs ?? null,
  };
}

export function toRecord(row: NotificationRow): NotificationRecord {
  return {
    id: row.id,
    targetId: row.target_id,
    event: row.event,
    title: row.title,
    text: row.text,
    facts: JSON.parse(row.facts) as TickFacts,
    state: row.state,
    attempts: Number(row.attempts),
    lastError: row.last_error,
    createdMs: Number(row.created_ms),
    sentMs: row.sent_ms === null ? undefined : Number(row.sent_ms),
    nextMs: row.next_ms === null ? undefined : Number(row.next_ms),
  };
}
