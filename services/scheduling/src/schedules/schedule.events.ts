import { eventPayload, type OutgoingEvent } from '@sluice/chassis';
import { ScheduleChanged, TickDecided, TickEnded } from '@sluice/proto/events/v1/scheduling';
import type { TickRecord } from '../ticks/tick-record.js';
import type { ChangeKind } from './schedule-record.js';

/** Published when something was done to a schedule. */
export const SCHEDULE_CHANGED = 'sluice.v1.scheduling.schedule.changed';
/** Published when a tick has its outcome. */
export const TICK_DECIDED = 'sluice.v1.scheduling.tick.decided';
/** Published when the run of a tick has ended. */
export const TICK_ENDED = 'sluice.v1.scheduling.tick.ended';

export function scheduleChanged(
  id: string,
  version: number,
  change: ChangeKind,
  reason: string,
  spec: { readonly name: string; readonly project: string },
): OutgoingEvent {
  const message = { scheduleId: id, version, change, reason, name: spec.name, project: spec.project };
  const payload = eventPayload('sluice.events.v1.ScheduleChanged', ScheduleChanged, message);
  return { subject: SCHEDULE_CHANGED, key: id, payload };
}

export function tickDecided(tick: TickRecord): OutgoingEvent {
  const message = {
    scheduleId: tick.scheduleId,
    tickKey: tick.key,
    dueTime: new Date(tick.dueMs),
    outcome: tick.state,
    reason: tick.reason,
    runId: tick.runId ?? '',
  };
  const payload = eventPayload('sluice.events.v1.TickDecided', TickDecided, message);
  return { subject: TICK_DECIDED, key: tick.scheduleId, payload };
}

export function tickEnded(tick: TickRecord, failures: number): OutgoingEvent {
  const message = {
    scheduleId: tick.scheduleId,
    tickKey: tick.key,
    runId: tick.runId ?? '',
    runState: tick.runState ?? '',
    failures,
  };
  const payload = eventPayload('sluice.events.v1.TickEnded', TickEnded, message);
  return { subject: TICK_ENDED, key: tick.scheduleId, payload };
}
