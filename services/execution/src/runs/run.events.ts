import { eventPayload, type OutgoingEvent } from '@sluice/chassis';
import { RunFinished, RunQueued, RunStarted } from '@sluice/proto/events/v1/execution';
import type { RunSummary } from './run-record.js';

/** Published when a run waits for a node. */
export const RUN_QUEUED = 'sluice.v1.execution.run.queued';
/** Published when a node begins an attempt of a run. */
export const RUN_STARTED = 'sluice.v1.execution.run.started';
/** Published when a run has reached its last state. */
export const RUN_FINISHED = 'sluice.v1.execution.run.finished';

export function runQueued(run: RunSummary): OutgoingEvent {
  const message = { runId: run.id, flowId: run.flowId };
  return event(RUN_QUEUED, run, eventPayload('sluice.events.v1.RunQueued', RunQueued, message));
}

export function runStarted(run: RunSummary): OutgoingEvent {
  const message = { runId: run.id, flowId: run.flowId, attempt: run.attempt, node: run.node };
  return event(RUN_STARTED, run, eventPayload('sluice.events.v1.RunStarted', RunStarted, message));
}

export function runFinished(run: RunSummary, state: string, reason: string): OutgoingEvent {
  const message = { runId: run.id, flowId: run.flowId, state, reason };
  return event(RUN_FINISHED, run, eventPayload('sluice.events.v1.RunFinished', RunFinished, message));
}

function event(subject: string, run: RunSummary, payload: OutgoingEvent['payload']): OutgoingEvent {
  return { subject, key: run.id, payload };
}
