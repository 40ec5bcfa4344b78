import { eventPayload, type OutgoingEvent } from '@sluice/chassis';
import type { StoredFlow } from '@sluice/proto/catalog/v1/flow';
import { FlowDeleted, FlowSaved } from '@sluice/proto/events/v1/catalog';

/** A version of a flow was saved. */
export function flowSaved({ id, version, flow }: StoredFlow): OutgoingEvent {
  const message: FlowSaved = { flowId: id, version, name: flow?.name ?? '' };
  const payload = eventPayload('sluice.events.v1.FlowSaved', FlowSaved, message);
  return { subject: 'sluice.v1.catalog.flow.saved', key: id, payload };
}

/** A flow was deleted with all its versions. */
export function flowDeleted(id: string): OutgoingEvent {
  const payload = eventPayload('sluice.events.v1.FlowDeleted', FlowDeleted, { flowId: id });
  return { subject: 'sluice.v1.catalog.flow.deleted', key: id, payload };
}
