import { eventPayload, type OutgoingEvent } from '@sluice/chassis';
import { SlotsGranted } from '@sluice/proto/events/v1/scheduling';
import type { SlotWish } from './pool-book.js';

/** Published when a run that no schedule started has its slots of a pool. */
export const SLOTS_GRANTED = 'sluice.v1.scheduling.pool.granted';

export function slotsGranted({ id, pool }: SlotWish): OutgoingEvent {
  const payload = eventPayload('sluice.events.v1.SlotsGranted', SlotsGranted, { runId: id, pool });
  return { subject: SLOTS_GRANTED, key: id, payload };
}
