import { eventPayload, type OutgoingEvent } from '@sluice/chassis';
import { StopVisibilityChanged } from '@sluice/proto/events/v1/plugins';

/** Users are shown other stop types than before. */
export function visibilityChanged(change: {
  readonly stops: readonly string[];
  readonly groups: readonly string[];
  readonly hidden: boolean;
  readonly actor: string;
}): OutgoingEvent {
  const message = { ...change, stops: [...change.stops], groups: [...change.groups] };
  const payload = eventPayload('sluice.events.v1.StopVisibilityChanged', StopVisibilityChanged, message);
  return { subject: `sluice.v1.catalog.stop.${change.hidden ? 'hidden' : 'shown'}`, key: 'stops', payload };
}
